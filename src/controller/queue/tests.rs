use jiff::SignedDuration;

use super::*;

fn key(name: &str) -> Key {
    Arc::new(ObjectKey {
        namespace: "n".into(),
        name: name.into(),
    })
}

fn at(seconds: i64, urgency: Urgency) -> Ask {
    Ask {
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds),
        urgency,
        asked: LookNumber::default(),
    }
}

fn taken(queue: &mut Queue, seconds: i64) -> Vec<String> {
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
    queue.ripen(now);
    queue.let_tell(now);
    std::iter::from_fn(|| queue.take())
        .map(|begun| begun.key.name.clone())
        .collect()
}

#[test]
fn objects_come_in_the_order_of_urgency_and_then_of_arrival() {
    let mut queue = Queue::default();
    for (name, urgency) in [
        ("periodic", Urgency::Periodic),
        ("initial", Urgency::Initial),
        ("prompt 1", Urgency::Prompt),
        ("rotating", Urgency::Rotating),
        ("repair", Urgency::Repair),
    ] {
        queue.ask(key(name), at(0, urgency));
    }
    queue.ask(key("prompt 2"), at(1, Urgency::Prompt));
    let order = [
        "prompt 1", "prompt 2", "rotating", "repair", "initial", "periodic",
    ];
    assert_eq!(taken(&mut queue, 1), order);
}

#[test]
fn an_object_waits_for_its_time() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(10, Urgency::Periodic));
    assert_eq!(taken(&mut queue, 9), Vec::<String>::new());
    assert_eq!(queue.next_time(), Some(at(10, Urgency::Periodic).at));
    assert_eq!(taken(&mut queue, 10), ["a"]);
}

#[test]
fn asking_twice_gives_one_pass_at_the_earlier_time_and_the_higher_urgency() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(10, Urgency::Periodic));
    queue.ask(key("b"), at(1, Urgency::Repair));
    queue.ask(key("a"), at(1, Urgency::Prompt));
    queue.ask(key("a"), at(5, Urgency::Periodic));
    assert_eq!(taken(&mut queue, 1), ["a", "b"]);
    assert_eq!(taken(&mut queue, 100), Vec::<String>::new());
}

#[test]
fn an_object_never_has_two_passes_at_once_and_loses_no_wish() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(0, Urgency::Prompt));
    assert_eq!(taken(&mut queue, 0), ["a"]);
    queue.ask(key("a"), at(0, Urgency::Prompt));
    assert_eq!(taken(&mut queue, 0), Vec::<String>::new());
    queue.done(&key("a"), Some(at(50, Urgency::Periodic)));
    assert_eq!(taken(&mut queue, 0), ["a"]);
    queue.done(&key("a"), Some(at(50, Urgency::Periodic)));
    assert_eq!(taken(&mut queue, 49), Vec::<String>::new());
    assert_eq!(taken(&mut queue, 50), ["a"]);
}

#[test]
fn an_object_that_needs_nothing_more_is_forgotten() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(0, Urgency::Prompt));
    assert_eq!(taken(&mut queue, 0), ["a"]);
    queue.done(&key("a"), None);
    assert_eq!(queue.depth(), Depth::default());
    assert!(queue.places.is_empty());
}

fn a_store() -> Arc<StoreKey> {
    Arc::new(StoreKey {
        kind: crate::api::StoreKind::ClusterNcpSecretStore,
        namespace: None,
        name: "s".into(),
    })
}

fn moment(seconds: i64) -> Timestamp {
    at(seconds, Urgency::Prompt).at
}

#[test]
fn an_object_that_is_held_is_taken_from_its_lane_only() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(0, Urgency::Periodic));
    assert_eq!(taken(&mut queue, 0), ["a"]);
    queue.hold(&key("a"), a_store(), None);
    assert_eq!(taken(&mut queue, 99), Vec::<String>::new());
    assert!(queue.is_short(&a_store()));
    assert_eq!(queue.lanes(), [(a_store(), Urgency::Periodic)]);
    assert_eq!(queue.depth().held, 1);
    assert_eq!(queue.take_held(&a_store()).unwrap().key.name, "a");
    queue.done(&key("a"), None);
    assert_eq!(queue.depth(), Depth::default());
    assert!(queue.places.is_empty());
}

#[test]
fn whoever_is_held_and_asked_for_again_keeps_its_place_and_is_the_more_urgent() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(0, Urgency::Periodic));
    queue.ask(key("b"), at(1, Urgency::Prompt));
    assert_eq!(taken(&mut queue, 0), ["a"]);
    queue.hold(&key("a"), a_store(), Some(moment(60)));
    queue.ask(key("a"), at(1, Urgency::Prompt));
    assert_eq!(taken(&mut queue, 1), ["a", "b"], "a came first");
    queue.hold(&key("b"), a_store(), None);
    queue.ask(key("a"), at(2, Urgency::Prompt));
    queue.hold(&key("a"), a_store(), None);
    assert_eq!(taken(&mut queue, 2), ["a"], "asked for while its pass ran");
}

#[test]
fn r10_whoever_is_held_and_wanted_a_little_later_waits_for_that_time_too() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(0, Urgency::Periodic));
    assert_eq!(taken(&mut queue, 0), ["a"]);
    queue.hold(&key("a"), a_store(), Some(moment(60)));
    queue.ask(key("a"), at(5, Urgency::Repair));
    assert_eq!(queue.lanes(), [(a_store(), Urgency::Repair)]);
    assert_eq!(queue.next_time(), Some(moment(5)));
    assert_eq!(taken(&mut queue, 4), Vec::<String>::new());
    assert_eq!(taken(&mut queue, 5), ["a"]);
    assert!(!queue.is_short(&a_store()));
    queue.done(&key("a"), None);
    assert_eq!(queue.next_time(), None);
}

#[test]
fn whoever_is_held_gets_a_pass_when_it_has_something_to_tell() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(0, Urgency::Initial));
    assert_eq!(taken(&mut queue, 0), ["a"]);
    queue.hold(&key("a"), a_store(), Some(moment(60)));
    assert_eq!(queue.next_time(), Some(moment(60)));
    assert_eq!(taken(&mut queue, 59), Vec::<String>::new());
    assert_eq!(taken(&mut queue, 60), ["a"]);
    assert!(!queue.is_short(&a_store()));
    queue.hold(&key("a"), a_store(), None);
    assert_eq!(queue.next_time(), None);
}

#[test]
fn the_age_of_the_oldest_counts_from_when_its_time_came() {
    let mut queue = Queue::default();
    queue.ask(key("a"), at(0, Urgency::Initial));
    queue.ripen(moment(5));
    assert_eq!(queue.depth().oldest, Some(moment(5)));
    queue.take().unwrap();
    assert_eq!(queue.depth().oldest, None);
    queue.hold(&key("a"), a_store(), None);
    assert_eq!(queue.depth().oldest, Some(moment(5)));
}
