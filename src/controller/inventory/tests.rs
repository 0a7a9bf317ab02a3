use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::api::NcpSecret;
use crate::core::observed::Owner;

fn key(name: &str) -> ObjectKey {
    ObjectKey {
        namespace: "shop".into(),
        name: name.into(),
    }
}

fn watched(name: &str, uid: &str, version: u32, target: &str) -> WatchedSecret {
    let object: NcpSecret = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {"name": name, "namespace": "shop", "uid": uid, "generation": version},
        "spec": {
            "storeRef": {"name": "s"}, "source": {"secretId": "0f"}, "target": {"name": target},
        },
    }))
    .unwrap();
    WatchedSecret {
        about: Decoded {
            uid: uid.into(),
            generation: version.into(),
            resource_version: version.to_string(),
            deleting: false,
            force_sync: None,
        },
        created: Timestamp::UNIX_EPOCH,
        spec: Some(object.spec),
        status: NcpSecretStatus::default(),
    }
}

/// A Secret that bears our label and carries a UID.
fn carrying(name: &str, uid: &str, version: u32) -> Observed {
    Observed {
        uid: format!("secret of {uid}"),
        resource_version: version.to_string(),
        managed: true,
        owner: Some(Owner {
            name: name.into(),
            uid: uid.into(),
        }),
        ..Observed::default()
    }
}

fn stray_names(inventory: &Inventory, object: &str) -> Vec<String> {
    let strays = inventory.strays(&key(object)).into_iter();
    strays.map(|(key, _)| key.name.clone()).collect()
}

#[test]
fn r11_nothing_is_kept_of_secrets_that_only_bear_our_label() {
    let inventory = Inventory::default();
    inventory.object_seen(key("orders"), watched("orders", "1", 1, "wanted"));
    for number in 0..5_000 {
        let name = format!("foreign-{number}");
        // Some name an object that is there, and not its UID.
        let news = inventory.target_seen(key(&name), &carrying("orders", "forged", 1));
        assert!(!news, "nobody is woken");
        assert_eq!(inventory.target(&key(&name)), None);
    }
    assert_eq!(inventory.lock().targets.len(), 0);
    assert!(inventory.target_seen(key("wanted"), &carrying("other", "9", 1)));
    assert!(inventory.target_seen(key("carrying"), &carrying("orders", "1", 1)));
    assert_eq!(inventory.lock().targets.len(), 2);
}

#[test]
fn a_secret_under_an_earlier_name_is_a_stray_until_it_is_wanted_again_or_gone() {
    let inventory = Inventory::default();
    inventory.object_seen(key("orders"), watched("orders", "1", 1, "first"));
    inventory.target_seen(key("first"), &carrying("orders", "1", 1));
    assert_eq!(stray_names(&inventory, "orders"), [""; 0]);
    inventory.object_seen(key("orders"), watched("orders", "1", 2, "second"));
    assert_eq!(stray_names(&inventory, "orders"), ["first"]);
    inventory.target_seen(key("second"), &carrying("orders", "1", 2));
    assert_eq!(stray_names(&inventory, "orders"), ["first"]);
    inventory.object_seen(key("orders"), watched("orders", "1", 3, "first"));
    assert_eq!(stray_names(&inventory, "orders"), ["second"]);
    assert!(inventory.target_gone(&key("second"), &carrying("orders", "1", 2)));
    assert_eq!(stray_names(&inventory, "orders"), [""; 0]);
}

#[test]
fn a_stray_that_changes_hands_is_nobodys_stray_any_more() {
    let inventory = Inventory::default();
    inventory.object_seen(key("orders"), watched("orders", "1", 1, "second"));
    inventory.target_seen(key("first"), &carrying("orders", "1", 1));
    assert_eq!(stray_names(&inventory, "orders"), ["first"]);
    inventory.target_seen(key("first"), &carrying("other", "2", 2));
    assert_eq!(stray_names(&inventory, "orders"), [""; 0]);
    assert_eq!(inventory.target(&key("first")), None);
}

#[test]
fn what_an_object_leaves_behind_is_forgotten_with_it_unless_another_wants_it() {
    let inventory = Inventory::default();
    inventory.object_seen(key("orders"), watched("orders", "1", 1, "shared"));
    inventory.object_seen(key("heir"), watched("heir", "2", 1, "shared"));
    inventory.target_seen(key("shared"), &carrying("orders", "1", 1));
    inventory.target_seen(key("stray"), &carrying("orders", "1", 1));
    let heirs = inventory.object_gone(&key("orders"), "1");
    assert_eq!(heirs, [Arc::new(key("heir"))]);
    assert!(inventory.target(&key("shared")).is_some());
    assert_eq!(inventory.target(&key("stray")), None);
    inventory.object_gone(&key("heir"), "2");
    assert_eq!(inventory.lock().targets.len(), 0);
}

#[test]
fn an_object_that_was_made_anew_has_no_claim_from_before() {
    let inventory = Inventory::default();
    inventory.object_seen(key("orders"), watched("orders", "1", 1, "first"));
    inventory.object_seen(key("orders"), watched("orders", "2", 2, "second"));
    assert_eq!(inventory.claimants(&key("first")), []);
    assert_eq!(
        inventory.claimants(&key("second")),
        [Arc::new(key("orders"))]
    );
}

#[test]
fn r10_what_is_in_a_namespace_that_goes_is_known_to_go_and_nothing_that_comes_later() {
    let inventory = Inventory::default();
    inventory.object_seen(key("orders"), watched("orders", "1", 1, "wanted"));
    let elsewhere = ObjectKey {
        namespace: "other".into(),
        ..key("orders")
    };
    inventory.object_seen(elsewhere.clone(), watched("orders", "2", 1, "wanted"));
    inventory.namespace_leaves("shop");
    let leaves = |key: &ObjectKey| inventory.object(key).unwrap().leaving;
    assert!(leaves(&key("orders")) && !leaves(&elsewhere));
    inventory.object_seen(key("orders"), watched("orders", "1", 2, "wanted"));
    assert!(leaves(&key("orders")));
    inventory.object_seen(key("orders"), watched("orders", "3", 3, "wanted"));
    assert!(!leaves(&key("orders")), "the namespace was made anew");
}

#[test]
fn r14_what_was_wanted_and_not_begun_becomes_overdue_and_what_was_tried_does_not() {
    let inventory = Inventory::default();
    let orders = key("orders");
    inventory.object_seen(orders.clone(), watched("orders", "1", 1, "orders"));
    let hours = |hours: i64| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(hours);
    let after = |due: i64| hours(due + 2) + jiff::SignedDuration::from_secs(61);
    assert_eq!(inventory.overdue(hours(100)), 0, "nobody asked for a pass");

    inventory.wanted(&orders, hours(7));
    inventory.wanted(&orders, hours(5));
    inventory.wanted(&orders, hours(9));
    assert_eq!(inventory.overdue(hours(7)), 0);
    assert_eq!(inventory.overdue(after(5)), 1, "an interval is an hour");

    inventory.begun(&orders, hours(50));
    assert_eq!(inventory.overdue(hours(52)), 0);
    assert_eq!(inventory.overdue(after(50)), 1, "it never ended");
    inventory.wanted(&orders, hours(51));
    inventory.ended(&orders);
    assert_eq!(inventory.overdue(after(50)), 0);
    assert_eq!(inventory.overdue(after(51)), 1, "what was asked meanwhile");
    inventory.begun(&orders, hours(51));
    inventory.ended(&orders);
    assert_eq!(
        inventory.overdue(hours(100)),
        0,
        "its pass asked for no other"
    );
    inventory.wanted(&orders, hours(20));
    assert_eq!(inventory.overdue(after(20)), 1);

    let mut leaving = watched("orders", "1", 2, "orders");
    leaving.about.deleting = true;
    inventory.object_seen(orders.clone(), leaving);
    assert_eq!(inventory.overdue(hours(100)), 0, "it goes");

    inventory.object_seen(orders.clone(), watched("orders", "2", 3, "orders"));
    inventory.wanted(&orders, hours(0));
    inventory.begin_anew();
    assert_eq!(inventory.overdue(hours(100)), 0, "another process led");
}

#[test]
fn r7_a_target_that_was_seen_before_its_object_is_asked_for_before_it_is_taken_for_missing() {
    let synced = |name: &str, version| WatchedSecret {
        status: serde_json::from_value(json!({
            "observedGeneration": 1,
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "Synced", "message": "",
                "lastTransitionTime": "2026-11-22T12:00:00Z",
            }],
            "target": {"name": name, "keys": [], "changedTime": "2026-11-22T12:00:00Z"},
        }))
        .unwrap(),
        ..watched(name, name, version, name)
    };
    let inventory = Inventory::default();
    inventory.target_seen(key("early"), &carrying("early", "early", 1));
    inventory.object_seen(key("early"), synced("early", 2));
    inventory.object_seen(key("late"), synced("late", 3));
    inventory.target_seen(key("late"), &carrying("late", "late", 4));
    inventory.object_seen(key("new"), watched("new", "new", 5, "new"));
    inventory.object_seen(key("listed"), synced("listed", 6));
    for name in ["early", "late", "new"] {
        inventory.came_late(&key(name));
    }
    inventory.doubt_missing_targets(Some("elsewhere"));
    let doubted = |name: &str| inventory.object(&key(name)).unwrap().memory.recheck;
    assert!(!doubted("early"));
    inventory.doubt_missing_targets(None);
    assert!(doubted("early"));
    assert!(!doubted("late") && !doubted("new") && !doubted("listed"));
}
