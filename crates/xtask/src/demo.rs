//! `cargo xtask demo`: the tour. A secret of NCP becomes a Secret, and follows what happens to it.

use std::io::{IsTerminal, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use ncp_emulator::{Action, Trigger};
use reqwest::Method;
use serde_json::json;

use crate::cargo::{build_operator, repository};
use crate::control_plane::obtain;
use crate::interruption::Interruption;
use crate::ncp::Ncp;
use crate::playground::Playground;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// End after the tour, also on a terminal
    #[arg(long)]
    exit: bool,
}

/// How much faster than the machine the clock of the demo runs: an interval of 30 s passes in 2 s.
const SPEED: f64 = 15.0;

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

const PATIENCE: Duration = Duration::from_mins(1);

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

async fn tour(playground: &mut Playground, operator: &std::path::Path) -> Result<()> {
    playground.steering.run_at(SPEED);
    eprintln!("starting the operator");
    playground.start_operator(operator).await?;
    let endpoints = playground.emulator.endpoints();
    let ncp = Ncp::new(
        &endpoints.kr_regional,
        playground.manager_key.clone(),
        playground.clock.clone(),
    )?;
    playground.emulator.put_trigger(Trigger {
        action: Action::Succeed {
            after: SignedDuration::from_mins(2),
        },
        ..Trigger::named("rotate-db")
    });
    println!();

    let id = create(playground, &ncp).await?;
    follow_the_schedule(playground).await?;
    disable_and_enable(playground, &ncp, &id).await?;
    delete_the_secret(playground).await?;
    misspell(playground).await?;
    title("That is the tour");
    Ok(())
}

async fn create(playground: &Playground, ncp: &Ncp) -> Result<String> {
    let kubectl = &playground.kubectl;
    title("1. A secret in NCP becomes a Secret in Kubernetes");
    let value =
        json!({"cdbUser": "orders", "cdbPassword": "first-password", "cdbHost": "db-1.example"});
    let created = ncp
        .show(
            "Create Secret",
            Method::POST,
            "/api/v1/secrets",
            Some(&json!({
                "secretName": "shop-orders",
                "secretValue": {"value": value.to_string(), "rotationTargets": ["cdbPassword"]},
                "secretType": "BASIC",
                "autoRotationYN": "Y",
                "autoRotationPeriod": 90,
                "triggerId": "rotate-db",
                "protectionKeyType": "DEFAULT",
            })),
        )
        .await?;
    let id = created
        .get("secretId")
        .and_then(|id| id.as_str())
        .context("NCP gave no secretId")?;
    kubectl.run("create namespace shop").await?;
    playground.write_credentials("shop").await?;
    let example = repository().join("examples/orders-db.yaml");
    let manifest =
        std::fs::read_to_string(&example).context("cannot read examples/orders-db.yaml")?;
    println!("examples/orders-db.yaml:");
    for line in manifest.lines() {
        println!("    {line}");
    }
    println!();
    println!("$ kubectl apply -f examples/orders-db.yaml");
    print!(
        "{}",
        kubectl
            .run(&format!("apply -f {}", example.display()))
            .await?
    );
    println!();
    until_ready_is(playground, "orders-db", "Synced").await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    kubectl
        .show(&format!("get secret orders-db -n shop -o '{DECODED}'"))
        .await?;
    Ok(id.to_owned())
}

async fn follow_the_schedule(playground: &Playground) -> Result<()> {
    let kubectl = &playground.kubectl;
    title(
        "2. The date of automatic rotation comes: NCP rotates the secret, and the Secret follows",
    );
    let before = kubectl.run(PASSWORD).await?;
    kubectl
        .show("get ncpsecret orders-db -n shop -o 'jsonpath={.status.source.nextRotationTime}{\"\\n\"}'")
        .await?;
    let date = kubectl
        .run("get ncpsecret orders-db -n shop -o jsonpath={.status.source.nextRotationTime}")
        .await?;
    let date: Timestamp = date
        .parse()
        .context("the status tells no date of the next rotation")?;
    println!("The clock that the emulator and the operator share moves to a minute before that.\n");
    playground.steering.set(date - SignedDuration::from_mins(1));
    until(
        playground,
        "the operator sees the rotation",
        "get ncpsecret orders-db -n shop -o jsonpath={.status.source.rotationPhase}",
        |phase| phase == "ROTATING",
    )
    .await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    until(
        playground,
        "the new password is in the Secret",
        PASSWORD,
        |password| password != before,
    )
    .await?;
    until(
        playground,
        "the operator sees the end of the rotation",
        "get ncpsecret orders-db -n shop -o jsonpath={.status.source.rotationPhase}",
        |phase| phase == "NONE",
    )
    .await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    kubectl
        .show(&format!("get secret orders-db -n shop -o '{DECODED}'"))
        .await
}

async fn disable_and_enable(playground: &Playground, ncp: &Ncp, id: &str) -> Result<()> {
    let kubectl = &playground.kubectl;
    title(
        "3. Somebody disables the secret in NCP: pods keep the last value, and the status says so",
    );
    ncp.show(
        "Disable Secret",
        Method::POST,
        &format!("/api/v1/secrets/{id}/disable"),
        None,
    )
    .await?;
    until_ready_is(playground, "orders-db", "SourceDisabled").await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    kubectl.show("get ncpsecret orders-db -n shop -o 'jsonpath={.status.conditions[?(@.type==\"Ready\")].message}{\"\\n\"}'").await?;
    kubectl.show("get secret orders-db -n shop").await?;
    ncp.show(
        "Enable Secret",
        Method::POST,
        &format!("/api/v1/secrets/{id}/enable"),
        None,
    )
    .await?;
    until_ready_is(playground, "orders-db", "Synced").await?;
    kubectl.show("get ncpsecrets -n shop").await
}

async fn delete_the_secret(playground: &Playground) -> Result<()> {
    let kubectl = &playground.kubectl;
    title("4. Somebody deletes the Secret in Kubernetes: it comes back");
    let uid = "get secret orders-db -n shop --ignore-not-found -o jsonpath={.metadata.uid}";
    let before = kubectl.run(uid).await?;
    kubectl.show("delete secret orders-db -n shop").await?;
    until(playground, "the Secret is back", uid, |now| {
        !now.is_empty() && now != before
    })
    .await?;
    kubectl.show("get secret orders-db -n shop").await
}

async fn misspell(playground: &Playground) -> Result<()> {
    let kubectl = &playground.kubectl;
    title("5. A mistake is told in plain words");
    println!(
        "$ kubectl patch ncpsecret orders-db -n shop --type=merge -p '{{\"spec\":{{\"data\":[{{\"key\":\"DB_PASSWORD\",\"from\":\"cdbPasswort\"}}]}}}}'"
    );
    kubectl
        .run("patch ncpsecret orders-db -n shop --type=merge -p '{\"spec\":{\"data\":[{\"key\":\"DB_PASSWORD\",\"from\":\"cdbPasswort\"}]}}'")
        .await?;
    until_ready_is(playground, "orders-db", "MissingKey").await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    kubectl.show("get events -n shop --field-selector reason=MissingKey -o 'custom-columns=TYPE:.type,REASON:.reason,OBJECT:.involvedObject.name,MESSAGE:.message'").await?;
    kubectl
        .run(&format!(
            "apply -f {}",
            repository().join("examples/orders-db.yaml").display()
        ))
        .await?;
    until_ready_is(playground, "orders-db", "Synced").await
}

const DECODED: &str = "go-template={{range $key, $value := .data}}{{$key}}={{$value | base64decode}}{{\"\\n\"}}{{end}}";
const PASSWORD: &str = "get secret orders-db -n shop -o jsonpath={.data.DB_PASSWORD}";

async fn until_ready_is(playground: &Playground, name: &str, reason: &str) -> Result<()> {
    let ask = format!(
        "get ncpsecret {name} -n shop -o 'jsonpath={{.metadata.generation}} {{.status.observedGeneration}} {{.status.conditions[?(@.type==\"Ready\")].reason}}'"
    );
    let seen = |text: &str| {
        let words: Vec<&str> = text.split(' ').collect();
        matches!(words.as_slice(), [generation, observed, now] if generation == observed && *now == reason)
    };
    until(playground, &format!("{name} says {reason}"), &ask, seen).await
}

async fn until(
    playground: &Playground,
    what: &str,
    ask: &str,
    seen: impl Fn(&str) -> bool,
) -> Result<()> {
    eprintln!("waiting until {what}");
    let asking = async {
        loop {
            if seen(&playground.kubectl.run(ask).await?) {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if let Ok(answer) = tokio::time::timeout(PATIENCE, asking).await {
        return answer;
    }
    let log = std::fs::read_to_string(&playground.operator_log).unwrap_or_default();
    bail!("it did not come true that {what}; the operator's log:\n{log}")
}

fn title(text: &str) {
    println!("--- {text}\n");
}

fn invite(playground: &Playground) {
    println!("Everything stays up until you press Ctrl-C. In another terminal:\n");
    println!(
        "    export KUBECONFIG={}",
        playground.cluster().kubeconfig().display()
    );
    println!("    alias kubectl={}", playground.kubectl_program.display());
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
