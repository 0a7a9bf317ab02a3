//! `cargo xtask bench cold`: many new objects at once, in rounds that alternate with the floor.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;
use kube::Client;
use kube::ResourceExt;
use kube::api::ListParams;
use serde_json::{Value, json};

use super::fleet::{api, create, create_secrets};
use super::floor::{self, Object};
use super::samples::Samples;
use crate::cargo::build_operator;
use crate::control_plane::obtain;
use crate::ncp::Ncp;
use crate::playground::Playground;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many objects
    #[arg(long, default_value_t = 1000)]
    objects: usize,
    /// How many rounds of operator and floor
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// What the floor is tried with; its best is the floor.
const AT_ONCE: [usize; 3] = [8, 16, 32];

/// The ratio to stay under, and the one to reach.
const MOST: f64 = 1.6;
const GOAL: f64 = 1.25;

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binaries = tokio::task::block_in_place(obtain)?;
    let operator = build_operator().await?;
    let mut playground = Playground::start(&binaries, SignedDuration::ZERO).await?;
    let client = playground.cluster().client().await?;
    let secret_ids = create_secrets(&playground.emulator, arguments.objects)?;
    let endpoints = playground.emulator.endpoints();
    let ncp = Arc::new(Ncp::new(
        &endpoints.kr_regional,
        playground.viewer_key.clone(),
        playground.clock.clone(),
    )?);

    let mut ratios = Vec::new();
    for round in 1..=arguments.rounds {
        let mut least = Duration::MAX;
        for at_once in AT_ONCE {
            let namespace = format!("floor-{round}-{at_once}");
            let objects = create_objects(&playground, &client, &namespace, &secret_ids).await?;
            least = least.min(floor::run(&client, &ncp, objects, at_once).await?);
            remove(&playground, &client, &namespace).await?;
        }
        let namespace = format!("cold-{round}");
        create_objects(&playground, &client, &namespace, &secret_ids).await?;
        let started = Instant::now();
        let metrics = playground.start_operator(&operator).await?;
        // The operator counts its writes of status; one for each object is the end of the cold sync.
        Samples::of(&metrics)?
            .until("status_writes_total", |writes| writes == arguments.objects)
            .await?;
        let cold = started.elapsed();
        playground.kill_operator();
        check_all_ready(&client, &namespace, arguments.objects).await?;
        remove(&playground, &client, &namespace).await?;
        let ratio = cold.as_secs_f64() / least.as_secs_f64();
        println!(
            "round {round}: floor {:.2} s, operator {:.2} s from its start, ratio {ratio:.2}",
            least.as_secs_f64(),
            cold.as_secs_f64()
        );
        ratios.push(ratio);
    }
    playground.stop().await?;
    ratios.sort_by(f64::total_cmp);
    let median = ratios
        .get(ratios.len() / 2)
        .copied()
        .context("no rounds were asked for")?;
    println!(
        "cold sync of {} objects: {median:.2} times the floor (median; at most {MOST}, goal {GOAL})",
        arguments.objects
    );
    Ok(if median <= MOST {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn create_objects(
    playground: &Playground,
    client: &Client,
    namespace: &str,
    secret_ids: &[String],
) -> Result<Vec<Object>> {
    playground
        .kubectl
        .run(&format!("create namespace {namespace}"))
        .await?;
    playground.write_credentials(namespace).await?;
    // The usual budget would be what is measured.
    let store = json!({
        "region": "KR",
        "auth": {"secretRef": {"name": "ncp-credentials"}},
        "budget": {"requestsPerSecond": 1000, "burst": 10000},
    });
    create(client, Some(namespace), "NcpSecretStore", "ncp", store).await?;
    let mut objects = Vec::new();
    for (number, secret_id) in secret_ids.iter().enumerate() {
        let name = format!("object-{number}");
        let spec = json!({"storeRef": {"name": "ncp"}, "source": {"secretId": secret_id}});
        let created = create(client, Some(namespace), "NcpSecret", &name, spec).await?;
        let uid = created.uid().context("an object without a UID")?;
        objects.push(Object {
            namespace: namespace.to_owned(),
            name,
            uid,
            secret_id: secret_id.clone(),
        });
    }
    Ok(objects)
}

async fn check_all_ready(client: &Client, namespace: &str, count: usize) -> Result<()> {
    let objects = api(client, Some(namespace), "NcpSecret")
        .list(&ListParams::default())
        .await?;
    let ready = objects.iter().filter(|object| {
        object
            .data
            .pointer("/status/conditions/0/reason")
            .and_then(Value::as_str)
            == Some("Synced")
    });
    let ready = ready.count();
    if ready == count {
        Ok(())
    } else {
        bail!("only {ready} of {count} objects are synced")
    }
}

/// Removes the objects and their Secrets, so that each round begins alike.
async fn remove(playground: &Playground, client: &Client, namespace: &str) -> Result<()> {
    playground
        .kubectl
        .run(&format!(
            "delete namespace {namespace} --wait=true --timeout=300s"
        ))
        .await?;
    let left = api(client, Some(namespace), "NcpSecret")
        .list(&ListParams::default())
        .await?;
    if left.items.is_empty() {
        Ok(())
    } else {
        bail!("objects are left in {namespace}")
    }
}
