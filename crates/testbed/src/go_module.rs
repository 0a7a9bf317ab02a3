//! A Go module in `tools/` that a test works with: Go's own tool in it, and its program.

use std::path::{Path, PathBuf};
use std::{fs, process};

use anyhow::{Context, Result};

use crate::binaries::Sources;
use crate::go::{Go, MODULES};

/// A Go module of this repository, and the Go that it is built with.
pub struct GoModule {
    name: String,
    go: Go,
}

impl GoModule {
    /// The module in that folder of `tools/`.
    ///
    /// # Errors
    ///
    /// If Go is not there or does not work; says how to get it.
    pub fn new(name: &str) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            go: Go::find(&Sources::from_env()?.go)?,
        })
    }

    /// Builds its program into a folder, where it appears whole or not at all; answers where it is. Only the first build
    /// ever needs the module proxy.
    ///
    /// # Errors
    ///
    /// If it cannot be built, with what Go said.
    pub fn build(&self, folder: &Path) -> Result<PathBuf> {
        let program = folder.join(&self.name);
        let draft = folder.join(format!("{}-{}", self.name, process::id()));
        let path = draft.to_str().context("the folder's name is not UTF-8")?;
        self.run(&["build", "-trimpath", "-o", path, "."])?;
        fs::rename(&draft, &program)
            .with_context(|| format!("cannot keep {}", program.display()))?;
        Ok(program)
    }

    /// Runs Go in the module's folder; answers what it prints.
    ///
    /// # Errors
    ///
    /// If Go fails, with what it said.
    pub fn run(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        self.go.run(&Path::new(MODULES).join(&self.name), arguments)
    }
}
