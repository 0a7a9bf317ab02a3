//! `cargo xtask control-plane`: obtains the programs of a control plane.

use std::process::ExitCode;

use anyhow::Result;
use testbed::{Binaries, Sources};

use crate::narrator::Narrator;

pub(crate) fn run() -> Result<ExitCode> {
    println!("{}", obtain()?.folder().display());
    Ok(ExitCode::SUCCESS)
}

/// Obtains the programs; blocks for minutes when they have to be built.
pub(crate) fn obtain() -> Result<Binaries> {
    let mut narrator = Narrator::new(
        "a Kubernetes control plane",
        "in about 6 minutes on two cores",
    );
    Sources::from_env()?.obtain(&mut |progress| narrator.tell(progress))
}
