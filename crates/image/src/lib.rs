//! Makes container images of static programs, without a container engine.

mod layer;
mod layout;

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

pub use layout::Layout;

/// Whoever runs an image is nobody in particular.
const USER: &str = "65532:65532";

/// What an image is made of.
#[derive(Clone, Debug)]
pub struct Image {
    /// With the registry and without a tag.
    pub name: String,
    /// Its tag.
    pub version: String,
    /// Go's name for the machine.
    pub architecture: &'static str,
    /// The path of the program.
    pub entrypoint: String,
    /// The ports that it listens on, such as `8080/tcp`.
    pub ports: Vec<String>,
    /// What else is said of it.
    pub labels: BTreeMap<String, String>,
    /// All that is in it.
    pub files: Vec<File>,
}

/// A file of an image.
#[derive(Clone, Debug)]
pub struct File {
    /// From the root, without a leading slash.
    pub path: String,
    /// Its rights, as of `chmod`.
    pub mode: u32,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Image {
    /// The name with the tag.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}:{}", self.name, self.version)
    }

    /// Writes the files as they are to be in the root of the image.
    ///
    /// # Errors
    ///
    /// When one of them cannot be written.
    pub fn write_files(&self, root: &Path) -> Result<()> {
        for file in &self.files {
            let path = root.join(&file.path);
            fs::create_dir_all(path.parent().unwrap_or(root))?;
            fs::write(&path, &file.bytes)
                .with_context(|| format!("failed to write {}", path.display()))?;
            fs::set_permissions(&path, Permissions::from_mode(file.mode))?;
        }
        Ok(())
    }
}

/// Go's name for this machine, as images have it.
#[must_use]
pub const fn architecture() -> &'static str {
    match ARCH.as_bytes() {
        b"x86_64" => "amd64",
        b"aarch64" => "arm64",
        _ => ARCH,
    }
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
