//! `cargo xtask bench day`: a day of many objects, on a clock that is moved in steps, with every call and write counted,
//! and then two hours in which their common key is refused.
//!
//! What is counted must be what docs/operations.md calculates.

use std::process::ExitCode;
use std::time::{Duration, Instant};

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

/// Two hours in which the key of all objects is refused: less than the three after which they would not count as good.
const REFUSED_STEPS: usize = 2 * 360;

/// The trouble of a key costs the status of its store, and an event.
const WRITES_OF_A_REFUSED_KEY: usize = 2;

/// A refused key is tried again so often in two hours, at both hosts, beside the looks that were refused at first.
const CALLS_OF_A_REFUSED_KEY: usize = 2 * 60 / 5 * 2 + 32;

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
    samples
        .until("status_writes_total", |writes| writes == fleet.len())
        .await?;
    let day = Day {
        playground,
        fleet,
        samples,
    };
    day.until_all_wait().await?;
    day.playground.steering.freeze();

    println!("a day begins");
    let mut report = Report::default();
    let sums = day
        .pass(STEPS, |step| day.change_a_value(arguments.changes, step))
        .await?;
    let expected_calls = HOURS * arguments.sources * CALLS_A_LOOK;
    let expected_writes = arguments.changes * arguments.namespaces * WRITES_A_CHANGE;
    report.about("calls to NCP", sums.calls, expected_calls, TOLERANCE);
    report.count("writes to the API server", sums.writes, expected_writes);

    println!("the key of all objects is refused for two hours");
    day.playground
        .emulator
        .stop_key(&day.playground.viewer_key.access_key);
    let sums = day.pass(REFUSED_STEPS, |_| Ok(())).await?;
    report.at_most("calls to NCP", sums.calls, CALLS_OF_A_REFUSED_KEY);
    report.count(
        "writes to the API server",
        sums.writes,
        WRITES_OF_A_REFUSED_KEY,
    );
    operator.stop().await;
    day.playground.stop().await?;
    Ok(report.verdict())
}

struct Day {
    playground: Playground,
    fleet: Fleet,
    samples: Samples,
}

/// What was counted.
struct Sums {
    calls: usize,
    writes: usize,
}

impl Day {
    /// Moves the clock by so many steps, after each of which every object waits, and counts.
    async fn pass(&self, steps: usize, each: impl Fn(usize) -> Result<()>) -> Result<Sums> {
        self.playground.emulator.reset_calls();
        let mark = self.playground.cluster().audit().mark()?;
        let started = Instant::now();
        for step in 0..steps {
            each(step)?;
            self.playground.steering.advance(STEP);
            self.until_all_wait().await?;
            if step % (steps / 8) == 0 {
                println!("  {} h have passed", step / 360);
            }
        }
        println!("that took {:.0} s", started.elapsed().as_secs_f64());
        let calls = self.playground.emulator.count(Operation::GetSecretDetail)
            + self
                .playground
                .emulator
                .count(Operation::GetSecretStageValue);
        let writes = self.playground.writes_since(mark)?;
        Ok(Sums { calls, writes })
    }

    /// Waits until each object waits for its time or for its store.
    async fn until_all_wait(&self) -> Result<()> {
        loop {
            let waiting = self.samples.get("queue_waiting").await?;
            if waiting + self.samples.get("queue_held").await? >= self.fleet.len() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Gives a source another value, at moments that are spread over all of the day but its last two hours.
    fn change_a_value(&self, changes: usize, step: usize) -> Result<()> {
        let apart = (STEPS - 2 * 360) / changes.max(1);
        let number = step / apart.max(1);
        if !step.is_multiple_of(apart.max(1)) || number >= changes {
            return Ok(());
        }
        let sources = &self.fleet.sources;
        let id = sources
            .get(number % sources.len())
            .context("no such source")?;
        let value = json!({"user": "orders", "password": format!("changed-{number}")}).to_string();
        self.playground
            .emulator
            .set_value(id, Stage::Active, Some(&value))
            .map_err(|refusal| anyhow::anyhow!("no new value: {refusal:?}"))
    }
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
