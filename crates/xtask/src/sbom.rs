//! `cargo xtask sbom`: what the operator's image is made of, as a `CycloneDX` document.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use testbed::{Output, Process, Sources};

use crate::cargo::{cargo, repository};

/// The tool that makes it, OWASP's own, and its version.
const TOOL: &str = "cargo-cyclonedx";
const VERSION: &str = "0.5.9";

const NAME: &str = "ncp-secret-operator.cdx";

pub(crate) async fn run() -> Result<ExitCode> {
    let tool = obtain().await?;
    let mut list = Command::new(tool);
    list.current_dir(repository())
        .args(["cyclonedx", "--quiet", "--format", "json"])
        .args(["--spec-version", "1.5", "--override-filename", NAME]);
    finish(&list, "list the dependencies").await?;
    let file = format!("{NAME}.json");
    let made = repository().join(&file);
    let text =
        fs::read_to_string(&made).with_context(|| format!("{TOOL} left no {}", made.display()))?;
    // It names the workspace by its folder on this machine.
    let text = text.replace(&repository().display().to_string(), "/sources");
    let folder = repository().join("target/image");
    fs::create_dir_all(&folder)?;
    let to = folder.join(&file);
    fs::write(&to, text).with_context(|| format!("failed to write {}", to.display()))?;
    // It leaves one beside each member of the workspace.
    fs::remove_file(made)?;
    for member in fs::read_dir(repository().join("crates"))? {
        let _ = fs::remove_file(member?.path().join(&file));
    }
    println!("{}", to.display());
    Ok(ExitCode::SUCCESS)
}

/// The tool, from the user's cache; built once.
async fn obtain() -> Result<PathBuf> {
    let root = Sources::from_env()?.cache_of(&format!("{TOOL}-{VERSION}"));
    let tool = root.join("bin").join(TOOL);
    if !tool.exists() {
        install(&root).await?;
    }
    Ok(tool)
}

async fn install(root: &Path) -> Result<()> {
    eprintln!("building {TOOL} {VERSION} once, in about 4 minutes on two cores");
    let mut install = cargo();
    install
        .args(["install", "--quiet", "--locked", "--root"])
        .arg(root)
        .arg(format!("{TOOL}@{VERSION}"));
    finish(&install, "build the tool").await
}

async fn finish(command: &Command, what: &str) -> Result<()> {
    let ended = Process::spawn(command, Output::Inherit)?.wait().await?;
    if !ended.success() {
        bail!("failed to {what}; see the messages above");
    }
    Ok(())
}
