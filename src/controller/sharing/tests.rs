use std::sync::atomic::{AtomicUsize, Ordering};

use steerable_clock::Steering;
use tokio::sync::oneshot;

use super::*;
use crate::api::terms::Stage;

struct World {
    sharing: Arc<Sharing<Traced>>,
    steering: Steering,
    alive: Arc<AtomicUsize>,
}

/// A result that tells when it is dropped.
struct Traced {
    what: u32,
    alive: Arc<AtomicUsize>,
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl World {
    fn new() -> Self {
        let (clock, steering) = Clock::steered(Timestamp::UNIX_EPOCH);
        steering.freeze();
        steering.set(Timestamp::UNIX_EPOCH);
        Self {
            sharing: Arc::new(Sharing::new(clock)),
            steering,
            alive: Arc::default(),
        }
    }

    fn result(&self, what: u32) -> Traced {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Traced {
            what,
            alive: Arc::clone(&self.alive),
        }
    }

    /// What somebody gets who would find `what`.
    async fn get(&self, key: &LookKey, after: LookNumber, what: u32) -> u32 {
        let make = async || self.result(what);
        self.sharing.look(key, after, make).await.what
    }

    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    fn slots(&self) -> usize {
        self.sharing.lock().slots.len()
    }
}

const ANY: LookNumber = LookNumber(0);

fn key() -> LookKey {
    LookKey {
        store_uid: "store".into(),
        store_generation: 1,
        credentials: Version {
            uid: "keys".into(),
            resource_version: "1".into(),
        },
        source: SourceRef::Id("0f".into()),
        wanted: Wanted::Stage(Stage::Active),
    }
}

#[tokio::test]
async fn r8_a_result_is_shared_for_five_seconds_and_no_longer() {
    let world = World::new();
    assert_eq!(world.get(&key(), ANY, 1).await, 1);
    world.steering.advance(SignedDuration::from_millis(4999));
    assert_eq!(world.get(&key(), ANY, 2).await, 1);
    world.steering.advance(SignedDuration::from_millis(1));
    assert_eq!(world.get(&key(), ANY, 3).await, 3);
}

#[tokio::test]
async fn r8_a_look_that_was_begun_too_early_is_not_used() {
    let world = World::new();
    assert_eq!(world.get(&key(), ANY, 1).await, 1);
    let asked = world.sharing.latest();
    assert_eq!(world.get(&key(), asked, 2).await, 2);
    assert_eq!(world.get(&key(), asked, 3).await, 2, "begun after the ask");
    assert_eq!(world.get(&key(), ANY, 4).await, 2, "the latest for all");
}

#[tokio::test]
async fn r8_a_look_that_hangs_is_not_waited_for_by_whoever_asked_after_it() {
    let world = World::new();
    let (sharing, one) = (Arc::clone(&world.sharing), key());
    let hanging = tokio::spawn(async move {
        sharing.look(&one, ANY, std::future::pending).await;
    });
    while world.slots() == 0 {
        tokio::task::yield_now().await;
    }
    let asked = world.sharing.latest();
    assert_eq!(world.get(&key(), asked, 2).await, 2);
    hanging.abort();
    assert!(hanging.await.unwrap_err().is_cancelled());
    assert_eq!(world.get(&key(), ANY, 3).await, 2, "it took only itself");
}

#[tokio::test]
async fn r8_nothing_is_shared_between_stores_generations_credentials_sources_or_stages() {
    let world = World::new();
    let others: [fn(&mut LookKey); 7] = [
        |key| key.store_uid = "other".into(),
        |key| key.store_generation = 2,
        |key| key.credentials.uid = "other".into(),
        |key| key.credentials.resource_version = "2".into(),
        |key| key.source = SourceRef::Id("other".into()),
        |key| key.source = SourceRef::Name("0f".into()),
        |key| key.wanted = Wanted::ActiveAndPending,
    ];
    assert_eq!(world.get(&key(), ANY, 1).await, 1);
    for (what, change) in (2..).zip(others) {
        let mut other = key();
        change(&mut other);
        assert_eq!(world.get(&other, ANY, what).await, what, "{other:?}");
    }
}

#[tokio::test]
async fn those_who_joined_survive_whoever_makes_the_look_giving_up_or_panicking() {
    for panics in [false, true] {
        let world = World::new();
        let (go, gone) = oneshot::channel::<()>();
        let (sharing, one) = (Arc::clone(&world.sharing), key());
        let first = tokio::spawn(async move {
            let make = async || {
                gone.await.unwrap();
                panic!("the one who looks panics");
            };
            sharing.look(&one, ANY, make).await;
        });
        while world.slots() == 0 {
            tokio::task::yield_now().await;
        }
        let key = key();
        let second = world.get(&key, ANY, 2);
        let ends = async {
            tokio::task::yield_now().await;
            if panics {
                go.send(()).unwrap();
            } else {
                first.abort();
            }
            first.await.unwrap_err()
        };
        let (found, error) = futures::join!(second, ends);
        assert_eq!((found, error.is_panic()), (2, panics));
    }
}

#[tokio::test]
async fn r3_values_leave_memory_after_five_seconds_although_nobody_asks_again() {
    let world = World::new();
    world.get(&key(), ANY, 1).await;
    assert_eq!((world.alive(), world.slots()), (1, 1));
    world.steering.advance(SignedDuration::from_secs(5));
    while world.alive() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.slots(), 0);
}

#[tokio::test]
async fn a_look_that_everybody_gave_up_leaves_nothing_behind() {
    let world = World::new();
    let key = key();
    let look = world.sharing.look(&key, ANY, std::future::pending);
    assert!(futures::poll!(std::pin::pin!(look)).is_pending());
    assert_eq!(world.slots(), 0);
}
