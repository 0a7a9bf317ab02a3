//! `cargo xtask node`: obtains the programs of a node.

use std::process::ExitCode;

use anyhow::Result;
use testbed::{NodeBinaries, Sources};

use crate::narrator::Narrator;

pub(crate) fn run() -> Result<ExitCode> {
    println!("{}", obtain()?.folder().display());
    Ok(ExitCode::SUCCESS)
}

/// Obtains the programs; blocks for minutes when they have to be built.
pub(crate) fn obtain() -> Result<NodeBinaries> {
    let mut narrator = Narrator::new(
        "the programs of a node",
        "in about 5 minutes on two cores, after those of the control plane",
    );
    NodeBinaries::obtain(&Sources::from_env()?, &mut |progress| {
        narrator.tell(progress);
    })
}
