//! The project's own tasks, called as `cargo xtask TASK`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks by printing"
)]

mod bench;
mod cargo;
mod chart;
mod control_plane;
mod crds;
mod demo;
mod e2e;
mod image;
mod interruption;
mod kubectl;
mod ncp;
mod node;
mod playground;
mod rights;
mod sbom;
mod test;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The project's own tasks"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure
    Bench(bench::Arguments),
    /// Write what is made from the chart, or for it: its CRDs and README, and deploy/
    Chart,
    /// Obtain the programs of a Kubernetes control plane; the last line printed is their folder
    ControlPlane,
    /// Write the manifests of the custom resources to crds/
    Crds,
    /// Take a tour: a secret in NCP becomes a Secret in Kubernetes, and follows it
    Demo(demo::Arguments),
    /// Build the container image, without a container engine
    Image(image::Arguments),
    /// List what the image is made of, as a `CycloneDX` document beside it
    Sbom,
    /// Install the chart on a real node and see that pods get their Secrets; needs root
    E2e(e2e::Arguments),
    /// Obtain the programs of a node that runs pods; the last line printed is their folder
    Node,
    /// Run all tests, with one control plane for the run
    Test(test::Arguments),
    /// Start a control plane, the emulator and the operator, and keep them until interrupted
    Up(up::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Bench(arguments) => bench::run(&arguments).await,
        Task::Chart => chart::run(),
        Task::ControlPlane => control_plane::run(),
        Task::Crds => crds::run(),
        Task::Demo(arguments) => demo::run(&arguments).await,
        Task::Image(arguments) => image::run(&arguments).await,
        Task::Sbom => sbom::run().await,
        Task::E2e(arguments) => e2e::run(&arguments).await,
        Task::Node => node::run(),
        Task::Test(arguments) => test::run(&arguments).await,
        Task::Up(arguments) => up::run(&arguments).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
