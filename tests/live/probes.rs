//! What the operator serves: whether it lives, whether it is ready, and its metrics.

use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use ncp_emulator::{Effect, Fault};
use ncp_secret_operator::api::NcpSecretStore;
use ncp_secret_operator::operator::Operator;
use serde_json::{Value, json};

use crate::scene::{Scene, until};
use crate::seen::fetch;

#[tokio::test]
async fn an_operator_in_order_is_alive_and_ready() {
    let scene = Scene::start().await;
    for probe in ["livez", "readyz"] {
        let answer = fetch(&format!("{}/{probe}", scene.probes())).await;
        assert_eq!(answer, (200, "ok\n".into()), "{probe}");
    }
    assert_eq!(fetch(&format!("{}/other", scene.probes())).await.0, 404);
}

/// The rules of the operator's role without the right to list stores.
fn rules(with_stores: bool) -> Value {
    let mut kinds = vec!["ncpsecrets", "clusterncpsecretstores"];
    kinds.extend(with_stores.then_some("ncpsecretstores"));
    json!([
        {"apiGroups": ["ncp-secrets.io"], "resources": kinds, "verbs": ["list", "watch"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "create", "patch"]},
    ])
}

#[tokio::test]
async fn readyz_names_the_watch_that_is_missing_until_it_is_there() {
    let scene = Scene::without_operator().await;
    let (roles, bindings): (Api<ClusterRole>, Api<ClusterRoleBinding>) = (
        Api::all(scene.client.clone()),
        Api::all(scene.client.clone()),
    );
    let name = format!("{}-half", scene.namespace);
    let role = json!({"metadata": {"name": name}, "rules": rules(false)});
    roles
        .create(
            &PostParams::default(),
            &serde_json::from_value(role).unwrap(),
        )
        .await
        .unwrap();
    let binding = json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}],
    });
    bindings
        .create(
            &PostParams::default(),
            &serde_json::from_value(binding).unwrap(),
        )
        .await
        .unwrap();

    let mut settings = scene.settings();
    settings.kubeconfig = Some(scene.cluster.user_kubeconfig(&name, None).unwrap());
    let operator = Operator::start(settings, scene.extras()).await.unwrap();
    let served = format!("http://{}", operator.address);
    let namespace = &scene.namespace;
    let waits = format!(
        "not ready:\n- ncpsecretstores in namespace {namespace}: the operator may not list and watch them; \
         give its account the rights in deploy/\n"
    );
    until("only one watch is missing", async || {
        (fetch(&format!("{served}/readyz")).await == (503, waits.clone())).then_some(())
    })
    .await;
    assert_eq!(
        fetch(&format!("{served}/livez")).await,
        (200, "ok\n".into()),
        "a restart would not help"
    );

    let patch = Patch::Merge(json!({"rules": rules(true)}));
    roles
        .patch(&name, &PatchParams::default(), &patch)
        .await
        .unwrap();
    until("it is ready", async || {
        (fetch(&format!("{served}/readyz")).await.0 == 200).then_some(())
    })
    .await;
    operator.stop().await;
    bindings
        .delete(&name, &DeleteParams::default())
        .await
        .unwrap();
    roles.delete(&name, &DeleteParams::default()).await.unwrap();
}

#[tokio::test]
async fn readyz_tells_when_the_api_server_does_not_answer_and_livez_needs_none() {
    let (scene, proxy) = Scene::behind_a_proxy().await;
    proxy.set(testbed::Fault::Refuse).await.unwrap();
    let mut settings = scene.settings();
    settings.leader_election = true;
    let operator = Operator::start(settings, scene.extras()).await.unwrap();
    let served = format!("http://{}", operator.address);
    until("it says so", async || {
        let (status, text) = fetch(&format!("{served}/readyz")).await;
        let says = text.contains("the API server does not answer\n");
        (status == 503 && says).then_some(())
    })
    .await;
    assert_eq!(fetch(&format!("{served}/livez")).await.0, 200);
    proxy.set(testbed::Fault::Pass).await.unwrap();
    until("it is ready", async || {
        (fetch(&format!("{served}/readyz")).await.0 == 200).then_some(())
    })
    .await;
    operator.stop().await;
}

/// The samples of a text in the OpenMetrics format: each name with labels, and its number.
fn samples(text: &str) -> Vec<(String, f64)> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let mut described = std::collections::BTreeSet::new();
    let mut samples = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.split(' ');
            if let (Some("TYPE"), Some(name), Some(_)) = (words.next(), words.next(), words.next())
            {
                assert!(
                    described.insert(name.to_owned()),
                    "{name} is described twice"
                );
            }
            continue;
        }
        let (series, number) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let family = name.trim_end_matches("_total").trim_end_matches("_info");
        assert!(described.contains(family), "{name} has no type");
        assert!(name.starts_with("ncp_secret_operator_"), "{name}");
        samples.push((series.to_owned(), number.parse().unwrap()));
    }
    samples
}

#[tokio::test]
async fn metrics_count_what_happens_and_name_nobody_but_stores() {
    let scene = Scene::start().await;
    let response = reqwest::get(format!("{}/metrics", scene.probes()))
        .await
        .unwrap();
    let type_ = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        type_,
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let id = scene
        .synced("orders-db", r#"{"password":"p"}"#, json!({}))
        .await;
    scene.until_idle().await;
    let before = scene.metrics().await;
    scene
        .emulator
        .add_fault(Fault::new(Effect::Unavailable).times(1));
    scene.force("orders-db", "fails").await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_idle().await;
    let after = scene.metrics().await;

    let count = |text: &str, series: &str| {
        let series = format!("ncp_secret_operator_{series}");
        samples(text)
            .into_iter()
            .find(|(name, _)| *name == series)
            .map_or(0.0, |(_, number)| number)
    };
    let moved = |series: &str| count(&after, series) - count(&before, series);
    let table = [
        (
            r#"passes_total{outcome="failed",reason="SourceUnavailable"}"#,
            1.0,
        ),
        (r#"passes_total{outcome="synced",reason="Synced"}"#, 1.0),
        (r#"looks_total{result="SourceUnavailable"}"#, 1.0),
        (r#"looks_total{result="Read"}"#, 1.0),
        (r#"calls_total{operation="detail",result="status"}"#, 1.0),
        (r#"calls_total{operation="detail",result="ok"}"#, 1.0),
        (r#"calls_total{operation="stage_value",result="ok"}"#, 1.0),
        (r#"secret_writes_total{kind="create"}"#, 0.0),
        ("status_writes_total", 2.0),
    ];
    for (series, wanted) in table {
        assert!(
            (moved(series) - wanted).abs() < 0.5,
            "{series} moved by {}",
            moved(series)
        );
    }
    assert!((count(&after, r#"secret_writes_total{kind="create"}"#) - 1.0).abs() < 0.5);
    assert!((count(&after, "objects") - 1.0).abs() < 0.5);
    let ours = r#"kind="NcpSecretStore",namespace=""#;
    let left = samples(&after).into_iter().find(|(series, _)| {
        series.starts_with("ncp_secret_operator_store_budget_left") && series.contains(ours)
    });
    assert!(left.unwrap().1 >= 90.0, "four calls of a hundred");
    let nameless: Vec<_> = after.lines().filter(|line| !line.contains(ours)).collect();
    let after = nameless.join("\n");
    for name in [
        "orders-db",
        &scene.namespace,
        &id,
        "ncp-credentials",
        &scene.key.access_key,
    ] {
        assert!(!after.contains(name), "{name} is in {after}");
    }
}

#[tokio::test]
async fn metrics_show_the_budget_and_the_breaker_of_each_store_until_it_is_gone() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let budget = json!({"requestsPerSecond": 1, "burst": 2});
    scene
        .create_store_as("tight", json!({"budget": budget}))
        .await;
    for name in ["one", "two"] {
        let id = scene.secret_in_ncp(name, r#"{"a":"b"}"#);
        let spec = json!({"storeRef": {"name": "tight"}});
        scene.create_by_id(name, &id, spec).await;
    }
    scene.until_calls(2).await;
    scene.settle().await;
    let labels = format!(
        r#"{{kind="NcpSecretStore",namespace="{}",store="tight"}}"#,
        scene.namespace
    );
    let of_store = async |name: &str| {
        scene
            .sample(&format!("ncp_secret_operator_store_{name}{labels}"))
            .await
    };
    assert_eq!(of_store("budget_left").await, 0);
    assert_eq!(of_store("breaker_open").await, 0);
    assert_eq!(scene.sample("ncp_secret_operator_queue_held").await, 1);
    scene.advance(jiff::SignedDuration::from_secs(2));
    for name in ["one", "two"] {
        scene.until_reason(name, "Synced").await;
    }
    assert_eq!(of_store("wait_seconds_count").await, 1);
    scene.emulator.stop_key(&scene.key.access_key);
    scene.advance(jiff::SignedDuration::from_secs(2));
    scene.force("one", "now").await;
    until("the breaker is open", async || {
        (of_store("breaker_open").await == 1).then_some(())
    })
    .await;
    scene.delete::<NcpSecretStore>("tight").await;
    until("nothing is left of the store", async || {
        let metrics = scene.metrics().await;
        (!metrics.contains(r#"store="tight""#)).then_some(())
    })
    .await;
}
