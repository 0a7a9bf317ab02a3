//! What is logged: a line for each thing that changed, and none for a look that finds nothing new.

use jiff::SignedDuration;
use ncp_emulator::Stage;
use serde_json::json;

use crate::log::Log;
use crate::rotation::Rotating;
use crate::scene::Scene;

fn about(log: &Log, name: &str) -> Vec<String> {
    let mut lines = log.lines();
    lines.retain(|line| line.contains(name));
    log.clear();
    lines
}

#[tokio::test]
async fn each_thing_that_changed_is_a_line_and_a_quiet_look_is_none() {
    let log = Log::capture("info");
    let scene = Scene::start().await;
    scene.steering.freeze();
    let spec = json!({"refresh": {"interval": "1h"}});
    let id = scene.synced("orders-db", r#"{"a":"b"}"#, spec).await;
    scene.settle().await;
    let lines = about(&log, "orders-db");
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("Secret written"), "{}", lines[0]);
    assert!(lines[1].contains("reason=\"Synced\""), "{}", lines[1]);

    for _ in 0..3 {
        scene.advance(SignedDuration::from_hours(1));
        scene.settle().await;
    }
    assert_eq!(scene.looks_at(&id), 4);
    assert_eq!(about(&log, "orders-db"), [""; 0]);

    let new = Some(r#"{"a":"c"}"#);
    scene.emulator.set_value(&id, Stage::Active, new).unwrap();
    scene.force("orders-db", "now").await;
    scene.settle().await;
    let lines = about(&log, "orders-db");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("Secret written"), "{}", lines[0]);

    scene.emulator.disable(&id).unwrap();
    scene.force("orders-db", "again").await;
    scene.settle().await;
    let lines = about(&log, "orders-db");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("SourceDisabled"), "{}", lines[0]);
}

#[tokio::test]
async fn how_a_rotation_goes_is_a_line_for_each_turn() {
    let log = Log::capture("info");
    let it = Rotating::start().await;
    log.clear();
    it.begin().await;
    let lines = about(&log, "orders-db");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("InProgress"), "{}", lines[0]);
    it.emulator().fail_rotation(&it.id).unwrap();
    it.scene.force("orders-db", "see how it ends").await;
    it.scene.settle().await;
    let lines = about(&log, "orders-db");
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("RotationFailed"), "{}", lines[0]);
}
