//! `cargo xtask bench scale`: what the operator needs with many objects, and how long people wait for it.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::SignedDuration;
use kube::Client;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::fleet::{Fleet, api, create_object};
use super::report::Report;
use super::samples::Samples;
use super::vitals::{peak_memory, processor_time};
use crate::cargo::build_operator;
use crate::control_plane::obtain;
use crate::playground::Playground;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many sources, each with one object in each namespace
    #[arg(long, default_value_t = 1000)]
    sources: usize,
    /// How many namespaces
    #[arg(long, default_value_t = 10)]
    namespaces: usize,
    /// How many Secrets of 100 KB of other people
    #[arg(long, default_value_t = 5000)]
    foreign: usize,
    /// For how many seconds the idle operator is watched
    #[arg(long, default_value_t = 60)]
    idle: u64,
}

/// So often the operator is started, and a sync forced.
const TRIES: usize = 5;

const FOREIGN_AT_ONCE: usize = 8;
const FOREIGN_BYTES: usize = 100 * 1024;

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binaries = tokio::task::block_in_place(obtain)?;
    let operator = build_operator().await?;
    let playground = Playground::start(&binaries, SignedDuration::ZERO).await?;
    let client = playground.cluster().client().await?;
    let sources = arguments.sources;
    let fleet = Fleet::prepare(&playground, &client, sources, arguments.namespaces).await?;
    let mut bench = Bench {
        playground,
        operator,
        client,
        fleet,
        report: Report::default(),
    };
    let tenths = fs::metadata(&bench.operator)?.len() / 100_000;
    let size = format!("{}.{} MB", tenths / 10, tenths % 10);
    Report::told("release binary", &size, "18 MB, 12 if it can be had");
    bench.start_with_nothing().await?;
    bench.sync_some().await?;
    bench.sync_the_rest().await?;
    bench.idle(arguments.idle).await?;
    bench.force().await?;
    bench.restart().await?;
    bench.bear_with_others(arguments.foreign).await?;
    bench.playground.stop().await?;
    Ok(bench.report.verdict())
}

struct Bench {
    playground: Playground,
    operator: PathBuf,
    client: Client,
    fleet: Fleet,
    report: Report,
}

impl Bench {
    async fn start_with_nothing(&mut self) -> Result<()> {
        let mut starts = Vec::new();
        let mut memory = 0;
        for _ in 0..TRIES {
            let started = Instant::now();
            self.start().await?;
            starts.push(started.elapsed());
            memory = memory.max(peak_memory(self.process()?)?);
            self.playground.stop_operator().await?;
        }
        Report::times("start to /readyz with no objects", starts, "100 ms");
        self.report
            .memory("peak memory with no objects", memory, 14);
        Ok(())
    }

    /// Syncs the objects of one namespace.
    async fn sync_some(&mut self) -> Result<()> {
        let others = self.fleet.namespaces.split_off(1);
        println!("creating {} objects", self.fleet.len());
        self.fleet.create(&self.client).await?;
        let samples = self.start().await?;
        let count = self.fleet.len();
        samples
            .until("status_writes_total", |writes| writes == count)
            .await?;
        let memory = peak_memory(self.process()?)?;
        self.report
            .memory(&format!("peak memory with {count} objects"), memory, 20);
        self.playground.kill_operator();
        self.fleet.namespaces.extend(others);
        Ok(())
    }

    /// Syncs all others, and a newcomer meanwhile.
    async fn sync_the_rest(&mut self) -> Result<()> {
        let first = self.fleet.namespaces.remove(0);
        let new = self.fleet.len();
        println!("creating {new} more objects");
        self.fleet.create(&self.client).await?;
        self.fleet.namespaces.insert(0, first);
        let samples = self.start().await?;
        let waited = self.greet("newcomer").await?;
        let done = samples.get("status_writes_total").await?;
        Report::times(
            &format!("new object while {new} others sync cold ({done} of them were done)"),
            vec![waited],
            "2 s",
        );
        samples
            .until("status_writes_total", |writes| writes == new + 1)
            .await?;
        let memory = peak_memory(self.process()?)?;
        let count = self.fleet.len();
        self.report
            .memory(&format!("peak memory with {count} objects"), memory, 40);
        self.until_idle(&samples).await
    }

    async fn idle(&mut self, seconds: u64) -> Result<()> {
        println!("watching the idle operator for {seconds} s");
        let mark = self.playground.cluster().audit().mark()?;
        let before = processor_time(self.process()?)?;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let hundredths = processor_time(self.process()?)? - before;
        let load = format!("{} mCPU", hundredths * 10 / seconds.max(1));
        Report::told("processor of the idle operator", &load, "10 mCPU");
        let writes = self.playground.writes_since(mark)?;
        self.report.count("writes of the idle operator", writes, 0);
        Ok(())
    }

    async fn force(&mut self) -> Result<()> {
        let mut waits = Vec::new();
        for number in 0..TRIES {
            waits.push(self.force_one(&format!("object-{number}")).await?);
        }
        Report::times("forced sync", waits, "250 ms");
        Ok(())
    }

    async fn restart(&mut self) -> Result<()> {
        self.playground.stop_operator().await?;
        let mark = self.playground.cluster().audit().mark()?;
        let started = Instant::now();
        let samples = self.start().await?;
        self.greet("latecomer").await?;
        Report::times(
            "orderly restart with all objects, until a new one is Ready",
            vec![started.elapsed()],
            "3 s",
        );
        self.until_idle(&samples).await?;
        let writes = self.playground.writes_since(mark)?;
        self.report.count(
            "writes of the restart, of which the new object takes 2",
            writes,
            2,
        );
        Ok(())
    }

    async fn bear_with_others(&mut self, count: usize) -> Result<()> {
        let without = self.peak_of_a_start().await?;
        println!("creating {count} Secrets of other people");
        create_foreign(&self.client, count).await?;
        let with = peak_memory(self.process()?)?.max(self.peak_of_a_start().await?);
        self.report.memory(
            "added by the Secrets of other people",
            with.saturating_sub(without),
            1,
        );
        Ok(())
    }

    async fn peak_of_a_start(&mut self) -> Result<u64> {
        self.playground.stop_operator().await?;
        let samples = self.start().await?;
        self.until_idle(&samples).await?;
        peak_memory(self.process()?)
    }

    async fn start(&mut self) -> Result<Samples> {
        Samples::of(&self.playground.start_operator(&self.operator).await?)
    }

    fn process(&mut self) -> Result<u32> {
        let process = self.playground.operator().context("no operator runs")?;
        Ok(process.id())
    }

    async fn until_idle(&self, samples: &Samples) -> Result<()> {
        let count = self.fleet.len();
        samples
            .until("queue_waiting", |waiting| waiting >= count)
            .await
    }

    /// Creates an object and waits until it is Ready; answers how long that took.
    async fn greet(&self, name: &str) -> Result<Duration> {
        let (namespace, source) = self.home()?;
        let created = Instant::now();
        create_object(&self.client, namespace, name, source).await?;
        self.until(name, |object| {
            object
                .data
                .pointer("/status/conditions/0/status")
                .is_some_and(|status| status == "True")
        })
        .await?;
        Ok(created.elapsed())
    }

    async fn force_one(&self, name: &str) -> Result<Duration> {
        let (namespace, _) = self.home()?;
        let word = json!({"metadata": {"annotations": {"ncp-secrets.io/force-sync": "now"}}});
        let forced = Instant::now();
        api(&self.client, Some(namespace), "NcpSecret")
            .patch(name, &PatchParams::default(), &Patch::Merge(word))
            .await?;
        self.until(name, |object| {
            object.data.pointer("/status/lastForcedSync") == Some(&Value::from("now"))
        })
        .await?;
        Ok(forced.elapsed())
    }

    async fn until(&self, name: &str, done: impl Fn(&DynamicObject) -> bool) -> Result<()> {
        let (namespace, _) = self.home()?;
        let objects = api(&self.client, Some(namespace), "NcpSecret");
        while !done(&objects.get(name).await?) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// A namespace of the fleet and one of its sources.
    fn home(&self) -> Result<(&str, &str)> {
        let namespace = self.fleet.namespaces.first();
        let source = self.fleet.sources.first();
        namespace
            .zip(source)
            .map(|(namespace, source)| (namespace.as_str(), source.as_str()))
            .context("the fleet is empty")
    }
}

/// Creates Secrets that are nobody's business.
async fn create_foreign(client: &Client, count: usize) -> Result<()> {
    let secrets = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Secret"));
    let secrets = Arc::new(kube::Api::<DynamicObject>::namespaced_with(
        client.clone(),
        "default",
        &secrets,
    ));
    let filling = Arc::new("x".repeat(FOREIGN_BYTES));
    let mut running = JoinSet::new();
    for number in 0..count {
        if running.len() >= FOREIGN_AT_ONCE
            && let Some(created) = running.join_next().await
        {
            created.context("a creation broke off")??;
        }
        let (secrets, filling) = (Arc::clone(&secrets), Arc::clone(&filling));
        running.spawn(async move {
            let secret: DynamicObject = serde_json::from_value(json!({
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": format!("foreign-{number}")},
                "stringData": {"filling": *filling},
            }))?;
            secrets.create(&PostParams::default(), &secret).await?;
            anyhow::Ok(())
        });
    }
    while let Some(created) = running.join_next().await {
        created.context("a creation broke off")??;
    }
    Ok(())
}
