//! Signatures, the clock window, keys and roles.

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::behavior::{ErrorFamily, RegionalSignature, Verdict};
use ncp_emulator::{Key, NewSecret, Operation, Role};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;
use steerable_clock::Clock;

use crate::client::{Answer, Client, World};

const LIST: &str = "/api/v1/secrets";
const SIGNED_LIST: &str = "/secretmanager/api/v1/secrets";

async fn list_with(client: &Client, world: &World, headers: HeaderMap) -> Answer {
    let url = format!("{}{LIST}", world.emulator.endpoints().kr_regional);
    let response = client.http.get(url).headers(headers).send().await.unwrap();
    Answer::read(response).await
}

#[tokio::test]
async fn a_wrong_signature_is_answered_as_observed() {
    let world = World::start().await;
    let headers = world.client.headers("GET", "/secretmanager/api/v1/secret");
    let answer = list_with(&world.client, &world, headers).await;
    let expected = json!({"error": {
        "errorCode": "200", "message": "Authentication Failed",
        "details": "Invalid authentication information.",
    }});
    assert_eq!((answer.status, answer.json), (401, expected));
}

#[tokio::test]
async fn each_header_is_needed_once() {
    let world = World::start().await;
    let signed = || world.client.headers("GET", SIGNED_LIST);
    list_with(&world.client, &world, signed()).await.data();
    for name in signed().keys() {
        let mut without = signed();
        without.remove(name);
        let answer = list_with(&world.client, &world, without).await;
        assert_eq!(answer.error(), (401, "200"), "{name}");
        let mut twice = signed();
        twice.append(name.clone(), signed()[name].clone());
        let answer = list_with(&world.client, &world, twice).await;
        assert_eq!(answer.error(), (401, "200"), "{name}");
    }
}

#[tokio::test]
async fn a_request_without_authentication_may_be_the_services_matter() {
    let world = World::start().await;
    world
        .emulator
        .behave(|behavior| behavior.missing_authentication = ErrorFamily::Service);
    let answer = list_with(&world.client, &world, HeaderMap::new()).await;
    assert_eq!(answer.error(), (401, "UNAUTHORIZED"));
    let wrong = world.client.headers("POST", SIGNED_LIST);
    let answer = list_with(&world.client, &world, wrong).await;
    assert_eq!(answer.error(), (401, "200"));
}

#[tokio::test]
async fn the_window_follows_the_emulators_clock() {
    let world = World::start().await;
    let headers = world.client.headers("GET", SIGNED_LIST);
    world.steering.advance(SignedDuration::from_mins(5));
    list_with(&world.client, &world, headers.clone())
        .await
        .data();
    world.steering.advance(SignedDuration::from_millis(1));
    let late = list_with(&world.client, &world, headers).await;
    assert_eq!(late.error(), (401, "200"));
    assert_eq!(late.headers["date"], "Mon, 21 Jul 2025 02:44:40 GMT");
    let (ahead, steering) = Clock::steered(Timestamp::UNIX_EPOCH);
    steering.freeze();
    let ahead_by = SignedDuration::from_mins(5) + SignedDuration::from_millis(1);
    steering.set(world.emulator.clock().now() + ahead_by);
    let mut early = world.client.clone();
    early.clock = ahead;
    assert_eq!(early.get(LIST).await.error(), (401, "200"));
    steering.set(world.emulator.clock().now() + SignedDuration::from_mins(5));
    early.get(LIST).await.data();
}

#[tokio::test]
async fn only_known_running_and_current_keys_authenticate() {
    let world = World::start().await;
    let regional = &world.emulator.endpoints().kr_regional;
    let access_key = &world.client.key.access_key;
    world.emulator.stop_key(access_key);
    assert_eq!(world.client.get(LIST).await.error(), (401, "200"));
    world.emulator.start_key(access_key);
    world.client.get(LIST).await.data();
    let unknown = Key {
        access_key: "ncp_iam_TESTACCESSKEY0000001".to_owned(),
        secret_key: "ncp_iam_TESTSECRETKEY".to_owned(),
    };
    assert_eq!(
        world.client(regional, &unknown).get(LIST).await.error(),
        (401, "200")
    );
    world
        .emulator
        .add_given_key(&unknown, Role::Manager)
        .unwrap();
    world.client(regional, &unknown).get(LIST).await.data();
    let end = world.emulator.clock().now() + SignedDuration::from_hours(1);
    let temporary = world.emulator.add_temporary_key(Role::Manager, end);
    let client = world.client(regional, &temporary);
    client.get(LIST).await.data();
    world.steering.advance(SignedDuration::from_hours(1));
    assert_eq!(client.get(LIST).await.error(), (401, "200"));
}

#[tokio::test]
async fn roles_are_kept_to() {
    let (world, id) = World::with_secret().await;
    let regional = &world.emulator.endpoints().kr_regional;
    let other = world
        .emulator
        .create_secret(NewSecret::named("other"))
        .unwrap();
    let key = world.emulator.add_key(Role::None);
    let client = world.client(regional, &key);
    let detail = |id: &str| format!("{LIST}/{id}");
    assert_eq!(client.get(&detail(&id)).await.error(), (401, "210"));
    world
        .emulator
        .behave(|behavior| behavior.missing_permission = ErrorFamily::Service);
    assert_eq!(client.get(&detail(&id)).await.error(), (403, "FORBIDDEN"));
    world
        .emulator
        .set_role(&key.access_key, Role::Only(vec![id.clone()]));
    client.get(&detail(&id)).await.data();
    client.get(LIST).await.data();
    assert_eq!(
        client.get(&detail(&other)).await.error(),
        (403, "FORBIDDEN")
    );
    assert_eq!(
        client.get(&detail("nowhere")).await.error(),
        (403, "FORBIDDEN")
    );
    world.emulator.set_role(&key.access_key, Role::Viewer);
    client.get(&format!("{LIST}/{id}/values")).await.data();
    let disable = client.post(&format!("{LIST}/{id}/disable")).await;
    assert_eq!(disable.error(), (403, "FORBIDDEN"));
    world
        .emulator
        .behave(|behavior| behavior.viewer_reads_values = Verdict::Refused);
    let values = client.get(&format!("{LIST}/{id}/values")).await;
    assert_eq!(values.error(), (403, "FORBIDDEN"));
}

#[tokio::test]
async fn the_signed_path_follows_its_reading() {
    let world = World::start().await;
    let table = [
        (RegionalSignature::WholePath, true, false),
        (RegionalSignature::WithoutPrefix, false, true),
        (RegionalSignature::Either, true, true),
    ];
    for (reading, whole, without) in table {
        world
            .emulator
            .behave(|behavior| behavior.regional_signature = reading);
        for (target, accepted) in [(SIGNED_LIST, whole), (LIST, without)] {
            let headers = world.client.headers("GET", target);
            let answer = list_with(&world.client, &world, headers).await;
            assert_eq!(answer.status == 200, accepted, "{reading:?} {target}");
        }
    }
}

#[tokio::test]
async fn the_older_header_can_be_accepted() {
    let world = World::start().await;
    world
        .emulator
        .behave(|behavior| behavior.signature_v1 = Verdict::Refused);
    let mut headers = world.client.headers("GET", SIGNED_LIST);
    let signature = headers.remove("x-ncp-apigw-signature-v2").unwrap();
    headers.insert("x-ncp-apigw-signature-v1", signature);
    let refused = list_with(&world.client, &world, headers.clone()).await;
    assert_eq!(refused.error(), (401, "200"));
    world
        .emulator
        .behave(|behavior| behavior.signature_v1 = Verdict::Accepted);
    list_with(&world.client, &world, headers).await.data();
}

#[tokio::test]
async fn every_request_is_counted_with_what_it_claimed() {
    let (world, id) = World::with_secret().await;
    world.client.get(&format!("{LIST}/{id}")).await.data();
    world.client.get(&format!("{LIST}/nowhere")).await;
    world.client.call(Method::PATCH, "/nowhere", None).await;
    let calls = world.emulator.calls();
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.operation, call.secret_id.as_deref(), call.status))
        .collect();
    let detail = Some(Operation::GetSecretDetail);
    let expected = [
        (detail, Some(id.as_str()), Some(200)),
        (detail, Some("nowhere"), Some(404)),
        (None, None, Some(404)),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        calls[0].access_key.as_ref(),
        Some(&world.client.key.access_key)
    );
    assert_eq!(calls[0].at, world.emulator.clock().now());
    assert_eq!(world.emulator.count(Operation::GetSecretDetail), 2);
    world.emulator.reset_calls();
    assert_eq!(world.emulator.count(Operation::GetSecretDetail), 0);
    assert!(world.emulator.calls().is_empty());
}
