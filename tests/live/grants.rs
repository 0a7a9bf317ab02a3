//! R4: what an object may reach. Names of cluster stores are unique to the scene.

use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use ncp_emulator::Role;
use ncp_secret_operator::api::NcpSecretStore;
use serde_json::{Value, json};

use crate::scene::{Scene, condition};
use crate::seen::says;

const VALUE: &str = r#"{"password":"p"}"#;

/// A scene with a cluster store of its own; answers its name.
async fn with_cluster_store(grants: Value) -> (Scene, String) {
    let mut scene = Scene::without_operator().await;
    scene.cluster_stores = true;
    scene.start_operator().await;
    scene.steering.freeze();
    let name = format!("store-of-{}", scene.namespace);
    scene
        .create_cluster_store(&name, json!({"grants": grants}))
        .await;
    (scene, name)
}

fn through(store: &str) -> Value {
    json!({"storeRef": {"kind": "ClusterNcpSecretStore", "name": store}})
}

fn by_id(store: &str, id: &str) -> Value {
    let mut spec = through(store);
    spec["source"] = json!({"secretId": id, "secretName": null});
    spec
}

async fn remove(scene: &Scene, store: &str) {
    let stores = scene.stores("ClusterNcpSecretStore");
    stores
        .delete(store, &DeleteParams::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn r4_a_cluster_store_gives_what_it_grants_and_asks_nobody_about_anything_else() {
    let (scene, store) = with_cluster_store(json!([])).await;
    let names = scene.secret_in_ncp("shop-orders", VALUE);
    let ids = scene.secret_in_ncp("by-id-only", VALUE);
    let other = scene.secret_in_ncp("hr-salaries", VALUE);
    let grants = json!([
        {"namespaces": ["nobody", "test-*"], "secretNames": ["shop-*"]},
        {"namespaces": [scene.namespace], "secretIds": [ids]},
        {"namespaces": ["elsewhere-*"], "secretNames": ["*"], "secretIds": ["*"]},
    ]);
    scene
        .patch_store(
            "ClusterNcpSecretStore",
            &store,
            json!({"spec": {"grants": grants}}),
        )
        .await;
    scene
        .create_ncp_secret("by-name", "shop-orders", through(&store))
        .await;
    scene
        .create_ncp_secret("by-id", "ignored", by_id(&store, &ids))
        .await;
    scene.until_reason("by-name", "Synced").await;
    scene.until_reason("by-id", "Synced").await;

    scene.emulator.reset_calls();
    let refused = [
        ("other-name", "hr-salaries", through(&store)),
        ("other-id", "ignored", by_id(&store, &other)),
        // A grant holds for what was written: an ID is not a name, whatever secret it belongs to.
        ("id-for-name", "ignored", by_id(&store, &names)),
        ("name-for-id", "by-id-only", through(&store)),
    ];
    for (object, name, spec) in refused {
        scene.create_ncp_secret(object, name, spec).await;
        let seen = scene.until_reason(object, "NotGranted").await;
        assert_eq!(says(&seen, "Ready"), ("False", "NotGranted"));
        assert_eq!(says(&seen, "SourceAvailable"), ("Unknown", "NotRead"));
        assert_eq!(says(&seen, "Stalled"), ("True", "NotGranted"));
        let message = condition(&seen, "Ready").unwrap().2;
        assert!(
            message.contains(&store) && message.contains("add the secret to the store's grants"),
            "{message}"
        );
        assert_eq!(scene.secret(object).await, None);
        scene.until_warnings(object, &["NotGranted"]).await;
    }
    assert_eq!(scene.emulator.calls(), [], "refused before any call");
    remove(&scene, &store).await;
}

#[tokio::test]
async fn r4_a_grant_that_is_added_works_at_once_and_one_that_is_taken_away_leaves_the_secret() {
    let (scene, store) = with_cluster_store(json!([])).await;
    let id = scene.secret_in_ncp("shop-orders", VALUE);
    scene
        .create_ncp_secret("orders-db", "shop-orders", through(&store))
        .await;
    scene.until_reason("orders-db", "NotGranted").await;
    let grants = json!([{"namespaces": [scene.namespace], "secretNames": ["shop-orders"]}]);
    scene
        .patch_store(
            "ClusterNcpSecretStore",
            &store,
            json!({"spec": {"grants": grants}}),
        )
        .await;
    scene.until_reason("orders-db", "Synced").await;

    let before = scene.secret("orders-db").await;
    let looks = scene.looks_at(&id);
    scene
        .patch_store(
            "ClusterNcpSecretStore",
            &store,
            json!({"spec": {"grants": []}}),
        )
        .await;
    let object = scene.until_reason("orders-db", "NotGranted").await;
    assert_eq!(says(&object, "Ready"), ("False", "NotGranted"));
    let message = condition(&object, "Ready").unwrap().2;
    assert!(message.ends_with("Pods keep the last value."), "{message}");
    scene.force("orders-db", "please").await;
    assert_eq!(scene.looks_at(&id), looks, "nobody is asked");
    assert_eq!(scene.secret("orders-db").await, before);

    let set = json!({"spec": {"grants": [{"namespaces": ["*"], "secretNames": ["shop-?rders"]}]}});
    scene
        .patch_store("ClusterNcpSecretStore", &store, set)
        .await;
    scene.until_reason("orders-db", "Synced").await;
    assert_eq!(scene.secret("orders-db").await, before);
    remove(&scene, &store).await;
}

#[tokio::test]
async fn r4_a_store_of_another_namespace_and_its_credentials_are_out_of_reach() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.secret_in_ncp("shop-orders", VALUE);
    let elsewhere = format!("{}-elsewhere", scene.namespace);
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    let namespace = serde_json::from_value(json!({"metadata": {"name": elsewhere}})).unwrap();
    namespaces
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();
    let key = scene.emulator.add_key(Role::Viewer);
    let secret = serde_json::from_value(json!({
        "metadata": {"name": "their-credentials"},
        "stringData": {"NCLOUD_ACCESS_KEY": key.access_key, "NCLOUD_SECRET_KEY": key.secret_key},
    }))
    .unwrap();
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &elsewhere);
    secrets
        .create(&PostParams::default(), &secret)
        .await
        .unwrap();
    let store = serde_json::from_value(json!({
        "metadata": {"name": "theirs"},
        "spec": {"region": "KR", "auth": {"secretRef": {"name": "their-credentials"}}},
    }))
    .unwrap();
    let stores: Api<NcpSecretStore> = Api::namespaced(scene.client.clone(), &elsewhere);
    stores.create(&PostParams::default(), &store).await.unwrap();

    let spec = json!({"storeRef": {"name": "theirs"}});
    scene
        .create_ncp_secret("their-store", "shop-orders", spec)
        .await;
    scene.until_reason("their-store", "StoreNotFound").await;
    scene
        .create_store_with("borrowed", "their-credentials")
        .await;
    let spec = json!({"storeRef": {"name": "borrowed"}});
    scene
        .create_ncp_secret("their-key", "shop-orders", spec)
        .await;
    let object = scene.until_reason("their-key", "CredentialsMissing").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("\"their-credentials\"") && message.contains("does not exist"),
        "{message}"
    );
    assert_eq!(scene.emulator.calls(), []);

    // Nor are there fields that could lead there: the API server drops them.
    let store = scene.create(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecretStore", "metadata": {"name": "reaching"},
        "spec": {"region": "KR", "auth": {"secretRef": {"name": "their-credentials", "namespace": elsewhere}}},
    }));
    let object = scene.create(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret", "metadata": {"name": "reaching"},
        "spec": {"storeRef": {"name": "theirs", "namespace": elsewhere}, "source": {"secretName": "shop-orders"}},
    }));
    for stored in [store.await, object.await] {
        assert!(
            !stored.data["spec"].to_string().contains(&elsewhere),
            "{}",
            stored.data
        );
    }
    namespaces
        .delete(&elsewhere, &DeleteParams::default())
        .await
        .unwrap();
}
