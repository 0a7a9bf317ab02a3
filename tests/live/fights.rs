//! Drift that does not end: what a writer that fights costs, how it is told, and how it ends.

use std::time::Duration;

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, Patch, PatchParams};
use ncp_emulator::{Effect, Fault};
use serde_json::json;

use crate::scene::{Scene, condition, until};
use crate::seen::says;

const VALUE: &str = r#"{"password":"one","user":"shop"}"#;
const PATCH: &str = "patch secrets orders-db 200";
const CREATE: &str = "create secrets orders-db 201";
const A_SECOND: SignedDuration = SignedDuration::from_secs(1);
const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

impl Scene {
    /// Edits the password, as a manager that wants another one.
    async fn fight(&self, round: usize) {
        let params = PatchParams {
            field_manager: Some("rival-operator".into()),
            ..PatchParams::default()
        };
        let edit = json!({"stringData": {"password": format!("theirs {round}")}});
        self.api::<Secret>()
            .patch("orders-db", &params, &Patch::Merge(edit))
            .await
            .unwrap();
    }

    /// Lets the operator see what happened, and moves the clock by a second.
    async fn a_second_later(&self) {
        tokio::time::sleep(Duration::from_millis(60)).await;
        self.advance(A_SECOND);
        tokio::time::sleep(Duration::from_millis(60)).await;
        self.until_idle().await;
    }

    async fn password(&self) -> String {
        let secret = self.secret("orders-db").await.unwrap();
        crate::scene::values(&secret)["password"].clone()
    }

    async fn until_password(&self, password: &str) {
        self.until_secret("orders-db", |values| values["password"] == password)
            .await;
    }

    fn count(&self, since: testbed::Mark, what: &str) -> usize {
        let asked = self.asked(since);
        asked.iter().filter(|line| *line == what).count()
    }
}

/// A synced object, a clock that stands still, and the ID of its source.
async fn calm() -> (Scene, String) {
    let scene = Scene::start().await;
    let spec = json!({"refresh": {"interval": "8760h"}});
    let id = scene.synced("orders-db", VALUE, spec).await;
    scene.until_idle().await;
    scene.steering.freeze();
    (scene, id)
}

#[tokio::test]
async fn a_single_edit_is_repaired_within_a_second_of_the_clock() {
    let (scene, _) = calm().await;
    let mark = scene.mark();
    let edited = scene.clock.now();
    scene.fight(1).await;
    until("the edit is repaired", async || {
        scene.advance(SignedDuration::from_millis(50));
        (scene.password().await == "one").then_some(())
    })
    .await;
    let took = scene.clock.now().duration_since(edited);
    assert!(took < SignedDuration::from_secs(5), "it took {took:#}");
    scene.until_idle().await;
    assert_eq!(scene.count(mark, PATCH), 1);
    let object = scene.ncp_secret("orders-db").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
}

#[tokio::test]
async fn a_writer_that_fights_costs_a_write_in_ten_seconds_and_ends_in_a_conflict_with_its_name() {
    let (scene, id) = calm().await;
    let mark = scene.mark();
    let looks = scene.looks_at(&id);
    for second in 0..40_usize {
        scene.fight(second).await;
        scene.a_second_later().await;
        let most = second / 10 + 1;
        assert!(scene.count(mark, PATCH) <= most, "after {second} s");
    }
    let object = scene.until_reason("orders-db", "DriftConflict").await;
    let (status, _, message) = condition(&object, "Ready").unwrap();
    assert_eq!(status, "False");
    assert_eq!(
        message,
        "The field manager \"rival-operator\" changes the Secret again each time it is repaired. \
         Until that stops, the Secret is repaired once a minute. Let only one of the two write it."
    );
    assert_eq!(says(&object, "Stalled"), ("True", "DriftConflict"));
    scene.until_warnings("orders-db", &["DriftConflict"]).await;
    assert_eq!(scene.count(mark, PATCH), 3);
    assert_eq!(scene.looks_at(&id), looks + 3, "no look without a repair");

    // It has stopped; what it left is repaired, and after a minute of peace all is well.
    until("what it left is repaired", async || {
        scene.advance(A_SECOND * 5);
        tokio::time::sleep(Duration::from_millis(50)).await;
        (scene.password().await == "one").then_some(())
    })
    .await;
    assert_eq!(scene.count(mark, PATCH), 4);
    scene.until_idle().await;
    assert_eq!(
        says(&scene.ncp_secret("orders-db").await, "Ready"),
        ("False", "DriftConflict"),
        "it may begin again"
    );
    scene.advance(A_MINUTE + A_SECOND);
    let object = scene.until_reason("orders-db", "Synced").await;
    assert_eq!(condition(&object, "Stalled"), None);
    scene.until_idle().await;
    assert_eq!(scene.count(mark, PATCH), 4);
    scene.until_warnings("orders-db", &["DriftConflict"]).await;

    // A later edit is a single one again.
    scene.fight(99).await;
    scene.a_second_later().await;
    scene.until_password("one").await;
}

#[tokio::test]
async fn a_conflict_outlives_a_restart_and_nothing_is_written_at_the_start() {
    let (mut scene, _) = calm().await;
    for second in 0..25 {
        scene.fight(second).await;
        scene.a_second_later().await;
    }
    scene.until_reason("orders-db", "DriftConflict").await;
    scene.fight(100).await;
    scene.stop_operator().await;
    let mark = scene.mark();
    scene.emulator.reset_calls();
    scene.start_operator().await;
    scene.a_second_later().await;
    scene.a_second_later().await;
    assert_eq!(scene.asked(mark), [""; 0]);
    assert_eq!(scene.emulator.calls(), []);
    scene.advance(A_MINUTE);
    scene.until_password("one").await;
    scene.until_idle().await;
    scene.advance(A_MINUTE + A_SECOND);
    scene.until_reason("orders-db", "Synced").await;
}

#[tokio::test]
async fn somebody_who_deletes_again_and_again_is_answered_no_more_often() {
    let (scene, _) = calm().await;
    let mark = scene.mark();
    for second in 0..25_usize {
        // It may not be back yet.
        let _ = scene
            .api::<Secret>()
            .delete("orders-db", &DeleteParams::default())
            .await;
        scene.a_second_later().await;
        assert!(
            scene.count(mark, CREATE) <= second / 10 + 1,
            "after {second} s"
        );
    }
    let object = scene.until_reason("orders-db", "DriftConflict").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.starts_with("The Secret is deleted again each time it is written."),
        "{message}"
    );
    scene.advance(A_MINUTE + A_SECOND);
    until("the Secret is back", async || {
        scene.secret("orders-db").await
    })
    .await;
}

#[tokio::test]
async fn a_fight_over_a_label_is_one_too_and_labels_of_others_are_left_alone() {
    let scene = Scene::start().await;
    let spec = json!({"refresh": {"interval": "8760h"}, "target": {"labels": {"team": "orders"}}});
    scene.synced("orders-db", VALUE, spec).await;
    scene.until_idle().await;
    scene.steering.freeze();
    let mark = scene.mark();
    for second in 0..25_usize {
        let labels =
            json!({"metadata": {"labels": {"team": "theirs", "tier": second.to_string()}}});
        scene.patch_secret("orders-db", labels).await;
        scene.a_second_later().await;
        assert!(
            scene.count(mark, PATCH) <= second / 10 + 1,
            "after {second} s"
        );
    }
    let object = scene.until_reason("orders-db", "DriftConflict").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.starts_with("The field manager \"kubectl-edit\""),
        "{message}"
    );
    scene.advance(A_MINUTE);
    until("our label is back", async || {
        let labels = scene.secret("orders-db").await?.metadata.labels?;
        assert_eq!(labels["tier"], "24", "theirs alone");
        (labels["team"] == "orders").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_edited_secret_that_cannot_be_repaired_says_who_edited_it_until_ncp_can_be_read() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    scene.until_idle().await;
    scene.emulator.add_fault(Fault::new(Effect::Unavailable));
    scene.fight(1).await;
    let object = scene
        .until_object("orders-db", "is not Ready", |object| {
            says(object, "Ready").0 == "False"
        })
        .await;
    let (_, reason, message) = condition(&object, "Ready").unwrap();
    assert_eq!(reason, "SourceUnavailable");
    assert!(
        message.starts_with(
            "The field manager \"rival-operator\" changed the Secret, and it cannot be repaired:"
        ) && !message.contains("last value"),
        "{message}"
    );
    scene.emulator.clear_faults();
    until("the Secret is repaired", async || {
        scene.advance(A_MINUTE);
        tokio::time::sleep(Duration::from_millis(50)).await;
        (scene.password().await == "one").then_some(())
    })
    .await;
    scene.until_reason("orders-db", "Synced").await;
}

/// Touches the Secret as fast as the API server lets it, until something is so.
async fn touch_until(scene: &Scene, touch: impl AsyncFn(usize), done: impl AsyncFn() -> bool) {
    let patience = std::time::Instant::now() + Duration::from_mins(1);
    let mut round = 0;
    while !done().await {
        round += 1;
        touch(round).await;
        scene.advance(SignedDuration::from_millis(100));
        assert!(std::time::Instant::now() < patience, "{round} rounds");
    }
}

#[tokio::test]
async fn a_writer_who_is_faster_than_a_look_ends_in_a_conflict_too() {
    let (scene, id) = calm().await;
    let slow = Effect::Delay(Duration::from_millis(80));
    scene.emulator.add_fault(Fault::new(slow).secret(&id));
    let mark = scene.mark();
    let begun = scene.clock.now();
    touch_until(
        &scene,
        async |round| scene.fight(round).await,
        async || says(&scene.ncp_secret("orders-db").await, "Ready").1 == "DriftConflict",
    )
    .await;
    let passed = scene.clock.now().duration_since(begun).as_secs();
    let most = usize::try_from(passed).unwrap() / 10 + 1;
    let written = scene.count(mark, PATCH);
    assert!(written <= most, "{written} writes in {passed} s");
}

#[tokio::test]
async fn somebody_who_keeps_touching_the_secret_keeps_no_new_value_out() {
    let (scene, id) = calm().await;
    let slow = Effect::Delay(Duration::from_millis(80));
    scene.emulator.add_fault(Fault::new(slow).secret(&id));
    let two = r#"{"password":"two"}"#;
    scene
        .emulator
        .set_value(&id, ncp_emulator::Stage::Active, Some(two))
        .unwrap();
    scene.annotate("orders-db", "now").await;
    touch_until(
        &scene,
        async |round| {
            let beat =
                json!({"metadata": {"annotations": {"example.com/beat": round.to_string()}}});
            scene.patch_secret("orders-db", beat).await;
        },
        async || scene.password().await == "two",
    )
    .await;
}

#[tokio::test]
async fn writers_with_ever_new_names_end_in_a_conflict_too() {
    let (scene, _) = calm().await;
    touch_until(
        &scene,
        async |round| {
            let params = PatchParams {
                field_manager: Some(format!("job-{round}")),
                ..PatchParams::default()
            };
            let edit = json!({"stringData": {"password": format!("theirs {round}")}});
            scene
                .api::<Secret>()
                .patch("orders-db", &params, &Patch::Merge(edit))
                .await
                .unwrap();
        },
        async || says(&scene.ncp_secret("orders-db").await, "Ready").1 == "DriftConflict",
    )
    .await;
}
