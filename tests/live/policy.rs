//! `refresh.policy: OnChange`: only what happens in the cluster makes a look at what is good.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use ncp_emulator::{Effect, Fault, Stage};
use serde_json::json;

use crate::rotation::Rotating;
use crate::scene::{Scene, pairs, until, values};
use crate::seen::says;

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// A scene whose clock stands still, with an object that looks on change; answers the secret's ID.
async fn on_change() -> (Scene, String) {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let refresh = json!({"refresh": {"policy": "OnChange", "interval": "1h"}});
    let id = scene
        .synced("orders-db", r#"{"password":"old"}"#, refresh)
        .await;
    scene.settle().await;
    (scene, id)
}

impl Scene {
    /// Lets a week pass, day by day, in which nobody looks.
    async fn quiet_week(&self, id: &str) {
        let looks = self.looks_at(id);
        for _ in 0..7 {
            self.advance(A_DAY);
            self.settle().await;
        }
        assert_eq!(self.looks_at(id), looks);
    }
}

#[tokio::test]
async fn on_change_neither_the_interval_nor_a_rotation_makes_a_look() {
    let it = Rotating::with(json!({"refresh": {"policy": "OnChange", "interval": "1h"}})).await;
    it.scene.quiet_week(&it.id).await;
    let object = it.scene.force("orders-db", "see the rotation").await;
    assert_eq!(says(&object, "RotationHealthy").0, "True");
    it.scene.settle().await;
    it.scene.quiet_week(&it.id).await;
}

#[tokio::test]
async fn on_change_a_changed_spec_a_repair_and_a_forced_sync_look_at_once() {
    let (mut scene, id) = on_change().await;
    let new = r#"{"password":"new"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(new))
        .unwrap();
    scene.quiet_week(&id).await;
    let password = async |scene: &Scene| {
        let secret = scene.secret("orders-db").await.unwrap();
        values(&secret).remove("password").unwrap()
    };
    assert_eq!(password(&scene).await, "old");

    let label = json!({"spec": {"target": {"labels": {"team": "orders"}}}});
    scene.patch_ncp_secret("orders-db", label).await;
    scene.until_looks(&id, 2).await;
    scene
        .until_secret("orders-db", |values| values["password"] == "new")
        .await;

    scene.delete::<Secret>("orders-db").await;
    scene.settle().await;
    scene.advance(SignedDuration::from_secs(1));
    scene.until_looks(&id, 3).await;
    let held = scene.until_secret("orders-db", |_| true).await;
    assert_eq!(held, pairs(&[("password", "new")]));

    scene.force("orders-db", "now").await;
    scene.until_looks(&id, 4).await;
    scene.settle().await;
    scene.quiet_week(&id).await;

    scene.stop_operator().await;
    scene.start_operator().await;
    scene.settle().await;
    scene.quiet_week(&id).await;
}

#[tokio::test]
async fn on_change_a_look_that_fails_is_tried_again_until_it_succeeds() {
    let (scene, id) = on_change().await;
    let fault = Fault::new(Effect::Unavailable).secret(&id).times(3);
    scene.emulator.add_fault(fault);
    let object = scene.force("orders-db", "now").await;
    assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
    until("it succeeds again", async || {
        scene.settle().await;
        scene.advance(SignedDuration::from_secs(8));
        let object = scene.ncp_secret("orders-db").await;
        (says(&object, "Ready") == ("True", "Synced")).then_some(())
    })
    .await;
    assert_eq!(scene.looks_at(&id), 5);
    scene.settle().await;
    scene.quiet_week(&id).await;
}

#[tokio::test]
async fn on_change_looks_that_go_on_failing_make_the_object_stale_as_ever() {
    let (scene, id) = on_change().await;
    scene
        .emulator
        .add_fault(Fault::new(Effect::Unavailable).secret(&id));
    scene.force("orders-db", "now").await;
    until("it counts as stale", async || {
        scene.settle().await;
        scene.advance(SignedDuration::from_mins(20));
        let object = scene.ncp_secret("orders-db").await;
        (says(&object, "Ready") == ("False", "SourceUnavailable")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn on_change_an_object_that_was_never_synced_looks_until_it_is() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let refresh = json!({"refresh": {"policy": "OnChange"}});
    scene
        .create_ncp_secret("orders-db", "shop-orders", refresh)
        .await;
    scene.until_reason("orders-db", "SourceNotFound").await;
    scene.settle().await;
    let id = scene.secret_in_ncp("shop-orders", r#"{"a":"b"}"#);
    scene.advance(SignedDuration::from_secs(31));
    scene.until_reason("orders-db", "Synced").await;
    scene.settle().await;
    scene.quiet_week(&id).await;
}
