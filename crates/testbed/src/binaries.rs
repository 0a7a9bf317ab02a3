//! Where the programs of the control plane come from: the folder that `KUBEBUILDER_ASSETS` names, else a cache
//! folder, filled once with Go from the module in `tools/control-plane`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::kit::{Kit, Make, Program};

/// The programs of a control plane, and the command line client.
const CONTROL_PLANE: Kit = Kit {
    whose: "the control plane's",
    module: "control-plane",
    programs: &[
        kubernetes("etcd", "go.etcd.io/etcd/server/v3"),
        kubernetes("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        kubernetes(
            "kube-controller-manager",
            "k8s.io/kubernetes/cmd/kube-controller-manager",
        ),
        kubernetes("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
    ],
    command: "cargo xtask control-plane",
};

const fn kubernetes(name: &'static str, package: &'static str) -> Program {
    Program {
        name,
        package,
        make: Make::Kubernetes,
    }
}

/// The folder with the programs of the control plane and `kubectl`, all present.
#[derive(Clone, Debug)]
pub struct Binaries {
    folder: PathBuf,
}

/// The places where programs are looked for and built.
#[derive(Clone, Debug)]
pub struct Sources {
    /// A folder with ready programs; nothing else is asked when it is set.
    pub assets: Option<PathBuf>,
    /// The folder that keeps what was built.
    pub cache: PathBuf,
    /// The Go command.
    pub go: OsString,
}

/// What obtaining the programs is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Another process is building the same programs.
    Waiting,
    /// A program is being built; reported when it begins and then about once a second.
    Building {
        /// Its name.
        program: &'a str,
        /// Its place among the programs to be built, from 1.
        number: usize,
        /// How many programs are to be built.
        of: usize,
        /// The time since its beginning.
        elapsed: Duration,
    },
    /// A program has been built.
    Built {
        /// Its name.
        program: &'a str,
        /// How long it took.
        elapsed: Duration,
    },
}

impl Binaries {
    /// The folder they are in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The command line client.
    #[must_use]
    pub fn kubectl(&self) -> PathBuf {
        self.folder.join("kubectl")
    }

    pub(crate) fn etcd(&self) -> PathBuf {
        self.folder.join("etcd")
    }

    pub(crate) fn kube_apiserver(&self) -> PathBuf {
        self.folder.join("kube-apiserver")
    }

    pub(crate) fn kube_controller_manager(&self) -> PathBuf {
        self.folder.join("kube-controller-manager")
    }
}

impl Sources {
    /// The sources as the environment has them: `KUBEBUILDER_ASSETS`, `XDG_CACHE_HOME` or `HOME`, and `go`.
    ///
    /// # Errors
    ///
    /// When the environment has no place for a cache.
    pub fn from_env() -> Result<Self> {
        let cache = env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
            .or_else(|| env::home_dir().map(|home| home.join(".cache")))
            .context("no place to keep programs: set HOME or XDG_CACHE_HOME")?;
        Ok(Self {
            assets: env::var_os("KUBEBUILDER_ASSETS")
                .filter(|value| !value.is_empty())
                .map(Into::into),
            cache: cache.join("ncp-secret-operator/control-plane"),
            go: "go".into(),
        })
    }

    /// The programs, if they are there already.
    ///
    /// # Errors
    ///
    /// When they are not.
    pub fn find(&self) -> Result<Binaries> {
        if let Some(found) = self.provided()? {
            return Ok(found);
        }
        let folder = CONTROL_PLANE.find(&self.cache)?;
        Ok(Binaries { folder })
    }

    /// The programs, built now if they are not there. Two processes may do this at once: one builds, the other
    /// waits. What a killed process had built is kept.
    ///
    /// # Errors
    ///
    /// When `KUBEBUILDER_ASSETS` lacks a program, Go is not installed, or a build fails.
    pub fn obtain(&self, report: &mut dyn FnMut(Progress<'_>)) -> Result<Binaries> {
        if let Some(found) = self.provided()? {
            return Ok(found);
        }
        let folder = CONTROL_PLANE.obtain(&self.cache, &self.go, report)?;
        Ok(Binaries { folder })
    }

    /// The folder for other programs, beside those of the control plane.
    #[must_use]
    pub fn cache_of(&self, programs: &str) -> PathBuf {
        self.cache.with_file_name(programs)
    }

    fn provided(&self) -> Result<Option<Binaries>> {
        let Some(folder) = &self.assets else {
            return Ok(None);
        };
        let missing: Vec<&str> = CONTROL_PLANE
            .missing(folder)
            .map(|program| program.name)
            .collect();
        if !missing.is_empty() {
            bail!(
                "KUBEBUILDER_ASSETS={} has no {}: put it there, or unset the variable to have all programs built",
                folder.display(),
                missing.join(", no ")
            );
        }
        Ok(Some(Binaries {
            folder: folder.clone(),
        }))
    }
}
