//! An image of one static program, as an OCI archive.

use std::env::consts::{ARCH, OS};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const BLOBS: &str = "blobs/sha256";

/// Writes an image that has nothing but that program, which it runs as a user without rights; answers the archive's path.
pub(super) fn write(image: &str, program: &Path, folder: &Path) -> Result<PathBuf> {
    let attempt = || format!("cannot make the image {image}");
    let layout = tempfile::tempdir_in(folder).with_context(attempt)?;
    let root = layout.path();
    fs::create_dir_all(root.join(BLOBS)).with_context(attempt)?;

    let name = program.file_name().context("a program has a name")?;
    let layer = root.join("layer.tar");
    tar(Command::new("tar")
        .arg("-cf")
        .arg(&layer)
        .args(["--owner=0", "--group=0", "--mode=0755"])
        .arg("-C")
        .arg(program.parent().unwrap_or(program))
        .arg(name))
    .with_context(attempt)?;
    let layer_blob = keep(root, LAYER, &fs::read(&layer).with_context(attempt)?)?;
    let config = json!({
        "architecture": architecture(),
        "os": OS,
        "config": {
            "User": "65532:65532",
            "Entrypoint": [format!("/{}", name.display())],
        },
        "rootfs": {"type": "layers", "diff_ids": [layer_blob.get("digest")]},
    });
    let config_blob = keep(root, CONFIG, config.to_string().as_bytes())?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config_blob,
        "layers": [layer_blob],
    });
    let manifest_blob = keep(root, MANIFEST, manifest.to_string().as_bytes())?;
    let named = json!({
        "mediaType": MANIFEST,
        "digest": manifest_blob.get("digest"),
        "size": manifest_blob.get("size"),
        "annotations": {"io.containerd.image.name": image},
    });
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]});
    fs::write(root.join("index.json"), index.to_string()).with_context(attempt)?;
    let version = json!({"imageLayoutVersion": "1.0.0"});
    fs::write(root.join("oci-layout"), version.to_string()).with_context(attempt)?;

    let archive = folder.join(name).with_extension("tar");
    tar(Command::new("tar")
        .arg("-cf")
        .arg(&archive)
        .arg("-C")
        .arg(root)
        .args(["oci-layout", "index.json", "blobs"]))
    .with_context(attempt)?;
    Ok(archive)
}

/// Keeps a part of the image under the name of its content; answers its description.
fn keep(root: &Path, kind: &str, content: &[u8]) -> Result<Value> {
    let mut digest = String::new();
    for byte in Sha256::digest(content) {
        write!(digest, "{byte:02x}")?;
    }
    fs::write(root.join(BLOBS).join(&digest), content)?;
    Ok(json!({
        "mediaType": kind,
        "digest": format!("sha256:{digest}"),
        "size": content.len(),
    }))
}

fn tar(command: &mut Command) -> Result<()> {
    let output = command.output().context("cannot run tar")?;
    if !output.status.success() {
        bail!("tar: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// As Go calls it.
fn architecture() -> &'static str {
    match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
