//! Sets of programs that are built together, each set from a Go module of its own in `tools/`, and kept in a cache
//! folder whose name changes with whatever they are made from.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::binaries::Progress;
use crate::go::{Go, Recipe};

/// Programs that are built from one Go module.
#[derive(Debug)]
pub(crate) struct Kit {
    /// Whose programs they are, for messages.
    pub(crate) whose: &'static str,
    /// The folder of the module in `tools/`, and of the programs in the cache.
    pub(crate) module: &'static str,
    pub(crate) programs: &'static [Program],
    /// The command that builds them.
    pub(crate) command: &'static str,
}

/// One program of a kit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) make: Make,
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Make {
    /// As a part of Kubernetes, with its version stamped in.
    Kubernetes,
    /// As plain Go, with these tags.
    Go { tags: &'static str },
    /// With the C library libseccomp, all static, with these tags.
    Seccomp { tags: &'static str },
}

impl Kit {
    /// The programs that a folder does not have.
    pub(crate) fn missing(&self, folder: &Path) -> impl Iterator<Item = Program> {
        let missing = |program: &&Program| !folder.join(program.name).is_file();
        self.programs.iter().filter(missing).copied()
    }

    /// The folder with the programs, if all were built already.
    pub(crate) fn find(&self, cache: &Path) -> Result<PathBuf> {
        let folder = cache.join(Recipe::read(self)?.fingerprint());
        if self.missing(&folder).next().is_some() {
            bail!(
                "{} programs have not been built: run `{}`",
                self.whose,
                self.command
            );
        }
        Ok(folder)
    }

    /// The folder with the programs, built now if they are not there.
    pub(crate) fn obtain(
        &self,
        cache: &Path,
        go: &OsStr,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<PathBuf> {
        let recipe = Recipe::read(self)?;
        let folder = cache.join(recipe.fingerprint());
        if self.missing(&folder).next().is_none() {
            return Ok(folder);
        }
        let go = Go::find(go)?;
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the cache folder {}", folder.display()))?;
        let _builder = lock(&folder.with_extension("lock"), report)?;
        go.build(self, &recipe, &folder, report)?;
        Ok(folder)
    }
}

/// Waits for the right to build; the system gives it back when its holder ends.
fn lock(path: &Path, report: &mut dyn FnMut(Progress<'_>)) -> Result<File> {
    let attempt = || format!("cannot lock {}", path.display());
    let file = File::create(path).with_context(attempt)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => report(Progress::Waiting),
        Err(TryLockError::Error(error)) => return Err(error).with_context(attempt),
    }
    file.lock().with_context(attempt)?;
    Ok(file)
}
