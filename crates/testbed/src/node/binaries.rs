//! The programs of a node, built from the module in `tools/node`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::binaries::{Progress, Sources};
use crate::kit::{Kit, Make, Program};

const CONTAINERD: Make = Make::Go {
    tags: "no_btrfs,no_zfs,no_devmapper,no_aufs,netgo,osusergo",
};
const PLAIN: Make = Make::Go { tags: "" };

const NODE: Kit = Kit {
    whose: "the node's",
    module: "node",
    programs: &[
        program(
            "kube-scheduler",
            "k8s.io/kubernetes/cmd/kube-scheduler",
            Make::Kubernetes,
        ),
        program("kubelet", "k8s.io/kubernetes/cmd/kubelet", Make::Kubernetes),
        program(
            "containerd",
            "github.com/containerd/containerd/v2/cmd/containerd",
            CONTAINERD,
        ),
        program(
            "containerd-shim-runc-v2",
            "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
            CONTAINERD,
        ),
        program(
            "ctr",
            "github.com/containerd/containerd/v2/cmd/ctr",
            CONTAINERD,
        ),
        program(
            "runc",
            "github.com/opencontainers/runc",
            // Without seccomp no pod starts: each sandbox asks for the runtime's default profile.
            Make::Seccomp {
                tags: "seccomp,netgo,osusergo",
            },
        ),
        program(
            "ptp",
            "github.com/containernetworking/plugins/plugins/main/ptp",
            PLAIN,
        ),
        program(
            "loopback",
            "github.com/containernetworking/plugins/plugins/main/loopback",
            PLAIN,
        ),
        program(
            "host-local",
            "github.com/containernetworking/plugins/plugins/ipam/host-local",
            PLAIN,
        ),
        program("waiter", "./waiter", PLAIN),
    ],
    command: "cargo xtask node",
};

const fn program(name: &'static str, package: &'static str, make: Make) -> Program {
    Program {
        name,
        package,
        make,
    }
}

/// The folder with the programs of a node, all present.
#[derive(Clone, Debug)]
pub struct NodeBinaries {
    folder: PathBuf,
}

impl NodeBinaries {
    /// The programs, if they were built already.
    ///
    /// # Errors
    ///
    /// When they were not.
    pub fn find(sources: &Sources) -> Result<Self> {
        let folder = NODE.find(&sources.cache_of(NODE.module))?;
        Ok(Self { folder })
    }

    /// The programs, built now if they are not there.
    ///
    /// # Errors
    ///
    /// When Go, a C compiler or libseccomp cannot be had, or a build fails.
    pub fn obtain(sources: &Sources, report: &mut dyn FnMut(Progress<'_>)) -> Result<Self> {
        let folder = NODE.obtain(&sources.cache_of(NODE.module), &sources.go, report)?;
        Ok(Self { folder })
    }

    /// The folder they are in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
