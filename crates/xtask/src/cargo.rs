//! The repository that this program was built from, and Cargo at work in it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use testbed::{Output, Process};

/// The folder of the repository.
pub(crate) fn repository() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

/// The Cargo that runs this program, in the repository.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(repository());
    cargo
}

/// Builds the operator as [`build`] does.
pub(crate) async fn build_operator() -> Result<PathBuf> {
    build("ncp-secret-operator").await
}

/// Builds the program of a package in the profile that this program was built in, with Cargo's own progress;
/// answers its path.
pub(crate) async fn build(name: &str) -> Result<PathBuf> {
    eprintln!("building {name}");
    let mut cargo = cargo();
    cargo.args(["build", "--package", name, "--bin", name]);
    if is_release_build()? {
        cargo.arg("--release");
    }
    if !Process::spawn(&cargo, Output::Inherit)?
        .wait()
        .await?
        .success()
    {
        bail!("{name} does not build; see the compiler's messages above");
    }
    Ok(own_folder()?.join(name))
}

/// Whether this program was built in the release profile.
pub(crate) fn is_release_build() -> Result<bool> {
    Ok(own_folder()?.ends_with("release"))
}

fn own_folder() -> Result<PathBuf> {
    let this = env::current_exe().context("cannot find the folder of this program")?;
    Ok(this
        .parent()
        .context("this program has no folder")?
        .to_owned())
}
