//! `cargo xtask demo`: a control plane, the emulator and the operator, and a tour of what they do together.

mod tour;
mod wait;

use std::io::{IsTerminal, stdout};
use std::process::ExitCode;

use anyhow::Result;
use jiff::SignedDuration;

use self::tour::tour;
use crate::cargo::build_operator;
use crate::control_plane::obtain;
use crate::interruption::Interruption;
use crate::playground::Playground;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// End after the tour, also on a terminal
    #[arg(long)]
    exit: bool,
}

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binaries = tokio::task::block_in_place(obtain)?;
    let operator = build_operator().await?;
    let mut interruption = Interruption::listen()?;
    let mut playground = tokio::select! {
        playground = Playground::start(&binaries, A_DAY) => playground?,
        status = interruption.received() => return Ok(status.into()),
    };
    tokio::select! {
        toured = tour(&mut playground, &operator) => toured?,
        status = interruption.received() => {
            playground.stop().await?;
            return Ok(status.into());
        }
    }
    if stdout().is_terminal() && !arguments.exit {
        invite(&playground);
        interruption.received().await;
    }
    playground.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn invite(playground: &Playground) {
    println!("Everything stays up until you press Ctrl-C. In another terminal:\n");
    println!(
        "    export KUBECONFIG='{}'",
        playground.cluster().kubeconfig().display()
    );
    println!(
        "    alias kubectl=\"'{}'\"",
        playground.kubectl_program.display()
    );
    println!("    kubectl get ncpsecrets -A -o wide");
    println!("    kubectl describe ncpsecret orders-db -n shop");
    println!(
        "\nNCP's emulated API listens at {}",
        playground.emulator.endpoints().kr_regional
    );
    println!(
        "The operator's log is {}",
        playground.operator_log.display()
    );
}
