//! What happens to the Secret when something around it goes: each row of docs/lifetime.md that no other file proves.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{DeleteParams, ListParams, PostParams};
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use crate::installed::install;
use crate::scene::{Scene, own_control_plane, pairs, until, values};
use crate::seen::says;

const VALUE: &str = r#"{"password":"one"}"#;
const POLICIES: [&str; 2] = ["Owner", "Orphan"];

impl Scene {
    /// An object of each creation policy, named after it in lower case, with its Secret.
    async fn one_of_each_policy(&self) -> Vec<(String, Secret)> {
        let mut secrets = Vec::new();
        for policy in POLICIES {
            let name = policy.to_lowercase();
            let spec = json!({"target": {"creationPolicy": policy, "deletionPolicy": "Delete"}});
            self.synced(&name, VALUE, spec).await;
            let secret = self.secret(&name).await.unwrap();
            secrets.push((name, secret));
        }
        secrets
    }

    /// Waits until the collector of a new cluster knows our kinds; it looks for new ones every half minute.
    async fn until_collected(&self) {
        self.synced("probe", VALUE, json!({})).await;
        self.delete::<NcpSecret>("probe").await;
        let collected = async {
            while self.secret("probe").await.is_some() {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(2), collected)
            .await
            .expect("the collector never learnt our kinds");
    }

    async fn has_no_finalizers(&self) {
        let all = ListParams::default();
        let objects = self.api::<NcpSecret>().list(&all).await.unwrap();
        assert!(objects.iter().all(|it| it.metadata.finalizers.is_none()));
        let secrets = self.api::<Secret>().list(&all).await.unwrap();
        assert!(secrets.iter().all(|it| it.metadata.finalizers.is_none()));
    }
}

#[tokio::test]
async fn an_ncp_secret_that_is_deleted_takes_the_secret_with_it_unless_it_is_an_orphan() {
    let mut scene = Scene::start().await;
    let secrets = scene.one_of_each_policy().await;
    scene.has_no_finalizers().await;
    // Also when the operator is not there: nothing waits for it.
    scene.stop_operator().await;
    for name in ["orphan", "owner"] {
        scene.delete::<NcpSecret>(name).await;
    }
    scene.until_no_secret("owner").await;
    assert_eq!(scene.secret("orphan").await.as_ref(), Some(&secrets[1].1));
}

#[tokio::test]
async fn a_store_that_is_deleted_takes_nothing_with_it() {
    let scene = Scene::start().await;
    let secrets = scene.one_of_each_policy().await;
    scene
        .stores("NcpSecretStore")
        .delete("ncp", &DeleteParams::default())
        .await
        .unwrap();
    for (name, secret) in &secrets {
        scene.force(name, "now").await;
        let object = scene.ncp_secret(name).await;
        assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
        assert_eq!(scene.secret(name).await.as_ref(), Some(secret));
    }
}

#[tokio::test]
async fn an_operator_that_goes_leaves_everything_as_it_is() {
    let mut scene = Scene::start().await;
    let secrets = scene.one_of_each_policy().await;
    scene.stop_operator().await;
    for (name, secret) in &secrets {
        assert_eq!(scene.secret(name).await.as_ref(), Some(secret));
        let object = scene.ncp_secret(name).await;
        assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    }
}

#[tokio::test]
async fn r1_a_source_that_goes_leaves_the_secret_unless_the_policy_says_otherwise() {
    for (policy, stays) in [("Retain", true), ("Delete", false)] {
        let scene = Scene::start().await;
        for creation in POLICIES {
            let name = creation.to_lowercase();
            let spec = json!({"target": {"creationPolicy": creation, "deletionPolicy": policy}});
            let id = scene.synced(&name, VALUE, spec).await;
            scene.emulator.request_deletion(&id).unwrap();
            scene.force(&name, "revoked").await;
            assert!(scene.secret(&name).await.is_some(), "not before the end");
            scene.emulator.delete(&id).unwrap();
            scene.force(&name, "gone").await;
            let secret = scene.secret(&name).await;
            assert_eq!(secret.is_some(), stays, "{creation} {policy}");
        }
    }
}

#[tokio::test]
async fn crds_that_are_deleted_take_owned_secrets_with_them_and_the_operator_lives_on() {
    // All namespaces share the definitions, so this test has a cluster to itself.
    let plane = own_control_plane().await;
    let mut scene = Scene::in_own(&plane).await;
    scene.create_store("ncp").await;
    scene.start_operator().await;
    let secrets = scene.one_of_each_policy().await;
    scene.until_collected().await;
    let definitions: Api<CustomResourceDefinition> = Api::all(scene.client.clone());
    for name in ["ncpsecrets", "ncpsecretstores", "clusterncpsecretstores"] {
        let name = format!("{name}.ncp-secrets.io");
        definitions
            .delete(&name, &DeleteParams::default())
            .await
            .unwrap();
        until(&format!("{name} is gone"), async || {
            let definition = definitions.get_opt(&name).await.unwrap();
            definition.is_none().then_some(())
        })
        .await;
    }
    until("the operator has seen the objects go", async || {
        (scene.sample("ncp_secret_operator_objects").await == 0).then_some(())
    })
    .await;
    scene.until_no_secret("owner").await;
    assert_eq!(scene.secret("orphan").await.as_ref(), Some(&secrets[1].1));

    install(&scene.client).await;
    scene.create_store("ncp").await;
    let id = scene.secret_in_ncp("orders", VALUE);
    scene.create_by_id("orphan", &id, json!({})).await;
    scene.until_reason("orphan", "Synced").await;
    let adopted = scene.secret("orphan").await.unwrap();
    assert_eq!(adopted.metadata.uid, secrets[1].1.metadata.uid);
    assert_eq!(values(&adopted), pairs(&[("password", "one")]));
    plane.stop().await.unwrap();
}

#[tokio::test]
async fn r2_a_secret_that_somebody_else_makes_at_once_under_the_name_is_theirs() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene.until_idle().await;
    let looks = scene.looks_at(&id);
    scene.delete::<Secret>("orders-db").await;
    let theirs: Secret = serde_json::from_value(json!({
        "metadata": {"name": "orders-db"}, "stringData": {"password": "theirs"},
    }))
    .unwrap();
    let theirs = scene
        .api::<Secret>()
        .create(&PostParams::default(), &theirs)
        .await
        .unwrap();
    scene.until_reason("orders-db", "TargetNotOwned").await;
    scene.advance(jiff::SignedDuration::from_mins(5));
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await, Some(theirs));
    assert!(scene.looks_at(&id) <= looks + 1);
    scene.delete::<Secret>("orders-db").await;
    scene.advance(jiff::SignedDuration::from_secs(30));
    scene.until_reason("orders-db", "Synced").await;
}

#[tokio::test]
async fn r2_a_secret_with_a_strange_owner_that_is_no_controller_keeps_it() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    let map: ConfigMap = serde_json::from_value(json!({"metadata": {"name": "theirs"}})).unwrap();
    let map = scene
        .api::<ConfigMap>()
        .create(&PostParams::default(), &map)
        .await
        .unwrap();
    let owner =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": map.metadata.uid});
    let finalizers = json!(["example.com/theirs"]);
    let path = "/metadata/ownerReferences/-";
    let theirs = json!([
        {"op": "add", "path": path, "value": owner},
        {"op": "add", "path": "/metadata/finalizers", "value": finalizers},
    ]);
    scene.json_patch_secret("orders-db", theirs).await;
    for policy in ["Orphan", "Owner"] {
        let policy = json!({"spec": {"target": {"creationPolicy": policy}}});
        scene.patch_ncp_secret("orders-db", policy.clone()).await;
        scene.until_past().await;
        let secret = scene.secret("orders-db").await.unwrap();
        let owners = secret.metadata.owner_references.unwrap();
        assert!(
            owners.iter().any(|owner| owner.name == "theirs"),
            "{policy}"
        );
        assert_eq!(json!(secret.metadata.finalizers), finalizers, "{policy}");
    }
    let release = json!({"metadata": {"finalizers": null}});
    scene.patch_secret("orders-db", release).await;
}
