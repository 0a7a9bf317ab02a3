//! Each request and answer that the API pages show. Names and identifiers that the pages mask are written out.

use jiff::Timestamp;
use ncp_emulator::behavior::Shown;
use ncp_emulator::{Action, Boundary, NewSecret, ProtectionKey, Region, Trigger};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::World;

const SID: &str = "*****687685109842348f7358629bca2a6b2491e8c2352718e7d312b183*****";
const TAG: &str = "*****a8e99ef1ba49b9c190a0cb4f6fb20cff86dd3a3017fd6ee05aea8b*****";
const TRIGGER_PAGE: &str = "https://console.ncloud.com/vpcCloudFunctions/trigger/detail/test";

/// With the trigger and the key of the examples.
async fn world() -> World {
    let world = World::start().await;
    world
        .emulator
        .put_trigger(Trigger::named("test").id("*****"));
    world.emulator.put_protection_key(key(Boundary::Isolated));
    world
}

/// With the secret of the examples as well.
async fn world_with_secret() -> World {
    let world = world().await;
    let new = NewSecret::named("test-abc")
        .id(SID)
        .value(r#"{"abc":"cba"}"#)
        .trigger("*****");
    world.emulator.create_secret(new).unwrap();
    world
}

fn key(boundary: Boundary) -> ProtectionKey {
    ProtectionKey {
        tag: TAG.to_owned(),
        name: "test-key".to_owned(),
        region: Region::Kr,
        boundary,
        cipher: ncp_emulator::state::Cipher::Aes256,
        disabled: false,
    }
}

fn of_secret(rest: &str) -> String {
    format!("/api/v1/secrets/{SID}{rest}")
}

/// Lets the clock show a moment of an example, and the key's signature with it.
fn at(world: &World, millisecond: i64) {
    world
        .steering
        .set(Timestamp::from_millisecond(millisecond).unwrap());
}

#[tokio::test]
async fn create_and_detail() {
    let world = world().await;
    let request = json!({
        "secretName": "test-abc", "memo": "Secret Manager Description",
        "secretValue": {"value": "{\"abc\":\"cba\"}", "rotationTargets": ["abc"]},
        "secretType": "BASIC", "autoRotationYN": "Y", "autoRotationPeriod": 90, "triggerId": "*****",
        "protectionKeyType": "USER_MANAGED_KEY", "kmsKeyTag": TAG,
    });
    let created = world
        .client
        .call(Method::POST, "/api/v1/secrets", Some(&request))
        .await;
    let id = created.data()["secretId"].as_str().unwrap().to_owned();
    assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let mut expected = json!({
        "secretId": id, "secretName": "test-abc", "secretStatus": "ENABLE",
        "secretType": "BASIC", "memo": "Secret Manager Description", "region": "KR",
        "registerDate": 1_753_065_580_243_i64, "autoRotationYN": "Y", "autoRotationPeriod": 90,
        "nextRotationDate": 1_760_842_800_000_i64, "rotationPhase": "NONE",
        "trigger": {"id": "*****", "name": "test", "url": TRIGGER_PAGE},
        "protectionKey": {"type": "USER_MANAGED_KEY", "kmsKeyTag": TAG, "kmsKeyName": "test-key"},
    });
    assert_eq!(*created.data(), expected);
    let detail = world.client.get(&format!("/api/v1/secrets/{id}")).await;
    expected["updateDate"] = json!(1_753_065_580_243_i64);
    assert_eq!(*detail.data(), expected);
}

#[tokio::test]
async fn the_detail_has_every_field_that_a_page_ever_showed() {
    let world = world_with_secret().await;
    let emulator = &world.emulator;
    emulator.behave(|behavior| behavior.last_rotation = Shown::Present);
    emulator.execute_rotation(SID).unwrap();
    emulator.start_rotation(SID).unwrap();
    emulator.fail_rotation(SID).unwrap();
    emulator.request_deletion(SID).unwrap();
    let detail = world.client.get(&of_secret("")).await;
    let data = detail.data();
    assert_eq!(
        data["expectedDestroyDate"],
        1_753_065_580_243_i64 + 7 * 86_400_000
    );
    assert_eq!(data["lastRotationDate"], 1_753_065_580_243_i64);
    assert!(data["lastRotationResultId"].is_string());
    assert_eq!(data["rotationPhase"], "ROTATION_FAILED");
    assert_eq!(data["autoRotationYN"], "N");
    assert_eq!(data["trigger"]["recentlyExecutedAction"], "test-action");
    let default = json!({"type": "DEFAULT", "kmsKeyTag": "", "kmsKeyName": ""});
    assert_eq!(data["protectionKey"], default);
}

#[tokio::test]
async fn protection_keys() {
    let world = world().await;
    let keys = world.client.get("/api/v1/keys").await;
    let expected = json!({"keyList": [
        {"keyId": 0, "keyTag": "", "keyName": "Secret Manager Default Key", "keyStatus": "", "keyType": "",
         "kmsBoundaryType": "ISOLATED"},
        {"keyId": 1, "keyTag": TAG, "keyName": "test-key", "keyStatus": "ENABLE", "keyType": "AES256",
         "kmsBoundaryType": "ISOLATED"},
    ]});
    assert_eq!(*keys.data(), expected);
}

#[tokio::test]
async fn list() {
    let world = world_with_secret().await;
    let second = world
        .emulator
        .create_secret(NewSecret::named("second"))
        .unwrap();
    world.emulator.disable(&second).unwrap();
    let line = |id: &str, name: &str, status: &str| {
        json!({"secretId": id, "secretName": name, "secretStatus": status, "secretType": "BASIC",
               "region": "KR", "registerDate": 1_753_065_580_243_i64})
    };
    let expected = json!({
        "totalPageNo": 1, "currentPageNo": 1, "totalCount": 2,
        "secretList": [line(SID, "test-abc", "ENABLE"), line(&second, "second", "DISABLE")],
    });
    for query in ["", "?pageNo=0", "?pageNo=1"] {
        let list = world.client.get(&format!("/api/v1/secrets{query}")).await;
        assert_eq!(*list.data(), expected, "{query}");
    }
}

#[tokio::test]
async fn logs() {
    let world = world_with_secret().await;
    world.client.get(&of_secret("/values")).await;
    world.client.get(&of_secret("/logs")).await;
    at(&world, 1_753_067_196_000);
    let query = "/logs?pageNo=1&pageSize=1&timestampFrom=1753065580243&keyword=Get%20Secret%20Log";
    let logs = world.client.get(&of_secret(query)).await;
    let data = logs.data();
    let counts = ["pageSize", "currentPage", "totalPage", "totalCount"].map(|name| &data[name]);
    assert_eq!(counts, [1, 1, 1, 1]);
    assert_eq!(data["paged"], true);
    let entry = &data["result"][0]["data"];
    assert_eq!(
        entry["api"],
        json!({"action": "Get Secret Logs", "result": "SUCCESS"})
    );
    assert_eq!(
        entry["requestor"]["id"],
        world.client.key.access_key.as_str()
    );
    assert_eq!(data["result"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn stage_and_chain() {
    let world = world_with_secret().await;
    let stage = world.client.get(&of_secret("/active")).await;
    let expected = json!({
        "decryptedSecretValue": {"value": "{\"abc\":\"cba\"}", "valueStage": "ACTIVE"},
        "rotationTargets": ["abc"],
    });
    assert_eq!(*stage.data(), expected);
    let all = "{\"abc\":\"cba\"}";
    let request = json!({"previous": all, "active": all, "pending": all});
    let path = of_secret("/values");
    let updated = world.client.call(Method::PUT, &path, Some(&request)).await;
    for stage in ["previous", "active", "pending"] {
        let written = updated.data()["encryptedSecretChain"][stage]
            .as_str()
            .unwrap();
        assert!(!written.is_empty() && !written.contains(all));
    }
    let expected = json!({"decryptedSecretChain": request, "rotationTargets": ["abc"]});
    assert_eq!(*world.client.get(&path).await.data(), expected);
}

#[tokio::test]
async fn triggers() {
    let world = world_with_secret().await;
    let triggers = world.client.get("/api/v1/triggers").await;
    let expected = json!({"triggerList": [{
        "id": "*****", "name": "test", "description": "", "pageUrl": TRIGGER_PAGE, "platform": "VPC",
        "region": "KR", "linkedSecretList": [SID],
        "actionList": [{"name": "test-action", "description": ""}],
    }]});
    assert_eq!(*triggers.data(), expected);
}

#[tokio::test]
async fn lifecycle() {
    let world = world_with_secret().await;
    let table = [
        ("disable", "DISABLE", 1_753_165_313_617),
        ("enable", "ENABLE", 1_753_165_658_706),
        ("request-deletion", "REVOKE", 1_753_168_000_000),
        ("cancel-deletion", "DISABLE", 1_753_168_087_170),
    ];
    for (action, status, moment) in table {
        at(&world, moment);
        let answer = world.client.post(&of_secret(&format!("/{action}"))).await;
        let expected = json!({"secretId": SID, "secretStatus": status, "updateDate": moment});
        assert_eq!(*answer.data(), expected, "{action}");
    }
    world
        .client
        .post(&of_secret("/request-deletion"))
        .await
        .data();
    let deleted = world
        .client
        .call(Method::DELETE, &of_secret(""), None)
        .await;
    assert_eq!(deleted.json, json!({"code": "SUCCESS", "data": null}));
    let gone = world.client.get(&of_secret("")).await;
    assert_eq!(gone.error(), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn settings() {
    let world = world_with_secret().await;
    let put = async |path: &str, body: Value| {
        world
            .client
            .call(Method::PUT, &of_secret(path), Some(&body))
            .await
    };
    let memo = put("/memo", json!({"memo": "new"})).await;
    assert_eq!(*memo.data(), json!({"secretId": SID, "memo": "new"}));
    let trigger = json!({"id": "*****", "name": "test", "url": TRIGGER_PAGE});
    let linked = put("/triggers", json!({"triggerId": "*****"})).await;
    assert_eq!(*linked.data(), json!({"secretId": SID, "trigger": trigger}));
    let value = put("/values/active", json!({"value": "{\"abc\":\"cba\"}"})).await;
    let written = &value.data()["encryptedSecretValue"];
    assert_eq!(written["valueStage"], "active");
    assert!(!written["value"].as_str().unwrap().contains(r#"{"abc""#));
    world.emulator.put_protection_key(key(Boundary::Global));
    let request = json!({"protectionKeyType": "USER_MANAGED_KEY", "kmsKeyTag": TAG, "kmsBoundaryType": "GLOBAL"});
    let protected = put("/protection-key", request).await;
    let expected = json!({
        "secretId": SID,
        "protectionKey": {"type": "USER_MANAGED_KEY", "kmsKeyTag": TAG, "kmsKeyName": "test-key"},
    });
    assert_eq!(*protected.data(), expected);
}

#[tokio::test]
async fn automatic_rotation() {
    let world = world_with_secret().await;
    let client = &world.client;
    let request = json!({"rotationPeriod": 90, "triggerId": "*****"});
    let path = of_secret("/enable-auto-rotation");
    let enabled = client.call(Method::POST, &path, Some(&request)).await;
    let expected = json!({
        "secretId": SID, "autoRotationYN": "Y", "autoRotationPeriod": 90,
        "nextRotationDate": 1_760_842_800_000_i64,
        "trigger": {"id": "*****", "name": "test", "url": TRIGGER_PAGE},
    });
    assert_eq!(*enabled.data(), expected);
    let request = json!({"rotationPeriod": 730});
    let path = of_secret("/rotation-period");
    let updated = client.call(Method::PUT, &path, Some(&request)).await;
    let expected = json!({
        "secretId": SID, "autoRotationYN": "Y", "autoRotationPeriod": 730,
        "nextRotationDate": 1_816_138_800_000_i64,
    });
    assert_eq!(*updated.data(), expected);
    let disabled = client.post(&of_secret("/disable-auto-rotation")).await;
    assert_eq!(
        *disabled.data(),
        json!({"secretId": SID, "autoRotationYN": "N"})
    );
    let unlinked = client
        .call(Method::DELETE, &of_secret("/triggers"), None)
        .await;
    assert_eq!(unlinked.json, json!({"code": "SUCCESS", "data": null}));
    let detail = client.get(&of_secret("")).await;
    assert_eq!(detail.data().get("trigger"), None);
}

/// The whole of a rotation as its action drives it.
#[tokio::test]
async fn rotation_job() {
    let world = world_with_secret().await;
    let client = &world.client;
    let nothing = json!({"code": "SUCCESS", "data": null});
    assert_eq!(client.post(&of_secret("/rotation")).await.json, nothing);
    let token = token_in_the_logs(&world).await;
    let job = |step: &str| format!("/action/v1/secrets/{SID}/jobs/{token}/{step}");
    let started = client.post(&job("start")).await;
    let chain = json!({"previous": null, "active": "{\"abc\":\"cba\"}", "pending": null});
    let expected = json!({"decryptedSecretChain": chain, "rotationTargets": ["abc"]});
    assert_eq!(*started.data(), expected);
    let added = client.post(&job("pending")).await;
    let pending: Value = serde_json::from_str(added.data()["pending"].as_str().unwrap()).unwrap();
    assert_eq!(pending["abc"].as_str().unwrap().len(), 12);
    let request = json!({"length": 20, "excludePunctuation": true, "includeSpace": false});
    let path = job("generate-random-secret");
    let random = client.call(Method::POST, &path, Some(&request)).await;
    let text = random.data()["randomString"].as_str().unwrap();
    assert!(text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let new = "{\"abc\":\"2!?xY\"}";
    let updated = client
        .call(Method::PUT, &job("pending"), Some(&json!({"value": new})))
        .await;
    assert_eq!(*updated.data(), json!({"pending": new}));
    assert_eq!(client.post(&job("complete")).await.json, nothing);
    let values = client.get(&of_secret("/values")).await;
    let chain = json!({"previous": "{\"abc\":\"cba\"}", "active": new, "pending": null});
    assert_eq!(values.data()["decryptedSecretChain"], chain);
    assert_eq!(
        client.post(&job("complete")).await.error(),
        (404, "NOT_FOUND")
    );
}

#[tokio::test]
async fn failure_retry_cancel_and_rollback() {
    let world = world_with_secret().await;
    let client = &world.client;
    let nothing = json!({"code": "SUCCESS", "data": null});
    let phase = async || {
        let detail = client.get(&of_secret("")).await;
        detail.data()["rotationPhase"].as_str().unwrap().to_owned()
    };
    client.post(&of_secret("/rotation")).await.data();
    assert_eq!(phase().await, "ROTATING");
    let token = world.emulator.job_token(SID).unwrap();
    let fail = format!("/action/v1/secrets/{SID}/jobs/{token}/fail");
    assert_eq!(client.post(&fail).await.json, nothing);
    assert_eq!(phase().await, "ROTATION_FAILED");
    assert_eq!(
        client.post(&of_secret("/retry-rotation")).await.json,
        nothing
    );
    assert_eq!(phase().await, "ROTATING");
    assert_eq!(
        client.post(&of_secret("/cancel-rotation")).await.json,
        nothing
    );
    assert_eq!(phase().await, "NONE");
    let after = jiff::SignedDuration::ZERO;
    let trigger = Trigger::named("test").id("*****");
    world
        .emulator
        .put_trigger(trigger.action(Action::Succeed { after }));
    client.post(&of_secret("/rotation")).await.data();
    assert_eq!(phase().await, "NONE");
    let rotated = client.get(&of_secret("/active")).await;
    assert_ne!(
        rotated.data()["decryptedSecretValue"]["value"],
        "{\"abc\":\"cba\"}"
    );
    assert_eq!(
        client.post(&of_secret("/rollback-rotation")).await.json,
        nothing
    );
    let restored = client.get(&of_secret("/active")).await;
    assert_eq!(
        restored.data()["decryptedSecretValue"]["value"],
        "{\"abc\":\"cba\"}"
    );
}

async fn token_in_the_logs(world: &World) -> String {
    let logs = world.client.get(&of_secret("/logs?keyword=Raise")).await;
    let token = logs.data()["result"][0]["data"]["jobToken"].as_str();
    token.unwrap().to_owned()
}
