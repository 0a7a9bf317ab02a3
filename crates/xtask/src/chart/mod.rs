//! `cargo xtask chart`: writes what is made from something else: in the chart the CRDs and the README, in `deploy/` all.

mod plain;
mod readme;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use ncp_secret_operator::api::manifests;
use testbed::Helm;

use crate::cargo::repository;
use crate::control_plane::obtain_helm;

const CHART: &str = "charts/ncp-secret-operator";
const INSTALL: &str = "docs/install.md";
const PLAIN: &str = "deploy";

pub(crate) fn run() -> Result<ExitCode> {
    let helm = obtain_helm()?;
    let root = repository();
    let files = files(&root, &helm)?;
    for left in left_over(&root, &files)? {
        let path = root.join(left);
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    for (file, text) in files {
        let path = root.join(file);
        let attempt = || format!("cannot write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&root)).with_context(attempt)?;
        fs::write(&path, text).with_context(attempt)?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Every file that is made from something else, with its text.
fn files(root: &Path, helm: &Helm) -> Result<BTreeMap<PathBuf, String>> {
    let read = |file: &Path| {
        fs::read_to_string(root.join(file))
            .with_context(|| format!("cannot read {}", file.display()))
    };
    let chart = Path::new(CHART);
    let definitions = manifests().context("cannot write the definitions as YAML")?;
    let table = readme::table(&read(&chart.join("values.yaml"))?)?;
    let mut files = BTreeMap::from([
        (chart.join("README.md"), readme::text(&table)),
        (
            INSTALL.into(),
            readme::with_table(&read(Path::new(INSTALL))?, &table)
                .with_context(|| format!("cannot find the place for the values in {INSTALL}"))?,
        ),
    ]);
    for (file, text) in &definitions {
        files.insert(chart.join("files/crds").join(file), text.clone());
    }
    for (file, text) in plain::files(&helm.latest(), &root.join(CHART), &definitions)? {
        files.insert(Path::new(PLAIN).join(file), text);
    }
    Ok(files)
}

/// The files in folders of which nothing is written by hand that are made no more.
fn left_over(root: &Path, files: &BTreeMap<PathBuf, String>) -> Result<Vec<PathBuf>> {
    let mut left = Vec::new();
    let mut folders = vec![PathBuf::from(PLAIN), Path::new(CHART).join("files")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root.join(&folder)) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if !files.contains_key(&path) {
                left.push(path);
            }
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use testbed::Sources;

    use super::*;

    #[test]
    fn what_is_made_from_something_else_is_as_it_would_be_made_now() {
        let root = repository();
        let helm = Helm::find(&Sources::from_env().unwrap()).unwrap();
        let files = files(&root, &helm).unwrap();
        assert_eq!(left_over(&root, &files).unwrap(), Vec::<PathBuf>::new());
        for (file, text) in files {
            let found = fs::read_to_string(root.join(&file)).unwrap_or_default();
            assert!(
                found == text,
                "{} is not what it is made from: run `cargo xtask chart`",
                file.display()
            );
        }
    }
}
