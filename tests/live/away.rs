//! An operator that was away for a week and comes back.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use ncp_emulator::behavior::Schedule;
use ncp_emulator::{NewSecret, Operation, Stage, Trigger};
use serde_json::json;

use crate::scene::{Scene, values};
use crate::seen::says;

const A_WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

#[tokio::test]
async fn r8_after_a_week_dates_that_passed_are_made_up_by_one_look_each_and_slots_are_not() {
    let mut scene = Scene::start().await;
    scene.steering.freeze();
    scene
        .emulator
        .behave(|behavior| behavior.schedule = Schedule::Silent);
    scene.emulator.put_trigger(Trigger::named("rotator"));
    let mut ids = BTreeMap::new();
    for (name, days) in [("soon", 3), ("tomorrow", 1), ("later", 30), ("by-hand", 0)] {
        let mut new = NewSecret::named(name).value(r#"{"password":"old"}"#);
        if days > 0 {
            new = new.automatic_rotation(days, "rotator");
        }
        let id = scene.emulator.create_secret(new).unwrap();
        for copy in ["a", "b"] {
            let name = format!("{name}-{copy}");
            let refresh = json!({"refresh": {"interval": "8760h"}});
            scene.create_by_id(&name, &id, refresh).await;
            scene.until_reason(&name, "Synced").await;
        }
        ids.insert(name, id);
    }
    scene.settle().await;
    scene.stop_operator().await;
    scene.advance(A_WEEK);
    let new = r#"{"password":"new"}"#;
    for id in ids.values() {
        scene
            .emulator
            .set_value(id, Stage::Active, Some(new))
            .unwrap();
    }
    scene.emulator.reset_calls();
    scene.start_operator().await;
    scene.settle().await;
    let looked = |name: &str| scene.looks_at(&ids[name]);
    // Those of one source may share a look.
    assert!((1..=2).contains(&looked("soon")), "{}", looked("soon"));
    assert!((1..=2).contains(&looked("tomorrow")));
    assert_eq!((looked("later"), looked("by-hand")), (0, 0));
    for (name, held) in [
        ("soon-a", "new"),
        ("soon-b", "new"),
        ("tomorrow-a", "new"),
        ("later-a", "old"),
        ("by-hand-b", "old"),
    ] {
        let secret = scene.secret(name).await.unwrap();
        assert_eq!(values(&secret)["password"], held, "{name}");
    }
    let object = scene.ncp_secret("soon-a").await;
    assert_eq!(
        says(&object, "RotationHealthy"),
        ("False", "RotationOverdue")
    );

    // What was told once is not made up again.
    let before = scene.emulator.count(Operation::GetSecretDetail);
    scene.stop_operator().await;
    scene.start_operator().await;
    scene.settle().await;
    assert_eq!(scene.emulator.count(Operation::GetSecretDetail), before);
}

#[tokio::test]
async fn r8_after_a_week_the_slots_go_on_where_they_were() {
    let mut scene = Scene::start().await;
    scene.steering.freeze();
    let refresh = json!({"refresh": {"interval": "1h"}});
    let id = scene.synced("orders-db", r#"{"a":"b"}"#, refresh).await;
    scene.settle().await;
    scene.advance(SignedDuration::from_hours(1));
    scene.until_looks(&id, 2).await;
    scene.settle().await;
    scene.stop_operator().await;
    scene.advance(A_WEEK);
    scene.start_operator().await;
    scene.settle().await;
    assert_eq!(scene.looks_at(&id), 2, "no slot is made up");
    scene.advance(SignedDuration::from_hours(1));
    scene.until_looks(&id, 3).await;
}
