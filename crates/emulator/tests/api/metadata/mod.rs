//! The metadata service of a server, from the first token to a signed call.

mod faults;
mod kept;
mod keys;

use jiff::SignedDuration;
use ncp_emulator::behavior::NoServerRole;
use ncp_emulator::behavior::Verdict::{Accepted, Refused};
use ncp_emulator::{Key, Role, ServerRole};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::World;

const LIST: &str = "/api/v1/secrets";
const TOKEN: &str = "/latest/api/token";
const TTL: &str = "X-NCP-METADATA-TOKEN-TTL-SECONDS";
const ROLES: &str = "/latest/meta-data/iam/security-credentials";
const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials/role-1";

async fn with_role() -> World {
    let world = World::start().await;
    world.emulator.set_server_role(Some(role(Role::Viewer)));
    world
}

fn role(role: Role) -> ServerRole {
    ServerRole {
        id: "role-1".to_owned(),
        name: "shop".to_owned(),
        role,
        created: "2025-01-02T03:04:05Z".parse().unwrap(),
    }
}

fn request(world: &World, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}{path}", world.emulator.endpoints().metadata);
    world.client.http.request(method, url)
}

async fn text(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn get(world: &World, path: &str) -> (u16, String) {
    text(request(world, Method::GET, path)).await
}

async fn get_with(world: &World, path: &str, token: &str) -> (u16, String) {
    text(request(world, Method::GET, path).header("X-NCP-METADATA-TOKEN", token)).await
}

async fn token(world: &World, ttl: &str) -> (u16, String) {
    text(request(world, Method::PUT, TOKEN).header(TTL, ttl)).await
}

async fn credentials(world: &World) -> Value {
    let (status, body) = get(world, CREDENTIALS).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn key(credentials: &Value) -> Key {
    let half = |name: &str| credentials[name].as_str().unwrap().to_owned();
    Key {
        access_key: half("AccessKeyId"),
        secret_key: half("SecretAccessKey"),
    }
}

/// The status of a signed call with keys.
async fn call(world: &World, credentials: &Value) -> u16 {
    let base = &world.emulator.endpoints().kr_regional;
    world.client(base, &key(credentials)).get(LIST).await.status
}

fn not_found() -> (u16, String) {
    (404, "Path Not found.".to_owned())
}

#[tokio::test]
async fn a_token_gives_the_role_whose_keys_sign() {
    let world = with_role().await;
    world
        .emulator
        .behave(|it| it.metadata_without_token = Refused);
    let (status, token) = token(&world, "21600").await;
    assert_eq!(status, 200);
    let (status, id) = get_with(&world, ROLES, &token).await;
    assert_eq!((status, id.as_str()), (200, "role-1"));
    let (status, body) = get_with(&world, &format!("{ROLES}/{id}"), &token).await;
    assert_eq!(status, 200);
    let credentials: Value = serde_json::from_str(&body).unwrap();
    let expected = json!({
        "Type": "NCP-HMAC",
        "AccessKeyId": credentials["AccessKeyId"],
        "SecretAccessKey": credentials["SecretAccessKey"],
        "Expiration": "2025-07-21T03:39:40Z",
        "Token": "",
        "LastUpdated": "2025-07-21T02:39:40Z",
        "Code": "Success",
    });
    assert_eq!(credentials, expected);
    assert!(
        body.starts_with(r#"{"Type":"NCP-HMAC","AccessKeyId":"#),
        "{body}"
    );
    assert_eq!(call(&world, &credentials).await, 200);
    let base = &world.emulator.endpoints().kr_regional;
    let client = world.client(base, &key(&credentials));
    let denied = client.post(&format!("{LIST}/nowhere/disable")).await;
    assert_eq!(denied.error(), (401, "210"));
}

#[tokio::test]
async fn every_documented_path_answers_in_both_versions_and_with_a_slash_at_the_end() {
    let world = with_role().await;
    let info = json!({
        "roleId": "role-1", "roleName": "shop", "roleType": "Server",
        "createTime": "2025-01-02T03:04:05Z",
    });
    assert_eq!(
        get(&world, "/").await,
        (200, "2020-11-18\nlatest".to_owned())
    );
    for version in ["2020-11-18", "latest"] {
        for slash in ["", "/"] {
            let read = async |path: &str| {
                let (status, text) = get(&world, &format!("/{version}{path}{slash}")).await;
                assert_eq!(status, 200, "{version}{path}{slash}: {text}");
                text
            };
            assert_eq!(read("").await, "meta-data");
            assert_eq!(read("/meta-data").await, "iam");
            assert_eq!(read("/meta-data/iam").await, "info\nsecurity-credentials");
            let shown: Value = serde_json::from_str(&read("/meta-data/iam/info").await).unwrap();
            assert_eq!(shown, info);
            let roles = "/meta-data/iam/security-credentials";
            assert_eq!(read(roles).await, "role-1");
            let keys = read(&format!("{roles}/role-1")).await;
            assert!(keys.contains("NCP-HMAC"), "{keys}");
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_not_found() {
    let world = with_role().await;
    for path in [
        "/1.0",
        "/latest/user-data",
        "/latest/meta-data/hostname",
        "/latest/meta-data/iam/security-credentials/role-2",
        "/latest/meta-data/iam//info",
        "/latest/meta-data/../meta-data/iam/infos",
        TOKEN,
    ] {
        assert_eq!(get(&world, path).await, not_found(), "{path}");
    }
    for method in [Method::POST, Method::DELETE, Method::PUT] {
        let answer = text(request(&world, method.clone(), ROLES).body("x")).await;
        assert_eq!(answer, not_found(), "{method}");
    }
    let posted = text(request(&world, Method::POST, TOKEN).header(TTL, "60")).await;
    assert_eq!(posted, not_found());
}

#[tokio::test]
async fn a_server_without_a_role_follows_its_reading() {
    let world = World::start().await;
    assert!(world.emulator.server_role().is_none());
    assert_eq!(
        get(&world, &format!("{ROLES}/")).await,
        (200, String::new())
    );
    for path in ["/latest/meta-data/iam/info", CREDENTIALS] {
        assert_eq!(get(&world, path).await, not_found(), "{path}");
    }
    world
        .emulator
        .behave(|it| it.no_server_role = NoServerRole::NotFound);
    for path in [ROLES, "/latest/meta-data/iam", CREDENTIALS] {
        assert_eq!(get(&world, path).await, not_found(), "{path}");
    }
    world.emulator.set_server_role(Some(role(Role::None)));
    assert_eq!(get(&world, ROLES).await.1, "role-1");
    assert_eq!(world.emulator.server_role(), Some(role(Role::None)));
}

#[tokio::test]
async fn a_token_ends_on_the_clock_and_has_an_allowed_lifetime() {
    let world = with_role().await;
    let (_, short) = token(&world, "300").await;
    world.steering.advance(SignedDuration::from_secs(299));
    assert_eq!(get_with(&world, ROLES, &short).await.0, 200);
    world.steering.advance(SignedDuration::from_secs(1));
    assert_eq!(get_with(&world, ROLES, &short).await.0, 401);
    for ttl in ["0", "21601", "-1", "1.5", "", "x", "99999999999999999999"] {
        assert_eq!(token(&world, ttl).await.0, 400, "{ttl}");
    }
    assert_eq!(text(request(&world, Method::PUT, TOKEN)).await.0, 400);
    world.emulator.behave(|it| {
        it.shortest_metadata_token = SignedDuration::from_secs(60);
        it.longest_metadata_token = SignedDuration::from_secs(61);
    });
    for (ttl, status) in [("59", 400), ("60", 200), ("61", 200), ("62", 400)] {
        assert_eq!(token(&world, ttl).await.0, status, "{ttl}");
    }
}

#[tokio::test]
async fn tokens_follow_their_readings() {
    let world = with_role().await;
    let (_, good) = token(&world, "60").await;
    let statuses = async || {
        [
            get(&world, ROLES).await.0,
            get_with(&world, ROLES, &good).await.0,
            get_with(&world, ROLES, "wrong").await.0,
            token(&world, "60").await.0,
        ]
    };
    let behave = |without, wrong, tokens| {
        world.emulator.behave(|it| {
            it.metadata_without_token = without;
            it.metadata_wrong_token = wrong;
            it.metadata_tokens = tokens;
        });
    };
    let table = [
        ([Accepted, Refused, Accepted], [200, 200, 401, 200]),
        ([Accepted, Accepted, Accepted], [200, 200, 200, 200]),
        ([Refused, Refused, Accepted], [401, 200, 401, 200]),
        ([Refused, Accepted, Accepted], [401, 200, 401, 200]),
        ([Accepted, Refused, Refused], [200, 200, 200, 404]),
        ([Refused, Accepted, Refused], [401, 401, 401, 404]),
    ];
    for ([without, wrong, tokens], expected) in table {
        behave(without, wrong, tokens);
        let reading = (without, wrong, tokens);
        assert_eq!(statuses().await, expected, "{reading:?}");
    }
}
