//! The tour: what happens to a secret in NCP, and what people see of it in Kubernetes.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use ncp_emulator::{Action, Trigger};
use reqwest::Method;
use serde_json::json;

use super::wait::{until, until_is, until_ready_is, until_rotation_is};
use crate::cargo::repository;
use crate::ncp::Ncp;
use crate::playground::Playground;

/// How much faster than the machine the clock of the demo runs: an interval of 30 s passes in 2 s.
const SPEED: f64 = 15.0;

const DECODED: &str = "go-template={{range $key, $value := .data}}{{$key}}={{$value | base64decode}}{{\"\\n\"}}{{end}}";
const PHASE: &str = "get ncpsecret orders-db -n shop -o jsonpath={.status.source.rotationPhase}";
const RESTART: &str = "get ncpsecret orders-db -n shop -o 'jsonpath={.status.restarts[0].result}'";
const PASSWORD: &str = "get secret orders-db -n shop -o jsonpath={.data.DB_PASSWORD}";

const EVENTS: &str =
    "-o 'custom-columns=TYPE:.type,REASON:.reason,OBJECT:.involvedObject.name,MESSAGE:.message'";

const DEPLOYMENT: &str = r#"{
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "orders", "namespace": "shop"},
    "spec": {
        "selector": {"matchLabels": {"app": "orders"}},
        "template": {
            "metadata": {"labels": {"app": "orders"}},
            "spec": {"containers": [{
                "name": "orders", "image": "registry.example/orders:1",
                "envFrom": [{"secretRef": {"name": "orders-db"}}]
            }]}
        }
    }
}"#;

/// A secret of NCP becomes a Secret, and follows what happens to it.
pub(super) async fn tour(playground: &mut Playground, operator: &std::path::Path) -> Result<()> {
    playground.steering.run_at(SPEED);
    eprintln!("starting the operator");
    playground.start_operator(operator).await?;
    let endpoints = playground.emulator.endpoints();
    let ncp = Ncp::new(
        &endpoints.kr_regional,
        playground.manager_key.clone(),
        playground.clock.clone(),
    )?;
    rotate_by(playground, SUCCEED);
    println!();

    let id = create(playground, &ncp).await?;
    follow_the_schedule(playground).await?;
    fail_and_recover(playground, &ncp, &id).await?;
    restart_the_pods(playground, &ncp, &id).await?;
    disable_and_enable(playground, &ncp, &id).await?;
    delete_the_secret(playground).await?;
    misspell(playground).await?;
    title("That is the tour");
    Ok(())
}

/// What the rotation action of the demo does.
const SUCCEED: Action = Action::Succeed {
    after: SignedDuration::from_mins(2),
};
const FAIL: Action = Action::Fail {
    after: SignedDuration::from_mins(2),
};

fn rotate_by(playground: &Playground, action: Action) {
    playground.emulator.put_trigger(Trigger {
        action,
        ..Trigger::named("rotate-db")
    });
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
    print!("{}", kubectl.apply(&example).await?);
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
    until_is(
        playground,
        "the operator sees the rotation",
        PHASE,
        "ROTATING",
    )
    .await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    until_other_password(playground, &before).await?;
    until_is(
        playground,
        "the operator sees the end of the rotation",
        PHASE,
        "NONE",
    )
    .await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    kubectl
        .show(&format!("get secret orders-db -n shop -o '{DECODED}'"))
        .await
}

async fn execute_rotation(ncp: &Ncp, id: &str) -> Result<()> {
    let path = format!("/api/v1/secrets/{id}/rotation");
    ncp.show("Execute Rotation Job", Method::POST, &path, None)
        .await
        .map(drop)
}

async fn fail_and_recover(playground: &Playground, ncp: &Ncp, id: &str) -> Result<()> {
    let kubectl = &playground.kubectl;
    title("3. A rotation fails: pods keep the password in use, and people are told once");
    rotate_by(playground, FAIL);
    execute_rotation(ncp, id).await?;
    until_rotation_is(playground, "RotationFailed").await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    kubectl
        .show(&format!(
            "get events -n shop --field-selector reason=RotationFailed {EVENTS}"
        ))
        .await?;
    kubectl
        .show(&format!("get secret orders-db -n shop -o '{DECODED}'"))
        .await?;
    println!("Somebody mends the rotation action and has NCP try again.\n");
    let before = kubectl.run(PASSWORD).await?;
    rotate_by(playground, SUCCEED);
    ncp.show(
        "Retry Rotation Job",
        Method::POST,
        &format!("/api/v1/secrets/{id}/retry-rotation"),
        None,
    )
    .await?;
    // After a failure the operator looks every quarter of an hour, or in the interval if that is shorter.
    until_other_password(playground, &before).await?;
    until_rotation_is(playground, "Idle").await?;
    kubectl.show("get ncpsecrets -n shop").await
}

async fn restart_the_pods(playground: &Playground, ncp: &Ncp, id: &str) -> Result<()> {
    let kubectl = &playground.kubectl;
    title("4. Pods that take the password as an environment variable are restarted");
    println!("A Deployment reads the whole Secret with envFrom:\n");
    let deployment = playground.cluster().folder().join("deployment.json");
    std::fs::write(&deployment, DEPLOYMENT)?;
    kubectl.apply(&deployment).await?;
    kubectl
        .show("patch ncpsecret orders-db -n shop --type=merge -p '{\"spec\":{\"restart\":[{\"kind\":\"Deployment\",\"name\":\"orders\"}]}}'")
        .await?;
    until_is(
        playground,
        "the operator has read the Deployment",
        RESTART,
        "UpToDate",
    )
    .await?;
    execute_rotation(ncp, id).await?;
    until_is(
        playground,
        "the Deployment is restarted",
        RESTART,
        "Restarted",
    )
    .await?;
    kubectl
        .show("get deployment orders -n shop -o 'jsonpath={.spec.template.metadata.annotations}{\"\\n\"}'")
        .await?;
    kubectl
        .show(&format!(
            "get events -n shop --field-selector reason=WorkloadRestarted {EVENTS}"
        ))
        .await
}

async fn disable_and_enable(playground: &Playground, ncp: &Ncp, id: &str) -> Result<()> {
    let kubectl = &playground.kubectl;
    title(
        "5. Somebody disables the secret in NCP: pods keep the last value, and the status says so",
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
    title("6. Somebody deletes the Secret in Kubernetes: it comes back");
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
    title("7. A mistake is told in plain words");
    println!(
        "$ kubectl patch ncpsecret orders-db -n shop --type=merge -p '{{\"spec\":{{\"data\":[{{\"key\":\"DB_PASSWORD\",\"from\":\"cdbPasswort\"}}]}}}}'"
    );
    kubectl
        .run("patch ncpsecret orders-db -n shop --type=merge -p '{\"spec\":{\"data\":[{\"key\":\"DB_PASSWORD\",\"from\":\"cdbPasswort\"}]}}'")
        .await?;
    until_ready_is(playground, "orders-db", "MissingKey").await?;
    kubectl.show("get ncpsecrets -n shop").await?;
    kubectl
        .show(&format!(
            "get events -n shop --field-selector reason=MissingKey {EVENTS}"
        ))
        .await?;
    kubectl
        .apply(&repository().join("examples/orders-db.yaml"))
        .await?;
    until_ready_is(playground, "orders-db", "Synced").await
}

fn title(text: &str) {
    println!("--- {text}\n");
}

async fn until_other_password(playground: &Playground, before: &str) -> Result<()> {
    let what = "the new password is in the Secret";
    until(playground, what, PASSWORD, |password| password != before).await
}
