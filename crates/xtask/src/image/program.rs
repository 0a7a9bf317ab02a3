//! The operator as one static program: the same bytes with the same toolchain, C compiler and libc, whatever the folders
//! are called and whatever the user has set for other builds.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use testbed::{Output, Process};

use super::environment;
use super::toolchain::{answer, triple};
use crate::cargo::{cargo, repository};

const NAME: &str = "ncp-secret-operator";

/// Where the program is built.
pub(super) struct Place {
    sources: PathBuf,
    target: PathBuf,
    cargo_home: PathBuf,
}

impl Place {
    /// In the repository itself.
    pub(super) fn here(folder: &Path) -> Result<Self> {
        Ok(Self {
            sources: repository(),
            target: folder.join("build"),
            cargo_home: cargo_home()?,
        })
    }

    /// In a copy of what the repository has committed, with the same packages behind another path, and with nothing that
    /// was built before.
    pub(super) fn elsewhere(folder: &TempDir) -> Result<Self> {
        let place = Self {
            sources: folder.path().join("sources"),
            target: folder.path().join("build"),
            cargo_home: folder.path().join("cargo"),
        };
        let mut clone = Command::new("git");
        clone
            .args(["clone", "--quiet", "--no-hardlinks"])
            .arg(repository())
            .arg(&place.sources);
        answer(&mut clone)?;
        fs::create_dir(&place.cargo_home)?;
        for entry in fs::read_dir(cargo_home()?)? {
            let entry = entry?;
            symlink(entry.path(), place.cargo_home.join(entry.file_name()))?;
        }
        Ok(place)
    }

    /// Builds the program, with Cargo's own progress; answers its bytes.
    pub(super) async fn build(&self) -> Result<Vec<u8>> {
        let triple = triple();
        eprintln!("building {NAME} as a static program; the first time takes some minutes");
        let mut cargo = cargo();
        cargo
            .current_dir(&self.sources)
            .args(["build", "--locked", "--release", "--package", NAME])
            .args(["--bin", NAME, "--target", &triple])
            .arg("--target-dir")
            .arg(&self.target);
        environment::clear(&mut cargo);
        cargo
            .env("CARGO_HOME", &self.cargo_home)
            .env("CARGO_ENCODED_RUSTFLAGS", self.rust_flags())
            .env("CC_SHELL_ESCAPED_FLAGS", "1")
            .env(
                format!("CFLAGS_{}", triple.replace('-', "_")),
                self.c_flags(),
            );
        let built = Process::spawn(&cargo, Output::Inherit)?.wait().await?;
        if !built.success() {
            bail!("{NAME} does not build; see the compiler's messages above");
        }
        let path = self.target.join(triple).join("release").join(NAME);
        let program =
            fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let folders: Vec<_> = self
            .places()
            .into_iter()
            .map(|(from, _)| from)
            .chain(env::home_dir())
            .collect();
        if let Some(found) = named_in(&program, &folders) {
            bail!(
                "the program names {}, a folder of this machine: {}",
                found.display(),
                path.display()
            );
        }
        Ok(program)
    }

    fn rust_flags(&self) -> String {
        let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
        for (from, to) in self.places() {
            flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        }
        flags.join("\u{1f}")
    }

    fn c_flags(&self) -> String {
        let flags = self
            .places()
            .map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()));
        environment::shell_escaped(&flags)
    }

    /// The folders of this machine that compilers would write into the program, and what stands for each. Of two that fit,
    /// compilers take the last.
    fn places(&self) -> [(PathBuf, &'static str); 3] {
        [
            (self.sources.clone(), "/sources"),
            (self.target.clone(), "/target"),
            (self.cargo_home.clone(), "/cargo"),
        ]
    }
}

fn cargo_home() -> Result<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    home.context("there is neither CARGO_HOME nor a home folder")
}

/// Fails where the repository holds what is not committed: a copy of it would be another program.
pub(super) fn check_committed() -> Result<()> {
    let mut status = Command::new("git");
    status
        .current_dir(repository())
        .args(["status", "--porcelain"]);
    let changed = answer(&mut status)?;
    if !changed.is_empty() {
        bail!(
            "the second build is one of what is committed; commit or put away first:\n{}",
            changed.trim_end()
        );
    }
    Ok(())
}

/// The first of the folders that the program names with something below it, and not as a part of a longer path.
fn named_in(program: &[u8], folders: &[PathBuf]) -> Option<PathBuf> {
    let named = |folder: &&PathBuf| {
        let prefix = format!("{}/", folder.display()).into_bytes();
        // As for a user without a home: everything is below it.
        prefix.as_slice() != b"//"
            && (0..program.len()).any(|at| {
                program
                    .get(at..)
                    .is_some_and(|rest| rest.starts_with(&prefix))
                    && !at
                        .checked_sub(1)
                        .and_then(|before| program.get(before))
                        .is_some_and(u8::is_ascii_alphanumeric)
            })
    };
    folders.iter().find(named).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_where_the_program_names_what_is_in_it() {
        let folders = ["/home/me/.cargo", "/root", "/"].map(PathBuf::from);
        for (program, found) in [
            ("\0/home/me/.cargo/registry/a.rs\0", Some("/home/me/.cargo")),
            ("say /root/a.rs", Some("/root")),
            ("/proc/self/root/etc and /root and /rooted/", None),
        ] {
            let found = found.map(PathBuf::from);
            assert_eq!(named_in(program.as_bytes(), &folders), found, "{program}");
        }
    }

    #[test]
    fn compilers_are_told_of_every_folder_in_one_flag_each() {
        let place = Place {
            sources: "/a b/it".into(),
            target: "/a b/it/target".into(),
            cargo_home: "/c".into(),
        };
        assert_eq!(
            place.c_flags(),
            "'-ffile-prefix-map=/a b/it=/sources' '-ffile-prefix-map=/a b/it/target=/target' \
             '-ffile-prefix-map=/c=/cargo'"
        );
        assert_eq!(place.rust_flags().split('\u{1f}').count(), 4);
    }
}
