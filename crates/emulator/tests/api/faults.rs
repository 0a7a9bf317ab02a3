//! Faults as a client sees them.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::{Effect, Fault, GatewayError, Host, Lifecycle, Operation, ServiceError};
use reqwest::Method;

use crate::client::{Answer, World};

const LIST: &str = "/api/v1/secrets";

async fn with_fault(effect: Effect) -> (World, String) {
    let (world, id) = World::with_secret().await;
    world.emulator.add_fault(Fault::new(effect));
    (world, id)
}

#[tokio::test]
async fn any_status_body_and_header_can_be_sent_without_effect() {
    let effect = Effect::Status {
        status: 418,
        body: r#"{"teapot":true}"#.to_owned(),
        headers: vec![("x-ncp-trace-id".to_owned(), "trace-1".to_owned())],
    };
    let (world, id) = with_fault(effect).await;
    let answer = world.client.post(&format!("{LIST}/{id}/disable")).await;
    assert_eq!(answer.status, 418);
    assert_eq!(answer.json["teapot"], true);
    assert_eq!(answer.headers["x-ncp-trace-id"], "trace-1");
    assert_eq!(
        world.emulator.secret(&id).unwrap().lifecycle,
        Lifecycle::Enable
    );
    assert_eq!(world.emulator.calls()[0].status, Some(418));
    world.emulator.clear_faults();
    world
        .client
        .post(&format!("{LIST}/{id}/disable"))
        .await
        .data();
}

#[tokio::test]
async fn gateway_errors_have_the_gateways_shape() {
    let wait = Some(Duration::from_secs(7));
    let table = [
        (Effect::Unavailable, (503, "500"), None),
        (Effect::GatewayTimeout, (504, "510"), None),
        (Effect::Throttled { retry_after: None }, (429, "410"), None),
        (
            Effect::Throttled { retry_after: wait },
            (429, "410"),
            Some("7"),
        ),
    ];
    for (effect, error, retry_after) in table {
        let (world, _) = with_fault(effect.clone()).await;
        let answer = world.client.get(LIST).await;
        assert_eq!(answer.error(), error, "{effect:?}");
        let header = answer
            .headers
            .get("retry-after")
            .map(|it| it.to_str().unwrap());
        assert_eq!(header, retry_after, "{effect:?}");
    }
}

#[tokio::test]
async fn every_error_of_ncp_can_be_asked_for() {
    let table = [
        (GatewayError::BadRequest, (400, "100")),
        (GatewayError::AuthenticationFailed, (401, "200")),
        (GatewayError::PermissionDenied, (401, "210")),
        (GatewayError::NotFound, (404, "300")),
        (GatewayError::TooLarge, (413, "430")),
        (GatewayError::QuotaExceeded, (429, "400")),
        (GatewayError::ThrottleLimited, (429, "410")),
        (GatewayError::RateLimited, (429, "420")),
        (GatewayError::EndpointError, (503, "500")),
        (GatewayError::EndpointTimeout, (504, "510")),
        (GatewayError::UnexpectedError, (500, "900")),
    ]
    .map(|(error, answer)| (Effect::Gateway(error), answer));
    let services = [
        (ServiceError::InvalidRequest, (400, "INVALID_REQUEST")),
        (ServiceError::Unauthorized, (401, "UNAUTHORIZED")),
        (ServiceError::Forbidden, (403, "FORBIDDEN")),
        (ServiceError::NotFound, (404, "NOT_FOUND")),
        (ServiceError::InvalidStatus, (409, "INVALID_STATUS")),
        (
            ServiceError::UnprocessableEntity,
            (422, "UNPROCESSABLE_ENTITY"),
        ),
    ]
    .map(|(error, answer)| (Effect::Service(error), answer));
    let (world, _) = World::with_secret().await;
    for (effect, error) in table.into_iter().chain(services) {
        world.emulator.add_fault(Fault::new(effect).times(1));
        assert_eq!(world.client.get(LIST).await.error(), error);
        assert_eq!(world.emulator.calls().last().unwrap().result, error.1);
    }
}

#[tokio::test]
async fn a_fault_is_removed_alone() {
    let (world, _) = World::with_secret().await;
    let unavailable = Fault::new(Effect::Unavailable).times(2);
    let id = world.emulator.add_fault(unavailable);
    let skewed = world
        .emulator
        .add_fault(Fault::new(Effect::WrongDate(SignedDuration::from_hours(1))));
    assert_eq!(world.client.get(LIST).await.status, 503);
    let left = Fault::new(Effect::Unavailable).times(1);
    assert_eq!(world.emulator.faults()[0], (id, left));
    assert!(world.emulator.remove_fault(id));
    assert!(!world.emulator.remove_fault(id));
    let answer = world.client.get(LIST).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["date"], "Mon, 21 Jul 2025 03:39:40 GMT");
    assert!(world.emulator.remove_fault(skewed));
    assert_eq!(world.emulator.faults(), []);
}

#[tokio::test]
async fn calls_are_counted_by_their_result() {
    let (world, id) = World::with_secret().await;
    let get = async |path: &str| {
        let path = format!("{LIST}/{path}");
        let sent = world.client.send(Method::GET, &path, vec![]).await;
        sent.map(|response| response.status().as_u16()).ok()
    };
    let once = |effect| world.emulator.add_fault(Fault::new(effect).times(1));
    assert_eq!(get(&id).await, Some(200));
    assert_eq!(get(&id).await, Some(200));
    assert_eq!(get("unknown").await, Some(404));
    assert_eq!(get(&format!("{id}/a/b")).await, Some(404));
    once(Effect::TruncatedJson);
    assert_eq!(get(&id).await, Some(200));
    once(Effect::Redirect("http://127.0.0.1:9/".to_owned()));
    assert_eq!(get(&id).await, Some(307));
    once(Effect::HugeBody(10));
    assert_eq!(get(&id).await, Some(200));
    once(Effect::Cut);
    assert_eq!(get(&id).await, None);
    let mut counted: Vec<_> = world
        .emulator
        .counters()
        .into_iter()
        .map(|(what, count)| {
            assert_eq!(what.access_key.as_ref(), Some(&world.client.key.access_key));
            (what.operation, what.secret_id, what.result, count)
        })
        .collect();
    let detail = Some(Operation::GetSecretDetail);
    let mut expected = vec![
        (None, None, "300", 1),
        (detail, Some(id.as_str()), "CUT", 1),
        (detail, Some(&id), "HTTP 200", 1),
        (detail, Some(&id), "HTTP 307", 1),
        (detail, Some(&id), "SUCCESS", 3),
        (detail, Some("unknown"), "NOT_FOUND", 1),
    ]
    .into_iter()
    .map(|(operation, id, result, count)| {
        (operation, id.map(str::to_owned), result.to_owned(), count)
    })
    .collect::<Vec<_>>();
    counted.sort();
    expected.sort();
    assert_eq!(counted, expected);
    world.emulator.reset_calls();
    assert_eq!(world.emulator.counters(), []);
}

#[tokio::test]
async fn a_fault_ends_after_its_number_and_keeps_to_its_subject() {
    let (world, id) = World::with_secret().await;
    let fault = Fault::new(Effect::Unavailable)
        .operation(Operation::GetSecretDetail)
        .secret(&id)
        .host(Host::KrRegional)
        .access_key(&world.client.key.access_key)
        .times(2);
    world.emulator.add_fault(fault);
    let detail = format!("{LIST}/{id}");
    assert_eq!(world.client.get(LIST).await.status, 200);
    for status in [503, 503, 200] {
        assert_eq!(world.client.get(&detail).await.status, status);
    }
}

#[tokio::test]
async fn a_cut_connection_gives_no_answer_and_has_no_effect() {
    let (world, id) = with_fault(Effect::Cut).await;
    let path = format!("{LIST}/{id}/disable");
    let sent = world.client.send(Method::POST, &path, vec![]).await;
    assert!(sent.is_err());
    assert_eq!(
        world.emulator.secret(&id).unwrap().lifecycle,
        Lifecycle::Enable
    );
    assert_eq!(world.emulator.calls().last().unwrap().status, None);
}

#[tokio::test]
async fn a_stalled_answer_has_headers_and_no_body() {
    let (world, id) = with_fault(Effect::Stall).await;
    let path = format!("{LIST}/{id}/active");
    let mut response = world.client.send(Method::GET, &path, vec![]).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 50);
    let body = tokio::time::timeout(Duration::from_millis(200), response.chunk()).await;
    assert!(body.is_err(), "{body:?}");
}

#[tokio::test]
async fn real_answers_can_be_spoiled() {
    let text = async |effect: Effect| {
        let (world, id) = with_fault(effect).await;
        let path = format!("{LIST}/{id}/active");
        let response = world.client.send(Method::GET, &path, vec![]).await.unwrap();
        let headers = response.headers().clone();
        (
            response.status().as_u16(),
            headers,
            response.text().await.unwrap(),
        )
    };
    let (_, _, whole) = text(Effect::Delay(Duration::from_millis(1))).await;
    let (status, headers, half) = text(Effect::TruncatedJson).await;
    assert_eq!((status, half.len()), (200, whole.len() / 2));
    assert!(whole.starts_with(&half));
    assert_eq!(headers["content-type"], "application/json");
    let (_, headers, body) = text(Effect::ContentType("text/html".to_owned())).await;
    assert_eq!(
        (headers["content-type"].to_str().unwrap(), body),
        ("text/html", whole)
    );
    let (status, _, body) = text(Effect::EmptyBody).await;
    assert_eq!((status, body.as_str()), (200, ""));
    let (_, headers, _) = text(Effect::WrongDate(SignedDuration::from_hours(-1))).await;
    assert_eq!(headers["date"], "Mon, 21 Jul 2025 01:39:40 GMT");
    let target = "http://127.0.0.1:9/elsewhere";
    let (status, headers, _) = text(Effect::Redirect(target.to_owned())).await;
    assert_eq!(
        (status, headers["location"].to_str().unwrap()),
        (307, target)
    );
}

#[tokio::test]
async fn a_huge_body_has_its_size_and_is_json() {
    for bytes in [1_000, 1_000_000] {
        let (world, _) = with_fault(Effect::HugeBody(bytes)).await;
        let response = world.client.send(Method::GET, LIST, vec![]).await.unwrap();
        let body = response.bytes().await.unwrap();
        assert_eq!(body.len() as u64, bytes);
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["code"], "SUCCESS");
    }
}

#[tokio::test]
async fn a_delay_takes_real_time_though_the_clock_is_frozen() {
    let delay = Duration::from_millis(150);
    let (world, _) = with_fault(Effect::Delay(delay)).await;
    let begun = std::time::Instant::now();
    world.client.get(LIST).await.data();
    assert!(begun.elapsed() >= delay);
}

#[tokio::test]
async fn several_faults_have_their_effects_together() {
    let (world, _) = with_fault(Effect::Unavailable).await;
    world
        .emulator
        .add_fault(Fault::new(Effect::WrongDate(SignedDuration::from_hours(1))));
    let answer: Answer = world.client.get(LIST).await;
    assert_eq!(answer.error(), (503, "500"));
    assert_eq!(answer.headers["date"], "Mon, 21 Jul 2025 03:39:40 GMT");
}
