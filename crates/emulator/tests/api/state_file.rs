//! The state file: an emulator goes on where the one before it stopped.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::behavior::RefusedAs;
use ncp_emulator::state::Rotation;
use ncp_emulator::{
    Action, Emulator, Key, Lifecycle, NewSecret, Phase, Role, Seed, Settings, Stage, StateFile,
    StateFileError, Trigger,
};
use reqwest::Method;
use serde_json::json;
use steerable_clock::{Clock, Steering};

use crate::client::Client;

const SEED: &str = "secrets: [{name: seeded, id: seeded-id, value: {a: b}}]";

struct Kept {
    emulator: Emulator,
    steering: Steering,
    clock: Clock,
}

impl Kept {
    async fn start(path: &Path, start: &str) -> Self {
        let (clock, steering) = Clock::steered(start.parse().unwrap());
        steering.freeze();
        steering.set(start.parse().unwrap());
        let settings = Settings {
            clock: clock.clone(),
            steering: Some(steering.clone()),
            ..Settings::default()
        };
        let file = StateFile::open(path).unwrap();
        let seed = Seed::parse(SEED).unwrap();
        let emulator = Emulator::start_kept(settings, file, seed).await.unwrap();
        Self {
            emulator,
            steering,
            clock,
        }
    }

    fn client(&self, key: &Key) -> Client {
        let base = &self.emulator.endpoints().kr_regional;
        Client::new(base, key.clone(), self.clock.clone())
    }
}

#[tokio::test]
async fn a_second_emulator_goes_on_where_the_first_one_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let first = Kept::start(&path, "2026-01-01T00:00:00Z").await;
    let manager = first.emulator.add_key(Role::Manager);
    let stopped = first.emulator.add_key(Role::Manager);
    first.emulator.stop_key(&stopped.access_key);
    let after = SignedDuration::from_hours(2);
    let trigger = Trigger::named("rotate").action(Action::Succeed { after });
    first.emulator.put_trigger(trigger);
    let new = NewSecret::named("shop-orders")
        .value(r#"{"password":"old"}"#)
        .rotation(Rotation {
            period: Some(30),
            trigger: Some("rotate".to_owned()),
        });
    let id = first.emulator.create_secret(new).unwrap();
    let client = first.client(&manager);
    client
        .post(&format!("/api/v1/secrets/{id}/rotation"))
        .await
        .data();
    first
        .emulator
        .behave(|behavior| behavior.wrong_state = RefusedAs::Unprocessable);
    first.emulator.request_deletion("seeded-id").unwrap();
    first.steering.advance(SignedDuration::from_hours(1));
    let before = first.emulator.secret(&id).unwrap();
    assert_eq!(before.phase, Phase::Rotating);
    assert!(before.chain.get(Stage::Pending).is_some());
    first.emulator.stop().await;

    let second = Kept::start(&path, "2026-01-01T01:00:00Z").await;
    assert_eq!(second.emulator.secret(&id).unwrap(), before);
    let client = second.client(&manager);
    let logs = client.get(&format!("/api/v1/secrets/{id}/logs")).await;
    let actions: Vec<_> = logs.data()["result"].as_array().unwrap().iter().collect();
    assert!(
        actions
            .iter()
            .any(|line| line["message"] == "Execute Rotation Job"),
        "{actions:?}"
    );
    let refused = second.client(&stopped).get("/api/v1/secrets").await;
    assert_eq!(refused.error(), (401, "200"));
    let refused = client.post("/api/v1/secrets/seeded-id/disable").await;
    assert_eq!(refused.error(), (422, "UNPROCESSABLE_ENTITY"));
    second.steering.advance(SignedDuration::from_hours(1));
    let rotated = second.emulator.secret(&id).unwrap();
    assert_eq!(rotated.phase, Phase::None);
    let chain = (&rotated.chain, &before.chain);
    assert_eq!(chain.0.get(Stage::Active), chain.1.get(Stage::Pending));
    second.steering.advance(SignedDuration::from_hours(7 * 24));
    let seeded = second.emulator.secret("seeded-id").unwrap();
    assert_eq!(seeded.lifecycle, Lifecycle::Destroyed);
}

#[tokio::test]
async fn what_was_due_meanwhile_happens_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let first = Kept::start(&path, "2026-01-01T00:00:00Z").await;
    first.emulator.request_deletion("seeded-id").unwrap();
    first.emulator.stop().await;
    let second = Kept::start(&path, "2026-02-01T00:00:00Z").await;
    let seeded = second.emulator.secret("seeded-id").unwrap();
    assert_eq!(seeded.lifecycle, Lifecycle::Destroyed);
}

#[tokio::test]
async fn an_answered_change_is_in_the_file_though_nobody_stopped_the_emulator() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let kept = Kept::start(&path, "2026-01-01T00:00:00Z").await;
    let key = kept.emulator.add_key(Role::Manager);
    let body = json!({"memo": "kept"});
    let path_of_memo = "/api/v1/secrets/seeded-id/memo";
    let client = kept.client(&key);
    client
        .call(Method::PUT, path_of_memo, Some(&body))
        .await
        .data();
    let copy = folder.path().join("copy");
    std::fs::copy(&path, &copy).unwrap();
    let second = Kept::start(&copy, "2026-01-01T00:00:00Z").await;
    assert_eq!(second.emulator.secret("seeded-id").unwrap().memo, "kept");
    assert_eq!(second.emulator.keys(), [key]);
}

#[tokio::test]
async fn the_file_knows_what_the_clock_showed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let kept = Kept::start(&path, "2026-01-01T00:00:00Z").await;
    let admin = format!("{}/clock", kept.emulator.endpoints().admin);
    let moved = kept
        .client(&kept.emulator.add_key(Role::None))
        .http
        .post(admin)
        .json(&json!({"advance": "PT240H"}))
        .send()
        .await
        .unwrap();
    assert_eq!(moved.status(), 200);
    kept.emulator.stop().await;
    let reading = StateFile::open(&path).unwrap().clock().unwrap().unwrap();
    let shown: Timestamp = "2026-01-11T00:00:00Z".parse().unwrap();
    assert_eq!((reading.at, reading.speed), (shown, 0.0));
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let refused = |path: &Path| StateFile::open(path).err().expect("refused");
    let kept = Kept::start(&path, "2026-01-01T00:00:00Z").await;
    assert!(matches!(refused(&path), StateFileError::InUse(_)));
    kept.emulator.stop().await;
    StateFile::open(&path).unwrap();

    for content in [
        b"name: shop-orders\n".to_vec(),
        vec![0; 4096],
        vec![b'x'; 100_000],
    ] {
        let path = folder.path().join("other");
        std::fs::write(&path, &content).unwrap();
        let error = refused(&path);
        assert!(
            matches!(error, StateFileError::NotAStateFile(_)),
            "{error:?}"
        );
        assert!(error.to_string().contains("other"));
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(refused(&path), StateFileError::NotAStateFile(_)));

    let mut read = 0;
    for seed in 0..30 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut damaged = whole.clone();
        for _ in 0..60 {
            let place = random.usize(..damaged.len());
            damaged[place] = random.u8(..);
        }
        std::fs::write(&path, &damaged).unwrap();
        match StateFile::open(&path) {
            // What is damaged may be a part that holds nothing.
            Ok(_) => read += 1,
            Err(error) => assert!(
                matches!(error, StateFileError::NotAStateFile(_)),
                "{seed}: {error:?}"
            ),
        }
    }
    assert!(read < 30);

    let nowhere = folder.path().join("no/such/folder");
    assert!(matches!(refused(&nowhere), StateFileError::Io { .. }));
    assert!(matches!(
        refused(folder.path()),
        StateFileError::NotAStateFile(_)
    ));
}
