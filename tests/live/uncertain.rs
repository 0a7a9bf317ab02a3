//! R1: what looks like the end of a source and is none deletes nothing.

use kube::api::{Patch, PatchParams};
use ncp_emulator::behavior::Destroyed;
use ncp_emulator::{Effect, Fault, GatewayError, Host, Key, Role};
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::removal::{VALUE, deletes, revoke};
use crate::scene::Scene;
use crate::seen::says;

/// What makes a good Secret look as if its source were gone, each for another reason.
struct Trap {
    name: &'static str,
    /// Whether the end of the source was announced and seen before.
    announced: bool,
    spring: fn(&Scene, &str),
    patch: Option<(&'static str, Value)>,
}

fn traps() -> Vec<Trap> {
    let destroy: fn(&Scene, &str) = |scene, id| {
        let _ = scene.emulator.request_deletion(id);
        scene.emulator.delete(id).unwrap();
    };
    let trap = |name, announced, patch| Trap {
        name,
        announced,
        spring: destroy,
        patch,
    };
    let gateway: fn(&Scene, &str) = |scene, _| {
        let unknown = Effect::Gateway(GatewayError::NotFound);
        scene.emulator.add_fault(Fault::new(unknown));
    };
    let half_silent: fn(&Scene, &str) = |scene, id| {
        let unknown = Fault::new(Effect::Gateway(GatewayError::NotFound));
        scene.emulator.add_fault(unknown.host(Host::KrGlobal));
        scene.emulator.delete(id).unwrap();
    };
    vec![
        trap("unannounced", false, None),
        trap(
            "typo",
            true,
            Some((
                "NcpSecret",
                json!({"spec": {"source": {"secretId": "0123456789ab"}}}),
            )),
        ),
        trap(
            "typo-in-a-name",
            true,
            Some((
                "NcpSecret",
                json!({"spec": {"source": {"secretId": null, "secretName": "no-such-name"}}}),
            )),
        ),
        trap(
            "region",
            true,
            Some(("store", json!({"spec": {"region": "JPN"}}))),
        ),
        trap(
            "isolation",
            true,
            Some(("store", json!({"spec": {"keyIsolation": "Global"}}))),
        ),
        trap(
            "retained",
            true,
            Some((
                "NcpSecret",
                json!({"spec": {"target": {"deletionPolicy": "Retain"}}}),
            )),
        ),
        Trap {
            name: "gateway",
            announced: true,
            spring: gateway,
            patch: None,
        },
        Trap {
            name: "one of two hosts",
            announced: true,
            spring: half_silent,
            patch: None,
        },
    ]
}

#[tokio::test]
async fn r1_no_error_deletes_a_good_secret() {
    for trap in traps() {
        let scene = Scene::start().await;
        let id = scene.synced("orders-db", VALUE, deletes()).await;
        if trap.announced {
            revoke(&scene, "orders-db", &id).await;
        }
        let before = scene.secret("orders-db").await;
        let mark = scene.mark();
        match trap.patch {
            Some(("store", patch)) => scene.patch_store("NcpSecretStore", "ncp", patch).await,
            Some((_, patch)) => scene.patch_ncp_secret("orders-db", patch).await,
            None => {}
        }
        (trap.spring)(&scene, &id);
        let object = scene.force("orders-db", "sprung").await;
        assert_ne!(says(&object, "Ready").1, "Synced", "{}", trap.name);
        scene.force("orders-db", "once more").await;
        assert_eq!(scene.secret("orders-db").await, before, "{}", trap.name);
        let asked = scene.asked(mark);
        assert!(
            !asked.iter().any(|line| line.starts_with("delete")),
            "{}: {asked:?}",
            trap.name
        );
    }
}

/// Writes other credentials of the same account into the store's Secret.
async fn change_credentials(scene: &Scene) -> Key {
    let key = scene.emulator.add_key(Role::Viewer);
    scene.write_credentials("ncp-credentials", &key).await;
    key
}

#[tokio::test]
async fn r1_what_other_credentials_do_not_know_is_not_gone() {
    let mut scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    revoke(&scene, "orders-db", &id).await;
    scene.stop_operator().await;
    change_credentials(&scene).await;
    scene.start_operator().await;
    scene.emulator.delete(&id).unwrap();
    let object = scene.force("orders-db", "gone").await;
    assert_eq!(says(&object, "Ready").1, "SourceNotFound");
    assert!(scene.secret("orders-db").await.is_some());
}

#[tokio::test]
async fn r1_what_swapped_hosts_do_not_know_is_not_gone() {
    let mut scene = Scene::without_operator().await;
    scene
        .create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecretStore",
            "metadata": {"name": "ncp"},
            "spec": {
                "region": "KR", "keyIsolation": "Regional",
                "auth": {"secretRef": {"name": "ncp-credentials"}},
            },
        }))
        .await;
    scene.start_operator().await;
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    revoke(&scene, "orders-db", &id).await;
    scene.stop_operator().await;
    scene.swapped_hosts = true;
    scene.start_operator().await;
    let object = scene.force("orders-db", "swapped").await;
    assert_eq!(says(&object, "Ready").1, "SourceNotFound");
    assert!(scene.secret("orders-db").await.is_some());
}

#[tokio::test]
async fn r1_a_status_that_somebody_else_wrote_deletes_nothing() {
    let mut scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    let object = scene.ncp_secret("orders-db").await;
    let proof = object.status.unwrap().source.unwrap().sync_proof;
    scene.stop_operator().await;
    let told = json!({"source": {
        "lifecycle": "REVOKE", "syncProof": proof, "revocationProof": proof,
    }});
    scene.forge_status(told).await;
    scene.emulator.request_deletion(&id).unwrap();
    scene.emulator.delete(&id).unwrap();
    scene.start_operator().await;
    let object = scene.force("orders-db", "gone").await;
    assert_eq!(says(&object, "Ready").1, "SourceNotFound");
    assert!(scene.secret("orders-db").await.is_some());
}

impl Scene {
    /// Writes into the status of an object what somebody would like it to say.
    async fn forge_status(&self, status: Value) {
        let params = PatchParams::default();
        let patch = Patch::Merge(json!({"status": status}));
        self.api::<NcpSecret>()
            .patch_status("orders-db", &params, &patch)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn r1_a_proof_of_an_earlier_content_deletes_nothing() {
    let scene = Scene::start().await;
    scene
        .emulator
        .behave(|behavior| behavior.destroyed = Destroyed::Shown);
    let first = scene.synced("orders-db", VALUE, deletes()).await;
    let object = scene.ncp_secret("orders-db").await;
    let earlier = serde_json::to_value(object.status.unwrap().source).unwrap();
    let second = scene.secret_in_ncp("second", r#"{"password":"two"}"#);
    let source = |id: &str| json!({"spec": {"source": {"secretId": id}}});
    scene.patch_ncp_secret("orders-db", source(&second)).await;
    scene
        .until_secret("orders-db", |values| values["password"] == "two")
        .await;
    scene.until_idle().await;
    scene.emulator.request_deletion(&first).unwrap();
    scene.emulator.delete(&first).unwrap();
    scene.forge_status(json!({"source": earlier})).await;
    scene.patch_ncp_secret("orders-db", source(&first)).await;
    scene.until_reason("orders-db", "SourceDestroyed").await;
    assert!(scene.secret("orders-db").await.is_some());
}

#[tokio::test]
async fn a_status_that_somebody_else_wrote_hides_no_changed_spec() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    scene.until_idle().await;
    scene.forge_status(json!({"observedGeneration": 2})).await;
    let data = json!({"spec": {"data": [{"key": "k", "from": "password"}]}});
    scene.patch_ncp_secret("orders-db", data).await;
    scene
        .until_secret("orders-db", |values| values.contains_key("k"))
        .await;
}
