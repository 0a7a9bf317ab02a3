//! Whether this machine can run a node.

use std::process::{Command, Stdio};

use super::cgroups;
use super::enclosure::NAMESPACES;
use crate::impossible::Impossible;

const TOOLS: [(&str, &str); 5] = [
    ("unshare", "util-linux"),
    ("mount", "util-linux"),
    ("ip", "iproute2"),
    ("find", "findutils"),
    ("sh", "dash"),
];
/// What an enclosure does first.
const TRIAL: &str = "mount -t tmpfs tmpfs /run && ip link set lo up";

/// Tells the reason when no node can run here.
pub(super) fn check() -> Result<(), Impossible> {
    if !rustix::process::geteuid().is_root() {
        return Err(Impossible::because("a node needs root: run this as root"));
    }
    for (tool, package) in TOOLS {
        let found = Command::new("sh")
            .args(["-c", "command -v \"$1\"", "sh", tool])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            return Err(Impossible::because(format!(
                "a node needs the program {tool}: install {package}"
            )));
        }
    }
    if cgroups::trees().is_empty() {
        return Err(Impossible::because(
            "a node needs control groups at /sys/fs/cgroup: in a container, start it with --privileged",
        ));
    }
    let trial = Command::new("unshare")
        .args(NAMESPACES)
        .args(["sh", "-c", TRIAL])
        .stdin(Stdio::null())
        .output();
    match trial {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(Impossible::because(format!(
            "a node needs namespaces of its own, and this machine refuses them: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
        Err(error) => Err(Impossible::because(format!(
            "unshare cannot be run: {error}"
        ))),
    }
}
