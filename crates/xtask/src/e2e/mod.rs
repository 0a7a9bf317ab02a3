//! `cargo xtask e2e`: the chart is installed with Helm on a real node, and pods get what NCP holds.
//!
//! What has to be built is built first. Then this same program runs once more in an enclosure, where nothing that a node
//! does to a machine can outlive it.

mod consumers;
mod guard;
mod operator;
mod scene;
mod steps;
mod wait;

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use testbed::{Enclosure, Impossible, Node, Output, Process};

use crate::cargo::repository;
use crate::control_plane::{obtain, obtain_helm, obtain_node};
use crate::image::Built;
use crate::interruption::Interruption;
use scene::{Parts, Scene};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where a node cannot run, print the reason and end well
    #[arg(long)]
    skip_if_impossible: bool,
    /// Set when this program has started itself in an enclosure
    #[arg(long, hide = true)]
    in_enclosure: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.in_enclosure {
        return in_enclosure().await;
    }
    match prepared().await {
        Ok(()) => around_enclosure().await,
        Err(error) if error.downcast_ref::<Impossible>().is_some() => {
            if !arguments.skip_if_impossible {
                return Err(error);
            }
            eprintln!("SKIPPED: cargo xtask e2e: {error:#}");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(error),
    }
}

/// Builds all that the enclosure needs, which reaches no network.
async fn prepared() -> Result<()> {
    Node::check_machine()?;
    tokio::task::block_in_place(|| {
        obtain()?;
        obtain_node()?;
        obtain_helm()
    })?;
    let mut image = Command::new(this_program()?);
    image.arg("image");
    if !Process::spawn(&image, Output::Inherit)?
        .wait()
        .await?
        .success()
    {
        bail!("the image could not be built; see above");
    }
    Ok(())
}

async fn around_enclosure() -> Result<ExitCode> {
    let mut interruption = Interruption::listen()?;
    let started = Instant::now();
    let mut again = Command::new(this_program()?);
    again
        .args(["e2e", "--in-enclosure"])
        .current_dir(repository());
    let mut enclosure = Enclosure::spawn(&again, Output::Inherit)?;
    let status = tokio::select! {
        ended = enclosure.wait() => u8::from(!ended?.success()),
        status = interruption.received() => status,
    };
    enclosure.close().await?;
    let seconds = started.elapsed().as_secs();
    match status {
        0 => eprintln!("e2e: all seen, in {seconds} s"),
        _ => eprintln!("e2e: failed, in {seconds} s"),
    }
    Ok(status.into())
}

async fn in_enclosure() -> Result<ExitCode> {
    let parts = Parts {
        binaries: obtain()?,
        node: obtain_node()?,
        helm: obtain_helm()?.latest(),
        image: Built::find()?,
    };
    let scene = Scene::start(parts).await?;
    if let Err(error) = Box::pin(steps::all(&scene)).await {
        scene.describe().await;
        return Err(error);
    }
    Ok(ExitCode::SUCCESS)
}

fn this_program() -> Result<PathBuf> {
    env::current_exe().context("cannot find this program")
}
