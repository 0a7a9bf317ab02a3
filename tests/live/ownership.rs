//! R2: a Secret that is not ours is never touched, and which of several objects has a target.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::PostParams;
use ncp_emulator::{Effect, Fault, Operation, Stage};
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use crate::scene::{Scene, condition, pairs, until, values};
use crate::seen::says;

const LOOK_AT_FOREIGN: &str = "get secrets orders-db 200";
const HALF_A_MINUTE: SignedDuration = SignedDuration::from_secs(30);

#[tokio::test]
async fn r2_a_foreign_secret_is_never_touched_and_its_place_is_taken_when_it_is_gone() {
    let scene = Scene::start().await;
    scene
        .write_secret("orders-db", json!({"password": "theirs"}))
        .await;
    let theirs = scene.secret("orders-db").await.unwrap();
    let id = scene.secret_in_ncp("orders", r#"{"password":"ours"}"#);
    scene.create_by_id("orders-db", &id, json!({})).await;

    let object = scene.until_reason("orders-db", "TargetNotOwned").await;
    let (status, _, message) = condition(&object, "Ready").unwrap();
    assert_eq!(status, "False");
    assert_eq!(
        message,
        "The Secret exists and was not made by this operator. It was left untouched. \
         Choose another spec.target.name, or remove that Secret."
    );
    assert_eq!(says(&object, "Stalled"), ("True", "TargetNotOwned"));
    assert_eq!(scene.warnings("orders-db").await, ["TargetNotOwned"]);

    scene.until_idle().await;
    let mark = scene.mark();
    scene.emulator.reset_calls();
    for times in 1..=3 {
        scene.advance(HALF_A_MINUTE);
        scene.until_asked(mark, LOOK_AT_FOREIGN, times).await;
        scene.until_idle().await;
    }
    assert_eq!(scene.asked(mark), [LOOK_AT_FOREIGN; 3]);
    assert_eq!(scene.emulator.calls(), []);
    assert_eq!(scene.secret("orders-db").await.unwrap(), theirs);
    assert_eq!(scene.warnings("orders-db").await, ["TargetNotOwned"]);

    scene.delete::<Secret>("orders-db").await;
    scene.advance(HALF_A_MINUTE);
    let object = scene.until_reason("orders-db", "Synced").await;
    assert_eq!(condition(&object, "Stalled"), None);
    let ours = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&ours), pairs(&[("password", "ours")]));
}

#[tokio::test]
async fn r2_a_secret_with_another_controller_is_not_touched() {
    let scene = Scene::start().await;
    let map: ConfigMap =
        serde_json::from_value(json!({"metadata": {"name": "their-map"}})).unwrap();
    let map = scene
        .api::<ConfigMap>()
        .create(&PostParams::default(), &map)
        .await
        .unwrap();
    let theirs: Secret = serde_json::from_value(json!({
        "metadata": {
            "name": "orders-db",
            "labels": {"app.kubernetes.io/managed-by": "ncp-secret-operator"},
            "annotations": {"ncp-secrets.io/owner": "orders-db", "ncp-secrets.io/owner-uid": "1"},
            "ownerReferences": [{
                "apiVersion": "v1", "kind": "ConfigMap", "name": "their-map",
                "uid": map.metadata.uid, "controller": true,
            }],
        },
        "stringData": {"password": "theirs"},
    }))
    .unwrap();
    let theirs = scene
        .api::<Secret>()
        .create(&PostParams::default(), &theirs)
        .await
        .unwrap();

    let id = scene.secret_in_ncp("orders", r#"{"password":"ours"}"#);
    scene.create_by_id("orders-db", &id, json!({})).await;
    let object = scene.until_reason("orders-db", "TargetNotOwned").await;
    let (_, _, message) = condition(&object, "Ready").unwrap();
    assert!(
        message.starts_with("The Secret belongs to the ConfigMap \"their-map\"."),
        "{message}"
    );
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await.unwrap(), theirs);
}

#[tokio::test]
async fn r2_of_two_objects_with_one_target_the_older_has_it_until_it_is_deleted() {
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    let shared = || json!({"target": {"name": "shared"}});
    let one = scene.secret_in_ncp("one", r#"{"value":"one"}"#);
    let two = scene.secret_in_ncp("two", r#"{"value":"two"}"#);
    // Their names stand in the other order, and creation times have whole seconds.
    scene.create_by_id("z-older", &one, shared()).await;
    let older = scene.ncp_secret("z-older").await;
    until("the younger object is younger", async || {
        scene.create_by_id("a-younger", &two, shared()).await;
        let younger = scene.ncp_secret("a-younger").await;
        if younger.metadata.creation_timestamp > older.metadata.creation_timestamp {
            return Some(());
        }
        scene.delete::<NcpSecret>("a-younger").await;
        None
    })
    .await;
    scene.start_operator().await;

    scene.until_reason("z-older", "Synced").await;
    let younger = scene.until_reason("a-younger", "TargetNotOwned").await;
    let (_, _, message) = condition(&younger, "Ready").unwrap();
    assert!(message.contains("NcpSecret \"z-older\""), "{message}");
    let secret = scene.secret("shared").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("value", "one")]));

    for _ in 0..2 {
        scene.stop_operator().await;
        scene.start_operator().await;
        scene.until_past().await;
        scene.advance(HALF_A_MINUTE);
        scene.until_past().await;
        assert_eq!(scene.secret("shared").await.unwrap(), secret);
        let younger = scene.ncp_secret("a-younger").await;
        assert_eq!(says(&younger, "Ready"), ("False", "TargetNotOwned"));
        assert_eq!(
            says(&scene.ncp_secret("z-older").await, "Ready"),
            ("True", "Synced")
        );
    }
    assert_eq!(scene.warnings("a-younger").await, ["TargetNotOwned"]);

    scene.delete::<NcpSecret>("z-older").await;
    scene.until_reason("a-younger", "Synced").await;
    let secret = scene.secret("shared").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("value", "two")]));
}

#[tokio::test]
async fn r2_the_next_in_line_has_its_turn_as_soon_as_the_first_goes_without_a_secret() {
    let scene = Scene::start().await;
    let shared = || json!({"target": {"name": "shared"}});
    scene.create_by_id("first", "no-such-id", shared()).await;
    scene.until_reason("first", "SourceNotFound").await;
    let first = scene.ncp_secret("first").await;
    let id = scene.secret_in_ncp("orders", r#"{"value":"two"}"#);
    // Of two from the same second the lower UID has it, whichever came first.
    until("a second has passed on the API server", async || {
        scene.create_by_id("later", &id, json!({})).await;
        let later = scene.ncp_secret("later").await;
        scene.delete::<NcpSecret>("later").await;
        let is_later = later.metadata.creation_timestamp > first.metadata.creation_timestamp;
        is_later.then_some(())
    })
    .await;
    scene.create_by_id("second", &id, shared()).await;
    let second = scene.until_reason("second", "TargetNotOwned").await;
    let (_, _, message) = condition(&second, "Ready").unwrap();
    assert!(
        message.starts_with("The NcpSecret \"first\" asked for the same Secret before."),
        "{message}"
    );
    scene.until_idle().await;

    scene.steering.freeze();
    scene.delete::<NcpSecret>("first").await;
    let deleted = scene.clock.now();
    until("the second has the Secret", async || {
        scene.advance(SignedDuration::from_millis(100));
        let waited = scene.clock.now().duration_since(deleted);
        assert!(
            waited < HALF_A_MINUTE / 2,
            "it only had the look that was due"
        );
        let second = scene.ncp_secret("second").await;
        (says(&second, "Ready").1 == "Synced").then_some(())
    })
    .await;
}

#[tokio::test]
async fn r2_the_secret_of_another_object_is_not_touched_even_by_an_older_one() {
    let scene = Scene::start().await;
    let id = scene
        .synced(
            "older",
            r#"{"value":"older"}"#,
            json!({"target": {"name": "elsewhere"}}),
        )
        .await;
    scene
        .synced("younger", r#"{"value":"younger"}"#, json!({}))
        .await;
    let secret = scene.secret("younger").await.unwrap();

    scene
        .patch_ncp_secret("older", json!({"spec": {"target": {"name": "younger"}}}))
        .await;
    let older = scene.until_reason("older", "TargetNotOwned").await;
    let (_, _, message) = condition(&older, "Ready").unwrap();
    assert!(
        message.starts_with("The Secret belongs to the NcpSecret \"younger\"."),
        "{message}"
    );
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(r#"{"value":"newer"}"#))
        .unwrap();
    scene.advance(SignedDuration::from_hours(1));
    scene.until_past().await;
    assert_eq!(scene.secret("younger").await.unwrap(), secret);
}

#[tokio::test]
async fn r2_a_secret_that_is_being_deleted_is_left_alone_until_it_is_gone() {
    let scene = Scene::start().await;
    let id = scene
        .synced("orders-db", r#"{"password":"one"}"#, json!({}))
        .await;
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    scene.patch_secret("orders-db", hold).await;
    scene.delete::<Secret>("orders-db").await;
    let object = scene.until_reason("orders-db", "TargetNotOwned").await;
    let (_, _, message) = condition(&object, "Ready").unwrap();
    assert_eq!(
        message,
        "The Secret is being deleted. It is written again as soon as it is gone."
    );

    let dying = scene.secret("orders-db").await.unwrap();
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(r#"{"password":"two"}"#))
        .unwrap();
    scene.force("orders-db", "now").await;
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await.unwrap(), dying);

    let release = json!({"metadata": {"finalizers": null}});
    scene.patch_secret("orders-db", release).await;
    let uid = dying.metadata.uid.unwrap();
    let secret = scene.until_secret_other_than("orders-db", &uid).await;
    assert_eq!(values(&secret), pairs(&[("password", "two")]));
    scene.until_reason("orders-db", "Synced").await;
}

#[tokio::test]
async fn r2_a_secret_that_was_replaced_behind_our_back_is_not_written() {
    let scene = Scene::start().await;
    let id = scene
        .synced("orders-db", r#"{"password":"one"}"#, json!({}))
        .await;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(r#"{"password":"two"}"#))
        .unwrap();
    let slow = Fault::new(Effect::Delay(std::time::Duration::from_secs(4)))
        .operation(Operation::GetSecretStageValue)
        .times(1);
    scene.emulator.add_fault(slow);
    let mark = scene.mark();
    scene.emulator.reset_calls();
    scene.annotate("orders-db", "now").await;
    scene.until_looks(&id, 1).await;

    // The pass has seen the old Secret and waits for the value.
    scene.delete::<Secret>("orders-db").await;
    // It has everything that a patch without conditions would need.
    let theirs: Secret = serde_json::from_value(json!({
        "metadata": {
            "name": "orders-db", "labels": {"team": "theirs"},
            "annotations": {"example.com/note": "theirs"},
        },
        "stringData": {"password": "theirs"},
    }))
    .unwrap();
    let create = PostParams::default();
    let theirs = scene
        .api::<Secret>()
        .create(&create, &theirs)
        .await
        .unwrap();
    assert_eq!(
        scene.emulator.count(Operation::GetSecretStageValue),
        0,
        "this machine was too slow to replace the Secret in time"
    );

    scene.until_reason("orders-db", "TargetNotOwned").await;
    scene.until_idle().await;
    let writes: Vec<_> = scene
        .asked(mark)
        .into_iter()
        .filter(|line| line.contains(" secrets ") && !line.starts_with("get"))
        .collect();
    assert_eq!(writes, ["patch secrets orders-db 422"]);
    assert_eq!(scene.secret("orders-db").await.unwrap(), theirs);
}

const OURS: &str = r#"{"password":"ours"}"#;

/// A Secret that somebody made out of ours, under another name or as it was, marks and all.
async fn copy(scene: &Scene, of: &Secret, name: &str) -> Secret {
    let mut copy = of.clone();
    copy.metadata = kube::api::ObjectMeta {
        name: Some(name.into()),
        labels: of.metadata.labels.clone(),
        annotations: of.metadata.annotations.clone(),
        owner_references: of.metadata.owner_references.clone(),
        ..kube::api::ObjectMeta::default()
    };
    let create = PostParams {
        field_manager: Some("kubectl-create".into()),
        ..PostParams::default()
    };
    scene.api::<Secret>().create(&create, &copy).await.unwrap()
}

#[tokio::test]
async fn r2_a_copy_of_our_secret_under_another_name_is_not_ours_to_collect() {
    let scene = Scene::start().await;
    scene.synced("orders-db", OURS, json!({})).await;
    let ours = scene.secret("orders-db").await.unwrap();
    let backup = copy(&scene, &ours, "orders-db-backup").await;
    scene.force("orders-db", "now").await;
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db-backup").await, Some(backup));
}

#[tokio::test]
async fn r2_a_copy_of_an_orphan_is_not_adopted() {
    let scene = Scene::start().await;
    let orphan = json!({"target": {"creationPolicy": "Orphan"}});
    scene.synced("orders-db", OURS, orphan.clone()).await;
    let ours = scene.secret("orders-db").await.unwrap();
    scene.delete::<NcpSecret>("orders-db").await;
    scene.delete::<Secret>("orders-db").await;
    let theirs = copy(&scene, &ours, "orders-db").await;
    let id = scene.secret_in_ncp("again", OURS);
    scene.create_by_id("orders-db", &id, orphan).await;
    let object = scene.until_reason("orders-db", "TargetNotOwned").await;
    let (_, _, message) = condition(&object, "Ready").unwrap();
    assert!(
        message.contains("a copy of one that this operator wrote"),
        "{message}"
    );
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await, Some(theirs));
}
