//! Helm 3 and Helm 4, with which tests install the chart.

use std::path::PathBuf;

use anyhow::Result;

use crate::binaries::{Progress, Sources};
use crate::kit::{Kit, Make, Program};

const HELM: Kit = Kit {
    whose: "Helm's",
    module: "helm",
    programs: &[
        Program {
            name: "helm-3",
            package: "helm.sh/helm/v3/cmd/helm",
            make: Make::Go { tags: "" },
        },
        Program {
            name: "helm-4",
            package: "helm.sh/helm/v4/cmd/helm",
            make: Make::Go { tags: "" },
        },
    ],
    command: "cargo xtask test",
};

/// Both versions of Helm that people use.
#[derive(Clone, Debug)]
pub struct Helm {
    folder: PathBuf,
}

impl Helm {
    /// The programs, if they are there already.
    ///
    /// # Errors
    ///
    /// When they are not.
    pub fn find(sources: &Sources) -> Result<Self> {
        let folder = HELM.find(&sources.cache_of(HELM.module))?;
        Ok(Self { folder })
    }

    /// The programs, built now if they are not there, as [`Sources::obtain`] does.
    ///
    /// # Errors
    ///
    /// When Go is not installed, or a build fails.
    pub fn obtain(sources: &Sources, report: &mut dyn FnMut(Progress<'_>)) -> Result<Self> {
        let cache = sources.cache_of(HELM.module);
        let folder = HELM.obtain(&cache, &sources.go, report)?;
        Ok(Self { folder })
    }

    /// Helm 3 and Helm 4.
    #[must_use]
    pub fn both(&self) -> [PathBuf; 2] {
        ["helm-3", "helm-4"].map(|name| self.folder.join(name))
    }

    /// Helm 4.
    #[must_use]
    pub fn latest(&self) -> PathBuf {
        self.folder.join("helm-4")
    }
}
