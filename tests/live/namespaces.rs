//! An operator that keeps to certain namespaces, with `Role`s in them and no `ClusterRole` at all.

use clap::Parser;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use ncp_secret_operator::api::NcpSecret;
use ncp_secret_operator::operator::{Extras, Operator};
use ncp_secret_operator::settings::Settings;
use serde_json::{Value, json};

use crate::installed::Account;
use crate::scene::{Scene, condition, create_namespace, until};
use crate::seen::fetch;

const RIGHTS: &str = include_str!("../../deploy/namespaced/rbac.yaml");
const ACCOUNT: &str = "ncp-secret-operator";

/// Gives the account what it needs in its own namespace, and in one that it works for.
async fn grant(scene: &Scene, own: &str, works_for: Option<&str>) {
    let account = Account {
        home: own,
        name: ACCOUNT,
    };
    let kinds = ["Role", "RoleBinding"];
    let granted = account.grant(&scene.client, RIGHTS, &kinds, works_for);
    granted.await;
}

/// Starts an operator in a namespace of its own that keeps to these namespaces.
async fn start(scene: &Scene, own: &str, namespaces: &str) -> Operator {
    let kubeconfig = scene.cluster.service_account_kubeconfig(own, ACCOUNT);
    let mut arguments = scene.arguments().to_vec();
    let ours = ["--kubeconfig", "--namespace", "--leader-election"];
    arguments.retain(|argument| !ours.iter().any(|ours| argument.starts_with(ours)));
    arguments.push(format!("--kubeconfig={}", kubeconfig.unwrap().display()));
    arguments.push(format!("--namespace={own}"));
    arguments.push(format!("--watch-namespaces={namespaces}"));
    let extras = Extras {
        clock: Some(scene.clock.clone()),
        ..Extras::default()
    };
    Operator::start(Settings::parse_from(arguments), extras)
        .await
        .unwrap()
}

#[tokio::test]
async fn roles_are_all_that_an_operator_of_certain_namespaces_needs() {
    let scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    let own = create_namespace(&scene.client).await;
    grant(&scene, &own, Some(&scene.namespace)).await;
    let operator = start(&scene, &own, &scene.namespace).await;
    let readyz = format!("http://{}/readyz", operator.address);
    until("it is ready", async || {
        (fetch(&readyz).await == (200, "ok\n".into())).then_some(())
    })
    .await;

    let id = scene
        .synced("orders-db", r#"{"password":"p"}"#, json!({}))
        .await;
    scene.emulator.disable(&id).unwrap();
    scene.force("orders-db", "disabled").await;
    scene.until_reason("orders-db", "SourceDisabled").await;
    scene.until_warnings("orders-db", &["SourceDisabled"]).await;
    scene.until_store("ncp", "Configured").await;
    let key: Api<Secret> = Api::namespaced(scene.client.clone(), &own);
    assert!(key.get("ncp-secret-operator-key").await.is_ok());
    operator.stop().await;
}

#[tokio::test]
async fn a_store_of_the_cluster_is_not_found_by_an_operator_of_certain_namespaces_which_says_why() {
    let scene = Scene::without_operator().await;
    scene
        .create_cluster_store(
            &scene.namespace,
            json!({"grants": [{"namespaces": ["*"], "secretNames": ["*"]}]}),
        )
        .await;
    let own = create_namespace(&scene.client).await;
    grant(&scene, &own, Some(&scene.namespace)).await;
    let operator = start(&scene, &own, &scene.namespace).await;
    scene.secret_in_ncp("orders", r#"{"password":"p"}"#);
    let store = json!({"kind": "ClusterNcpSecretStore", "name": scene.namespace});
    scene
        .create_ncp_secret("orders-db", "orders", json!({"storeRef": store}))
        .await;
    let object = scene.until_reason("orders-db", "StoreNotFound").await;
    let (_, _, message) = condition(&object, "Ready").unwrap();
    assert!(
        message.contains("does not follow the stores of the cluster"),
        "{message}"
    );
    assert!(message.contains("--watch-namespaces"), "{message}");
    assert_eq!(scene.emulator.calls(), []);
    operator.stop().await;
}

/// The plainest object over the store `ncp` of another namespace than the scene's.
async fn create_in(scene: &Scene, namespace: &str) -> Api<NcpSecret> {
    let create = async |kind: &str, name: &str, spec: Value| {
        let gvk = GroupVersionKind::gvk("ncp-secrets.io", "v1alpha1", kind);
        let resource = ApiResource::from_gvk(&gvk);
        let api: Api<DynamicObject> =
            Api::namespaced_with(scene.client.clone(), namespace, &resource);
        let object = json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": kind,
            "metadata": {"name": name}, "spec": spec,
        });
        let object = serde_json::from_value(object).unwrap();
        api.create(&kube::api::PostParams::default(), &object)
            .await
            .unwrap();
    };
    let credentials: Secret = serde_json::from_value(json!({
        "metadata": {"name": "ncp-credentials"},
        "stringData": {
            "NCLOUD_ACCESS_KEY": scene.key.access_key, "NCLOUD_SECRET_KEY": scene.key.secret_key,
        },
    }))
    .unwrap();
    Api::namespaced(scene.client.clone(), namespace)
        .create(&kube::api::PostParams::default(), &credentials)
        .await
        .unwrap();
    let auth = json!({"secretRef": {"name": "ncp-credentials"}});
    create(
        "NcpSecretStore",
        "ncp",
        json!({"region": "KR", "auth": auth}),
    )
    .await;
    let source = json!({"storeRef": {"name": "ncp"}, "source": {"secretName": "orders"}});
    create("NcpSecret", "orders-db", source).await;
    Api::namespaced(scene.client.clone(), namespace)
}

fn reason(object: &NcpSecret) -> Option<String> {
    condition(object, "Ready").map(|(_, reason, _)| reason.to_owned())
}

#[tokio::test]
async fn a_namespace_without_rights_is_named_and_keeps_no_other_waiting_and_others_are_left_alone()
{
    let scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    let own = create_namespace(&scene.client).await;
    let late = create_namespace(&scene.client).await;
    let unnamed = create_namespace(&scene.client).await;
    grant(&scene, &own, Some(&scene.namespace)).await;
    // It may work there, and was not told to.
    grant(&scene, &own, Some(&unnamed)).await;
    scene.secret_in_ncp("orders", r#"{"password":"p"}"#);
    let in_late = create_in(&scene, &late).await;
    let in_unnamed = create_in(&scene, &unnamed).await;

    let named = format!("{},{late}", scene.namespace);
    let operator = start(&scene, &own, &named).await;
    let readyz = format!("http://{}/readyz", operator.address);
    let named = format!(
        "- ncpsecrets in namespace {late}: the operator may not list and watch them; \
         give its account the rights in deploy/\n"
    );
    until("it is ready and names what is missing", async || {
        let (status, text) = fetch(&readyz).await;
        let says_so = text.starts_with("ok, but without:\n") && text.contains(&named);
        (status == 200 && says_so).then_some(())
    })
    .await;
    scene
        .create_ncp_secret("orders-db", "orders", json!({}))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    let metrics = fetch(&format!("http://{}/metrics", operator.address)).await;
    let missing = "\nncp_secret_operator_watches_missing 3\n";
    assert!(metrics.1.contains(missing), "{}", metrics.1);
    let waits = in_late.get("orders-db").await.unwrap();
    assert_eq!(reason(&waits), None, "nobody may read it yet");

    grant(&scene, &own, Some(&late)).await;
    until("the object of the late namespace is synced", async || {
        let object = in_late.get("orders-db").await.unwrap();
        (reason(&object)? == "Synced").then_some(())
    })
    .await;
    assert_eq!(fetch(&readyz).await, (200, "ok\n".into()));
    let untouched = in_unnamed.get("orders-db").await.unwrap();
    assert_eq!(reason(&untouched), None);
    operator.stop().await;
}

#[tokio::test]
async fn an_operator_that_may_read_none_of_its_namespaces_is_not_ready() {
    let scene = Scene::without_operator().await;
    let own = create_namespace(&scene.client).await;
    grant(&scene, &own, None).await;
    let operator = start(&scene, &own, &scene.namespace).await;
    let readyz = format!("http://{}/readyz", operator.address);
    let named = format!("in namespace {}: the operator may not", scene.namespace);
    until("it names what is missing", async || {
        let (status, text) = fetch(&readyz).await;
        (status == 503 && text.contains(&named)).then_some(())
    })
    .await;
    operator.stop().await;
}
