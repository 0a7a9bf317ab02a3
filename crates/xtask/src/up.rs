//! `cargo xtask up`: everything on this machine, to explore, until interrupted.

use std::process::ExitCode;

use anyhow::Result;
use jiff::SignedDuration;

use crate::cargo::build_operator;
use crate::control_plane::obtain;
use crate::interruption::Interruption;
use crate::playground::Playground;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave the operator out, for one that you start yourself
    #[arg(long)]
    without_operator: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binaries = tokio::task::block_in_place(obtain)?;
    let operator = if arguments.without_operator {
        None
    } else {
        Some(build_operator().await?)
    };
    let mut interruption = Interruption::listen()?;
    let mut playground = tokio::select! {
        playground = Playground::start(&binaries, SignedDuration::ZERO) => playground?,
        status = interruption.received() => return Ok(status.into()),
    };
    if let Some(binary) = &operator {
        eprintln!("starting the operator");
        let probes = playground.start_operator(binary).await?;
        println!("OPERATOR={probes}");
        println!("OPERATOR_LOG={}", playground.operator_log.display());
    }
    describe(&playground)?;
    eprintln!("ready; interrupt to stop");
    interruption.received().await;
    playground.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn describe(playground: &Playground) -> Result<()> {
    let endpoints = playground.emulator.endpoints();
    let own_rights = playground
        .cluster()
        .service_account_kubeconfig("ncp-secrets", "ncp-secret-operator")?;
    for (name, value) in [
        (
            "KUBECONFIG",
            playground.cluster().kubeconfig().display().to_string(),
        ),
        ("KUBECTL", playground.kubectl_program.display().to_string()),
        ("OPERATOR_KUBECONFIG", own_rights.display().to_string()),
        ("NCP_KR_REGIONAL", endpoints.kr_regional.clone()),
        ("NCP_KR_GLOBAL", endpoints.kr_global.clone()),
        ("NCP_JPN_REGIONAL", endpoints.jpn_regional.clone()),
        ("NCP_ADMIN", endpoints.admin.clone()),
        (
            "NCLOUD_ACCESS_KEY",
            playground.manager_key.access_key.clone(),
        ),
        (
            "NCLOUD_SECRET_KEY",
            playground.manager_key.secret_key.clone(),
        ),
    ] {
        println!("{name}={value}");
    }
    Ok(())
}
