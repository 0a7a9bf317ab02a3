//! `cargo xtask sbom`: what the operator's image is made of, as a `CycloneDX` document.
//!
//! A tool lists the crates; what is not in the operator's own build is taken out, and what is in the image besides crates is
//! added. The same commit and image give the same bytes on the same machine.

mod document;
mod image;
mod tree;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use testbed::{Output, Process, Sources};

use self::document::Document;
use self::image::Contents;
use self::tree::Tree;
use crate::cargo::{cargo, repository};
use crate::image::Built;
use crate::image::toolchain::{answer, triple};

/// The tool that lists the crates, OWASP's own, and its version.
const TOOL: &str = "cargo-cyclonedx";
const VERSION: &str = "0.5.9";

const NAME: &str = "ncp-secret-operator.cdx";

pub(crate) async fn run() -> Result<ExitCode> {
    let built = Built::find()?;
    let contents = Contents::of(&built)?;
    let tree = Tree::resolve()?;
    let folder = repository().join("target/image");
    let listed = list(&obtain().await?, &folder).await?;
    let document = Document::of(&listed, &tree, &contents)?;
    let to = folder.join(format!("{NAME}.json"));
    let mut beside = tempfile::NamedTempFile::new_in(&folder)?;
    serde_json::to_writer_pretty(&mut beside, &document.into_json()?)?;
    fs::set_permissions(beside.path(), fs::metadata(&built.archive)?.permissions())?;
    beside
        .persist(&to)
        .with_context(|| format!("failed to write {}", to.display()))?;
    println!("{}", to.display());
    Ok(ExitCode::SUCCESS)
}

/// What the tool says of the operator, and of this program, which brings the authorities.
struct Listed {
    operator: Value,
    tasks: Value,
}

/// Lets the tool list the crates of a copy of the sources, because it writes beside each manifest.
async fn list(tool: &Path, folder: &Path) -> Result<Listed> {
    let place = tempfile::Builder::new()
        .prefix("listing-")
        .tempdir_in(folder)?;
    for part in ["Cargo.toml", "Cargo.lock", "src", "crates"] {
        copy(&repository().join(part), &place.path().join(part))?;
    }
    let mut list = Command::new(tool);
    list.current_dir(place.path())
        .args(["cyclonedx", "--quiet", "--format", "json"])
        .args(["--spec-version", "1.5", "--override-filename", NAME])
        .args(["--target", &triple()])
        .env("SOURCE_DATE_EPOCH", made_at()?);
    finish(&list, "list the dependencies").await?;
    let read = |folder: &str| -> Result<Value> {
        let path = place.path().join(folder).join(format!("{NAME}.json"));
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{TOOL} left no {}", path.display()))?;
        // It names the workspace by its folder on this machine.
        let here = place.path().canonicalize()?.display().to_string();
        Ok(serde_json::from_str(&text.replace(&here, "/sources"))?)
    };
    Ok(Listed {
        operator: read("")?,
        tasks: read("crates/xtask")?,
    })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to).with_context(|| format!("failed to copy {}", from.display()))?;
        return Ok(());
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The time that the document bears, in seconds: that of the last commit, unless the environment says another.
fn made_at() -> Result<String> {
    if let Ok(time) = env::var("SOURCE_DATE_EPOCH") {
        return Ok(time);
    }
    let mut last = Command::new("git");
    last.current_dir(repository())
        .args(["log", "-1", "--format=%ct"]);
    let time = answer(&mut last).context("set SOURCE_DATE_EPOCH")?;
    Ok(time.trim().to_owned())
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
