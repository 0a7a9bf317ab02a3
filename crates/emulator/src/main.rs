//! The emulator as a program: starts, says where it listens and with which keys, and serves until it is stopped.

mod arguments;

use std::io::{self, Write};

use anyhow::Context;
use clap::Parser;
use ncp_emulator::{Emulator, Key, Role, Seed, Settings, StateFile};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use arguments::Arguments;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    let arguments = Arguments::parse();
    let seed = arguments.seed()?;
    let file = arguments.state_file()?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let settings = arguments.settings(file.as_ref())?;
    let emulator = start(settings, file, seed).await?;
    arguments.write_authority(&emulator)?;
    if emulator.keys().is_empty() {
        // Without any key nobody could call anything.
        drop(emulator.add_key(Role::Manager));
    }
    emulator.settled().await?;
    announce(&emulator, &emulator.keys()).context("failed to print where the emulator listens")?;
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    emulator.stop().await;
    Ok(())
}

async fn start(
    settings: Settings,
    file: Option<StateFile>,
    seed: Seed,
) -> anyhow::Result<Emulator> {
    let Some(file) = file else {
        let emulator = Emulator::start(settings).await?;
        seed.sow(&emulator)?;
        return Ok(emulator);
    };
    if !file.is_new() {
        tracing::info!(
            "the state file holds an emulator already: of the seed and of the arguments about what it holds, only \
             faults are used"
        );
    }
    Ok(Emulator::start_kept(settings, file, seed).await?)
}

/// Prints lines of the form `NAME=value`; a further key has its number in its names.
fn announce(emulator: &Emulator, keys: &[Key]) -> io::Result<()> {
    let endpoints = emulator.endpoints();
    let mut out = io::stdout().lock();
    writeln!(out, "NCP_EMULATOR_KR_GLOBAL={}", endpoints.kr_global)?;
    writeln!(out, "NCP_EMULATOR_KR_REGIONAL={}", endpoints.kr_regional)?;
    writeln!(out, "NCP_EMULATOR_JPN_REGIONAL={}", endpoints.jpn_regional)?;
    // Clients that take NCLOUD_METADATA_API_ENDPOINT, as NCP's Go SDK does, want it as it is.
    writeln!(out, "NCP_EMULATOR_METADATA={}", endpoints.metadata)?;
    writeln!(out, "NCP_EMULATOR_ADMIN={}", endpoints.admin)?;
    for (key, number) in keys.iter().zip(1..) {
        let suffix = if number == 1 {
            String::new()
        } else {
            format!("_{number}")
        };
        writeln!(out, "NCLOUD_ACCESS_KEY{suffix}={}", key.access_key)?;
        writeln!(out, "NCLOUD_SECRET_KEY{suffix}={}", key.secret_key)?;
    }
    writeln!(out, "NCP_EMULATOR_READY=true")?;
    out.flush()
}
