//! `cargo xtask crds`: writes what the types say to `crds/`.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use ncp_secret_operator::api::manifests;

use crate::cargo::repository;

pub(crate) fn run() -> Result<ExitCode> {
    let folder = repository().join("crds");
    for (file, manifest) in manifests().context("cannot write the definitions as YAML")? {
        let path = folder.join(file);
        fs::write(&path, manifest).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
