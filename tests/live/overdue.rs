//! R14: work that is left alone for too long is shown, and liveness fails by it.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::Stage;
use serde_json::json;
use testbed::{Fault, FaultProxy};

use crate::scene::Scene;
use crate::seen::fetch;

const OVERDUE: &str = "ncp_secret_operator_overdue";
const WITHOUT_ROOM: &str = "ncp_secret_operator_overdue_without_room";

/// Two of the intervals, and a minute.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2 * 30 + 60);

/// A scene with so many objects, whose passes all hang because the API server does, on a clock that stands still.
async fn hanging(objects: usize, concurrency: u16) -> (Scene, FaultProxy) {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.concurrency = concurrency;
    scene.longest_pass = Some(Duration::from_mins(1));
    scene.start_operator().await;
    let spec = json!({"refresh": {"interval": "30s"}});
    let mut secrets = Vec::new();
    for number in 0..objects {
        let name = format!("object-{number}");
        secrets.push(scene.synced(&name, r#"{"v":"1"}"#, spec.clone()).await);
    }
    scene.until_idle().await;
    scene.steering.freeze();
    proxy.set(Fault::Stall).await.unwrap();
    for id in &secrets {
        let newer = Some(r#"{"v":"2"}"#);
        scene.emulator.set_value(id, Stage::Active, newer).unwrap();
    }
    scene.emulator.reset_calls();
    scene.advance(SignedDuration::from_secs(30));
    (scene, proxy)
}

async fn liveness(scene: &Scene) -> (u16, String) {
    fetch(&format!("{}/livez", scene.probes())).await
}

#[tokio::test]
async fn r14_work_that_is_left_alone_although_there_is_room_is_shown_and_fails_liveness() {
    let (scene, _proxy) = hanging(1, 32).await;
    // The look is done, and the pass hangs over what it has to write.
    scene.until_calls(2).await;
    scene.advance(PATIENCE);
    assert_eq!(scene.sample(OVERDUE).await, 0);
    assert_eq!(liveness(&scene).await, (200, "ok\n".into()));
    scene.advance(SignedDuration::from_secs(1));
    assert_eq!(scene.sample(OVERDUE).await, 1);
    assert_eq!(scene.sample(WITHOUT_ROOM).await, 0);
    let said = "1 objects have waited for a pass for two intervals and a minute; a restart is all that helps\n";
    assert_eq!(liveness(&scene).await, (500, said.into()));
}

#[tokio::test]
async fn r14_work_for_which_there_is_no_room_is_shown_as_such_and_does_not_fail_liveness() {
    // One place, and eight passes in all.
    let (scene, _proxy) = hanging(10, 1).await;
    scene.until_calls(8 * 2).await;
    scene.advance(PATIENCE * 2);
    assert_eq!(scene.sample(OVERDUE).await, 0);
    assert!(scene.sample(WITHOUT_ROOM).await >= 8);
    assert_eq!(liveness(&scene).await.0, 200);
}
