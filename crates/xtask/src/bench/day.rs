//! `cargo xtask bench day`: a day of many objects, on a clock that is moved in steps, with every call and write counted.
//!
//! What is counted must be what docs/operations.md calculates.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use jiff::SignedDuration;
use ncp_emulator::{Operation, Stage};
use ncp_secret_operator::operator::{Extras, Operator};
use ncp_secret_operator::settings::Settings;
use serde_json::json;

use super::fleet::Fleet;
use super::report::Report;
use super::samples::Samples;
use crate::control_plane::obtain;
use crate::playground::Playground;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many sources
    #[arg(long, default_value_t = 1000)]
    sources: usize,
    /// How many namespaces, each with an object for each source
    #[arg(long, default_value_t = 10)]
    namespaces: usize,
    /// How many values change during the day
    #[arg(long, default_value_t = 50)]
    changes: usize,
}

/// The interval of every object is the default, an hour.
const HOURS: usize = 24;

/// The clock moves so far at once, which is how late a look may be.
const STEP: SignedDuration = SignedDuration::from_secs(10);

const STEPS: usize = HOURS * 360;

/// A look is a detail call and a stage call.
const CALLS_A_LOOK: usize = 2;

/// An object whose source changed costs a write of the Secret and one of the status.
const WRITES_A_CHANGE: usize = 2;

/// How far the number of calls may be from the calculated one, in percent.
const TOLERANCE: usize = 1;

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binaries = tokio::task::block_in_place(obtain)?;
    let playground = Playground::start(&binaries, SignedDuration::ZERO).await?;
    let client = playground.cluster().client().await?;
    let fleet = Fleet::prepare(
        &playground,
        &client,
        arguments.sources,
        arguments.namespaces,
    )
    .await?;
    println!("creating {} objects", fleet.len());
    fleet.create(&client).await?;

    println!("syncing them");
    let operator = start(&playground).await?;
    let samples = Samples::of(&format!("http://{}", operator.address))?;
    let all_wait = |waiting| waiting >= fleet.len();
    samples
        .until("status_writes_total", |writes| writes == fleet.len())
        .await?;
    samples.until("queue_waiting", all_wait).await?;

    println!("a day begins");
    playground.steering.freeze();
    playground.emulator.reset_calls();
    let mark = playground.cluster().audit().mark()?;
    let started = Instant::now();
    for step in 0..STEPS {
        change_a_value(&playground, &fleet, arguments.changes, step)?;
        playground.steering.advance(STEP);
        samples.until("queue_waiting", all_wait).await?;
        if step % (STEPS / 8) == 0 {
            println!("  {} h have passed", step / 360);
        }
    }
    let calls = playground.emulator.count(Operation::GetSecretDetail)
        + playground.emulator.count(Operation::GetSecretStageValue);
    let requests = playground.cluster().audit().since(mark)?;
    let own = "system:serviceaccount:ncp-secrets:ncp-secret-operator";
    let writes = requests
        .iter()
        .filter(|request| request.user == own && request.resource != "leases")
        .filter(|request| !["get", "list", "watch"].contains(&request.verb.as_str()))
        .count();
    println!("the day took {:.0} s", started.elapsed().as_secs_f64());
    operator.stop().await;
    playground.stop().await?;

    let expected_calls = HOURS * arguments.sources * CALLS_A_LOOK;
    let expected_writes = arguments.changes * arguments.namespaces * WRITES_A_CHANGE;
    let mut report = Report::default();
    report.about("calls to NCP", calls, expected_calls, TOLERANCE);
    report.count("writes to the API server", writes, expected_writes);
    Ok(report.verdict())
}

/// The operator in this process, so that one hand moves all clocks at the same moment.
async fn start(playground: &Playground) -> Result<Operator> {
    let kubeconfig = playground
        .cluster()
        .service_account_kubeconfig("ncp-secrets", "ncp-secret-operator")?;
    let endpoints = playground.emulator.endpoints();
    let settings = Settings::parse_from([
        "ncp-secret-operator".to_owned(),
        format!("--kubeconfig={}", kubeconfig.display()),
        "--namespace=ncp-secrets".to_owned(),
        "--listen=127.0.0.1:0".to_owned(),
        "--allow-loopback-http".to_owned(),
        format!("--endpoint-kr-regional={}", endpoints.kr_regional),
        format!("--endpoint-kr-global={}", endpoints.kr_global),
    ]);
    let extras = Extras {
        clock: Some(playground.clock.clone()),
        ..Extras::default()
    };
    Operator::start(settings, extras)
        .await
        .context("the operator did not start")
}

/// Gives a source another value, at moments that are spread over all of the day but its last two hours.
fn change_a_value(
    playground: &Playground,
    fleet: &Fleet,
    changes: usize,
    step: usize,
) -> Result<()> {
    let apart = (STEPS - 2 * 360) / changes.max(1);
    let number = step / apart.max(1);
    if !step.is_multiple_of(apart.max(1)) || number >= changes {
        return Ok(());
    }
    let id = fleet
        .sources
        .get(number % fleet.sources.len())
        .context("no such source")?;
    let value = json!({"user": "orders", "password": format!("changed-{number}")}).to_string();
    playground
        .emulator
        .set_value(id, Stage::Active, Some(&value))
        .map_err(|refusal| anyhow::anyhow!("no new value: {refusal:?}"))
}
