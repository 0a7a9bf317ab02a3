//! R8: when regular looks fall, and looks that are asked for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::{Effect, Fault, Operation, Stage};
use serde_json::{Value, json};

use crate::scene::{Scene, pairs, until, values};
use crate::seen::{BARRIER, says};

const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn by_id(id: &str) -> Value {
    json!({"source": {"secretId": id, "secretName": null}, "refresh": {"interval": "1h"}})
}

/// The moments at which each secret was looked at, each with how many looks there were.
fn looks(scene: &Scene) -> BTreeMap<String, BTreeMap<Timestamp, usize>> {
    let mut looks = BTreeMap::<_, BTreeMap<_, _>>::new();
    for call in scene.emulator.calls() {
        if call.operation == Some(Operation::GetSecretDetail) {
            let moments = looks.entry(call.secret_id.unwrap()).or_default();
            *moments.entry(call.at).or_default() += 1;
        }
    }
    looks
}

#[tokio::test]
async fn r8_looks_of_one_source_fall_together_an_interval_apart_and_apart_from_others() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let ids: Vec<_> = (0..5)
        .map(|number| scene.secret_in_ncp(&format!("source-{number}"), r#"{"a":"b"}"#))
        .collect();
    // Three objects over each source, made at different times.
    for copy in 0..3 {
        for (number, id) in ids.iter().enumerate() {
            let name = format!("object-{number}-{copy}");
            scene.create_ncp_secret(&name, "ignored", by_id(id)).await;
            scene.until_reason(&name, "Synced").await;
        }
        scene.advance(A_MINUTE * 7);
        scene.settle().await;
    }
    // The first slot of each may come right after an object was made; from then on there is order.
    scene.advance(SignedDuration::from_hours(1));
    scene.settle().await;
    let mark = scene.mark();
    scene.emulator.reset_calls();
    for _ in 0..60 {
        scene.advance(A_MINUTE * 3);
        scene.settle().await;
    }
    let looks = looks(&scene);
    assert_eq!(looks.len(), ids.len());
    for moments in looks.values() {
        assert_eq!(moments.len(), 3, "one slot in each hour");
        assert!(
            moments.values().all(|count| *count == 1),
            "the three objects make one look: {moments:?}"
        );
        let times: Vec<_> = moments.keys().collect();
        for pair in times.windows(2) {
            assert_eq!(
                pair[1].duration_since(*pair[0]),
                SignedDuration::from_hours(1)
            );
        }
    }
    let slots: BTreeSet<_> = looks
        .values()
        .filter_map(|moments| moments.keys().next())
        .collect();
    assert!(slots.len() >= 2, "the sources are apart: {slots:?}");
    let asked = scene.requests(mark);
    let asked = asked
        .iter()
        .filter(|request| request.resource == "ncpsecrets" && request.name != BARRIER);
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [] as [&testbed::Request; 0],
        "nothing in a status has changed"
    );
}

#[tokio::test]
async fn a_value_that_is_edited_in_ncp_arrives_within_an_interval() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let id = scene.secret_in_ncp("shop-orders", r#"{"password":"one"}"#);
    scene
        .create_ncp_secret("orders-db", "ignored", by_id(&id))
        .await;
    let object = scene.until_reason("orders-db", "Synced").await;
    let changed = object.status.unwrap().target.unwrap().changed_time;
    let uid = scene.secret("orders-db").await.unwrap().metadata.uid;
    let two = r#"{"password":"two","user":"u"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(two))
        .unwrap();
    scene.settle().await;
    scene.advance(SignedDuration::from_hours(1));
    scene
        .until_secret("orders-db", |values| values["password"] == "two")
        .await;
    let object = scene
        .until_object("orders-db", "tells the new keys", |object| {
            object
                .status
                .as_ref()
                .unwrap()
                .target
                .as_ref()
                .unwrap()
                .keys
                == ["password", "user"]
        })
        .await;
    assert!(object.status.unwrap().target.unwrap().changed_time > changed);
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(secret.metadata.uid, uid, "changed in place");
    assert_eq!(
        values(&secret),
        pairs(&[("password", "two"), ("user", "u")])
    );
    assert_eq!(scene.events("orders-db").await, []);
}

#[tokio::test]
async fn force_sync_looks_at_once_and_is_echoed_whether_that_ends_well_or_badly() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let id = scene.secret_in_ncp("shop-orders", r#"{"password":"one"}"#);
    scene
        .create_ncp_secret("orders-db", "ignored", by_id(&id))
        .await;
    let object = scene.until_reason("orders-db", "Synced").await;
    assert_eq!(object.status.unwrap().last_forced_sync, None);

    let two = r#"{"password":"two"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(two))
        .unwrap();
    let object = scene.force("orders-db", "good").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    assert_eq!(
        values(&scene.secret("orders-db").await.unwrap()),
        pairs(&[("password", "two")])
    );
    scene.until_looks(&id, 2).await;

    scene.emulator.disable(&id).unwrap();
    let object = scene.force("orders-db", "bad").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceDisabled"));
    scene.until_looks(&id, 3).await;

    // The same word again, and no word at all, ask for nothing.
    scene.annotate("orders-db", "bad").await;
    let none = json!({"metadata": {"annotations": {"ncp-secrets.io/force-sync": null}}});
    scene.patch_ncp_secret("orders-db", none).await;
    scene.emulator.enable(&id).unwrap();
    let object = scene.force("orders-db", "after").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    scene.until_looks(&id, 4).await;
}

#[tokio::test]
async fn force_sync_is_echoed_when_nobody_could_be_asked() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let spec = json!({"storeRef": {"name": "nowhere"}});
    scene
        .create_ncp_secret("orders-db", "shop-orders", spec)
        .await;
    scene.until_reason("orders-db", "StoreNotFound").await;
    let object = scene.force("orders-db", "now").await;
    assert_eq!(says(&object, "Ready"), ("False", "StoreNotFound"));
    assert_eq!(scene.emulator.calls(), []);
}

#[tokio::test]
async fn force_sync_is_echoed_for_a_spec_that_cannot_be_obeyed_and_for_texts_of_any_length() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let spec = json!({"allKeys": {"include": ["("]}});
    scene
        .create_ncp_secret("orders-db", "shop-orders", spec)
        .await;
    scene.until_reason("orders-db", "InvalidSpec").await;
    let object = scene.force("orders-db", "now").await;
    assert_eq!(says(&object, "Ready"), ("False", "InvalidSpec"));

    let id = scene.secret_in_ncp("shop-orders", r#"{"password":"one"}"#);
    let good = json!({"spec": {"allKeys": {"include": null}}});
    scene.patch_ncp_secret("orders-db", good).await;
    scene.until_reason("orders-db", "Synced").await;
    scene.settle().await;
    for text in ["", &"é".repeat(253), "x"] {
        let looks = scene.looks_at(&id);
        scene.force("orders-db", text).await;
        scene.until_looks(&id, looks + 1).await;
    }
    let looks = scene.looks_at(&id);
    scene.annotate("orders-db", &"é".repeat(300)).await;
    scene
        .until_object("orders-db", "echoes what it can", |object| {
            let echo = object.status.as_ref().unwrap().last_forced_sync.clone();
            echo == Some("é".repeat(253))
        })
        .await;
    scene.until_looks(&id, looks + 1).await;
    // Only what is echoed counts, so that a text that is too long is obeyed once.
    scene.annotate("orders-db", &"é".repeat(299)).await;
    scene.settle().await;
    assert_eq!(scene.looks_at(&id), looks + 1);
}

#[tokio::test]
async fn force_sync_is_echoed_at_the_first_outcome_after_ncp_left_a_pass_hanging() {
    let mut scene = Scene::without_operator().await;
    scene.longest_pass = Some(std::time::Duration::from_millis(500));
    scene.create_store("ncp").await;
    scene.start_operator().await;
    scene.steering.freeze();
    let id = scene
        .synced("orders-db", r#"{"password":"one"}"#, json!({}))
        .await;
    let hang = Effect::Delay(std::time::Duration::from_secs(30));
    scene
        .emulator
        .add_fault(Fault::new(hang).secret(&id).times(1));
    scene.annotate("orders-db", "now").await;
    let interrupted = r#"ncp_secret_operator_passes_total{outcome="interrupted",reason=""}"#;
    until("the pass is given up", async || {
        (scene.sample(interrupted).await >= 1).then_some(())
    })
    .await;
    let object = scene.ncp_secret("orders-db").await;
    assert_eq!(object.status.unwrap().last_forced_sync, None);
    scene.advance(SignedDuration::from_secs(2));
    let object = scene.force("orders-db", "now").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
}
