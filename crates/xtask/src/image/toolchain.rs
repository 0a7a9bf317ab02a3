//! What of this machine goes into the program: the Rust target's standard library, the C compiler and the static libc.

use std::env::consts::ARCH;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The compiler and linker of C, whatever the environment says.
pub(crate) const COMPILER: &str = "cc";

const HOW_TO_GET_LIBC: &str =
    "apt-get install gcc libc6-dev (Debian, Ubuntu), dnf install gcc glibc-static (Fedora)";

/// Rust's name for the platform of the image.
pub(crate) fn triple() -> String {
    format!("{ARCH}-unknown-linux-gnu")
}

/// Fails, with what to do, where the program cannot be linked.
pub(super) fn check() -> Result<()> {
    static_library("libc.a")?;
    let triple = triple();
    let folder = rustc(&["--print", "target-libdir", "--target", &triple])?;
    if !PathBuf::from(folder.trim()).is_dir() {
        bail!("the standard library of {triple} is missing: rustup target add {triple}");
    }
    Ok(())
}

/// The static library that programs are linked with.
pub(crate) fn static_library(name: &str) -> Result<PathBuf> {
    let answer = answer(Command::new(COMPILER).arg(format!("-print-file-name={name}")))
        .with_context(|| format!("the C compiler does not work: {HOW_TO_GET_LIBC}"))?;
    // It answers the bare name of what it does not find.
    let path = PathBuf::from(answer.trim());
    if !path.is_absolute() {
        bail!("the C compiler finds no {name}: {HOW_TO_GET_LIBC}");
    }
    path.canonicalize()
        .with_context(|| format!("cannot find {}", path.display()))
}

/// What the Rust compiler answers.
pub(crate) fn rustc(arguments: &[&str]) -> Result<String> {
    answer(Command::new("rustc").args(arguments))
}

/// What a program prints.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        bail!(
            "{name} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} did not print text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_library_is_found_or_the_answer_says_how_to_get_it() {
        assert!(static_library("libc.a").unwrap().is_file());
        let error = static_library("lib-that-is-nowhere.a").unwrap_err();
        assert!(error.to_string().contains("libc6-dev"), "{error}");
    }
}
