//! Faults as a client sees them.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::{Effect, Fault, Host, Lifecycle, Operation};
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
