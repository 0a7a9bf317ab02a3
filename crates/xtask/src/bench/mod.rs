//! `cargo xtask bench`: measures, and prints what it measured beside what it should be.
//!
//! Everything is measured in the release profile, so the task builds itself anew in it and starts over there.

mod cold;
mod day;
mod fleet;
mod floor;
mod reads;
mod report;
mod samples;
mod scale;
mod vitals;

use std::env;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Error, Result};

use crate::cargo::{cargo, is_release_build};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(clap::Subcommand)]
enum Benchmark {
    /// How long new objects take until they are synced, against a bare loop that does the same least work
    Cold(cold::Arguments),
    /// How many calls and writes a day of 10,000 objects takes, against what the documentation calculates
    Day(day::Arguments),
    /// How many signed reads a second the emulator answers
    Reads(reads::Arguments),
    /// Memory, processor, and waiting times with 10,000 objects
    Scale(scale::Arguments),
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if !is_release_build()? {
        return Err(start_over_in_release());
    }
    match &arguments.benchmark {
        Benchmark::Cold(arguments) => cold::run(arguments).await,
        Benchmark::Day(arguments) => day::run(arguments).await,
        Benchmark::Reads(arguments) => reads::run(arguments).await,
        Benchmark::Scale(arguments) => scale::run(arguments).await,
    }
}

/// Ends this program: the new one takes its place, so that whoever ends it ends the benchmark.
fn start_over_in_release() -> Error {
    eprintln!("building in the release profile; the first time takes some minutes");
    let error = cargo()
        .args(["run", "--release", "--package", "xtask", "--"])
        .args(env::args_os().skip(1))
        .exec();
    Error::new(error).context("cannot run cargo")
}
