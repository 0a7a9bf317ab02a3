//! Rotation actions of the user's own: an HTTP endpoint that drives the job.

use std::time::Duration;

use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router};
use jiff::SignedDuration;
use ncp_emulator::behavior::FailedCall;
use ncp_emulator::{
    Action, ActionUrl, HttpAction, Lifecycle, NewSecret, Phase, Region, Stage, Trigger,
};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::client::{Client, World};

const PATIENCE: Duration = Duration::from_secs(20);

/// A call of the action that waits for its answer.
struct Call {
    headers: HeaderMap,
    body: Value,
    answer: oneshot::Sender<StatusCode>,
}

impl Call {
    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap()
    }
}

/// A user's endpoint, which gives its calls to the test.
struct Endpoint {
    url: ActionUrl,
    calls: mpsc::Receiver<Call>,
}

impl Endpoint {
    async fn start() -> Self {
        let (sender, calls) = mpsc::channel(100);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/rotate", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/rotate", axum::routing::post(take))
            .with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url: action_url(&url),
            calls,
        }
    }

    async fn called(&mut self) -> Call {
        let call = tokio::time::timeout(PATIENCE, self.calls.recv()).await;
        call.expect("the action is called").unwrap()
    }
}

async fn take(
    Extracted(calls): Extracted<mpsc::Sender<Call>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> StatusCode {
    let (answer, answered) = oneshot::channel();
    let call = Call {
        headers,
        body,
        answer,
    };
    calls.send(call).await.unwrap();
    answered.await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn action_url(url: &str) -> ActionUrl {
    Url::parse(url).unwrap().try_into().unwrap()
}

async fn world(action: HttpAction) -> (World, String) {
    let (world, id) = World::with_secret().await;
    let trigger = Trigger::named("rotate").action(Action::Http(action));
    world.emulator.put_trigger(trigger);
    (world, id)
}

fn of_job(call: &Call, step: &str) -> String {
    let (id, token) = (call.text("secretId"), call.text("jobToken"));
    format!("/action/v1/secrets/{id}/jobs/{token}/{step}")
}

/// Waits until a line of the secret's log says how the action's call ended.
async fn logged_result(world: &World, id: &str) -> String {
    let looking = async {
        loop {
            let result = world.emulator.state(|state| {
                let mut entries = state.log(id).unwrap().newest_first();
                entries
                    .find(|entry| entry.action == "Call Action")
                    .map(|entry| entry.result.clone())
            });
            if let Some(result) = result {
                return result;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap()
}

#[tokio::test]
async fn an_endpoint_of_the_users_own_drives_the_whole_rotation() {
    let mut endpoint = Endpoint::start().await;
    let mut action = HttpAction::at(endpoint.url.clone());
    let parameters = [("dbHost", json!("db-1")), ("secretId", json!("overridden"))];
    action
        .parameters
        .extend(parameters.map(|(name, value)| (name.to_owned(), value)));
    let (world, id) = world(action).await;
    let client = &world.client;

    let executed = client.post(&format!("/api/v1/secrets/{id}/rotation")).await;
    executed.data();
    let call = endpoint.called().await;
    let token = world.emulator.job_token(&id).unwrap();
    let expected = json!({"dbHost": "db-1", "secretId": id, "jobToken": token});
    assert_eq!(call.body, expected);
    let base = call.headers["x-ncp-emulator-endpoint"].to_str().unwrap();
    assert_eq!(base, world.emulator.endpoints().kr_regional);

    let action = Client::new(base, client.key.clone(), client.clock.clone());
    let started = action.post(&of_job(&call, "start")).await;
    let chain = &started.data()["decryptedSecretChain"];
    assert_eq!(chain["active"], "{\"abc\":\"cba\"}");
    let wish = json!({"length": 20, "includeSpace": false});
    let random = action
        .call(
            Method::POST,
            &of_job(&call, "generate-random-secret"),
            Some(&wish),
        )
        .await;
    let password = random.data()["randomString"].as_str().unwrap();
    let value = json!({ "abc": password }).to_string();
    let pending = json!({ "value": value });
    action
        .call(Method::PUT, &of_job(&call, "pending"), Some(&pending))
        .await
        .data();
    action.post(&of_job(&call, "complete")).await.data();
    call.answer.send(StatusCode::OK).unwrap();

    assert_eq!(logged_result(&world, &id).await, "HTTP 200");
    let secret = world.emulator.secret(&id).unwrap();
    assert_eq!(secret.phase, Phase::None);
    assert_eq!(secret.chain.get(Stage::Active).unwrap().as_str(), value);
    let previous = secret.chain.get(Stage::Previous).unwrap().as_str();
    assert_eq!(previous, "{\"abc\":\"cba\"}");
}

#[tokio::test]
async fn the_schedule_calls_the_endpoint_too_and_on_the_secrets_own_host() {
    let mut endpoint = Endpoint::start().await;
    let world = World::start().await;
    let action = Action::Http(HttpAction::at(endpoint.url.clone()));
    let trigger = Trigger::named("rotate").region(Region::Jpn).action(action);
    world.emulator.put_trigger(trigger);
    let new = NewSecret::named("shop-orders")
        .region(Region::Jpn)
        .rotation(ncp_emulator::state::Rotation {
            period: Some(30),
            trigger: Some("rotate".to_owned()),
        });
    let id = world.emulator.create_secret(new).unwrap();
    world.steering.advance(SignedDuration::from_hours(31 * 24));
    let call = endpoint.called().await;
    assert_eq!(call.text("secretId"), id);
    let base = call.headers["x-ncp-emulator-endpoint"].to_str().unwrap();
    assert_eq!(base, world.emulator.endpoints().jpn_regional);
}

#[tokio::test]
async fn the_names_of_the_parameters_can_be_chosen() {
    let mut endpoint = Endpoint::start().await;
    let (world, id) = world(HttpAction::at(endpoint.url.clone())).await;
    world.emulator.behave(|behavior| {
        behavior.secret_id_parameter = "SECRET_ID".to_owned();
        behavior.job_token_parameter = "JOB_TOKEN".to_owned();
    });
    world.emulator.execute_rotation(&id).unwrap();
    let call = endpoint.called().await;
    let token = world.emulator.job_token(&id).unwrap();
    let expected = json!({"SECRET_ID": id, "JOB_TOKEN": token});
    assert_eq!(call.body, expected);
}

#[tokio::test]
async fn a_call_that_fails_leaves_the_rotation_to_its_time_out() {
    let mut endpoint = Endpoint::start().await;
    let (world, id) = world(HttpAction::at(endpoint.url.clone())).await;
    world.emulator.execute_rotation(&id).unwrap();
    let call = endpoint.called().await;
    call.answer.send(StatusCode::BAD_GATEWAY).unwrap();
    assert_eq!(logged_result(&world, &id).await, "HTTP 502");
    assert_eq!(world.emulator.secret(&id).unwrap().phase, Phase::Rotating);
    world.steering.advance(SignedDuration::from_hours(25));
    let secret = world.emulator.secret(&id).unwrap();
    assert_eq!(secret.phase, Phase::RotationFailed);
}

#[tokio::test]
async fn a_call_that_fails_can_fail_the_rotation() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let mut hanging = Endpoint::start().await;
    let mut impatient = HttpAction::at(hanging.url.clone());
    impatient.timeout = SignedDuration::from_millis(500).try_into().unwrap();
    let table = [
        (HttpAction::at(action_url(&nobody)), "UNREACHABLE"),
        (impatient, "TIMEOUT"),
    ];
    for (action, result) in table {
        let (world, id) = world(action).await;
        world
            .emulator
            .behave(|behavior| behavior.failed_call = FailedCall::FailsRotation);
        world.emulator.execute_rotation(&id).unwrap();
        assert_eq!(logged_result(&world, &id).await, result);
        let secret = world.emulator.secret(&id).unwrap();
        assert_eq!(secret.phase, Phase::RotationFailed, "{result}");
    }
    hanging.called().await;
}

#[tokio::test]
async fn a_late_answer_of_a_cancelled_job_changes_nothing() {
    let mut endpoint = Endpoint::start().await;
    let (world, id) = world(HttpAction::at(endpoint.url.clone())).await;
    world
        .emulator
        .behave(|behavior| behavior.failed_call = FailedCall::FailsRotation);
    world.emulator.execute_rotation(&id).unwrap();
    let call = endpoint.called().await;
    world.emulator.cancel_rotation(&id).unwrap();
    call.answer.send(StatusCode::BAD_GATEWAY).unwrap();
    assert_eq!(logged_result(&world, &id).await, "HTTP 502");
    let secret = world.emulator.secret(&id).unwrap();
    assert_eq!(
        (secret.phase, secret.lifecycle),
        (Phase::None, Lifecycle::Enable)
    );
}

#[tokio::test]
async fn a_hundred_actions_run_at_once_and_the_next_one_waits() {
    let mut endpoint = Endpoint::start().await;
    let (world, _) = world(HttpAction::at(endpoint.url.clone())).await;
    for number in 0..101 {
        let new = NewSecret::named(&format!("shop-{number}")).trigger("rotate");
        let id = world.emulator.create_secret(new).unwrap();
        world.emulator.execute_rotation(&id).unwrap();
    }
    let mut running = Vec::new();
    for _ in 0..100 {
        running.push(endpoint.called().await);
    }
    let one_more = tokio::time::timeout(Duration::from_millis(200), endpoint.calls.recv());
    assert!(one_more.await.is_err());
    running.pop().unwrap().answer.send(StatusCode::OK).unwrap();
    endpoint.called().await;
}

#[test]
fn only_an_address_that_can_be_called_is_an_action() {
    let trigger = |action: Value| {
        let trigger = json!({"id": "a", "name": "a", "action": action});
        serde_json::from_value::<Trigger>(trigger)
    };
    let table = [
        (json!({"kind": "http", "url": "http://127.0.0.1:1/a"}), true),
        (
            json!({"kind": "http", "url": "https://a.example/", "timeout": "PT5M"}),
            true,
        ),
        (
            json!({"kind": "http", "url": "https://a.example/", "timeout": "PT6M"}),
            false,
        ),
        (json!({"kind": "http", "url": "ftp://a.example/"}), false),
        (json!({"kind": "http", "url": "a.example"}), false),
        (json!({"kind": "http"}), false),
        (
            json!({"kind": "http", "url": "http://a.example/", "adress": 1}),
            false,
        ),
    ];
    for (action, good) in table {
        assert_eq!(trigger(action.clone()).is_ok(), good, "{action}");
    }
}
