//! An enclosure: namespaces of their own for processes, mounts and the network, in which a node and all that has to do with
//! it run and end together.
//!
//! When its first process ends, the system ends all others and drops mounts and interfaces. Only control groups
//! are left, and those are removed from outside, even when whoever made the enclosure was killed.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use super::cgroups::{Group, Sweeper};
use super::network::{KUBERNETES_ADDRESS, NODE_ADDRESS};
use crate::process::{Output, Process};

const FIRST_PROCESS: &str = include_str!("enclosure.sh");
pub(super) const NAMESPACES: [&str; 6] = [
    "--mount",
    "--net",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
];
const NAME_VARIABLE: &str = "TESTBED_ENCLOSURE";

/// A program that runs in an enclosure. It ends with all that it started when this value is dropped or its process dies.
#[derive(Debug)]
pub struct Enclosure {
    // Dropped first, because groups can be removed only when their processes have ended.
    first: Process,
    sweeper: Sweeper,
}

/// The enclosure that this process runs in.
#[derive(Debug)]
pub struct Enclosed {
    name: String,
}

impl Enclosure {
    /// Starts a program in an enclosure. Temporary files that it makes are the enclosure's own, and it reaches nothing
    /// outside over the network.
    ///
    /// # Errors
    ///
    /// When processes cannot be started. That the enclosure cannot be made is told on standard error, and seen by an
    /// early end; [`Node::check_machine`](super::Node::check_machine) tells it before.
    pub fn spawn(command: &Command, output: Output) -> Result<Self> {
        let name = format!("testbed-{:08x}", fastrand::u32(..));
        let sweeper = Group::named(name.clone()).removed_at_the_end()?;
        let mut enclosed = Command::new("unshare");
        enclosed
            .args(NAMESPACES)
            .args(["sh", "-c", FIRST_PROCESS, "sh"])
            .arg(command.get_program())
            .args(command.get_args())
            .env(NAME_VARIABLE, name)
            .env(
                "ENCLOSURE_ADDRESSES",
                format!("{KUBERNETES_ADDRESS} {NODE_ADDRESS}"),
            );
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => enclosed.env(variable, value),
                None => enclosed.env_remove(variable),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            enclosed.current_dir(folder);
        }
        Ok(Self {
            first: Process::spawn(&enclosed, output)?,
            sweeper,
        })
    }

    /// Waits until the program ends; all others in the enclosure have ended then, too.
    ///
    /// # Errors
    ///
    /// When the system does not say whether it runs.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        self.first.wait().await
    }

    /// Ends all that runs in the enclosure, waits until that has come about, and removes what would be left.
    ///
    /// # Errors
    ///
    /// When control groups cannot be removed.
    pub async fn close(self) -> Result<()> {
        let Self { mut first, sweeper } = self;
        if first.ended()?.is_none()
            && let Some(inner) = first_process_of(first.id())
        {
            // `unshare` waits for its end, and so for the end of all others.
            let _ = kill_process(inner, Signal::KILL);
            first.wait().await?;
        }
        drop(first);
        tokio::task::spawn_blocking(|| sweeper.sweep())
            .await
            .context("cannot remove control groups")?
    }
}

impl Enclosed {
    /// The enclosure that this process runs in.
    ///
    /// # Errors
    ///
    /// When it runs in none.
    pub fn here() -> Result<Self> {
        let name = env::var(NAME_VARIABLE)
            .context("a node changes much on a machine, so it is started in an enclosure only")?;
        Ok(Self { name })
    }

    pub(super) fn group(&self) -> Group {
        Group::named(self.name.clone())
    }
}

/// Of the children of `unshare` the one that is the first process of a namespace.
fn first_process_of(unshare: u32) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).ok()?;
    children.split_whitespace().find_map(|child| {
        let status = fs::read_to_string(PathBuf::from("/proc").join(child).join("status")).ok()?;
        let numbers = status
            .lines()
            .find_map(|line| line.strip_prefix("NSpid:"))?;
        let is_first = numbers.split_whitespace().skip(1).last() == Some("1");
        is_first
            .then(|| Pid::from_raw(child.parse().ok()?))
            .flatten()
    })
}
