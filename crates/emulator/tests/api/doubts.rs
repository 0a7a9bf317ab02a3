//! Doubtful points of reads, of logs and of creation, over HTTP.

use ncp_emulator::behavior::{LogForm, RefusedAs, Verdict};
use reqwest::Method;
use serde_json::{Value, json};

use crate::readings::Switched;

#[tokio::test]
async fn log_entries() {
    let switched = Switched::to(|behavior| behavior.log_entry = LogForm::Flat).await;
    switched.post("/rotation").await.data();
    let logs = switched.get("/logs").await;
    let lines = logs.data()["result"].as_array().unwrap();
    let keys = |line: &Value| {
        line.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let (call, event) = (&lines[0], &lines[1]);
    assert_eq!(
        (&call["action"], &call["result"]),
        (&json!("Execute Rotation Job"), &json!("SUCCESS"))
    );
    assert_eq!(call["requestType"], "API");
    assert_eq!(event["requestType"], "SYSTEM");
    let token = switched.world.emulator.job_token(&switched.id);
    assert_eq!(event["jobToken"].as_str(), token.as_deref());
    assert!(lines.iter().all(|line| line.get("data").is_none()));
    assert!(keys(call).contains(&"message".to_owned()));
    switched
        .world
        .emulator
        .behave(|behavior| behavior.log_entry = LogForm::Nested);
    let logs = switched.get("/logs").await;
    let nested = &logs.data()["result"][1];
    assert_eq!(nested["data"]["api"]["result"], "SUCCESS");
}

#[tokio::test]
async fn blocked_reads_and_a_full_account() {
    let switched = Switched::to(|behavior| {
        behavior.read_while_rotating = Verdict::Refused;
        behavior.blocked_read = RefusedAs::Forbidden;
        behavior.most_secrets = 1;
        behavior.wrong_state = RefusedAs::Unprocessable;
    })
    .await;
    switched.get("/active").await.data();
    switched.post("/rotation").await.data();
    for path in ["/active", "/values"] {
        assert_eq!(switched.get(path).await.error(), (403, "FORBIDDEN"));
    }
    switched.get("").await.data();
    let body = json!({
        "secretName": "another", "secretType": "BASIC",
        "secretValue": {"value": "{\"abc\":\"cba\"}", "rotationTargets": ["abc"]},
    });
    let client = &switched.world.client;
    let created = client
        .call(Method::POST, "/api/v1/secrets", Some(&body))
        .await;
    assert_eq!(created.error(), (422, "UNPROCESSABLE_ENTITY"));
}

#[tokio::test]
async fn a_period_beside_no_automatic_rotation_is_ignored() {
    let switched = Switched::to(|_| {}).await;
    let body = json!({
        "secretName": "another", "secretType": "BASIC", "autoRotationYN": "N", "autoRotationPeriod": 0,
        "secretValue": {"value": "{\"abc\":\"cba\"}", "rotationTargets": ["abc"]},
    });
    let client = &switched.world.client;
    let created = client
        .call(Method::POST, "/api/v1/secrets", Some(&body))
        .await;
    assert_eq!(created.data()["autoRotationYN"], "N");
}
