use proptest::prelude::*;

use super::*;
use crate::api::StoreKind;

fn store(name: &str) -> Arc<StoreKey> {
    Arc::new(StoreKey {
        kind: StoreKind::ClusterNcpSecretStore,
        namespace: None,
        name: name.into(),
    })
}

fn key(namespace: &str, name: &str) -> Key {
    Arc::new(ObjectKey {
        namespace: namespace.into(),
        name: name.into(),
    })
}

/// Who starts, one after the other.
fn starts(lanes: &mut Lanes, store: &Arc<StoreKey>) -> Vec<String> {
    std::iter::from_fn(|| lanes.start(store))
        .map(|key| key.name.clone())
        .collect()
}

#[test]
fn r8_the_most_urgent_go_first() {
    let mut lanes = Lanes::default();
    for (arrival, urgency) in (0..).zip([
        Urgency::Periodic,
        Urgency::Initial,
        Urgency::Repair,
        Urgency::Rotating,
        Urgency::Prompt,
    ]) {
        lanes.enter(
            store("s"),
            urgency,
            arrival,
            key("n", &format!("{urgency:?}")),
        );
    }
    let order = ["Prompt", "Rotating", "Repair", "Initial", "Periodic"];
    assert_eq!(starts(&mut lanes, &store("s")), order);
    assert_eq!((lanes.len(), lanes.has(&store("s"))), (0, false));
}

#[test]
fn r8_within_an_urgency_each_namespace_has_its_turn() {
    let mut lanes = Lanes::default();
    let objects = ["a 1", "a 2", "a 3", "b 1", "c 1", "c 2"];
    for (arrival, name) in (0..).zip(objects) {
        let namespace = name.split(' ').next().unwrap();
        lanes.enter(store("s"), Urgency::Initial, arrival, key(namespace, name));
    }
    let order = ["a 1", "b 1", "c 1", "a 2", "c 2", "a 3"];
    assert_eq!(starts(&mut lanes, &store("s")), order);
}

#[test]
fn each_eighth_start_goes_to_whoever_has_waited_longest() {
    let mut lanes = Lanes::default();
    lanes.enter(store("s"), Urgency::Periodic, 0, key("n", "periodic"));
    for arrival in 1..=20 {
        let key = key("n", &format!("prompt {arrival}"));
        lanes.enter(store("s"), Urgency::Prompt, arrival, key);
    }
    let order = starts(&mut lanes, &store("s"));
    assert_eq!(order.iter().position(|name| name == "periodic"), Some(7));
}

#[test]
fn lanes_of_equal_urgency_have_their_turns() {
    let mut lanes = Lanes::default();
    let mut arrival = 0;
    for name in ["a", "b", "c"] {
        for _ in 0..2 {
            arrival += 1;
            lanes.enter(store(name), Urgency::Periodic, arrival, key("n", name));
        }
    }
    lanes.enter(store("c"), Urgency::Prompt, 9, key("n", "c"));
    let mut order = Vec::new();
    while let Some((store, _)) = lanes.order().first() {
        lanes.start(store).unwrap();
        order.push(store.name.clone());
    }
    assert_eq!(order, ["c", "a", "b", "c", "a", "b", "c"]);
}

#[test]
fn who_leaves_is_not_started() {
    let mut lanes = Lanes::default();
    lanes.enter(store("s"), Urgency::Prompt, 1, key("n", "a"));
    lanes.enter(store("s"), Urgency::Prompt, 2, key("n", "b"));
    lanes.leave(&store("s"), 1);
    lanes.leave(&store("s"), 7);
    assert_eq!(starts(&mut lanes, &store("s")), ["b"]);
    assert!(lanes.order().is_empty());
}

proptest! {
    #[test]
    fn nobody_is_lost_and_nobody_starves(entries in prop::collection::vec((0..3_usize, 0..5_usize), 1..80)) {
        let urgencies = [Urgency::Prompt, Urgency::Rotating, Urgency::Repair, Urgency::Initial, Urgency::Periodic];
        let mut lanes = Lanes::default();
        for (arrival, (namespace, urgency)) in (0..).zip(&entries) {
            let key = key(&namespace.to_string(), &arrival.to_string());
            lanes.enter(store("s"), urgencies[*urgency], arrival, key);
        }
        let order = starts(&mut lanes, &store("s"));
        prop_assert_eq!(order.len(), entries.len());
        for (turn, name) in order.iter().enumerate() {
            let arrival: usize = name.parse().unwrap();
            prop_assert!(turn <= (arrival + 1) * 8, "{} came {}th and went {}th", name, arrival, turn);
        }
    }
}
