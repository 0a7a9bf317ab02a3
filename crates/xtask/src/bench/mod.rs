//! `cargo xtask bench`: measures, and prints what it measured beside what it should be.
//!
//! Everything is measured in the release profile, so the task builds itself anew in it and starts over there.

mod cold;
mod floor;

use std::env;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::playground::{is_release_build, repository};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(clap::Subcommand)]
enum Benchmark {
    /// How long new objects take until they are synced, against a bare loop that does the same least work
    Cold(cold::Arguments),
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if !is_release_build()? {
        return tokio::task::block_in_place(start_over_in_release);
    }
    match &arguments.benchmark {
        Benchmark::Cold(arguments) => cold::run(arguments).await,
    }
}

fn start_over_in_release() -> Result<ExitCode> {
    eprintln!("building in the release profile; the first time takes some minutes");
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--release", "--package", "xtask", "--"])
        .args(env::args_os().skip(1))
        .current_dir(repository())
        .status()
        .context("cannot run cargo")?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
