//! Promtool, Prometheus' own checker of rules, with which tests check the alerts and the dashboard of the chart.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::binaries::{Progress, Sources};
use crate::kit::{Kit, Make, Program};

const PROGRAM: &str = "promtool";

const PROMTOOL: Kit = Kit {
    whose: "Prometheus'",
    module: "promtool",
    programs: &[Program {
        name: PROGRAM,
        package: "github.com/prometheus/prometheus/cmd/promtool",
        // Rules are checked without the many libraries by which Prometheus finds machines in clouds.
        make: Make::Go {
            tags: "remove_all_sd",
        },
    }],
    command: "cargo xtask test",
};

/// The checker of rules.
#[derive(Clone, Debug)]
pub struct Promtool {
    program: PathBuf,
}

impl Promtool {
    /// The program, if it is there already.
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn find(sources: &Sources) -> Result<Self> {
        Ok(Self::in_folder(
            &PROMTOOL.find(&sources.cache_of(PROMTOOL.module))?,
        ))
    }

    /// The program, built now if it is not there, as [`Sources::obtain`] does.
    ///
    /// # Errors
    ///
    /// When Go is not installed, or the build fails.
    pub fn obtain(sources: &Sources, report: &mut dyn FnMut(Progress<'_>)) -> Result<Self> {
        let cache = sources.cache_of(PROMTOOL.module);
        let folder = PROMTOOL.obtain(&cache, &sources.go, report)?;
        Ok(Self::in_folder(&folder))
    }

    fn in_folder(folder: &Path) -> Self {
        Self {
            program: folder.join(PROGRAM),
        }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }
}
