//! `cargo xtask node`: obtains the programs of a node.

use std::process::ExitCode;

use anyhow::Result;
use testbed::{Impossible, Node};

use crate::control_plane::obtain_node;

pub(crate) fn run() -> Result<ExitCode> {
    println!("{}", obtain_node()?.folder().display());
    Ok(ExitCode::SUCCESS)
}

/// Obtains the programs where a node can run, and tells elsewhere why its tests are left out.
pub(crate) fn obtain_where_possible() -> Result<()> {
    let obtained = Node::check_machine()
        .map_err(Into::into)
        .and_then(|()| obtain_node().map(drop));
    match obtained {
        Err(error) if error.downcast_ref::<Impossible>().is_some() => {
            eprintln!("SKIPPED: tests of a node: {error:#}");
            Ok(())
        }
        other => other,
    }
}
