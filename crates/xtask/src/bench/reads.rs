//! `cargo xtask bench reads`: how many signed reads a second the emulator answers, with the load tool beside it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ncp_emulator::sign;
use steerable_clock::Clock;
use tempfile::NamedTempFile;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::cargo::build;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many secrets
    #[arg(long, default_value_t = 10_000)]
    secrets: usize,
    /// How many connections at once
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// How many rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of one round
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// Reads a second to reach.
const GOAL: f64 = 10_000.0;

const ACCESS_KEY: &str = "ncp_iam_BENCHMARKBENCHMARK01";
const SECRET_KEY: &str = "ncp_iam_benchmark_only";

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let program = build("ncp-emulator").await?;
    let seed = seed(arguments.secrets)?;
    let mut emulator = Command::new(program)
        .arg("--seed")
        .arg(seed.path())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the emulator")?;
    let measured = async {
        let out = emulator.stdout.take().context("the emulator is silent")?;
        let base = tokio::task::spawn_blocking(|| base(BufReader::new(out))).await??;
        let mut rates = Vec::new();
        for round in 1..=arguments.rounds {
            let rate = measure(&base, arguments).await?;
            println!("round {round}: {rate:.0} reads a second");
            rates.push(rate);
        }
        anyhow::Ok(rates)
    }
    .await;
    emulator.kill().context("cannot stop the emulator")?;
    emulator.wait().context("cannot stop the emulator")?;
    let mut rates = measured?;
    rates.sort_by(f64::total_cmp);
    let median = rates
        .get(rates.len() / 2)
        .copied()
        .context("no rounds were asked for")?;
    let cores = thread::available_parallelism().context("cannot count the cores")?;
    println!(
        "median: {median:.0} signed reads a second of {} secrets over {} connections, on {cores} cores shared with \
         the load tool (to reach: {GOAL:.0})",
        arguments.secrets, arguments.connections
    );
    Ok(if median >= GOAL {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn seed(secrets: usize) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new().context("cannot write a seed file")?;
    writeln!(
        file,
        "keys: [{{role: manager, accessKey: {ACCESS_KEY}, secretKey: {SECRET_KEY}}}]\nsecrets:"
    )?;
    for number in 0..secrets {
        writeln!(
            file,
            "- {{name: shop-{number}, id: {}, value: {{user: app, password: password-{number}}}}}",
            id(number)
        )?;
    }
    Ok(file)
}

fn id(number: usize) -> String {
    format!("{number:064x}")
}

fn base(lines: impl BufRead) -> Result<Uri> {
    let mut base = None;
    for line in lines.lines() {
        let line = line.context("cannot read what the emulator prints")?;
        if let Some(url) = line.strip_prefix("NCP_EMULATOR_KR_REGIONAL=") {
            base = Some(url.parse().context("no URL of the emulator")?);
        }
        if line == "NCP_EMULATOR_READY=true" {
            return base.context("the emulator does not say where it listens");
        }
    }
    bail!("the emulator ended before it was ready")
}

/// Reads over all connections for the time of a round; answers reads a second.
async fn measure(base: &Uri, arguments: &Arguments) -> Result<f64> {
    let over = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let mut readers = JoinSet::new();
    let started = Instant::now();
    for number in 0..arguments.connections {
        readers.spawn(read(
            base.clone(),
            (number * 7919, arguments.secrets),
            Arc::clone(&over),
            Arc::clone(&count),
        ));
    }
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    over.store(true, Ordering::Relaxed);
    while let Some(reader) = readers.join_next().await {
        reader.context("a reader broke")??;
    }
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 reads")]
    let count = count.load(Ordering::Relaxed) as f64;
    Ok(count / started.elapsed().as_secs_f64())
}

/// Reads one secret after the other over a connection of its own; each request is signed anew.
async fn read(
    base: Uri,
    (first, secrets): (usize, usize),
    over: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
) -> Result<()> {
    let address = base.authority().context("no address")?.as_str().to_owned();
    let stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut number = first;
    while !over.load(Ordering::Relaxed) {
        number = (number + 1) % secrets;
        let target = format!(
            "{}/api/v1/secrets/{}/active",
            base.path().trim_end_matches('/'),
            id(number)
        );
        let time = Clock::machine().now().as_millisecond().to_string();
        let signature = sign(SECRET_KEY, "GET", &target, &time, ACCESS_KEY);
        let request = Request::get(target)
            .header("host", &address)
            .header("x-ncp-apigw-timestamp", time)
            .header("x-ncp-iam-access-key", ACCESS_KEY)
            .header("x-ncp-apigw-signature-v2", signature)
            .body(Empty::<Bytes>::new())?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(
            status == StatusCode::OK && body.starts_with(br#"{"code":"SUCCESS""#),
            "the emulator answered {status}"
        );
        count.fetch_add(1, Ordering::Relaxed);
    }
    drop(sender);
    connection.await??;
    Ok(())
}
