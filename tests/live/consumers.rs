//! Which workloads are restarted: those that the spec names, and only for keys that their pod templates consume.

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use crate::scene::Scene;
use crate::workloads::{entry, env, names, restarting};

const ONE: &str = r#"{"a":"1","b":"1"}"#;
const OTHER_A: &str = r#"{"a":"2","b":"1"}"#;

#[tokio::test]
async fn a_changed_key_restarts_what_consumes_it_and_nothing_else_however_it_is_consumed() {
    let scene = Scene::start().await;
    let container = |more: Value| {
        let mut container = json!({"name": "main", "image": "app"});
        crate::scene::merge(&mut container, more);
        container
    };
    let volume = |source: Value| {
        let mut volume = json!({"name": "v"});
        crate::scene::merge(&mut volume, source);
        json!({"containers": [container(json!({}))], "volumes": [volume]})
    };
    let items = |key: &str| json!([{"key": key, "path": "x"}]);
    let secret = |more: Value| {
        let mut source = json!({"secretName": "orders-db"});
        crate::scene::merge(&mut source, more);
        volume(json!({"secret": source}))
    };
    let projected = |more: Value| {
        let mut source = json!({"name": "orders-db"});
        crate::scene::merge(&mut source, more);
        volume(json!({"projected": {"sources": [{"secret": source}]}}))
    };
    let mut first = env(&["a"])["containers"][0].clone();
    first["name"] = json!("first");
    let consumers = [
        ("env", env(&["a"])),
        (
            "first",
            json!({"initContainers": [first], "containers": [container(json!({}))]}),
        ),
        (
            "env-from",
            json!({"containers": [container(json!({"envFrom": [
                {"prefix": "DB_", "secretRef": {"name": "orders-db", "optional": true}},
            ]}))]}),
        ),
        ("volume", secret(json!({}))),
        ("file", secret(json!({"items": items("a")}))),
        ("projected", projected(json!({}))),
        ("projected-file", projected(json!({"items": items("a")}))),
    ];
    let others = [
        ("other-env", env(&["b", "absent"])),
        ("other-file", secret(json!({"items": items("b")}))),
        ("other-projected", projected(json!({"items": items("b")}))),
    ];
    let strangers = [
        (
            "other-secret",
            volume(json!({"secret": {"secretName": "x"}})),
        ),
        (
            "pull",
            json!({
                "containers": [container(json!({}))], "imagePullSecrets": [{"name": "orders-db"}],
            }),
        ),
    ];
    let mut all = Vec::new();
    for (name, pod) in consumers.iter().chain(&others).chain(&strangers) {
        scene.deploy("Deployment", name, pod.clone()).await;
        all.push(*name);
    }
    scene.deploy("Deployment", "not-named", env(&["a"])).await;
    let id = scene
        .synced("orders-db", ONE, names("Deployment", &all))
        .await;
    for (name, _) in consumers.iter().chain(&others) {
        scene.until_result("orders-db", name, "UpToDate").await;
    }
    for (name, _) in &strangers {
        scene.until_result("orders-db", name, "NotConsuming").await;
    }
    scene.change_and_wait("orders-db", &id, OTHER_A).await;
    for (name, _) in &consumers {
        scene.until_result("orders-db", name, "Restarted").await;
        let mark = scene.mark_of("Deployment", name).await.unwrap();
        assert!(mark.contains(" orders-db "), "{name}: {mark}");
    }
    let object = scene.ncp_secret("orders-db").await;
    for (name, _) in &others {
        assert_eq!(entry(&object, name).unwrap().result.as_str(), "UpToDate");
        assert_eq!(scene.mark_of("Deployment", name).await, None, "{name}");
    }
    for (name, _) in &strangers {
        assert_eq!(
            entry(&object, name).unwrap().result.as_str(),
            "NotConsuming"
        );
        assert_eq!(scene.mark_of("Deployment", name).await, None, "{name}");
    }
    assert_eq!(scene.mark_of("Deployment", "not-named").await, None);
}

#[tokio::test]
async fn each_kind_of_workload_is_restarted_and_says_what_keeps_its_pods() {
    let scene = Scene::start().await;
    scene.deploy("StatefulSet", "set", env(&["a"])).await;
    scene.deploy("DaemonSet", "daemons", env(&["a"])).await;
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    scene
        .deploy_with("DaemonSet", "kept", env(&["a"]), on_delete)
        .await;
    scene
        .deploy_with("Deployment", "paused", env(&["a"]), json!({"paused": true}))
        .await;
    let restart = json!({"restart": [
        {"kind": "StatefulSet", "name": "set"}, {"kind": "DaemonSet", "name": "daemons"},
        {"kind": "DaemonSet", "name": "kept"}, {"kind": "Deployment", "name": "paused"},
    ]});
    let id = scene.synced("orders-db", ONE, restart).await;
    scene.change_and_wait("orders-db", &id, OTHER_A).await;
    for (kind, name, result) in [
        ("StatefulSet", "set", "Restarted"),
        ("DaemonSet", "daemons", "Restarted"),
        ("DaemonSet", "kept", "OnDelete"),
        ("Deployment", "paused", "Paused"),
    ] {
        scene.until_result("orders-db", name, result).await;
        assert!(scene.mark_of(kind, name).await.is_some(), "{kind} {name}");
    }
    scene.until_idle().await;
    let events = scene.events("orders-db").await;
    let told = |word: &str, name: &str| {
        let of_it = |note: &str| note.contains(&format!(" {name}: "));
        let found = events
            .iter()
            .filter(|(_, reason, note)| reason == word && of_it(note));
        found.map(|(type_, ..)| type_.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(told("WorkloadRestarted", "set"), ["Normal"]);
    assert_eq!(told("WorkloadRestarted", "daemons"), ["Normal"]);
    assert_eq!(told("WorkloadNotRestarted", "kept"), ["Warning"]);
    assert_eq!(told("WorkloadNotRestarted", "paused"), ["Warning"]);
    assert_eq!(events.len(), 4, "{events:?}");
    for (series, count) in [
        (r#"kind="StatefulSet",result="Restarted""#, 1),
        (r#"kind="DaemonSet",result="Restarted""#, 1),
        (r#"kind="DaemonSet",result="OnDelete""#, 1),
        (r#"kind="Deployment",result="Paused""#, 1),
    ] {
        let series = format!("ncp_secret_operator_restarts_total{{{series}}}");
        assert_eq!(scene.sample(&series).await, count, "{series}");
    }
}

#[tokio::test]
async fn a_restart_changes_one_annotation_of_the_template_and_nothing_else() {
    let scene = Scene::start().await;
    let more =
        json!({"replicas": 3, "template": {"metadata": {"annotations": {"a.example/b": "c"}}}});
    scene
        .deploy_with("Deployment", "orders", env(&["a"]), more)
        .await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    let get = async || {
        let api = scene.workloads("Deployment", &scene.namespace);
        api.get("orders").await.unwrap()
    };
    let before = get().await;
    scene.change_and_wait("orders-db", &id, OTHER_A).await;
    let mark = scene.until_restarted("orders", None).await;
    let mut after = get().await;
    let annotations = after
        .data
        .pointer_mut("/spec/template/metadata/annotations")
        .unwrap();
    assert_eq!(
        annotations
            .as_object_mut()
            .unwrap()
            .remove("ncp-secrets.io/restarted-for"),
        Some(json!(mark))
    );
    assert_eq!(after.data["spec"], before.data["spec"]);
    assert_eq!(after.metadata.labels, before.metadata.labels);
    let told = scene.until_result("orders-db", "orders", "Restarted").await;
    let second = mark.split('.').next().unwrap();
    assert!(
        json!(told.restarted_time)
            .as_str()
            .unwrap()
            .starts_with(second)
    );
    let ready = scene.until_reason("orders-db", "Synced").await;
    let message = entry(&ready, "orders").unwrap().message.clone();
    assert!(message.starts_with("It was restarted"), "{message}");
}

#[tokio::test]
async fn what_a_workload_consumes_may_change_without_a_restart_for_what_did_not_change() {
    let scene = Scene::start().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    // From now on it takes b too, which has never changed.
    let both = env(&["a", "b"]);
    let patch = json!({"spec": {"template": {"spec": both}}});
    scene.patch_workload("Deployment", "orders", patch).await;
    let third = r#"{"a":"1","b":"1","c":"1"}"#;
    scene.change_and_wait("orders-db", &id, third).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);

    let changed = r#"{"a":"1","b":"2","c":"1"}"#;
    scene.change_and_wait("orders-db", &id, changed).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    assert!(scene.mark_of("Deployment", "orders").await.is_some());
}

#[tokio::test]
async fn what_is_not_there_or_does_not_consume_is_told_and_does_not_touch_ready() {
    let scene = Scene::start().await;
    let elsewhere = format!("{}-beside", scene.namespace);
    let namespace: Namespace =
        serde_json::from_value(json!({"metadata": {"name": elsewhere}})).unwrap();
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    namespaces
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();
    let other = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "absent"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": env(&["a"])},
        },
    });
    let beside = scene.workloads("Deployment", &elsewhere);
    let other = beside
        .create(
            &PostParams::default(),
            &serde_json::from_value(other).unwrap(),
        )
        .await
        .unwrap();
    scene.deploy("Deployment", "stranger", env(&[])).await;
    let spec = names("Deployment", &["absent", "stranger"]);
    let id = scene.synced("orders-db", ONE, spec).await;
    scene.until_result("orders-db", "absent", "NotFound").await;
    scene
        .until_result("orders-db", "stranger", "NotConsuming")
        .await;
    scene.until_idle().await;
    assert_eq!(scene.events("orders-db").await, []);

    let mark = scene.mark();
    scene.change_and_wait("orders-db", &id, OTHER_A).await;
    scene.until_result("orders-db", "absent", "NotFound").await;
    scene
        .until_result("orders-db", "stranger", "NotConsuming")
        .await;
    scene.until_idle().await;
    let events = scene.events("orders-db").await;
    assert_eq!(events.len(), 2, "{events:?}");
    for (type_, reason, _) in events {
        assert_eq!(
            (type_.as_str(), reason.as_str()),
            ("Warning", "WorkloadNotRestarted")
        );
    }
    scene.until_reason("orders-db", "Synced").await;
    for request in scene.requests(mark) {
        assert_ne!(request.namespace, elsewhere, "{request:?}");
    }
    let after = beside.get("absent").await.unwrap();
    assert_eq!(
        after.metadata.resource_version,
        other.metadata.resource_version
    );

    // What comes later has the content of then, and is restarted for the next.
    scene.deploy("Deployment", "absent", env(&["a"])).await;
    scene.change_and_wait("orders-db", &id, ONE).await;
    scene.until_result("orders-db", "absent", "Restarted").await;
}
