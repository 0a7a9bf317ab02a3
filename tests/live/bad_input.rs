//! Values that cannot be used: each ends in its own reason, harms nobody else, and is put right by itself.

use jiff::SignedDuration;
use ncp_emulator::Stage;
use ncp_emulator::behavior::EmptyStage;
use serde_json::{Value, json};

use crate::scene::{Scene, condition, pairs, values};
use crate::seen::says;

const GOOD: &str = r#"{"password":"correct horse","user":"shop"}"#;
const MENDED: &str = r#"{"password":"battery staple","user":"shop"}"#;

/// Stands in every bad value and must stand nowhere else.
const CANARY: &str = "canary-6b1f";

/// Longer than the interval of every object here, so that each of them is looked at again.
const AN_INTERVAL: SignedDuration = SignedDuration::from_secs(31);

struct Case {
    name: &'static str,
    spec: Value,
    /// What stands in the ACTIVE stage instead of the good value.
    broken: Option<String>,
    reason: &'static str,
    source: (&'static str, &'static str),
    /// What the message must name or advise.
    tells: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let case = |name, broken: Option<&str>, reason, tells| Case {
        name,
        spec: json!({}),
        broken: broken.map(|text| text.replace("CANARY", CANARY)),
        reason,
        source: ("True", "Enabled"),
        tells,
    };
    let readable = |case: Case| Case {
        source: ("False", "SourceUnreadable"),
        ..case
    };
    let with = |case: Case, spec| Case { spec, ..case };
    let large = format!(r#"{{"password":"{CANARY}{}"}}"#, "x".repeat(8 * 1024));
    let everything: Vec<_> = (0..256)
        .map(|number| json!({"key": format!("copy-{number}"), "from": "password"}))
        .collect();
    vec![
        case(
            "empty",
            None,
            "StageEmpty",
            &["ACTIVE", "spec.source.stage"],
        ),
        case("no-pairs", Some("{}"), "StageEmpty", &["ACTIVE"]),
        readable(case(
            "no-json",
            Some("CANARY"),
            "SourceUnreadable",
            &["no JSON", "Store a flat JSON object"],
        )),
        readable(case(
            "no-object",
            Some(r#"["CANARY"]"#),
            "SourceUnreadable",
            &["no JSON object"],
        )),
        case(
            "twice",
            Some(r#"{"password":"CANARY","password":"b"}"#),
            "KeyConflict",
            &["\"password\"", "twice"],
        ),
        case(
            "bad-key",
            Some(r#"{"pass word":"CANARY"}"#),
            "InvalidKey",
            &["\"pass word\"", "Kubernetes does not allow", "spec.data"],
        ),
        with(
            case(
                "missing-key",
                Some(r#"{"user":"CANARY"}"#),
                "MissingKey",
                &["\"password\"", "mark the entry optional"],
            ),
            json!({"data": [{"key": "PASSWORD", "from": "password"}]}),
        ),
        with(
            case(
                "all-missing",
                Some(r#"{"other":"CANARY"}"#),
                "MissingKey",
                &["\"password\""],
            ),
            json!({"data": [{"key": "PASSWORD", "from": "password", "optional": true}]}),
        ),
        with(
            case(
                "too-large",
                Some(&large),
                "TooLarge",
                &["1 MiB", "fewer keys"],
            ),
            json!({"data": everything}),
        ),
    ]
}

#[tokio::test]
async fn a_value_that_cannot_be_used_ends_in_its_reason_and_leaves_the_secret_as_it_was() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let bystander = scene.secret_in_ncp("bystander", r#"{"turn":"one"}"#);
    let every_interval = json!({"refresh": {"interval": "30s"}});
    let mut broken = Vec::new();
    for case in cases() {
        let id = scene.secret_in_ncp(case.name, GOOD);
        broken.push((case, id));
    }
    for (case, _) in &broken {
        scene
            .create_ncp_secret(case.name, case.name, every_interval.clone())
            .await;
        if case.spec != json!({}) {
            scene
                .patch_ncp_secret(case.name, json!({"spec": case.spec}))
                .await;
        }
    }
    scene
        .create_ncp_secret("bystander", "bystander", every_interval)
        .await;
    let mut before = Vec::new();
    for (case, _) in &broken {
        scene
            .until_object(case.name, "is synced as it is now", |object| {
                says(object, "Ready") == ("True", "Synced")
                    && object.status.as_ref().unwrap().observed_generation
                        == object.metadata.generation.unwrap()
            })
            .await;
        before.push(scene.secret(case.name).await.unwrap());
    }

    for (case, id) in &broken {
        let text = case.broken.as_deref();
        scene
            .emulator
            .set_raw_value(id, Stage::Active, text)
            .unwrap();
    }
    scene.settle().await;
    scene.advance(AN_INTERVAL);
    for (case, _) in &broken {
        let object = scene.until_reason(case.name, case.reason).await;
        assert_eq!(says(&object, "Ready"), ("False", case.reason));
        assert_eq!(
            says(&object, "SourceAvailable"),
            case.source,
            "{}",
            case.name
        );
        assert_eq!(says(&object, "Stalled"), ("True", case.reason));
        let message = condition(&object, "Ready").unwrap().2;
        for part in case.tells {
            assert!(message.contains(part), "{}: {message}", case.name);
        }
        assert!(message.ends_with(" Pods keep the last value."), "{message}");
        let status = serde_json::to_string(&object.status).unwrap();
        assert!(!status.contains(CANARY), "{status}");
    }

    for turn in ["two", "three", "four"] {
        let value = format!(r#"{{"turn":"{turn}"}}"#);
        scene
            .emulator
            .set_value(&bystander, Stage::Active, Some(&value))
            .unwrap();
        let looks: Vec<_> = broken.iter().map(|(_, id)| scene.looks_at(id)).collect();
        scene.settle().await;
        scene.advance(AN_INTERVAL);
        scene
            .until_secret("bystander", |values| values["turn"] == turn)
            .await;
        for ((_, id), looks) in broken.iter().zip(looks) {
            scene.until_looks(id, looks + 1).await;
        }
    }
    // A look more, so that the passes of those that were counted have ended.
    for (case, _) in &broken {
        scene.force(case.name, "again").await;
    }
    for ((case, _), secret) in broken.iter().zip(&before) {
        assert_eq!(scene.secret(case.name).await.as_ref(), Some(secret));
        scene.until_warnings(case.name, &[case.reason]).await;
    }

    for (_, id) in &broken {
        scene
            .emulator
            .set_raw_value(id, Stage::Active, Some(MENDED))
            .unwrap();
    }
    scene.settle().await;
    scene.advance(AN_INTERVAL);
    for ((case, _), secret) in broken.iter().zip(&before) {
        let object = scene.until_reason(case.name, "Synced").await;
        assert_eq!(says(&object, "SourceAvailable"), ("True", "Enabled"));
        assert_eq!(condition(&object, "Stalled"), None);
        let mended = scene.secret(case.name).await.unwrap();
        assert_eq!(mended.metadata.uid, secret.metadata.uid);
        assert_ne!(mended.data, secret.data);
        scene.until_warnings(case.name, &[case.reason]).await;
    }
}

#[tokio::test]
async fn nothing_is_written_while_a_value_stays_bad() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    for case in cases() {
        let id = scene.secret_in_ncp(case.name, GOOD);
        let mut spec = case.spec;
        spec["refresh"] = json!({"interval": "30s"});
        scene
            .emulator
            .set_raw_value(&id, Stage::Active, case.broken.as_deref())
            .unwrap();
        scene.create_ncp_secret(case.name, case.name, spec).await;
        scene.until_reason(case.name, case.reason).await;
        let version = scene.version(case.name).await;
        for _ in 0..3 {
            scene.settle().await;
            let before = scene.failed_passes(case.reason).await;
            scene.advance(AN_INTERVAL);
            scene.settle().await;
            assert!(
                scene.failed_passes(case.reason).await > before,
                "another pass has failed"
            );
        }
        assert_eq!(scene.version(case.name).await, version, "{}", case.name);
        assert_eq!(scene.secret(case.name).await, None, "{}", case.name);
        scene.until_warnings(case.name, &[case.reason]).await;
    }
}

#[tokio::test]
async fn every_form_of_an_empty_stage_is_one() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-orders", GOOD);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    let secret = scene.secret("orders-db").await;
    for form in [
        EmptyStage::Null,
        EmptyStage::Absent,
        EmptyStage::EmptyText,
        EmptyStage::NotFound,
    ] {
        scene
            .emulator
            .behave(|behavior| behavior.empty_stage = form);
        scene
            .emulator
            .set_raw_value(&id, Stage::Active, None)
            .unwrap();
        let object = scene.force("orders-db", &format!("empty {form:?}")).await;
        assert_eq!(says(&object, "Ready"), ("False", "StageEmpty"), "{form:?}");
        assert_eq!(scene.secret("orders-db").await, secret, "{form:?}");
        scene
            .emulator
            .set_raw_value(&id, Stage::Active, Some(GOOD))
            .unwrap();
        scene.force("orders-db", &format!("filled {form:?}")).await;
        scene.until_reason("orders-db", "Synced").await;
    }
}

#[tokio::test]
async fn an_optional_key_may_be_missing_and_comes_when_it_is_there() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    let data = json!([
        {"key": "PASSWORD", "from": "password"},
        {"key": "HOST", "from": "host", "optional": true},
    ]);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({"data": data}))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("PASSWORD", "p")]));

    let both = r#"{"password":"p","host":"h"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(both))
        .unwrap();
    let object = scene.force("orders-db", "now").await;
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("PASSWORD", "p"), ("HOST", "h")]));
    assert_eq!(
        object.status.unwrap().target.unwrap().keys,
        ["HOST", "PASSWORD"]
    );
}
