//! Whether this machine can run a node.

use std::process::{Command, Stdio};

use super::cgroups;
use super::enclosure::NAMESPACES;

const TOOLS: [(&str, &str); 6] = [
    ("unshare", "util-linux"),
    ("mount", "util-linux"),
    ("ip", "iproute2"),
    ("find", "findutils"),
    ("tar", "tar"),
    ("sh", "dash"),
];
/// What an enclosure does first.
const TRIAL: &str = "mount -t tmpfs tmpfs /run && ip link set lo up";

/// The reason why no node can run here, with what to do about it; `None` where one can.
#[must_use]
pub fn why_no_node() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("a node needs Linux".to_owned());
    }
    if !rustix::process::geteuid().is_root() {
        return Some("a node needs root: run this as root, for example with sudo -E".to_owned());
    }
    for (tool, package) in TOOLS {
        let found = Command::new("sh")
            .args(["-c", "command -v \"$1\"", "sh", tool])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            return Some(format!(
                "a node needs the program {tool}: install {package}"
            ));
        }
    }
    if cgroups::trees().is_empty() {
        return Some(
            "a node needs control groups at /sys/fs/cgroup: in a container, start it with --privileged"
                .to_owned(),
        );
    }
    let trial = Command::new("unshare")
        .args(NAMESPACES)
        .args(["sh", "-c", TRIAL])
        .stdin(Stdio::null())
        .output();
    match trial {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!(
            "a node needs namespaces of its own, and this machine refuses them: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Some(format!("unshare cannot be run: {error}")),
    }
}
