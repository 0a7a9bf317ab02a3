//! R1: whatever NCP answers, a good Secret stays as it is, byte for byte.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::behavior::{ErrorFamily, RegionalSignature};
use ncp_emulator::{Effect, Fault, Operation, Role};
use serde_json::json;

use crate::scene::Scene;
use crate::seen::says;

/// Stands in answers that must never be taken for a value.
pub const CANARY: &str = "canary-6b1f-of-a-bad-answer";

/// Longer than any backoff and than the pause of a breaker.
const RECOVERY: SignedDuration = SignedDuration::from_secs(305);

fn answer(status: u16, body: &str) -> Vec<Effect> {
    let body = body.replace("CANARY", CANARY);
    vec![Effect::Status {
        status,
        body,
        headers: Vec::new(),
    }]
}

fn service(status: u16, code: &str) -> Vec<Effect> {
    answer(
        status,
        &format!(r#"{{"error":{{"errorCode":"{code}","message":"CANARY","details":"CANARY"}}}}"#),
    )
}

/// Answers to any call that are no success.
pub fn failures() -> Vec<Vec<Effect>> {
    let skewed = [Effect::WrongDate(SignedDuration::from_hours(1))];
    vec![
        service(400, "INVALID_REQUEST"),
        service(400, "100"),
        service(401, "UNAUTHORIZED"),
        service(401, "200"),
        service(401, "210"),
        service(403, "FORBIDDEN"),
        service(404, "NOT_FOUND"),
        service(404, "300"),
        service(409, "INVALID_STATUS"),
        service(413, "430"),
        service(422, "UNPROCESSABLE_ENTITY"),
        service(429, "420"),
        service(500, "INTERNAL_SERVER_ERROR"),
        service(500, "900"),
        answer(401, ""),
        answer(403, "<html>CANARY</html>"),
        answer(404, "<html>CANARY</html>"),
        answer(418, "CANARY"),
        answer(502, "<html>CANARY</html>"),
        answer(200, ""),
        answer(200, "CANARY"),
        answer(200, "[]"),
        answer(200, r#"{"code":"SUCCESS""#),
        answer(
            200,
            r#"{"code":"FAILURE","data":{"decryptedSecretValue":{"value":"{\"password\":\"CANARY\"}"}}}"#,
        ),
        answer(
            200,
            r#"{"data":{"decryptedSecretValue":{"value":"{\"password\":\"CANARY\"}"}}}"#,
        ),
        answer(200, r#"{"code":"SUCCESS","data":"CANARY"}"#),
        answer(200, r#"{"code":"SUCCESS","data":[]}"#),
        answer(
            200,
            r#"{"code":"SUCCESS","data":{"secretId":"CANARY","secretStatus":"ENABLE"}}"#,
        ),
        answer(206, r#"{"code":"SUCCESS","data":null}"#),
        [skewed.to_vec(), service(401, "200")].concat(),
        vec![Effect::Unavailable],
        vec![Effect::GatewayTimeout],
        vec![Effect::Throttled { retry_after: None }],
        vec![Effect::Throttled {
            retry_after: Some(Duration::from_secs(1)),
        }],
        vec![Effect::Redirect("https://198.51.100.1/CANARY".into())],
        vec![Effect::Cut],
        vec![Effect::TruncatedJson],
        vec![Effect::EmptyBody],
        vec![Effect::HugeBody(70 * 1024)],
        vec![Effect::HugeBody(u64::MAX / 2)],
    ]
}

/// Answers to the call for a value that are a success and hold no good one.
fn empty_values() -> Vec<Vec<Effect>> {
    let staged = |staged: &str| answer(200, &format!(r#"{{"code":"SUCCESS","data":{staged}}}"#));
    vec![
        staged("null"),
        staged("\"null\""),
        staged("{}"),
        staged(r#"{"decryptedSecretValue":null}"#),
        staged(r#"{"decryptedSecretValue":{}}"#),
        staged(r#"{"decryptedSecretValue":{"value":null}}"#),
        staged(r#"{"decryptedSecretValue":{"value":""}}"#),
        staged(r#"{"decryptedSecretValue":{"value":" \n"}}"#),
        staged(r#"{"decryptedSecretValue":{"value":"{}"}}"#),
        staged(r#"{"decryptedSecretValue":{"value":"{\"password\":"}}"#),
        staged(r#"{"decryptedSecretValue":{"value":"\"CANARY\""}}"#),
        staged(r#"{"decryptedSecretValue":{"value":{"password":"CANARY"}}}"#),
        staged(
            r#"{"decryptedSecretValue":{"value":"{\"password\":\"CANARY\"}","valueStage":"PENDING"}}"#,
        ),
    ]
}

fn add(scene: &Scene, operation: Operation, effects: &[Effect]) {
    for effect in effects {
        scene
            .emulator
            .add_fault(Fault::new(effect.clone()).operation(operation));
    }
}

/// A scene whose clock stands still, with an object by ID and one by name.
async fn synced() -> (Scene, String) {
    let scene = Scene::start().await;
    scene.steering.freeze();
    // Their time must not come: the calls of a look that nobody asked for would meet the faults first.
    let rarely = json!({"refresh": {"interval": "8760h"}});
    let id = scene
        .synced("by-id", r#"{"password":"p","user":"u"}"#, rarely.clone())
        .await;
    scene.create_ncp_secret("by-name", "by-id", rarely).await;
    scene.until_reason("by-name", "Synced").await;
    (scene, id)
}

/// Makes each of the answers come, and sees that nothing happens to the Secret.
async fn withstands(operation: Operation, answers: Vec<Vec<Effect>>) {
    let (scene, _) = synced().await;
    let before = scene.secret("by-id").await.unwrap();
    for (turn, effects) in answers.iter().enumerate() {
        add(&scene, operation, effects);
        let object = scene.force("by-id", &format!("bad {turn}")).await;
        assert_ne!(says(&object, "Ready").1, "Synced", "{effects:?}");
        let status = serde_json::to_string(&object.status).unwrap();
        assert!(!status.contains("canary"), "{effects:?}: {status}");
        assert_eq!(
            scene.secret("by-id").await.as_ref(),
            Some(&before),
            "{effects:?}"
        );
        scene.emulator.clear_faults();
        scene.advance(RECOVERY);
        let object = scene.force("by-id", &format!("good {turn}")).await;
        assert_eq!(
            says(&object, "Ready"),
            ("True", "Synced"),
            "after {effects:?}"
        );
        assert_eq!(
            scene.secret("by-id").await.as_ref(),
            Some(&before),
            "{effects:?}"
        );
    }
}

#[tokio::test]
async fn r1_no_answer_to_the_call_for_the_detail_changes_a_good_secret() {
    let nothing = [
        answer(200, r#"{"code":"SUCCESS","data":null}"#),
        answer(200, r#"{"code":"SUCCESS","data":{}}"#),
    ];
    withstands(
        Operation::GetSecretDetail,
        [failures(), nothing.to_vec()].concat(),
    )
    .await;
}

#[tokio::test]
async fn r1_no_answer_to_the_call_for_the_value_changes_a_good_secret() {
    withstands(
        Operation::GetSecretStageValue,
        [failures(), empty_values()].concat(),
    )
    .await;
}

#[tokio::test]
async fn r1_an_answer_that_never_ends_changes_no_good_secret_and_keeps_nobody_waiting() {
    let (scene, id) = synced().await;
    let before = scene.secret("by-id").await;
    let stalled = Fault::new(Effect::Stall)
        .operation(Operation::GetSecretStageValue)
        .secret(&id);
    scene.emulator.add_fault(stalled);
    scene.annotate("by-id", "stalled").await;
    scene.synced("other", r#"{"a":"b"}"#, json!({})).await;
    let object = scene.until_reason("by-id", "RefreshFailing").await;
    assert_eq!(
        object.status.unwrap().last_forced_sync.as_deref(),
        Some("stalled")
    );
    assert_eq!(scene.secret("by-id").await, before);
}

#[tokio::test]
async fn r1_no_answer_to_the_call_for_the_list_changes_a_good_secret() {
    let (scene, id) = synced().await;
    let before = scene.secret("by-name").await;
    for (turn, effects) in failures().iter().enumerate() {
        scene.advance(SignedDuration::from_mins(11));
        let gone = service(404, "NOT_FOUND");
        scene.emulator.add_fault(
            Fault::new(gone[0].clone())
                .operation(Operation::GetSecretDetail)
                .secret(&id),
        );
        add(&scene, Operation::GetSecretList, effects);
        let lists = scene.emulator.count(Operation::GetSecretList);
        let object = scene.force("by-name", &format!("bad {turn}")).await;
        assert!(
            scene.emulator.count(Operation::GetSecretList) > lists,
            "the list was asked for"
        );
        assert_ne!(says(&object, "Ready").1, "Synced", "{effects:?}");
        assert_eq!(scene.secret("by-name").await, before, "{effects:?}");
        scene.emulator.clear_faults();
        scene.advance(RECOVERY);
        let object = scene.force("by-name", &format!("good {turn}")).await;
        assert_eq!(
            says(&object, "Ready"),
            ("True", "Synced"),
            "after {effects:?}"
        );
        assert_eq!(scene.secret("by-name").await, before, "{effects:?}");
    }
}

#[tokio::test]
async fn r1_keys_and_rights_that_are_taken_away_change_no_good_secret() {
    let (scene, _) = synced().await;
    let before = [scene.secret("by-id").await, scene.secret("by-name").await];
    let take: [(&str, &dyn Fn(bool)); 4] = [
        ("the key", &|away| {
            if away {
                scene.emulator.stop_key(&scene.key.access_key)
            } else {
                scene.emulator.start_key(&scene.key.access_key)
            };
        }),
        ("the rights, says the gateway", &|away| {
            scene
                .emulator
                .behave(|behavior| behavior.missing_permission = ErrorFamily::Gateway);
            scene.emulator.set_role(
                &scene.key.access_key,
                if away { Role::None } else { Role::Viewer },
            );
        }),
        ("the rights, says the service", &|away| {
            scene
                .emulator
                .behave(|behavior| behavior.missing_permission = ErrorFamily::Service);
            scene.emulator.set_role(
                &scene.key.access_key,
                if away { Role::None } else { Role::Viewer },
            );
        }),
        ("the form of the signature", &|away| {
            let form = if away {
                RegionalSignature::WithoutPrefix
            } else {
                RegionalSignature::WholePath
            };
            scene
                .emulator
                .behave(|behavior| behavior.regional_signature = form);
        }),
    ];
    for (what, set) in take {
        set(true);
        for name in ["by-id", "by-name"] {
            let object = scene.force(name, &format!("without {what}")).await;
            assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"), "{what}");
        }
        set(false);
        scene.advance(RECOVERY);
        for name in ["by-id", "by-name"] {
            let object = scene.force(name, &format!("with {what}")).await;
            assert_eq!(says(&object, "Ready"), ("True", "Synced"), "{what}");
        }
        assert_eq!(
            [scene.secret("by-id").await, scene.secret("by-name").await],
            before,
            "{what}"
        );
    }
}
