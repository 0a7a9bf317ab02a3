//! The emulator as a program: starts, says where it listens and with which keys, and serves until it is stopped.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser};
use jiff::Timestamp;
use ncp_emulator::{Emulator, Key, Ports, Role, Seed, Settings, StateFile, Tls};
use steerable_clock::Clock;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A local server that behaves like NAVER Cloud Platform Secret Manager.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address that all ports are on.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into())]
    address: IpAddr,
    /// Port in place of secretmanager.apigw.ntruss.com; a free one by default.
    #[arg(long, value_name = "PORT")]
    kr_global_port: Option<u16>,
    /// Port in place of ocapi-kr.ncloud.com; a free one by default.
    #[arg(long, value_name = "PORT")]
    kr_regional_port: Option<u16>,
    /// Port in place of ocapi-jp.ncloud.com; a free one by default.
    #[arg(long, value_name = "PORT")]
    jpn_regional_port: Option<u16>,
    /// Port in place of 169.254.169.254, the metadata service of a server; a free one by default.
    #[arg(long, value_name = "PORT")]
    metadata_port: Option<u16>,
    /// Port for health and control; a free one by default.
    #[arg(long, value_name = "PORT")]
    admin_port: Option<u16>,
    /// What the clock shows at the start, for example 2026-01-01T00:00:00Z; the machine's time by default.
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Seconds of the clock in one real second; 0 freezes it.
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    speed: Option<f64>,
    /// YAML file with keys, triggers, protection keys, secrets and behaviour.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// File in which everything is kept; what was answered to a change survives a kill. In memory by default.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Makes secret identifiers, job tokens and random values the same in each run.
    #[arg(long, value_name = "NUMBER")]
    random_seed: Option<u64>,
    #[command(flatten)]
    tls: TlsArguments,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "TLS on the API ports, which speak plain HTTP as well")]
struct TlsArguments {
    /// TLS with a certificate of an authority that exists until the emulator stops.
    #[arg(long)]
    tls: bool,
    /// Further host name or address of that certificate; may be repeated.
    #[arg(long, value_name = "NAME", requires = "tls")]
    tls_name: Vec<String>,
    /// File to write that authority to, as PEM; the admin port has it as /ca.pem, too.
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_ca_file: Option<PathBuf>,
    /// TLS with a given certificate: PEM file of it and those between it and its authority.
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with_all = ["tls_name", "tls_ca_file"])]
    tls_cert: Option<PathBuf>,
    /// PEM file of the private key of the given certificate.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl TlsArguments {
    fn wanted(&self) -> Option<Tls> {
        let names = self.tls_name.clone();
        match (self.tls_cert.clone(), self.tls_key.clone()) {
            (Some(certificate), Some(key)) => Some(Tls::Given { certificate, key }),
            _ => self.tls.then_some(Tls::Own { names }),
        }
    }

    fn write_authority(&self, emulator: &Emulator) -> anyhow::Result<()> {
        if let (Some(path), Some(pem)) = (&self.tls_ca_file, emulator.certificate_authority()) {
            fs::write(path, pem).with_context(|| {
                format!(
                    "failed to write the certificate authority to {}",
                    path.display()
                )
            })?;
        }
        Ok(())
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.0..=1e9).contains(&speed) => Ok(speed),
        _ => Err("must be 0 to 1000000000".to_owned()),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    let arguments = Arguments::parse();
    let seed = read_seed(&arguments)?;
    let file = arguments
        .state
        .as_deref()
        .map(StateFile::open)
        .transpose()?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let settings = settings(&arguments, file.as_ref())?;
    let emulator = start(settings, file, seed).await?;
    arguments.tls.write_authority(&emulator)?;
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

fn read_seed(arguments: &Arguments) -> anyhow::Result<Seed> {
    let Some(path) = &arguments.seed else {
        return Ok(Seed::default());
    };
    let yaml = fs::read_to_string(path)
        .with_context(|| format!("failed to read the seed file {}", path.display()))?;
    Seed::parse(&yaml).with_context(|| format!("failed to use {}", path.display()))
}

fn settings(arguments: &Arguments, file: Option<&StateFile>) -> anyhow::Result<Settings> {
    let kept = match file {
        Some(file) => file.clock()?,
        None => None,
    };
    let start = arguments.start.unwrap_or_else(|| Clock::machine().now());
    let (clock, steering) = Clock::steered(start);
    // Without another wish the clock goes on as if the emulator had not been away.
    if let (None, Some(reading)) = (arguments.start, kept) {
        steering.adopt(reading);
    }
    if let Some(speed) = arguments.speed {
        steering.run_at(speed);
    }
    if arguments.start.is_some() {
        // Set again, so that a frozen clock shows exactly the start.
        steering.set(start);
    }
    Ok(Settings {
        clock,
        steering: Some(steering),
        address: arguments.address,
        ports: Ports {
            kr_global: arguments.kr_global_port,
            kr_regional: arguments.kr_regional_port,
            jpn_regional: arguments.jpn_regional_port,
            metadata: arguments.metadata_port,
            admin: arguments.admin_port,
        },
        tls: arguments.tls.wanted(),
        random_seed: arguments.random_seed,
        ..Settings::default()
    })
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
        tracing::info!("the state file holds an emulator already; the seed is not used");
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
