//! The role of a server and its keys in a state file.

use std::path::Path;

use ncp_emulator::{Emulator, Key, Seed, Settings, StateFile};
use serde_json::Value;
use steerable_clock::Clock;

use super::{LIST, key};
use crate::client::Client;

const SEED: &str = "serverRole: {id: role-1, name: shop, role: viewer}";

struct Kept {
    emulator: Emulator,
    clock: Clock,
}

impl Kept {
    async fn start(path: &Path, start: &str) -> Self {
        let start = start.parse().unwrap();
        let (clock, steering) = Clock::steered(start);
        steering.freeze();
        steering.set(start);
        let settings = Settings {
            clock: clock.clone(),
            ..Settings::default()
        };
        let file = StateFile::open(path).unwrap();
        let seed = Seed::parse(SEED).unwrap();
        let emulator = Emulator::start_kept(settings, file, seed);
        Self {
            emulator: emulator.await.unwrap(),
            clock,
        }
    }

    async fn key(&self) -> Key {
        let base = &self.emulator.endpoints().metadata;
        let url = format!("{base}/latest/meta-data/iam/security-credentials/role-1");
        let answer = Client::http().build().unwrap().get(url).send().await;
        key(&answer.unwrap().json::<Value>().await.unwrap())
    }

    async fn call(&self, key: &Key) -> u16 {
        let base = &self.emulator.endpoints().kr_regional;
        let client = Client::new(base, key.clone(), self.clock.clone());
        client.get(LIST).await.status
    }
}

#[tokio::test]
async fn the_role_and_its_keys_outlive_the_emulator() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let first = Kept::start(&path, "2026-01-01T00:00:00Z").await;
    let role = first.emulator.server_role();
    let old = first.key().await;
    first.emulator.stop().await;

    let second = Kept::start(&path, "2026-01-01T00:59:59Z").await;
    assert_eq!(second.emulator.server_role(), role);
    assert_eq!(second.call(&old).await, 200);
    let new = second.key().await;
    assert_ne!(new, old);
    assert_eq!(second.call(&new).await, 200);
    second.emulator.set_server_role(None);
    second.emulator.stop().await;

    let third = Kept::start(&path, "2026-01-01T01:00:00Z").await;
    assert_eq!(third.emulator.server_role(), None);
    assert_eq!(third.call(&old).await, 401);
    assert_eq!(third.call(&new).await, 200);
}
