//! R1: a pass takes time, and what its object asked for at its beginning is not done when it asks for the contrary.

use std::time::Duration;

use ncp_emulator::behavior::Destroyed;
use ncp_emulator::{Effect, Fault};
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::removal::deletes;
use crate::scene::{Scene, until};
use crate::seen::says;

const VALUE: &str = r#"{"password":"one"}"#;

/// Longer than a test takes to change its mind.
const LONG: Duration = Duration::from_secs(4);

impl Scene {
    /// Makes the next look at a secret take long.
    fn slow_down(&self, id: &str) {
        let slow = Fault::new(Effect::Delay(LONG)).secret(id).times(1);
        self.emulator.add_fault(slow);
    }

    /// Waits until the pass of the only object runs: it is neither ready nor does it wait.
    async fn until_a_pass_runs(&self) {
        until("a pass runs", async || {
            let ready = self.sample("ncp_secret_operator_queue_ready").await;
            let waiting = self.sample("ncp_secret_operator_queue_waiting").await;
            (ready + waiting == 0).then_some(())
        })
        .await;
    }

    /// Changes the spec, and changes it again while the pass for the first change looks.
    async fn change_twice(&self, id: &str, first: Value, second: Value) {
        self.until_idle().await;
        self.slow_down(id);
        self.patch_ncp_secret("orders-db", json!({"spec": first}))
            .await;
        self.until_a_pass_runs().await;
        self.patch_ncp_secret("orders-db", json!({"spec": second}))
            .await;
        self.until_object("orders-db", "is told of the second change", |object| {
            let status = object.status.as_ref();
            status.is_some_and(|status| {
                Some(status.observed_generation) == object.metadata.generation
            })
        })
        .await;
        self.until_idle().await;
    }
}

#[tokio::test]
async fn r1_of_two_new_names_in_a_row_the_first_is_not_reason_to_delete_the_last_copy() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene.write_secret("theirs", json!({"a": "b"})).await;
    let name = |name: &str| json!({"target": {"name": name}});
    scene
        .change_twice(&id, name("second"), name("theirs"))
        .await;
    let object = scene.until_reason("orders-db", "TargetNotOwned").await;
    assert_eq!(says(&object, "Ready"), ("False", "TargetNotOwned"));
    assert!(scene.secret("orders-db").await.is_some());
    assert_eq!(scene.secret("second").await, None);
}

#[tokio::test]
async fn r1_a_name_that_is_taken_back_leaves_the_secret_as_it_was() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let before = scene.secret("orders-db").await.unwrap().metadata.uid;
    let name = |name: &str| json!({"target": {"name": name}});
    scene
        .change_twice(&id, name("second"), name("orders-db"))
        .await;
    let after = scene.secret("orders-db").await.unwrap().metadata.uid;
    assert_eq!(before, after);
    assert_eq!(scene.secret("second").await, None);
}

#[tokio::test]
async fn r1_a_policy_that_becomes_orphan_during_a_look_counts_for_what_it_leaves() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let name = json!({"target": {"name": "second"}});
    let policy = json!({"target": {"creationPolicy": "Orphan"}});
    scene.change_twice(&id, name, policy).await;
    scene.until_secret("second", |_| true).await;
    scene.until_past().await;
    assert!(scene.secret("orders-db").await.is_some());
}

#[tokio::test]
async fn r1_a_policy_that_becomes_retain_during_a_look_keeps_the_secret() {
    let scene = Scene::start().await;
    scene
        .emulator
        .behave(|behavior| behavior.destroyed = Destroyed::Shown);
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    scene.until_idle().await;
    scene.emulator.request_deletion(&id).unwrap();
    scene.emulator.delete(&id).unwrap();
    let label = json!({"target": {"labels": {"team": "orders"}}});
    let policy = json!({"target": {"deletionPolicy": "Retain"}});
    scene.change_twice(&id, label, policy).await;
    let object = scene.until_reason("orders-db", "SourceDestroyed").await;
    assert_eq!(object.status.unwrap().target.unwrap().deleted_time, None);
    assert!(scene.secret("orders-db").await.is_some());
}

#[tokio::test]
async fn r10_nothing_is_made_for_an_object_that_went_during_its_first_look() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("orders", VALUE);
    scene.slow_down(&id);
    let orphan = json!({"target": {"creationPolicy": "Orphan"}});
    scene.create_by_id("orders-db", &id, orphan).await;
    scene.until_a_pass_runs().await;
    let mark = scene.mark();
    scene.delete::<NcpSecret>("orders-db").await;
    until("the operator has seen the object go", async || {
        (scene.sample("ncp_secret_operator_objects").await == 0).then_some(())
    })
    .await;
    scene.until_past().await;
    let asked = scene.asked(mark);
    assert!(
        !asked.iter().any(|line| line.contains(" orders-db ")),
        "{asked:?}"
    );
    assert_eq!(scene.secret("orders-db").await, None);
}
