//! What is in the image: its files, and what of this machine was linked into the program.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use anyhow::{Context, Result};
use container_image::{architecture, digest_of};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::image::Built;
use crate::image::toolchain::{COMPILER, answer, rustc, static_library};

/// What an image holds besides crates.
pub(super) struct Contents {
    /// The image's name with its tag.
    pub(super) tagged: String,
    /// The digest of its manifest, as `sha256:…`.
    pub(super) digest: String,
    pub(super) architecture: &'static str,
    /// The SHA-256 of each file, by its path.
    pub(super) files: BTreeMap<String, String>,
    pub(super) libraries: Vec<Library>,
}

/// A library of the machine, as it is linked into the program.
pub(super) struct Library {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) purl: String,
    pub(super) license: &'static str,
    /// The SHA-256 of the archive that it is linked from, where there is one.
    pub(super) sha256: Option<String>,
}

impl Contents {
    pub(super) fn of(built: &Built) -> Result<Self> {
        Ok(Self {
            tagged: built.tagged.clone(),
            digest: built.digest.clone(),
            architecture: architecture(),
            files: files(built)?,
            libraries: vec![glibc()?, libgcc()?, standard_library()?],
        })
    }
}

/// Reads the layer of an image.
fn files(built: &Built) -> Result<BTreeMap<String, String>> {
    let blob = |descriptor: &Value| -> Result<Vec<u8>> {
        let digest = descriptor.get("digest").and_then(Value::as_str);
        let digest = digest.context("no digest")?;
        let path = built.layout.join("blobs").join(digest.replace(':', "/"));
        fs::read(&path).with_context(|| format!("failed to read {}", path.display()))
    };
    let manifest: Value =
        serde_json::from_slice(&blob(&serde_json::json!({ "digest": built.digest }))?)?;
    let mut files = BTreeMap::new();
    let layers = manifest.get("layers").and_then(Value::as_array);
    for layer in layers.context("no layers")? {
        let bytes = blob(layer)?;
        let mut archive = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
        for entry in archive.entries()? {
            let mut entry = entry?;
            if entry.header().entry_type().is_file() {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                files.insert(entry.path()?.display().to_string(), digest_of(&bytes));
            }
        }
    }
    Ok(files)
}

fn glibc() -> Result<Library> {
    let path = static_library("libc.a")?;
    let bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let banner = banner(&bytes).with_context(|| format!("{} is not glibc's", path.display()))?;
    let (version, purl) = glibc_version(&banner)
        .with_context(|| format!("{} says no version: {banner}", path.display()))?;
    Ok(Library {
        name: "glibc",
        version,
        description: format!("linked into the program: {banner}"),
        purl,
        license: "LGPL-2.1-or-later",
        sha256: Some(digest_of(&bytes)),
    })
}

/// The line with which the library describes itself.
fn banner(library: &[u8]) -> Option<String> {
    const START: &[u8] = b"GNU C Library (";
    let at = library.windows(START.len()).position(|it| it == START)?;
    let line = library
        .get(at..)?
        .split(|byte| !(b' '..=b'~').contains(byte))
        .next()?;
    Some(String::from_utf8_lossy(line).into_owned())
}

/// The version and the package URL; those of the distribution's package where it names one.
fn glibc_version(banner: &str) -> Option<(String, String)> {
    let (maker, rest) = banner.strip_prefix("GNU C Library (")?.split_once(')')?;
    for (name, namespace) in [("Debian GLIBC ", "debian"), ("Ubuntu GLIBC ", "ubuntu")] {
        if let Some(version) = maker.strip_prefix(name) {
            let escaped = version.replace('+', "%2B");
            let purl = format!("pkg:deb/{namespace}/glibc@{escaped}?arch=source");
            return Some((version.to_owned(), purl));
        }
    }
    let version = rest.split("version ").nth(1)?.trim_end_matches('.');
    Some((version.to_owned(), format!("pkg:generic/glibc@{version}")))
}

fn libgcc() -> Result<Library> {
    let path = static_library("libgcc.a")?;
    let compiler = answer(std::process::Command::new(COMPILER).arg("--version"))?;
    let compiler = compiler.lines().next().unwrap_or_default();
    let version = answer(std::process::Command::new(COMPILER).arg("-dumpfullversion"))?;
    let version = version.trim().to_owned();
    Ok(Library {
        name: "libgcc",
        description: format!("linked into the program: the compiler's own library, of {compiler}"),
        purl: format!("pkg:generic/gcc@{version}"),
        version,
        license: "GPL-3.0-or-later WITH GCC-exception-3.1",
        sha256: Some(digest_of(&fs::read(path)?)),
    })
}

fn standard_library() -> Result<Library> {
    let about = rustc(&["--version", "--verbose"])?;
    let said = |name: &str| {
        about
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .with_context(|| format!("rustc does not say its {name}"))
    };
    let (version, commit) = (said("release")?, said("commit-hash")?);
    Ok(Library {
        name: "rust-std",
        version: version.to_owned(),
        description:
            "linked into the program: Rust's standard library, with the crates that it is made of"
                .to_owned(),
        purl: format!(
            "pkg:generic/rust-std@{version}?vcs_url=git%2Bhttps://github.com/rust-lang/rust%40{commit}"
        ),
        license: "MIT OR Apache-2.0",
        sha256: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_is_known_by_what_it_says_of_itself() {
        let library = b"\0x\0GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36.\nCopyright";
        let line = banner(library).unwrap();
        assert_eq!(
            glibc_version(&line).unwrap(),
            (
                "2.36-9+deb12u14".to_owned(),
                "pkg:deb/debian/glibc@2.36-9%2Bdeb12u14?arch=source".to_owned()
            )
        );
        assert_eq!(
            glibc_version("GNU C Library (GNU libc) stable release version 2.42.").unwrap(),
            ("2.42".to_owned(), "pkg:generic/glibc@2.42".to_owned())
        );
        assert_eq!(banner(b"musl"), None);
    }

    #[test]
    fn this_machine_says_what_it_links() {
        for library in [glibc(), libgcc(), standard_library()] {
            let library = library.unwrap();
            assert!(!library.version.is_empty(), "{}", library.name);
        }
    }
}
