//! A signing client, and an emulator to call.

use std::time::Duration;

use jiff::Timestamp;
use ncp_emulator::{Emulator, Key, NewSecret, Role, Settings, Trigger, sign};
use reqwest::header::HeaderMap;
use reqwest::{Client as Http, Method, Response, Url};
use serde_json::Value;
use steerable_clock::{Clock, Steering};

/// The moment of the documented Create example.
pub const REGISTERED: i64 = 1_753_065_580_243;

/// An emulator with a frozen clock, and a manager's client of its regional host.
pub struct World {
    pub emulator: Emulator,
    pub steering: Steering,
    pub client: Client,
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(choose: impl FnOnce(&mut Settings)) -> Self {
        let start = Timestamp::from_millisecond(REGISTERED).unwrap();
        let (clock, steering) = Clock::steered(start);
        steering.freeze();
        steering.set(start);
        let mut settings = Settings {
            clock: clock.clone(),
            steering: Some(steering.clone()),
            ..Settings::default()
        };
        choose(&mut settings);
        let emulator = Emulator::start(settings).await.unwrap();
        let key = emulator.add_key(Role::Manager);
        let client = Client::new(&emulator.endpoints().kr_regional, key, clock);
        Self {
            emulator,
            steering,
            client,
        }
    }

    /// With a secret `shop-orders` that is linked to the trigger `rotate`.
    pub async fn with_secret() -> (Self, String) {
        let world = Self::start().await;
        world.emulator.put_trigger(Trigger::named("rotate"));
        let new = NewSecret::named("shop-orders")
            .value(r#"{"abc":"cba"}"#)
            .trigger("rotate");
        let id = world.emulator.create_secret(new).unwrap();
        (world, id)
    }

    /// A client of another host or with another key.
    pub fn client(&self, base: &str, key: &Key) -> Client {
        Client::new(base, key.clone(), self.emulator.clock().clone())
    }
}

/// Signs requests with one key for one host.
#[derive(Clone)]
pub struct Client {
    base: String,
    pub key: Key,
    pub clock: Clock,
    pub http: Http,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
        Self {
            status,
            headers,
            json,
        }
    }

    /// The `data` of a success.
    pub fn data(&self) -> &Value {
        assert_eq!(
            (self.status, &self.json["code"]),
            (200, &"SUCCESS".into()),
            "{self:?}"
        );
        &self.json["data"]
    }

    /// Status and error code.
    pub fn error(&self) -> (u16, &str) {
        let code = self.json["error"]["errorCode"].as_str();
        (
            self.status,
            code.unwrap_or_else(|| panic!("no error code: {self:?}")),
        )
    }
}

impl Client {
    pub fn new(base: &str, key: Key, clock: Clock) -> Self {
        Self {
            base: base.to_owned(),
            key,
            clock,
            http: Self::http().build().unwrap(),
        }
    }

    /// How the HTTP client is made, apart from whom it trusts.
    pub fn http() -> reqwest::ClientBuilder {
        Http::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.call(Method::POST, path, None).await
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| body.to_string().into_bytes());
        let response = self.send(method, path, body.unwrap_or_default()).await;
        Answer::read(response.unwrap()).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> reqwest::Result<Response> {
        let url = Url::parse(&format!("{}{path}", self.base)).unwrap();
        let headers = self.headers(method.as_str(), &target(&url));
        self.http
            .request(method, url)
            .headers(headers)
            .body(body)
            .send()
            .await
    }

    /// The three headers of a signed request.
    pub fn headers(&self, method: &str, target: &str) -> HeaderMap {
        let time = self.clock.now().as_millisecond().to_string();
        let (access_key, secret_key) = (&self.key.access_key, &self.key.secret_key);
        let signature = sign(secret_key, method, target, &time, access_key);
        let mut headers = HeaderMap::new();
        headers.insert("x-ncp-apigw-timestamp", time.parse().unwrap());
        headers.insert("x-ncp-iam-access-key", access_key.parse().unwrap());
        headers.insert("x-ncp-apigw-signature-v2", signature.parse().unwrap());
        headers
    }
}

/// Path and query as they are sent.
fn target(url: &Url) -> String {
    match url.query() {
        None => url.path().to_owned(),
        Some(query) => format!("{}?{query}", url.path()),
    }
}
