//! R9: many objects when something is broken: the healthy ones are not slowed, and what all share is told once.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::behavior::ErrorFamily;
use ncp_emulator::{Effect, Fault, Operation, Role};
use serde_json::{Value, json};

use crate::credentials::with_objects;
use crate::scene::{Scene, until};
use crate::seen::says;

const SECONDS: fn(i64) -> SignedDuration = SignedDuration::from_secs;
const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The moments of the looks at each secret.
fn moments(scene: &Scene) -> BTreeMap<String, Vec<Timestamp>> {
    let mut moments = BTreeMap::<_, Vec<_>>::new();
    for call in scene.emulator.calls() {
        if call.operation == Some(Operation::GetSecretDetail) {
            moments
                .entry(call.secret_id.unwrap_or_default())
                .or_default()
                .push(call.at);
        }
    }
    moments
}

async fn every_minute(scene: &Scene, name: &str, store: &str) -> String {
    let spec = json!({"storeRef": {"name": store}, "refresh": {"interval": "1m"}});
    scene.synced(name, r#"{"a":"b"}"#, spec).await
}

/// Breaks four objects of the store of the healthy ones, and a store each by a key that is refused and one that is
/// asked to wait.
async fn break_a_fifth(scene: &Scene) {
    let effects = [
        Effect::Stall,
        Effect::Unavailable,
        Effect::Cut,
        Effect::GatewayTimeout,
    ];
    for (number, effect) in effects.into_iter().enumerate() {
        let id = every_minute(scene, &format!("broken-{number}"), "ncp").await;
        scene.emulator.add_fault(Fault::new(effect).secret(&id));
    }
    for store in ["refused", "throttled"] {
        let key = scene.emulator.add_key(Role::Viewer);
        let credentials = format!("keys-of-{store}");
        scene.write_credentials(&credentials, &key).await;
        scene.create_store_with(store, &credentials).await;
        every_minute(scene, store, store).await;
        let wait = Effect::Throttled {
            retry_after: Some(Duration::from_secs(20)),
        };
        if store == "refused" {
            scene.emulator.stop_key(&key.access_key);
        } else {
            let fault = Fault::new(wait).access_key(&key.access_key);
            scene.emulator.add_fault(fault);
        }
    }
    let forbidden = every_minute(scene, "forbidden", "ncp").await;
    scene
        .emulator
        .behave(|behavior| behavior.missing_permission = ErrorFamily::Service);
    let mut readable: Vec<_> = moments(scene).into_keys().collect();
    readable.retain(|id| *id != forbidden);
    scene
        .emulator
        .set_role(&scene.key.access_key, Role::Only(readable));
}

#[tokio::test]
async fn r9_while_a_fifth_is_broken_no_look_of_the_healthy_is_late_by_more_than_a_second() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let mut healthy = Vec::new();
    for number in 0..24 {
        healthy.push(every_minute(&scene, &format!("healthy-{number}"), "ncp").await);
    }
    scene.emulator.reset_calls();
    // A minute shows the slots.
    for _ in 0..120 {
        scene.advance(SignedDuration::from_millis(500));
        scene.settle().await;
    }
    let expected = moments(&scene);
    assert_eq!(expected.len(), healthy.len());
    break_a_fifth(&scene).await;
    let end = scene.clock.now() + A_MINUTE * 10;
    let mut due: Vec<(Timestamp, String)> = expected
        .into_iter()
        .flat_map(|(id, seen)| (1..12).map(move |turn| (seen[0] + A_MINUTE * turn, id.clone())))
        .filter(|(slot, _)| *slot > scene.clock.now() && *slot < end)
        .collect();
    due.sort();
    assert!(due.len() >= 200, "{}", due.len());
    for (slot, id) in due {
        let after = slot + SignedDuration::from_millis(500);
        scene.steering.set(after.max(scene.clock.now()));
        let looked = async || {
            let seen = moments(&scene);
            let in_time = |at: &Timestamp| {
                let late = at.duration_since(slot);
                late > SECONDS(-1) && late <= SECONDS(1)
            };
            seen.get(&id)?.iter().any(in_time).then_some(())
        };
        let patience = Duration::from_secs(8);
        let waiting = tokio::time::timeout(patience, until("it looks", looked)).await;
        let seen = moments(&scene).remove(&id);
        assert!(waiting.is_ok(), "{id} is due at {slot}, seen at {seen:?}");
    }
    for number in 0..24 {
        let name = format!("healthy-{number}");
        let object = scene.ncp_secret(&name).await;
        assert_eq!(says(&object, "Ready"), ("True", "Synced"));
        assert_eq!(scene.events(&name).await, []);
    }
    let store = scene.until_store("ncp", "Configured").await;
    assert_eq!(store.status, "True", "a broken secret is no broken store");
    scene.until_store("refused", "CredentialsRejected").await;
}

/// How often the status of an object was written.
fn status_writes(scene: &Scene, since: testbed::Mark) -> usize {
    let asked = scene.asked(since);
    let writes = asked
        .iter()
        .filter(|line| line.contains(" ncpsecrets/status object-"));
    writes.count()
}

#[tokio::test]
async fn r9_a_crowd_on_one_broken_key_causes_one_event_and_no_write_until_it_is_stale() {
    let (scene, names, _) = with_objects(30).await;
    let mark = scene.mark();
    let broken_at = scene.clock.now();
    scene.emulator.stop_key(&scene.key.access_key);
    for _ in 0..8 {
        scene.advance(SignedDuration::from_mins(20));
        scene.settle().await;
    }
    let told = scene.until_store("ncp", "CredentialsRejected").await;
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
    assert_eq!(status_writes(&scene, mark), 0);
    let since = told.last_transition_time.0;
    assert!(since >= broken_at);
    // Three intervals after the trouble began, and not before.
    let stale = since + SignedDuration::from_hours(3);
    scene.steering.set(stale - SECONDS(1));
    scene.settle().await;
    assert_eq!(status_writes(&scene, mark), 0);
    scene.steering.set(stale + SECONDS(61));
    for name in &names {
        let object = scene.until_reason(name, "CredentialsRejected").await;
        assert_eq!(says(&object, "Ready").0, "False");
        let failing = object.status.unwrap().failing_since.unwrap();
        assert_eq!(failing.0, since);
        assert_eq!(scene.events(name).await, []);
    }
    scene.settle().await;
    assert_eq!(status_writes(&scene, mark), 30);
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
    scene.emulator.start_key(&scene.key.access_key);
    scene.advance(SECONDS(305));
    for name in &names {
        scene.until_reason(name, "Synced").await;
    }
}

#[tokio::test]
async fn r9_a_restart_does_not_forget_since_when_a_store_is_broken() {
    let (mut scene, names, _) = with_objects(3).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.advance(SignedDuration::from_hours(1));
    scene.settle().await;
    let told = scene.until_store("ncp", "CredentialsRejected").await;
    let since = told.last_transition_time.0;
    scene.stop_operator().await;
    let mark = scene.mark();
    scene.advance(SignedDuration::from_mins(30));
    scene.start_operator().await;
    scene.settle().await;
    let stale = since + SignedDuration::from_hours(3);
    scene.steering.set(stale - SECONDS(1));
    scene.settle().await;
    assert_eq!(status_writes(&scene, mark), 0);
    scene.steering.set(stale + SECONDS(61));
    for name in &names {
        scene.until_reason(name, "CredentialsRejected").await;
    }
    let told = scene.until_store("ncp", "CredentialsRejected").await;
    assert_eq!(told.last_transition_time.0, since);
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
}

#[tokio::test]
async fn a_store_that_was_mended_while_nobody_watched_says_so_after_one_look() {
    let (mut scene, _, _) = with_objects(5).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.advance(SignedDuration::from_hours(1));
    scene.settle().await;
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.stop_operator().await;
    scene.emulator.start_key(&scene.key.access_key);
    scene.emulator.reset_calls();
    scene.start_operator().await;
    scene.until_store("ncp", "Configured").await;
    scene.settle().await;
    assert_eq!(scene.emulator.calls().len(), 2, "one object found it out");
}

#[tokio::test]
async fn r9_a_host_that_is_away_is_told_once_on_the_store_and_told_back() {
    let (scene, names, _) = with_objects(40).await;
    let away = scene.emulator.add_fault(Fault::new(Effect::Unavailable));
    let mark = scene.mark();
    // Looks fail one after the other until that is enough to tell.
    for _ in 0..20 {
        scene.advance(A_MINUTE);
        scene.settle().await;
    }
    let told = scene.until_store("ncp", "SourceUnavailable").await;
    assert_eq!(told.status, "False");
    scene.until_warnings("ncp", &["SourceUnavailable"]).await;
    let writes = status_writes(&scene, mark);
    assert!((4..=12).contains(&writes), "{writes}");
    for _ in 0..6 {
        scene.advance(SignedDuration::from_mins(10));
        scene.settle().await;
    }
    assert_eq!(status_writes(&scene, mark), writes, "the store tells it");
    scene.emulator.remove_fault(away);
    for _ in 0..6 {
        scene.advance(A_MINUTE);
        scene.settle().await;
    }
    scene.until_store("ncp", "Configured").await;
    for name in &names {
        scene.until_reason(name, "Synced").await;
    }
}

#[tokio::test]
async fn r9_keys_that_nobody_tried_yet_are_tried_by_one_call() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.emulator.stop_key(&scene.key.access_key);
    // The refusal takes its time, in which others could call.
    let slow = Effect::Delay(Duration::from_millis(500));
    scene.emulator.add_fault(Fault::new(slow));
    let mut created = Vec::new();
    for number in 0..20 {
        let id = scene.secret_in_ncp(&format!("secret-{number}"), r#"{"a":"b"}"#);
        created.push((format!("object-{number}"), id));
    }
    let all = created
        .iter()
        .map(|(name, id)| scene.create_by_id(name, id, Value::default()));
    futures::future::join_all(all).await;
    for (name, _) in &created {
        scene.until_reason(name, "CredentialsRejected").await;
        assert_eq!(scene.events(name).await, []);
    }
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
    assert_eq!(scene.emulator.calls().len(), 1);
}

#[tokio::test]
async fn an_object_turns_unready_at_the_moment_it_is_stale_whenever_its_next_look_is() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let spec = json!({"refresh": {"interval": "1h", "staleAfter": "20m"}});
    let id = scene.synced("orders-db", r#"{"a":"b"}"#, spec).await;
    let away = Effect::Throttled {
        retry_after: Some(Duration::from_mins(5)),
    };
    scene.emulator.add_fault(Fault::new(away).secret(&id));
    let object = scene.force("orders-db", "fails").await;
    let since = object.status.unwrap().failing_since.unwrap().0;
    let stale = since + SignedDuration::from_mins(20);
    // The next look is at most five minutes after the last; one of them is ended a second too early.
    for wait in [299, 301, 300, 298] {
        scene.advance(SECONDS(wait));
        scene.settle().await;
    }
    scene.steering.set(stale - SECONDS(1));
    scene.settle().await;
    let object = scene.ncp_secret("orders-db").await;
    assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
    let looks = scene.looks_at(&id);
    scene.steering.set(stale);
    let object = scene.until_reason("orders-db", "Throttled").await;
    assert_eq!(says(&object, "Ready"), ("False", "Throttled"));
    assert_eq!(scene.looks_at(&id), looks, "no look was due");
}

#[tokio::test]
async fn r6_calls_that_hang_hold_no_place_that_others_need() {
    let scene = Scene::start().await;
    let key = scene.emulator.add_key(Role::Viewer);
    scene.write_credentials("keys-of-hanging", &key).await;
    scene.create_store_with("hanging", "keys-of-hanging").await;
    let first = json!({"storeRef": {"name": "hanging"}});
    scene.synced("first", r#"{"a":"b"}"#, first).await;
    let hang = Fault::new(Effect::Stall).access_key(&key.access_key);
    scene.emulator.add_fault(hang);
    // More than there are places.
    for number in 0..40 {
        let name = format!("hanging-{number}");
        let id = scene.secret_in_ncp(&name, r#"{"a":"b"}"#);
        let spec = json!({"storeRef": {"name": "hanging"}});
        scene.create_by_id(&name, &id, spec).await;
    }
    scene.until_calls(2 + 32).await;
    // A call hangs for fifteen seconds before it is given up.
    let synced = scene.synced("healthy", r#"{"a":"b"}"#, json!({}));
    let in_time = tokio::time::timeout(Duration::from_secs(8), synced).await;
    assert!(in_time.is_ok(), "it waited for calls that hang");
}

#[tokio::test]
async fn r9_a_crowd_that_comes_to_a_broken_key_says_so_once_each_however_long_it_lasts() {
    const CROWD: usize = 400;
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.emulator.stop_key(&scene.key.access_key);
    let mark = scene.mark();
    let names: Vec<_> = (0..CROWD)
        .map(|number| format!("object-{number}"))
        .collect();
    let id = |name: &String| scene.secret_in_ncp(name, r#"{"a":"b"}"#);
    let ids: Vec<_> = names.iter().map(id).collect();
    let all = names.iter().zip(&ids);
    let all = all.map(|(name, id)| scene.create_by_id(name, id, Value::default()));
    futures::future::join_all(all).await;
    for name in &names {
        scene.until_reason(name, "CredentialsRejected").await;
    }
    for _ in 0..4 {
        scene.advance(SignedDuration::from_mins(6));
        scene.settle().await;
    }
    // Touched and not corrected.
    let touched = json!({"metadata": {"annotations": {"touched": "yes"}}});
    scene.patch_secret("ncp-credentials", touched).await;
    scene.advance(SECONDS(6));
    scene.settle().await;
    scene.advance(SignedDuration::from_hours(2));
    scene.settle().await;
    assert_eq!(status_writes(&scene, mark), CROWD);
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
    let calls = scene.emulator.calls().len();
    assert!(calls <= 8, "{calls} calls with a key that is refused");
    for name in names.iter().step_by(50) {
        assert_eq!(scene.events(name).await, []);
    }
}
