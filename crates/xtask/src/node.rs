//! `cargo xtask node`: obtains the programs of a node.

use std::process::ExitCode;

use anyhow::Result;

use crate::control_plane::obtain_node;

pub(crate) fn run() -> Result<ExitCode> {
    println!("{}", obtain_node()?.folder().display());
    Ok(ExitCode::SUCCESS)
}
