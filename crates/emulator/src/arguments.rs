//! The arguments of the program, and what they ask for.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::{Args, Parser};
use jiff::Timestamp;
use ncp_emulator::{Emulator, Ports, Seed, Settings, StateFile, StateFileError, Tls};
use steerable_clock::Clock;

/// A local server that behaves like NAVER Cloud Platform Secret Manager.
// Without Debug, as it holds values of secrets.
#[derive(Parser)]
#[command(version)]
pub struct Arguments {
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
    /// Name under which the admin port may be reached besides localhost and addresses; may be repeated.
    #[arg(long, value_name = "NAME")]
    admin_host: Vec<String>,
    /// What the clock shows at the start, for example 2026-01-01T00:00:00Z; the machine's time by default.
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Seconds of the clock in one real second; 0 freezes it.
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    speed: Option<f64>,
    /// YAML file with keys, triggers, protection keys, secrets, faults and behaviour.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Secret and its value, for example 'shop-orders={"password":"x"}'; may be repeated.
    #[arg(long, value_name = "NAME=JSON")]
    secret: Vec<String>,
    /// How long a day of rotation periods and deletion waits lasts on the clock, for example 10s.
    #[arg(long, value_name = "SPAN")]
    day: Option<String>,
    /// Position of a switch of behaviour, for example readInDisable=accepted; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Refuses everything of which it is doubtful whether NCP accepts it; the seed file and --set go over it.
    #[arg(long)]
    strict: bool,
    /// Fault, for example '{effect: {kind: unavailable}, times: 3}'; may be repeated.
    #[arg(long, value_name = "YAML")]
    fault: Vec<String>,
    /// File in which everything is kept; what was answered to a change survives a kill. In memory by default.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Makes secret identifiers, job tokens and random values the same in each run.
    #[arg(long, value_name = "NUMBER")]
    random_seed: Option<u64>,
    #[command(flatten)]
    tls: TlsArguments,
}

#[derive(Args)]
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
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.0..=1e9).contains(&speed) => Ok(speed),
        _ => Err("must be 0 to 1000000000".to_owned()),
    }
}

/// Whether a text can be told as a name: where the name was forgotten, it is a part of the value.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.bytes().all(allowed)
}

impl Arguments {
    /// The seed file, with what further arguments say over it. An error never quotes a secret's value.
    pub fn seed(&self) -> anyhow::Result<Seed> {
        let mut seed = self.seed_file()?;
        if self.strict {
            seed.be_strict();
        }
        for argument in &self.secret {
            let (name, value) = argument
                .split_once('=')
                .filter(|(name, _)| is_name(name))
                .context("--secret must have the form NAME=JSON")?;
            seed.set_secret(name, value);
        }
        if let Some(day) = &self.day {
            seed.set("day", day).context("failed to use --day")?;
        }
        for argument in &self.set {
            let (name, value) = argument
                .split_once('=')
                .ok_or_else(|| anyhow!("--set {argument} must have the form NAME=VALUE"))?;
            seed.set(name, value).context("failed to use --set")?;
        }
        for argument in &self.fault {
            seed.add_fault(argument).context("failed to use --fault")?;
        }
        Ok(seed)
    }

    fn seed_file(&self) -> anyhow::Result<Seed> {
        let Some(path) = &self.seed else {
            return Ok(Seed::default());
        };
        let yaml = fs::read_to_string(path)
            .with_context(|| format!("failed to read the seed file {}", path.display()))?;
        Seed::parse(&yaml).with_context(|| format!("failed to use {}", path.display()))
    }

    /// Writes the emulator's own certificate authority where it was asked for.
    pub fn write_authority(&self, emulator: &Emulator) -> anyhow::Result<()> {
        if let (Some(path), Some(pem)) = (&self.tls.tls_ca_file, emulator.certificate_authority()) {
            fs::write(path, pem).with_context(|| {
                let path = path.display();
                format!("failed to write the certificate authority to {path}")
            })?;
        }
        Ok(())
    }

    /// The state file, open.
    pub fn state_file(&self) -> Result<Option<StateFile>, StateFileError> {
        self.state.as_deref().map(StateFile::open).transpose()
    }

    /// How the emulator starts. Without another wish its clock goes on as the state file knows it, as if the
    /// emulator had not been away.
    pub fn settings(&self, file: Option<&StateFile>) -> Result<Settings, StateFileError> {
        let kept = file.map(StateFile::clock).transpose()?.flatten();
        let start = self.start.unwrap_or_else(|| Clock::machine().now());
        let (clock, steering) = Clock::steered(start);
        if let (None, Some(reading)) = (self.start, kept) {
            steering.adopt(reading);
        }
        if let Some(speed) = self.speed {
            steering.run_at(speed);
        }
        if self.start.is_some() {
            // Set again, so that a frozen clock shows exactly the start.
            steering.set(start);
        }
        Ok(Settings {
            clock,
            steering: Some(steering),
            address: self.address,
            ports: Ports {
                kr_global: self.kr_global_port,
                kr_regional: self.kr_regional_port,
                jpn_regional: self.jpn_regional_port,
                metadata: self.metadata_port,
                admin: self.admin_port,
            },
            tls: self.tls.wanted(),
            random_seed: self.random_seed,
            admin_hosts: self.admin_host.clone(),
            ..Settings::default()
        })
    }
}
