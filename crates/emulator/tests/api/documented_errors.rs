//! The two documented tables of errors, row by row: `secretmanager-api-overview` and `common-ncpapi`. The rows that
//! no request can cause (429/400, 429/420, 500) are left to [`Effect::Status`].

use ncp_emulator::behavior::{ErrorFamily, RefusedAs};
use ncp_emulator::{Effect, Fault, Key, Role};
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, World};

const LIST: &str = "/api/v1/secrets";

/// Status, code and message; `details` is a text and there is nothing else.
fn check(answer: &Answer, status: u16, code: &str, message: &str) {
    let details = answer.json["error"]["details"].as_str();
    assert!(details.is_some_and(|text| !text.is_empty()), "{answer:?}");
    let body = json!({"error": {"errorCode": code, "message": message, "details": details}});
    assert_eq!((answer.status, &answer.json), (status, &body));
    assert_eq!(answer.headers["content-type"], "application/json");
}

#[tokio::test]
async fn the_services_own() {
    let (world, id) = World::with_secret().await;
    let client = &world.client;
    let empty = client.call(Method::POST, LIST, Some(&json!({}))).await;
    check(&empty, 400, "INVALID_REQUEST", "Invalid request");
    let nowhere = client.get(&format!("{LIST}/nowhere")).await;
    check(&nowhere, 404, "NOT_FOUND", "Not found");
    let enable = format!("{LIST}/{id}/enable");
    let enabled = client.post(&enable).await;
    check(&enabled, 409, "INVALID_STATUS", "Invalid status");
    world.emulator.behave(|it| {
        it.wrong_state = RefusedAs::Unprocessable;
        it.missing_permission = ErrorFamily::Service;
        it.missing_authentication = ErrorFamily::Service;
    });
    let enabled = client.post(&enable).await;
    check(&enabled, 422, "UNPROCESSABLE_ENTITY", "Invalid status");
    let base = &world.emulator.endpoints().kr_regional;
    let nobody = world.client(base, &world.emulator.add_key(Role::None));
    check(&nobody.get(LIST).await, 403, "FORBIDDEN", "Forbidden");
    let unsigned = client.http.get(format!("{base}{LIST}")).send().await;
    let unsigned = Answer::read(unsigned.unwrap()).await;
    check(&unsigned, 401, "UNAUTHORIZED", "Unauthorized");
}

#[tokio::test]
async fn the_gateways() {
    let world = World::start().await;
    let client = &world.client;
    let encoded = client.get(&format!("{LIST}/%ff")).await;
    check(&encoded, 400, "100", "Bad Request Exception");
    let base = &world.emulator.endpoints().kr_regional;
    let other = Key {
        secret_key: "ncp_iam_other".to_owned(),
        ..client.key.clone()
    };
    let wrong = world.client(base, &other).get(LIST).await;
    check(&wrong, 401, "200", "Authentication Failed");
    let nobody = world.client(base, &world.emulator.add_key(Role::None));
    let denied = nobody.get(LIST).await;
    check(&denied, 401, "210", "Permission Denied");
    let nowhere = client.get("/api/v2/secrets").await;
    check(&nowhere, 404, "300", "Not Found Exception");
    assert_eq!(nowhere.json["error"]["details"], "URL not found.");
    world.emulator.behave(|it| it.largest_body = 10);
    let large = json!({"memo": "more than ten bytes"});
    let large = client.call(Method::POST, LIST, Some(&large)).await;
    check(&large, 413, "430", "Request Entity Too Large");
    let throttled = Effect::Throttled { retry_after: None };
    for (effect, status, code, message) in [
        (throttled, 429, "410", "Throttle Limited"),
        (Effect::Unavailable, 503, "500", "Endpoint Error"),
        (Effect::GatewayTimeout, 504, "510", "Endpoint Timeout"),
    ] {
        world.emulator.add_fault(Fault::new(effect).times(1));
        check(&client.get(LIST).await, status, code, message);
    }
}
