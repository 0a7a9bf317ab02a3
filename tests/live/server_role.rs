//! `auth.serverRole`: temporary keys of the node's server role.

use jiff::SignedDuration;
use kube::api::DeleteParams;
use ncp_emulator::behavior::{ExpirationForm, NoServerRole, Verdict};
use ncp_emulator::{Behavior, Effect, Fault, Role, ServerRole};
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::removal::deletes;
use crate::scene::{Scene, condition, until};
use crate::seen::says;

const VALUE: &str = r#"{"password":"p"}"#;

/// A scene whose clock stands still, with a cluster store over the role of the node; answers the store's name.
async fn with_role_store(change: impl FnOnce(&mut Behavior)) -> (Scene, String) {
    let mut scene = Scene::without_operator().await;
    scene.cluster_stores = true;
    scene.steering.freeze();
    scene.emulator.behave(change);
    attach_role(&scene);
    let name = format!("role-of-{}", scene.namespace);
    let grants = json!([{
        "namespaces": [scene.namespace], "secretIds": ["*"], "secretNames": ["*"],
    }]);
    scene
        .create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "ClusterNcpSecretStore",
            "metadata": {"name": name},
            "spec": {"region": "KR", "auth": {"serverRole": {}}, "grants": grants},
        }))
        .await;
    scene.start_operator().await;
    (scene, name)
}

fn attach_role(scene: &Scene) {
    let role = ServerRole::named("nodes", Role::Viewer, scene.clock.now());
    scene.emulator.set_server_role(Some(role));
}

fn through(store: &str, mut more: Value) -> Value {
    more["storeRef"] = json!({"kind": "ClusterNcpSecretStore", "name": store});
    more
}

async fn until_store(scene: &Scene, store: &str, reason: &str) -> String {
    until(&format!("the store says {reason}"), async || {
        let ready = scene
            .store_condition("ClusterNcpSecretStore", store)
            .await?;
        (ready.reason == reason).then_some(ready.message)
    })
    .await
}

async fn remove(scene: &Scene, store: &str) {
    let stores = scene.stores("ClusterNcpSecretStore");
    let params = DeleteParams::default();
    stores.delete(store, &params).await.unwrap();
}

#[tokio::test]
async fn keys_of_the_role_are_used_whichever_version_of_the_service_there_is() {
    let versions: [fn(&mut Behavior); 3] = [
        |_| {},
        |behavior| behavior.metadata_tokens = Verdict::Refused,
        |behavior| behavior.metadata_without_token = Verdict::Refused,
    ];
    for version in versions {
        let (scene, store) = with_role_store(version).await;
        let spec = through(&store, json!({}));
        scene.synced("orders-db", VALUE, spec).await;
        until_store(&scene, &store, "Configured").await;
        remove(&scene, &store).await;
    }
}

#[tokio::test]
async fn keys_are_renewed_before_their_end_and_ncp_never_sees_one_that_is_over() {
    for form in [ExpirationForm::Utc, ExpirationForm::WithOffset] {
        let (scene, store) = with_role_store(|behavior| {
            behavior.server_role_key_expiration = form;
            behavior.server_role_key_renewal = SignedDuration::from_mins(2);
        })
        .await;
        let spec = through(&store, json!({"refresh": {"interval": "1m"}}));
        let id = scene.synced("orders-db", VALUE, spec).await;
        for _ in 0..3 {
            scene.look_after(&id, SignedDuration::from_mins(52)).await;
            for _ in 0..8 {
                scene.look_after(&id, SignedDuration::from_mins(1)).await;
            }
        }
        let calls = scene.emulator.calls();
        assert!(
            calls.iter().all(|call| call.status == Some(200)),
            "{form:?}"
        );
        let mut keys: Vec<_> = calls.iter().map(|call| call.access_key.clone()).collect();
        keys.dedup();
        assert!(keys.len() >= 3, "{form:?}: {}", keys.len());
        remove(&scene, &store).await;
    }
}

#[tokio::test]
async fn an_end_that_is_past_missing_or_garbage_is_survived_without_a_word() {
    for form in [
        ExpirationForm::Past,
        ExpirationForm::Missing,
        ExpirationForm::Unreadable,
    ] {
        let (scene, store) = with_role_store(|behavior| {
            behavior.server_role_key_expiration = form;
            behavior.server_role_key_renewal = SignedDuration::ZERO;
        })
        .await;
        let spec = through(&store, json!({"refresh": {"interval": "30m"}}));
        let id = scene.synced("orders-db", VALUE, spec).await;
        scene.until_idle().await;
        for _ in 0..8 {
            let looks = scene.looks_at(&id);
            scene.advance(SignedDuration::from_mins(30));
            until("there is another look", async || {
                (scene.looks_at(&id) > looks).then_some(())
            })
            .await;
            scene.until_idle().await;
            let object = scene.ncp_secret("orders-db").await;
            assert_eq!(says(&object, "Ready"), ("True", "Synced"), "{form:?}");
        }
        let ready = scene.store_condition("ClusterNcpSecretStore", &store).await;
        assert_eq!(ready.unwrap().reason, "Configured");
        scene.until_warnings("orders-db", &[]).await;
        remove(&scene, &store).await;
    }
}

#[tokio::test]
async fn a_node_without_a_role_is_told_with_what_to_do_and_one_that_gets_it_goes_on() {
    for reading in [NoServerRole::EmptyList, NoServerRole::NotFound] {
        let (scene, store) = with_role_store(|behavior| behavior.no_server_role = reading).await;
        scene.emulator.set_server_role(None);
        let id = scene.secret_in_ncp("shop-orders", VALUE);
        scene
            .create_by_id("orders-db", &id, through(&store, json!({})))
            .await;
        scene.until_reason("orders-db", "CredentialsMissing").await;
        let message = until_store(&scene, &store, "CredentialsMissing").await;
        assert!(message.contains("has no server role"), "{message}");
        assert!(message.contains("use auth.secretRef"), "{message}");
        assert_eq!(scene.emulator.calls(), [], "NCP was asked with no keys");
        attach_role(&scene);
        until("the object is synced", async || {
            scene.advance(SignedDuration::from_secs(5));
            let object = scene.ncp_secret("orders-db").await;
            (says(&object, "Ready") == ("True", "Synced")).then_some(())
        })
        .await;
        until_store(&scene, &store, "Configured").await;
        remove(&scene, &store).await;
    }
}

#[tokio::test]
async fn r5_what_a_metadata_service_answers_instead_of_keys_goes_nowhere() {
    let keys = |access: &str| Effect::Status {
        status: 200,
        body: json!({"AccessKeyId": access, "SecretAccessKey": "x".repeat(40), "Code": "Success"})
            .to_string(),
        headers: Vec::new(),
    };
    for effect in [
        Effect::Redirect("http://198.51.100.1/".into()),
        Effect::HugeBody(1 << 20),
        Effect::Cut,
        keys("not-an-access-key"),
        keys("ncp_iam_TESTACCESSKEY0000001\r\nhost: elsewhere"),
    ] {
        let (scene, store) = with_role_store(|_| {}).await;
        let what = format!("{effect:?}");
        scene.emulator.add_fault(Fault::new(effect).metadata());
        let id = scene.secret_in_ncp("shop-orders", VALUE);
        scene
            .create_by_id("orders-db", &id, through(&store, json!({})))
            .await;
        let object = scene.until_reason("orders-db", "CredentialsMissing").await;
        let message = condition(&object, "Ready").unwrap().2;
        assert!(message.contains("node"), "{what}: {message}");
        assert_eq!(scene.emulator.calls(), [], "{what}");
        remove(&scene, &store).await;
    }
}

#[tokio::test]
async fn a_metadata_service_that_is_of_no_use_for_a_while_stops_nobody_who_has_keys() {
    let answers = |status, body: &str| Effect::Status {
        status,
        body: body.into(),
        headers: Vec::new(),
    };
    for effect in [
        Effect::Cut,
        answers(429, "slow down"),
        answers(200, "<html>maintenance</html>"),
    ] {
        let (scene, store) = with_role_store(|_| {}).await;
        let spec = through(&store, json!({"refresh": {"interval": "10m"}}));
        let id = scene.synced("orders-db", VALUE, spec).await;
        let what = format!("{effect:?}");
        scene.emulator.add_fault(Fault::new(effect).metadata());
        for _ in 0..3 {
            scene.look_after(&id, SignedDuration::from_mins(10)).await;
        }
        let object = scene.ncp_secret("orders-db").await;
        assert_eq!(says(&object, "Ready"), ("True", "Synced"), "{what}");
        let ready = scene.store_condition("ClusterNcpSecretStore", &store).await;
        assert_eq!(ready.unwrap().reason, "Configured", "{what}");
        remove(&scene, &store).await;
    }
}

#[tokio::test]
async fn r1_the_end_of_a_source_is_certain_although_the_keys_of_the_role_are_others_by_then() {
    let (scene, store) = with_role_store(|_| {}).await;
    let id = scene
        .synced("orders-db", VALUE, through(&store, deletes()))
        .await;
    scene.emulator.request_deletion(&id).unwrap();
    let object = scene.force("orders-db", "revoked").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceRevoked"));
    let proof = |object: &NcpSecret| {
        let source = object.status.as_ref().unwrap().source.as_ref();
        source.unwrap().revocation_proof.clone()
    };
    let first = proof(&object);
    assert!(first.is_some());
    scene.until_idle().await;
    for word in ["tomorrow", "the day after"] {
        scene.advance(SignedDuration::from_hours(24));
        scene.force("orders-db", word).await;
        scene.until_idle().await;
    }
    let later = scene.ncp_secret("orders-db").await;
    assert_eq!(proof(&later), first, "renewed keys prove the same");
    scene.advance(SignedDuration::from_hours(6 * 24));
    until("the Secret is deleted", async || {
        scene.secret("orders-db").await.is_none().then_some(())
    })
    .await;
    scene.until_reason("orders-db", "SourceNotFound").await;

    // Another role may be another account, which knows nothing of the secret.
    let other = scene
        .synced("billing-db", VALUE, through(&store, deletes()))
        .await;
    scene.emulator.request_deletion(&other).unwrap();
    scene.force("billing-db", "revoked").await;
    attach_role(&scene);
    scene.emulator.delete(&other).unwrap();
    scene.advance(SignedDuration::from_hours(2));
    let object = scene.force("billing-db", "gone").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceNotFound"));
    assert!(scene.secret("billing-db").await.is_some());
    remove(&scene, &store).await;
}
