//! Where a value comes from: a secret by ID or name, a stage of its chain, the host that knows it.

use jiff::SignedDuration;
use ncp_emulator::behavior::{ListScope, OtherHost};
use ncp_emulator::{Boundary, Host, NewSecret, Operation, Region, Stage};
use serde_json::{Value, json};

use crate::scene::{Scene, condition, pairs, values};

const VALUE: &str = r#"{"password":"p"}"#;

fn by_id(id: &str) -> Value {
    json!({"source": {"secretId": id, "secretName": null}})
}

/// The hosts whose details were asked for, in order.
fn asked(scene: &Scene) -> Vec<Host> {
    let calls = scene.emulator.calls();
    let details = calls
        .iter()
        .filter(|call| call.operation == Some(Operation::GetSecretDetail));
    details.map(|call| call.host).collect()
}

async fn isolation(scene: &Scene, name: &str) -> String {
    let object = scene.until_reason(name, "Synced").await;
    object.status.unwrap().source.unwrap().key_isolation
}

#[tokio::test]
async fn a_secret_is_read_by_its_id_or_by_its_name() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-orders", VALUE);
    scene
        .create_ncp_secret("by-id", "ignored", by_id(&id))
        .await;
    scene.until_reason("by-id", "Synced").await;
    assert_eq!(
        scene.emulator.count(Operation::GetSecretList),
        0,
        "an ID needs no list"
    );
    scene
        .create_ncp_secret("by-name", "shop-orders", json!({}))
        .await;
    scene.until_reason("by-name", "Synced").await;
    for name in ["by-id", "by-name"] {
        let secret = scene.secret(name).await.unwrap();
        assert_eq!(values(&secret), pairs(&[("password", "p")]));
        let source = scene.ncp_secret(name).await.status.unwrap().source.unwrap();
        assert_eq!(
            (source.secret_id.as_str(), source.secret_name.as_str()),
            (id.as_str(), "shop-orders")
        );
    }
    let lists = scene.emulator.count(Operation::GetSecretList);
    scene.force("by-name", "now").await;
    assert_eq!(
        scene.emulator.count(Operation::GetSecretList),
        lists,
        "a name that is known needs no list"
    );
}

#[tokio::test]
async fn a_name_leads_to_the_secret_that_bears_it_now() {
    let scene = Scene::start().await;
    let first = scene.secret_in_ncp("shop-orders", VALUE);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    scene.emulator.request_deletion(&first).unwrap();
    scene.emulator.delete(&first).unwrap();
    let second = scene.secret_in_ncp("shop-orders", r#"{"password":"of another"}"#);
    scene.advance(SignedDuration::from_mins(1));
    let object = scene.force("orders-db", "now").await;
    assert_eq!(object.status.unwrap().source.unwrap().secret_id, second);
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("password", "of another")]));
}

#[tokio::test]
async fn the_list_is_read_page_after_page() {
    let scene = Scene::start().await;
    scene.emulator.behave(|behavior| behavior.page_size = 2);
    for number in 0..6 {
        scene.secret_in_ncp(&format!("secret-{number}"), VALUE);
    }
    scene.create_ncp_secret("last", "secret-5", json!({})).await;
    scene.until_reason("last", "Synced").await;
    assert_eq!(scene.emulator.count(Operation::GetSecretList), 3);
}

#[tokio::test]
async fn each_stage_of_the_chain_can_be_read() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-orders", VALUE);
    for (stage, value) in [(Stage::Previous, "old"), (Stage::Pending, "new")] {
        let value = format!(r#"{{"password":"{value}"}}"#);
        scene.emulator.set_value(&id, stage, Some(&value)).unwrap();
    }
    for (stage, value) in [("Active", "p"), ("Previous", "old"), ("Pending", "new")] {
        let name = stage.to_lowercase();
        let spec = json!({"source": {"stage": stage}});
        scene.create_ncp_secret(&name, "shop-orders", spec).await;
        scene.until_reason(&name, "Synced").await;
        let secret = scene.secret(&name).await.unwrap();
        assert_eq!(values(&secret), pairs(&[("password", value)]));
    }

    let before = scene.secret("pending").await;
    scene.emulator.set_value(&id, Stage::Pending, None).unwrap();
    let object = scene.force("pending", "now").await;
    let (status, reason, message) = condition(&object, "Ready").unwrap();
    assert_eq!((status, reason), ("False", "StageEmpty"));
    assert!(message.contains("PENDING"), "{message}");
    assert_eq!(scene.secret("pending").await, before);
}

#[tokio::test]
async fn auto_asks_the_regional_host_first_and_remembers_which_one_knows() {
    for elsewhere in [OtherHost::NotFound, OtherHost::Forbidden] {
        let scene = Scene::start().await;
        scene
            .emulator
            .behave(|behavior| behavior.other_host = elsewhere);
        let new = NewSecret::named("old-one")
            .boundary(Boundary::Global)
            .value(VALUE);
        let global = scene.emulator.create_secret(new).unwrap();
        let regional = scene.secret_in_ncp("new-one", VALUE);

        scene
            .create_ncp_secret("regional", "ignored", by_id(&regional))
            .await;
        assert_eq!(isolation(&scene, "regional").await, "Regional");
        assert_eq!(asked(&scene), [Host::KrRegional]);

        scene.emulator.reset_calls();
        scene
            .create_ncp_secret("global", "ignored", by_id(&global))
            .await;
        assert_eq!(isolation(&scene, "global").await, "Global");
        assert_eq!(asked(&scene), [Host::KrRegional, Host::KrGlobal]);

        scene.emulator.reset_calls();
        scene.force("global", "now").await;
        assert_eq!(asked(&scene), [Host::KrGlobal], "{elsewhere:?}");
        assert!(
            scene
                .emulator
                .calls()
                .iter()
                .all(|call| call.host == Host::KrGlobal)
        );
    }
}

#[tokio::test]
async fn a_host_that_serves_the_secrets_of_the_other_is_taken_at_its_word() {
    let scene = Scene::start().await;
    scene
        .emulator
        .behave(|behavior| behavior.other_host = OtherHost::Served);
    let new = NewSecret::named("old-one")
        .boundary(Boundary::Global)
        .value(VALUE);
    let id = scene.emulator.create_secret(new).unwrap();
    scene
        .create_ncp_secret("global", "ignored", by_id(&id))
        .await;
    assert_eq!(isolation(&scene, "global").await, "Regional");
    assert_eq!(asked(&scene), [Host::KrRegional]);
}

#[tokio::test]
async fn a_name_is_found_on_whichever_host_lists_it() {
    for lists in [ListScope::Host, ListScope::Region] {
        let scene = Scene::start().await;
        scene
            .emulator
            .behave(|behavior| behavior.list_scope = lists);
        let new = NewSecret::named("old-one")
            .boundary(Boundary::Global)
            .value(VALUE);
        scene.emulator.create_secret(new).unwrap();
        scene
            .create_ncp_secret("global", "old-one", json!({}))
            .await;
        assert_eq!(isolation(&scene, "global").await, "Global", "{lists:?}");
        let secret = scene.secret("global").await.unwrap();
        assert_eq!(values(&secret), pairs(&[("password", "p")]));
    }
}

#[tokio::test]
async fn a_store_of_one_kind_of_key_asks_no_other_host() {
    let scene = Scene::start().await;
    let new = NewSecret::named("old-one")
        .boundary(Boundary::Global)
        .value(VALUE);
    scene.emulator.create_secret(new).unwrap();
    scene.secret_in_ncp("new-one", VALUE);
    let table = [
        ("Regional", Host::KrRegional, "new-one", "old-one"),
        ("Global", Host::KrGlobal, "old-one", "new-one"),
    ];
    for (isolation, host, known, unknown) in table {
        let store = isolation.to_lowercase();
        scene
            .create_store_as(&store, json!({"keyIsolation": isolation}))
            .await;
        scene.emulator.reset_calls();
        let spec = json!({"storeRef": {"name": store}});
        for (name, reason) in [(known, "Synced"), (unknown, "SourceNotFound")] {
            let object = format!("{store}-{name}");
            scene.create_ncp_secret(&object, name, spec.clone()).await;
            scene.until_reason(&object, reason).await;
        }
        assert!(
            scene.emulator.calls().iter().all(|call| call.host == host),
            "{isolation}"
        );
    }
}

#[tokio::test]
async fn a_store_in_japan_asks_the_host_in_japan_alone() {
    let scene = Scene::start().await;
    let new = NewSecret::named("shop-tokyo")
        .region(Region::Jpn)
        .value(VALUE);
    scene.emulator.create_secret(new).unwrap();
    scene
        .create_store_as("tokyo", json!({"region": "JPN"}))
        .await;
    let spec = json!({"storeRef": {"name": "tokyo"}});
    scene.emulator.reset_calls();
    scene
        .create_ncp_secret("tokyo", "shop-tokyo", spec.clone())
        .await;
    assert_eq!(isolation(&scene, "tokyo").await, "Regional");
    scene.create_ncp_secret("seoul", "shop-seoul", spec).await;
    scene.until_reason("seoul", "SourceNotFound").await;
    assert!(
        scene
            .emulator
            .calls()
            .iter()
            .all(|call| call.host == Host::JpnRegional)
    );

    let refused = scene
        .try_create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecretStore", "metadata": {"name": "no"},
            "spec": {"region": "JPN", "keyIsolation": "Global", "auth": {"secretRef": {"name": "ncp-credentials"}}},
        }))
        .await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("keyIsolation Global is offered in region KR only"),
        "{refused}"
    );
}
