//! Where the C library libseccomp comes from, which runc is linked with: this machine, or else its package, unpacked
//! beside the build without being installed.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

const PACKAGE: &str = "libseccomp-dev";
const HOW_TO_GET_A_COMPILER: &str =
    "install a C compiler with its static library, for example: apt-get install gcc libc6-dev";
const HOW_TO_GET_IT: &str = "install libseccomp with its headers and its static library: \
    apt-get install libseccomp-dev (Debian, Ubuntu), dnf install libseccomp-devel libseccomp-static (Fedora), \
    apk add libseccomp-dev libseccomp-static (Alpine)";

/// The variables with which Go finds it. What has to be unpacked is put beside the draft of the program.
pub(crate) fn environment(draft: &Path) -> Result<Vec<(&'static str, OsString)>> {
    let compiler = compiler();
    if !succeeds(Command::new(&compiler).arg("--version")) {
        bail!(
            "the C compiler {} does not work: {HOW_TO_GET_A_COMPILER}",
            compiler.display()
        );
    }
    let mut include = OsString::from("-O2");
    let mut link = OsString::from("-lseccomp");
    if !is_installed(&compiler) {
        let unpacked =
            unpacked_package(&draft.with_extension("libseccomp")).context(HOW_TO_GET_IT)?;
        include.push(" ");
        include.push(flag("-I", &unpacked.headers));
        link = flag("-L", &unpacked.library);
        link.push(" -lseccomp");
    }
    Ok(vec![
        ("CGO_ENABLED", "1".into()),
        ("CC", compiler),
        ("CGO_CFLAGS", include),
        ("CGO_LDFLAGS", link),
        // The flags are complete; it would be one more program to install.
        ("PKG_CONFIG", "true".into()),
    ])
}

/// A flag with its path, quoted as Go splits flags: a quote begins before the flag and ends after it.
fn flag(name: &str, path: &Path) -> OsString {
    let quote = if path.to_string_lossy().contains('\'') {
        "\""
    } else {
        "'"
    };
    let mut flag = OsString::from(quote);
    flag.push(name);
    flag.push(path);
    flag.push(quote);
    flag
}

fn compiler() -> OsString {
    env::var_os("CC").unwrap_or_else(|| "gcc".into())
}

/// Links an empty program with it, statically.
fn is_installed(compiler: &OsStr) -> bool {
    succeeds(
        Command::new(compiler)
            .args(["-include", "seccomp.h", "-static", "-nostartfiles"])
            .args(["-Wl,--entry=0", "-x", "c", "/dev/null", "-lseccomp"])
            .args(["-o", "/dev/null"]),
    )
}

struct Unpacked {
    headers: PathBuf,
    library: PathBuf,
}

fn unpacked_package(folder: &Path) -> Result<Unpacked> {
    fs::create_dir_all(folder)?;
    if !succeeds(
        Command::new("apt-get")
            .args(["download", "--quiet", PACKAGE])
            .current_dir(folder),
    ) {
        bail!("`apt-get download {PACKAGE}` does not fetch its package either");
    }
    let package = entry(folder, |path| {
        path.extension().is_some_and(|kind| kind == "deb")
    })
    .context("no package came")?;
    let root = folder.join("root");
    if !succeeds(Command::new("dpkg-deb").arg("-x").args([&package, &root])) {
        bail!("{} cannot be unpacked", package.display());
    }
    // In a folder that is called after the machine's architecture.
    let libraries = root.join("usr/lib");
    let library = entry(&libraries, |_| true).unwrap_or(libraries);
    if !library.join("libseccomp.a").is_file() {
        bail!("{} has no static library", package.display());
    }
    Ok(Unpacked {
        headers: root.join("usr/include"),
        library,
    })
}

fn entry(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| wanted(path))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_space_stays_in_its_flag() {
        assert_eq!(flag("-I", Path::new("/a b/c")), "'-I/a b/c'");
        assert_eq!(flag("-L", Path::new("/it's")), "\"-L/it's\"");
    }
}
