//! The Secret as a target: who keeps it when its object goes, and what of it follows the spec.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use ncp_emulator::Stage;
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::scene::{Scene, condition, pairs, until, values};

const VALUE: &str = r#"{"password":"one"}"#;

/// Kinds and names of the owners of a Secret.
fn owners(secret: &Secret) -> Vec<&str> {
    let owners = secret.metadata.owner_references.iter().flatten();
    owners.map(|owner| owner.name.as_str()).collect()
}

#[tokio::test]
async fn with_creation_policy_owner_the_secret_goes_with_its_object() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    scene.delete::<NcpSecret>("orders-db").await;
    scene.until_no_secret("orders-db").await;
}

#[tokio::test]
async fn with_creation_policy_orphan_the_secret_stays_and_is_adopted_under_its_name_alone() {
    let scene = Scene::start().await;
    let orphan = json!({"target": {"name": "orders-db", "creationPolicy": "Orphan"}});
    let id = scene.synced("orders-db", VALUE, orphan.clone()).await;
    let left = scene.secret("orders-db").await.unwrap();
    assert_eq!(owners(&left), [""; 0]);
    scene.delete::<NcpSecret>("orders-db").await;
    until("the object is gone", async || {
        let object = scene.api::<NcpSecret>().get_opt("orders-db").await.unwrap();
        object.is_none().then_some(())
    })
    .await;

    // The collector works in order, so it is past our object when it has taken this one's Secret.
    scene.synced("other", VALUE, json!({})).await;
    scene.delete::<NcpSecret>("other").await;
    scene.until_no_secret("other").await;
    assert_eq!(scene.secret("orders-db").await.unwrap(), left);

    scene.create_by_id("stranger", &id, orphan).await;
    let stranger = scene.until_reason("stranger", "TargetNotOwned").await;
    let (_, _, message) = condition(&stranger, "Ready").unwrap();
    assert!(message.contains("NcpSecret \"orders-db\""), "{message}");
    assert_eq!(scene.secret("orders-db").await.unwrap(), left);
    scene.delete::<NcpSecret>("stranger").await;

    scene.create_by_id("orders-db", &id, json!({})).await;
    let object = scene.until_reason("orders-db", "Synced").await;
    let adopted = scene.secret("orders-db").await.unwrap();
    assert_eq!(adopted.metadata.uid, left.metadata.uid);
    assert_eq!(values(&adopted), pairs(&[("password", "one")]));
    assert_eq!(owners(&adopted), ["orders-db"]);
    assert_eq!(
        adopted
            .metadata
            .annotations
            .unwrap()
            .get("ncp-secrets.io/owner-uid"),
        object.metadata.uid.as_ref()
    );
}

#[tokio::test]
async fn creation_policy_can_be_switched_both_ways() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    let uid = scene.secret("orders-db").await.unwrap().metadata.uid;
    for (policy, expected) in [("Orphan", vec![]), ("Owner", vec!["orders-db"])] {
        let policy = json!({"spec": {"target": {"creationPolicy": policy}}});
        scene.patch_ncp_secret("orders-db", policy.clone()).await;
        until(&format!("the owners follow {policy}"), async || {
            let secret = scene.secret("orders-db").await.unwrap();
            (owners(&secret) == expected).then_some(())
        })
        .await;
    }
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(secret.metadata.uid, uid);
    assert_eq!(values(&secret), pairs(&[("password", "one")]));
}

#[tokio::test]
async fn a_changed_type_is_refused_and_the_secret_stays_as_it_was() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    let before = scene.secret("orders-db").await.unwrap();
    let type_ = |type_: Value| json!({"spec": {"target": {"type": type_}}});
    scene
        .patch_ncp_secret("orders-db", type_(json!("example.com/other")))
        .await;

    let object = scene.until_reason("orders-db", "TargetImmutable").await;
    let (status, _, message) = condition(&object, "Ready").unwrap();
    assert_eq!(status, "False");
    assert!(message.contains("Use a new target.name"), "{message}");
    assert_eq!(condition(&object, "Stalled").unwrap().1, "TargetImmutable");
    assert_eq!(scene.secret("orders-db").await.unwrap(), before);

    scene
        .patch_ncp_secret("orders-db", type_(Value::Null))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    assert_eq!(scene.secret("orders-db").await.unwrap(), before);

    scene
        .patch_ncp_secret("orders-db", type_(json!("example.com/other")))
        .await;
    scene.until_reason("orders-db", "TargetImmutable").await;
    scene.delete::<Secret>("orders-db").await;
    scene.until_reason("orders-db", "Synced").await;
    let anew = scene.secret("orders-db").await.unwrap();
    assert_eq!(anew.type_.as_deref(), Some("example.com/other"));
}

#[tokio::test]
async fn an_immutable_secret_stays_as_it_was() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene
        .patch_secret("orders-db", json!({"immutable": true}))
        .await;
    let before = scene.secret("orders-db").await.unwrap();
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(r#"{"password":"two"}"#))
        .unwrap();
    scene.advance(SignedDuration::from_hours(1));

    let object = scene.until_reason("orders-db", "TargetImmutable").await;
    let (_, _, message) = condition(&object, "Ready").unwrap();
    assert!(message.contains("made immutable"), "{message}");
    assert_eq!(scene.secret("orders-db").await.unwrap(), before);
}

#[tokio::test]
async fn labels_and_annotations_follow_the_spec_and_those_of_others_stay() {
    let scene = Scene::start().await;
    let metadata = |labels: Value| json!({"labels": labels.clone(), "annotations": labels});
    scene
        .synced(
            "orders-db",
            VALUE,
            json!({"target": metadata(json!({"team": "orders", "example.com/tier": "db"}))}),
        )
        .await;
    let theirs = metadata(json!({"example.com/theirs": "stays"}));
    scene
        .patch_secret("orders-db", json!({"metadata": theirs}))
        .await;

    for change in [
        json!({"team": "checkout"}),
        json!({"example.com/tier": null, "new": "yes"}),
        json!({"team": null, "new": null}),
    ] {
        let change = metadata(change);
        scene
            .patch_ncp_secret("orders-db", json!({"spec": {"target": change}}))
            .await;
        let object = scene.ncp_secret("orders-db").await;
        let wanted = object.spec.target.unwrap_or_default();
        until("the metadata follow the spec", async || {
            let secret = scene.secret("orders-db").await.unwrap();
            let own = |map: Option<std::collections::BTreeMap<String, String>>| {
                let mut map = map.unwrap();
                assert_eq!(map.remove("example.com/theirs").as_deref(), Some("stays"));
                map.retain(|key, _| {
                    !key.starts_with("ncp-secrets.io/") && key != "app.kubernetes.io/managed-by"
                });
                map
            };
            (own(secret.metadata.labels) == wanted.labels
                && own(secret.metadata.annotations) == wanted.annotations)
                .then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn r1_a_secret_that_is_met_is_written_only_with_a_value_that_was_read_after_that() {
    for (value, looks) in [(VALUE, 1), (r#"{"password":"two"}"#, 2)] {
        let scene = Scene::start().await;
        let orphan = json!({"target": {"creationPolicy": "Orphan"}});
        let id = scene.synced("orders-db", VALUE, orphan.clone()).await;
        let left = scene.secret("orders-db").await.unwrap();
        scene.delete::<NcpSecret>("orders-db").await;
        scene.until_past().await;
        scene
            .emulator
            .set_value(&id, Stage::Active, Some(value))
            .unwrap();
        // Until then the look of the first object is good for the second.
        scene.advance(SignedDuration::from_secs(5));
        let mark = scene.mark();
        let before = scene.looks_at(&id);
        scene.create_by_id("orders-db", &id, orphan).await;
        scene.until_reason("orders-db", "Synced").await;
        scene.until_past().await;
        // The same hash is no newer value; with any other the source is asked again.
        assert_eq!(scene.looks_at(&id), before + looks, "{value}");
        let mut asked = scene.asked(mark);
        asked.retain(|line| line.contains(" secrets orders-db"));
        let met = ["get secrets orders-db 200", "patch secrets orders-db 200"];
        assert!(asked.ends_with(&met.map(str::to_owned)), "{asked:?}");
        let adopted = scene.secret("orders-db").await.unwrap();
        assert_eq!(adopted.metadata.uid, left.metadata.uid);
    }
}

#[tokio::test]
async fn each_type_is_written_when_its_keys_are_there_and_not_before() {
    let scene = Scene::start().await;
    let cases = [
        (
            "tls",
            "kubernetes.io/tls",
            r#"{"tls.crt":"c","tls.key":"k"}"#,
        ),
        (
            "registry",
            "kubernetes.io/dockerconfigjson",
            r#"{".dockerconfigjson":"{\"auths\":{}}"}"#,
        ),
        (
            "basic-auth",
            "kubernetes.io/basic-auth",
            r#"{"username":"u"}"#,
        ),
        (
            "ssh-auth",
            "kubernetes.io/ssh-auth",
            r#"{"ssh-privatekey":"k"}"#,
        ),
        ("own", "example.com/own", VALUE),
    ];
    for (name, type_, value) in cases {
        let spec = json!({"target": {"type": type_}});
        let id = scene.secret_in_ncp(name, r#"{"other":"o"}"#);
        scene.create_by_id(name, &id, spec).await;
        if name != "own" {
            scene.until_reason(name, "MissingKey").await;
            assert_eq!(scene.secret(name).await, None, "{name}");
        }
        scene
            .emulator
            .set_value(&id, Stage::Active, Some(value))
            .unwrap();
        let object = scene.force(name, "now").await;
        assert_eq!(condition(&object, "Ready").unwrap().1, "Synced", "{name}");
        let secret = scene.secret(name).await.unwrap();
        assert_eq!(secret.type_.as_deref(), Some(type_));
    }
}

#[tokio::test]
async fn an_orphan_is_freed_of_any_reference_that_would_have_it_collected() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    let owned = scene.secret("orders-db").await.unwrap();
    let mut references = owned.metadata.owner_references.unwrap();
    references[0].controller = None;
    let orphan = json!({"spec": {"target": {"creationPolicy": "Orphan"}}});
    scene.patch_ncp_secret("orders-db", orphan).await;
    let free = async || {
        let secret = scene.secret("orders-db").await.unwrap();
        owners(&secret).is_empty().then_some(())
    };
    until("the Secret is nobody's", free).await;
    let plain = json!({"metadata": {"ownerReferences": references}});
    scene.patch_secret("orders-db", plain).await;
    until("the plain reference is taken away", free).await;
}

#[tokio::test]
async fn a_label_that_is_somebody_elses_too_stays_when_the_spec_drops_it() {
    let scene = Scene::start().await;
    let labels = json!({"target": {"labels": {"team": "orders", "ours": "alone"}}});
    scene.synced("orders-db", VALUE, labels).await;
    let fields = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "orders-db", "labels": {"team": "orders"}},
    });
    let apply = PatchParams::apply("argocd").force();
    scene
        .api::<Secret>()
        .patch("orders-db", &apply, &Patch::Apply(&fields))
        .await
        .unwrap();
    let none = json!({"spec": {"target": {"labels": null}}});
    scene.patch_ncp_secret("orders-db", none).await;
    until("our own label is gone", async || {
        let labels = scene.secret("orders-db").await?.metadata.labels?;
        (!labels.contains_key("ours")).then_some(())
    })
    .await;
    scene.until_past().await;
    let labels = scene.secret("orders-db").await.unwrap().metadata.labels;
    assert!(labels.unwrap().contains_key("team"));
}
