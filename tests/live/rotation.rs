//! Rotation as the operator follows it: when it wakes, how closely it looks, and what it says.

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::behavior::{RotatingFrom, RotatingStatus, Schedule};
use ncp_emulator::{Effect, Fault, NewSecret, Operation, Trigger};
use ncp_secret_operator::api::{NcpSecret, SourceStatus};
use serde_json::{Value, json};

use crate::scene::{Scene, condition, merge, pairs, values};
use crate::seen::says;

const A_SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A scene whose clock stands still, with a secret that rotates every hour and an object over it whose slot is far away.
pub struct Rotating {
    pub scene: Scene,
    pub id: String,
    /// The date of the next rotation.
    pub date: Timestamp,
}

impl Rotating {
    pub async fn start() -> Self {
        Self::with(json!({})).await
    }

    /// The same with more in the spec of the object.
    pub async fn with(more: Value) -> Self {
        let scene = Scene::start().await;
        scene.steering.freeze();
        scene
            .emulator
            .behave(|behavior| behavior.day = SignedDuration::from_hours(1));
        scene.emulator.put_trigger(Trigger::named("rotator"));
        let new = NewSecret::named("shop-orders")
            .value(r#"{"password":"old"}"#)
            .automatic_rotation(1, "rotator");
        let id = scene.emulator.create_secret(new).unwrap();
        let mut spec = json!({
            "source": {"secretId": id, "secretName": null}, "refresh": {"interval": "8760h"},
        });
        merge(&mut spec, more);
        spec["source"]["secretName"] = Value::Null;
        scene.create_ncp_secret("orders-db", "ignored", spec).await;
        scene.until_reason("orders-db", "Synced").await;
        scene.settle().await;
        let date = scene
            .emulator
            .secret(&id)
            .unwrap()
            .automatic_rotation
            .unwrap()
            .next;
        Self { scene, id, date }
    }

    /// Moves the clock by `wait`, and proves that the look comes then and no second earlier.
    pub async fn look_comes_after(&self, wait: SignedDuration) -> NcpSecret {
        self.scene.settle().await;
        let looks = self.scene.looks_at(&self.id);
        self.nothing_for(wait - A_SECOND).await;
        self.scene.advance(A_SECOND);
        self.scene.until_looks(&self.id, looks + 1).await;
        self.settled().await
    }

    pub async fn nothing_for(&self, span: SignedDuration) {
        let looks = self.scene.looks_at(&self.id);
        self.scene.advance(span);
        self.scene.settle().await;
        assert_eq!(self.scene.looks_at(&self.id), looks, "looked within {span}");
    }

    /// The object when the pass that has just looked has ended.
    async fn settled(&self) -> NcpSecret {
        self.scene.settle().await;
        self.scene.ncp_secret("orders-db").await
    }

    /// Lets a rotation begin and be seen.
    async fn begun() -> Self {
        let it = Self::start().await;
        it.begin().await;
        it
    }

    /// Lets a rotation begin and be seen.
    pub async fn begin(&self) {
        self.emulator().execute_rotation(&self.id).unwrap();
        self.emulator().start_rotation(&self.id).unwrap();
        self.scene.force("orders-db", "see it").await;
        self.scene.settle().await;
    }

    pub fn emulator(&self) -> &ncp_emulator::Emulator {
        &self.scene.emulator
    }

    async fn password(&self) -> String {
        let secret = self.scene.secret("orders-db").await.unwrap();
        values(&secret).remove("password").unwrap()
    }
}

pub fn source(object: &NcpSecret) -> &SourceStatus {
    object.status.as_ref().unwrap().source.as_ref().unwrap()
}

/// How long the operator waits for its next look while it follows a rotation.
pub fn following(it: &Rotating, object: &NcpSecret) -> SignedDuration {
    let since = source(object).rotating_since.as_ref().unwrap().0;
    let running = it.scene.clock.now().duration_since(since);
    (running / 6).clamp(SignedDuration::from_secs(5), SignedDuration::from_mins(1))
}

#[tokio::test]
async fn the_operator_wakes_half_a_minute_to_a_minute_after_the_date_of_the_next_rotation() {
    let it = Rotating::start().await;
    let object = it.scene.ncp_secret("orders-db").await;
    assert_eq!(
        source(&object)
            .next_rotation_time
            .as_ref()
            .unwrap()
            .0
            .as_second(),
        it.date.as_second()
    );
    assert_eq!(source(&object).rotation_period_days, Some(1));
    assert_eq!(says(&object, "RotationHealthy"), ("True", "Idle"));
    assert_eq!(says(&object, "SourceAvailable"), ("True", "Enabled"));

    it.nothing_for(it.date.duration_since(it.scene.clock.now()))
        .await;
    it.nothing_for(SignedDuration::from_millis(29_999)).await;
    it.scene.advance(SignedDuration::from_secs(31));
    it.scene.until_looks(&it.id, 2).await;
    let object = it.settled().await;
    assert_eq!(source(&object).rotation_phase, "ROTATING");
    assert_eq!(says(&object, "RotationHealthy"), ("True", "InProgress"));
    assert_eq!(says(&object, "SourceAvailable"), ("True", "Rotating"));
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
}

#[tokio::test]
async fn a_running_rotation_is_followed_closely_and_ever_less_closely_until_it_counts_as_stalled() {
    let it = Rotating::begun().await;
    let mut object = it.scene.ncp_secret("orders-db").await;
    let since = source(&object).rotating_since.clone().unwrap();
    let version = object.metadata.resource_version.clone();
    let mut waits = Vec::new();
    loop {
        let wait = following(&it, &object);
        if (it.scene.clock.now() + wait).duration_since(since.0) >= SignedDuration::from_hours(1) {
            break;
        }
        object = it.look_comes_after(wait).await;
        assert_eq!(says(&object, "RotationHealthy"), ("True", "InProgress"));
        assert_eq!(
            object.metadata.resource_version, version,
            "nothing has happened"
        );
        waits.push(wait.as_secs());
    }
    assert_eq!((waits.first(), waits.last()), (Some(&5), Some(&60)));
    assert!(waits.is_sorted(), "{waits:?}");

    object = it.look_comes_after(SignedDuration::from_mins(1)).await;
    assert_eq!(
        says(&object, "RotationHealthy"),
        ("False", "RotationStalled")
    );
    assert_eq!(
        says(&object, "Ready"),
        ("True", "Synced"),
        "the Secret is good all the same"
    );
    assert_eq!(condition(&object, "Stalled"), None);
    assert_eq!(source(&object).rotating_since.as_ref(), Some(&since));
    it.look_comes_after(SignedDuration::from_mins(15)).await;
    it.scene.until_warnings("orders-db", &[]).await;
}

#[tokio::test]
async fn the_new_value_arrives_at_the_first_look_after_the_rotation_completed() {
    let it = Rotating::begun().await;
    let object = it.scene.ncp_secret("orders-db").await;
    it.emulator()
        .update_pending(&it.id, r#"{"password":"new"}"#)
        .unwrap();
    let wait = following(&it, &object);
    let object = it.look_comes_after(wait).await;
    assert_eq!(
        it.password().await,
        "old",
        "a value that is pending is not in use"
    );
    it.emulator().complete_rotation(&it.id).unwrap();
    let object = it.look_comes_after(following(&it, &object)).await;
    assert_eq!(it.password().await, "new");
    assert_eq!(source(&object).rotation_phase, "NONE");
    assert_eq!(source(&object).rotating_since, None);
    assert_eq!(says(&object, "RotationHealthy"), ("True", "Idle"));
    assert_eq!(says(&object, "SourceAvailable"), ("True", "Enabled"));
}

#[tokio::test]
async fn a_rotation_that_completes_between_the_two_calls_of_a_look_is_not_missed() {
    let it = Rotating::begun().await;
    it.emulator()
        .update_pending(&it.id, r#"{"password":"new"}"#)
        .unwrap();
    let slow = Effect::Delay(std::time::Duration::from_secs(2));
    it.emulator().add_fault(
        Fault::new(slow)
            .operation(Operation::GetSecretStageValue)
            .times(1),
    );
    let looks = it.scene.looks_at(&it.id);
    it.scene.annotate("orders-db", "now").await;
    it.scene.until_looks(&it.id, looks + 1).await;
    it.emulator().complete_rotation(&it.id).unwrap();
    let object = it.scene.force("orders-db", "now").await;
    assert_eq!(it.password().await, "new");
    assert_eq!(
        source(&object).rotation_phase,
        "ROTATING",
        "as the first call saw it"
    );
    let object = it.look_comes_after(following(&it, &object)).await;
    assert_eq!(source(&object).rotation_phase, "NONE");
    assert_eq!(it.password().await, "new");
}

#[tokio::test]
async fn a_failed_rotation_is_told_and_looked_at_again_in_a_quarter_of_an_hour() {
    let it = Rotating::begun().await;
    it.emulator().add_pending(&it.id).unwrap();
    it.emulator().fail_rotation(&it.id).unwrap();
    let object = it.scene.force("orders-db", "now").await;
    assert_eq!(source(&object).rotation_phase, "ROTATION_FAILED");
    assert_eq!(source(&object).rotating_since, None);
    let (status, reason, message) = condition(&object, "RotationHealthy").unwrap();
    assert_eq!((status, reason), ("False", "RotationFailed"));
    assert!(message.contains("Retry or cancel it"), "{message}");
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    assert_eq!(it.password().await, "old");
    it.look_comes_after(SignedDuration::from_mins(15)).await;

    it.emulator().retry_rotation(&it.id).unwrap();
    let object = it.scene.force("orders-db", "retried").await;
    assert_eq!(says(&object, "RotationHealthy"), ("True", "InProgress"));
    it.emulator().cancel_rotation(&it.id).unwrap();
    let object = it.look_comes_after(following(&it, &object)).await;
    assert_eq!(says(&object, "RotationHealthy"), ("True", "Idle"));
    assert_eq!(it.password().await, "old");
}

#[tokio::test]
async fn a_date_that_passes_without_a_rotation_is_watched_and_told_after_a_quarter_of_an_hour() {
    let it = Rotating::start().await;
    it.emulator()
        .behave(|behavior| behavior.schedule = Schedule::Silent);
    it.scene
        .advance(it.date.duration_since(it.scene.clock.now()));
    it.scene.advance(SignedDuration::from_mins(1));
    it.scene.until_looks(&it.id, 2).await;
    let mut object = it.settled().await;
    let overdue = || it.scene.clock.now().duration_since(it.date);
    while overdue() < SignedDuration::from_mins(15) {
        assert_eq!(
            says(&object, "RotationHealthy"),
            ("True", "Idle"),
            "{} late",
            overdue()
        );
        object = it
            .look_comes_after(overdue().max(SignedDuration::from_secs(30)))
            .await;
    }
    let (status, reason, message) = condition(&object, "RotationHealthy").unwrap();
    assert_eq!((status, reason), ("False", "RotationOverdue"));
    assert!(message.contains("Check the trigger"), "{message}");
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));

    it.emulator().execute_rotation(&it.id).unwrap();
    let object = it.scene.force("orders-db", "now").await;
    assert_eq!(says(&object, "RotationHealthy"), ("True", "InProgress"));
}

#[tokio::test]
async fn both_words_that_ncp_has_for_a_running_rotation_are_understood() {
    for (shown, from) in [
        (RotatingStatus::Rotating, RotatingFrom::Event),
        (RotatingStatus::Enable, RotatingFrom::Start),
        (RotatingStatus::Rotating, RotatingFrom::Start),
    ] {
        let it = Rotating::start().await;
        it.emulator().behave(|behavior| {
            behavior.rotating_status = shown;
            behavior.rotating_from = from;
        });
        it.emulator().execute_rotation(&it.id).unwrap();
        it.emulator().start_rotation(&it.id).unwrap();
        let object = it.scene.force("orders-db", "now").await;
        let word = if shown == RotatingStatus::Rotating {
            "ROTATING"
        } else {
            "ENABLE"
        };
        assert_eq!(source(&object).lifecycle, word);
        assert_eq!(source(&object).rotation_phase, "ROTATING");
        assert_eq!(says(&object, "RotationHealthy"), ("True", "InProgress"));
        it.emulator()
            .update_pending(&it.id, r#"{"password":"new"}"#)
            .unwrap();
        it.emulator().complete_rotation(&it.id).unwrap();
        it.look_comes_after(following(&it, &object)).await;
        let secret = it.scene.secret("orders-db").await.unwrap();
        assert_eq!(values(&secret), pairs(&[("password", "new")]));
    }
}

#[tokio::test]
async fn each_run_that_fails_is_told_by_one_warning_whatever_looks_and_restarts_there_are() {
    let mut it = Rotating::begun().await;
    it.emulator().fail_rotation(&it.id).unwrap();
    it.scene.force("orders-db", "failed").await;
    it.scene
        .until_warnings("orders-db", &["RotationFailed"])
        .await;
    let (_, reason, note) = it.scene.events("orders-db").await.remove(0);
    assert_eq!(reason, "RotationFailed");
    assert!(note.contains("Retry or cancel it there"), "{note}");

    it.look_comes_after(SignedDuration::from_mins(15)).await;
    it.scene.force("orders-db", "again").await;
    it.scene.stop_operator().await;
    it.scene.start_operator().await;
    it.scene.force("orders-db", "after a restart").await;
    it.look_comes_after(SignedDuration::from_mins(15)).await;
    it.scene
        .until_warnings("orders-db", &["RotationFailed"])
        .await;

    // A second run that is seen, and a third that begins and fails between two looks.
    it.emulator().retry_rotation(&it.id).unwrap();
    it.scene.force("orders-db", "retried").await;
    it.emulator().start_rotation(&it.id).unwrap();
    it.emulator().fail_rotation(&it.id).unwrap();
    it.scene.force("orders-db", "failed twice").await;
    it.scene
        .until_warnings("orders-db", &["RotationFailed"; 2])
        .await;
    it.scene.advance(SignedDuration::from_mins(1));
    it.emulator().retry_rotation(&it.id).unwrap();
    it.emulator().start_rotation(&it.id).unwrap();
    it.emulator().fail_rotation(&it.id).unwrap();
    it.scene.force("orders-db", "failed thrice").await;
    it.scene
        .until_warnings("orders-db", &["RotationFailed"; 3])
        .await;
}

#[tokio::test]
async fn a_rotation_that_is_rolled_back_brings_the_value_from_before_back() {
    let it = Rotating::begun().await;
    it.emulator()
        .update_pending(&it.id, r#"{"password":"new"}"#)
        .unwrap();
    it.emulator().complete_rotation(&it.id).unwrap();
    let object = it.scene.ncp_secret("orders-db").await;
    it.look_comes_after(following(&it, &object)).await;
    assert_eq!(it.password().await, "new");
    it.emulator().roll_back_rotation(&it.id).unwrap();
    let object = it.scene.force("orders-db", "rolled back").await;
    assert_eq!(it.password().await, "old");
    assert_eq!(says(&object, "RotationHealthy"), ("True", "Idle"));
    it.scene.until_warnings("orders-db", &[]).await;
}

#[tokio::test]
async fn a_rotation_that_somebody_starts_by_hand_is_followed_once_it_was_seen() {
    let it = Rotating::start().await;
    it.emulator().execute_rotation(&it.id).unwrap();
    it.emulator().start_rotation(&it.id).unwrap();
    let until_the_date = it.date.duration_since(it.scene.clock.now());
    it.nothing_for(until_the_date).await;
    it.scene.advance(SignedDuration::from_mins(1));
    it.scene.until_looks(&it.id, 2).await;
    let object = it.settled().await;
    assert_eq!(says(&object, "RotationHealthy"), ("True", "InProgress"));
    it.look_comes_after(following(&it, &object)).await;
}

#[tokio::test]
async fn a_requested_deletion_is_told_by_one_warning_with_the_date() {
    let mut it = Rotating::start().await;
    it.emulator().request_deletion(&it.id).unwrap();
    let object = it.scene.force("orders-db", "requested").await;
    let date = source(&object).expected_destroy_time.as_ref().unwrap().0;
    let date = date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    it.scene.stop_operator().await;
    it.scene.start_operator().await;
    it.scene.force("orders-db", "again").await;
    it.scene.settle().await;
    it.scene
        .until_warnings("orders-db", &["SourceRevoked"])
        .await;
    let (_, _, note) = it.scene.events("orders-db").await.remove(0);
    assert!(note.contains(&date), "{note}");
    assert!(note.contains("cancel its deletion in NCP"), "{note}");
}
