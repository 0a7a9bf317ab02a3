//! The operator as one static program, the same bytes wherever it is built.

use std::env;
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use testbed::{Output, Process};

use crate::cargo::{cargo, repository};

const NAME: &str = "ncp-secret-operator";

/// Where the program is built.
pub(super) struct Place {
    sources: PathBuf,
    target: PathBuf,
}

impl Place {
    /// In the repository itself.
    pub(super) fn here(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            sources: repository(),
            target: folder.join("build"),
        })
    }

    /// In a copy of what the repository has committed, and with nothing that was built before.
    pub(super) fn elsewhere(folder: &Path) -> Result<Self> {
        let place = Self {
            sources: folder.join("again/sources"),
            target: folder.join("again/build"),
        };
        if folder.join("again").exists() {
            fs::remove_dir_all(folder.join("again"))?;
        }
        let mut clone = Command::new("git");
        clone
            .args(["clone", "--quiet", "--no-hardlinks"])
            .arg(repository())
            .arg(&place.sources);
        let cloned = clone.status().context("failed to start git")?;
        if !cloned.success() {
            bail!(
                "failed to clone the repository to {}",
                place.sources.display()
            );
        }
        Ok(place)
    }

    /// Builds the program, with Cargo's own progress; answers its bytes.
    pub(super) async fn build(&self) -> Result<Vec<u8>> {
        let triple = format!("{ARCH}-unknown-linux-gnu");
        eprintln!("building {NAME} as a static program; the first time takes some minutes");
        let mut cargo = cargo();
        cargo
            .current_dir(&self.sources)
            .args(["build", "--locked", "--release", "--package", NAME])
            .args(["--bin", NAME, "--target", &triple])
            .arg("--target-dir")
            .arg(&self.target)
            .env("CARGO_ENCODED_RUSTFLAGS", self.rust_flags()?)
            .env(
                format!("CFLAGS_{}", triple.replace('-', "_")),
                self.c_flags()?,
            );
        let built = Process::spawn(&cargo, Output::Inherit)?.wait().await?;
        if !built.success() {
            bail!("{NAME} does not build; see the compiler's messages above");
        }
        let path = self.target.join(triple).join("release").join(NAME);
        fs::read(&path).with_context(|| format!("failed to read {}", path.display()))
    }

    fn rust_flags(&self) -> Result<String> {
        let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
        flags.extend(
            self.places()?
                .map(|(from, to)| format!("--remap-path-prefix={from}={to}")),
        );
        Ok(flags.join("\u{1f}"))
    }

    fn c_flags(&self) -> Result<String> {
        let flags: Vec<_> = self
            .places()?
            .map(|(from, to)| format!("-ffile-prefix-map={from}={to}"))
            .collect();
        Ok(flags.join(" "))
    }

    /// The folders of this machine that compilers would write into the program, and what stands for each.
    fn places(&self) -> Result<impl Iterator<Item = (String, &'static str)>> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
        let home = home.context("there is neither CARGO_HOME nor a home folder")?;
        // Of two that fit, compilers take the last.
        let places = [
            (self.sources.clone(), "/sources"),
            (self.target.clone(), "/target"),
            (home, "/cargo"),
        ];
        Ok(places
            .into_iter()
            .map(|(from, to)| (from.display().to_string(), to)))
    }
}
