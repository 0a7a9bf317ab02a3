//! `cargo xtask test`: all tests, with one control plane for the run.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

use anyhow::Result;
use testbed::{CLUSTER_VARIABLE, Cluster, ControlPlane, Output, Process};

use crate::cargo::cargo;
use crate::control_plane::{obtain, obtain_helm, obtain_promtool};
use crate::interruption::{Interruption, status_of};
use crate::rights;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to `cargo test`, for example: -p testbed --test process -- --nocapture
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo_test: Vec<String>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binaries = tokio::task::block_in_place(obtain)?;
    tokio::task::block_in_place(obtain_helm)?;
    tokio::task::block_in_place(obtain_promtool)?;
    tokio::task::block_in_place(crate::node::obtain_where_possible)?;
    let mut interruption = Interruption::listen()?;
    let started = Instant::now();
    let plane = tokio::select! {
        plane = ControlPlane::start(&binaries) => plane?,
        status = interruption.received() => return Ok(status.into()),
    };
    eprintln!(
        "the control plane is ready after {:.1} s",
        started.elapsed().as_secs_f32()
    );

    let mut tests = Process::spawn(&cargo_test(arguments, plane.cluster()), Output::Inherit)?;
    let status = tokio::select! {
        ended = tests.wait() => exit_status(ended?),
        status = interruption.received() => status,
    };
    drop(tests);
    let status = if status == 0 && runs_all(&arguments.cargo_test) {
        judge(plane.cluster())?
    } else {
        status
    };
    plane.stop().await?;

    let seconds = started.elapsed().as_secs();
    match status {
        0 => eprintln!("cargo test: all passed, in {seconds} s"),
        _ => eprintln!("cargo test: failed with status {status}, in {seconds} s"),
    }
    Ok(status.into())
}

/// Compares what operators asked for in all tests with what the chart grants; answers the status of the run.
fn judge(cluster: &Cluster) -> Result<u8> {
    let differences = rights::compare(cluster)?;
    for difference in &differences {
        eprintln!("error: {difference}");
    }
    if differences.is_empty() {
        eprintln!(
            "the chart grants what the operator asked for in the live tests, and nothing more"
        );
    }
    Ok(u8::from(!differences.is_empty()))
}

/// Whether all live tests run: a part of them needs a part of the rights.
fn runs_all(cargo_test: &[String]) -> bool {
    const LIVE: [&str; 4] = ["-p", "ncp-secret-operator", "--test", "live"];
    cargo_test.is_empty() || cargo_test == LIVE
}

fn cargo_test(arguments: &Arguments, cluster: &Cluster) -> Command {
    let mut command = cargo();
    command.arg("test");
    if !selects_packages(&arguments.cargo_test) {
        command.arg("--workspace");
    }
    command
        .args(&arguments.cargo_test)
        .env(CLUSTER_VARIABLE, cluster.folder());
    command
}

/// Whether arguments name packages, which `--workspace` would overrule.
fn selects_packages(arguments: &[String]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| {
            argument.starts_with("--package")
                || (argument.starts_with("-p") && !argument.starts_with("--"))
        })
}

fn exit_status(ended: ExitStatus) -> u8 {
    match (ended.code(), ended.signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(u8::MAX),
        (None, Some(signal)) => status_of(signal),
        (None, None) => u8::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_selected_by_cargos_own_flags_only() {
        let selects =
            |line: &str| selects_packages(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for line in [
            "-p testbed",
            "-ptestbed",
            "--package=testbed",
            "--lib --package testbed",
        ] {
            assert!(selects(line), "{line}");
        }
        for line in ["--profile release", "name", "--test live -- -p"] {
            assert!(!selects(line), "{line}");
        }
    }
}
