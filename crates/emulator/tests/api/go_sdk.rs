//! NCP's own Go SDK: its signatures are taken, and its chain of credentials finds a server's role.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ncp_emulator::behavior::{ExpirationForm, NoServerRole, Verdict};
use ncp_emulator::{Boundary, Emulator, Key, NewSecret, Region, Role, ServerRole};
use serde_json::Value;
use testbed::GoModule;

use crate::client::World;

/// The program, built once for this run.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let module = GoModule::new("ncp-signer").unwrap();
        module
            .build(Path::new(env!("CARGO_TARGET_TMPDIR")))
            .unwrap()
    })
}

/// A run of the program without anything of the user's own.
fn signer(world: &World) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program());
    let time = world.emulator.clock().now().as_millisecond();
    command
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["-timestamp", &time.to_string()]);
    command
}

fn with_key(world: &World, key: &Key) -> tokio::process::Command {
    let mut command = signer(world);
    command
        .env("NCLOUD_ACCESS_KEY", &key.access_key)
        .env("NCLOUD_SECRET_KEY", &key.secret_key);
    command
}

/// The status and the JSON that came back, or what the program complained about.
async fn answer(command: &mut tokio::process::Command) -> Result<(u16, Value), String> {
    let output = command.output().await.unwrap();
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let (status, body) = text.split_once('\n').unwrap();
    Ok((
        status.parse().unwrap(),
        serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {body}")),
    ))
}

async fn status(world: &World, key: &Key, arguments: &[&str]) -> u16 {
    let mut command = with_key(world, key);
    let (status, json) = answer(command.args(arguments)).await.unwrap();
    if status == 401 {
        assert_eq!(json["error"]["errorCode"], "200", "{arguments:?}");
    }
    status
}

fn bases(emulator: &Emulator) -> [&str; 3] {
    let endpoints = emulator.endpoints();
    [
        &endpoints.kr_global,
        &endpoints.kr_regional,
        &endpoints.jpn_regional,
    ]
}

#[tokio::test]
async fn its_signatures_are_taken_on_each_host() {
    let world = World::start().await;
    let secrets = [
        NewSecret::named("global").boundary(Boundary::Global),
        NewSecret::named("regional"),
        NewSecret::named("japan").region(Region::Jpn),
    ];
    for (base, new) in bases(&world.emulator).into_iter().zip(secrets) {
        let id = world
            .emulator
            .create_secret(new.value(r#"{"a":"b"}"#))
            .unwrap();
        let value = r#"{"active":"{\"a\":\"c\"}"}"#;
        let long =
            "logs?pageNo=1&pageSize=1&timestampFrom=1753067196000&keyword=Get%20Secret%20Log";
        let table = [
            ("GET", "api/v1/secrets".to_owned(), "", 200),
            ("GET", "api/v1/secrets?pageNo=1".to_owned(), "", 200),
            ("GET", format!("api/v1/secrets/{id}/{long}"), "", 200),
            (
                "GET",
                format!("api/v1/secrets/{id}/logs?pageNo=1&pageSize=1&keyword=a+b&x=&y"),
                "",
                200,
            ),
            (
                "GET",
                "api/v1/secrets/a%20b%2Fc%ED%95%9C".to_owned(),
                "",
                404,
            ),
            ("GET", "api/v1/secrets/~.-_!$&'()*,;=:@".to_owned(), "", 404),
            ("PUT", format!("api/v1/secrets/{id}/values"), value, 200),
            ("POST", format!("api/v1/secrets/{id}/disable"), "", 200),
            (
                "POST",
                format!("action/v1/secrets/{id}/jobs/none/start"),
                "",
                404,
            ),
            (
                "POST",
                format!("api/v1/secrets/{id}/request-deletion"),
                "",
                200,
            ),
            ("DELETE", format!("api/v1/secrets/{id}"), "", 200),
        ];
        for (method, path, body, expected) in table {
            let url = format!("{base}/{path}");
            let arguments = ["-method", method, "-url", &url, "-body", body];
            let status = status(&world, &world.client.key, &arguments).await;
            assert_eq!(status, expected, "{method} {url}");
        }
    }
}

#[tokio::test]
async fn a_key_that_differs_in_one_byte_is_refused() {
    let world = World::start().await;
    let url = format!("{}/api/v1/secrets", bases(&world.emulator)[1]);
    let key = &world.client.key;
    for place in [0, key.secret_key.len() / 2, key.secret_key.len() - 1] {
        let mut wrong = key.clone();
        let other = if &key.secret_key[place..=place] == "x" {
            "y"
        } else {
            "x"
        };
        wrong.secret_key.replace_range(place..=place, other);
        assert_eq!(
            status(&world, &wrong, &["-url", &url]).await,
            401,
            "{place}"
        );
    }
    assert_eq!(status(&world, key, &["-url", &url]).await, 200);
}

#[tokio::test]
async fn its_older_header_is_taken_where_that_is_the_reading() {
    let world = World::start().await;
    let url = format!("{}/api/v1/secrets", bases(&world.emulator)[1]);
    let older = ["-url", &url, "-header", "x-ncp-apigw-signature-v1"];
    assert_eq!(status(&world, &world.client.key, &older).await, 200);
    world
        .emulator
        .behave(|it| it.signature_v1 = Verdict::Refused);
    assert_eq!(status(&world, &world.client.key, &older).await, 401);
}

#[tokio::test]
async fn its_chain_of_credentials_finds_the_role_of_the_server() {
    let world = World::start().await;
    let url = format!("{}/api/v1/secrets", bases(&world.emulator)[1]);
    let call = async || {
        let endpoint = &world.emulator.endpoints().metadata;
        let mut command = signer(&world);
        command.env("NCLOUD_METADATA_API_ENDPOINT", endpoint);
        answer(command.args(["-url", &url])).await
    };
    for reading in [NoServerRole::EmptyList, NoServerRole::NotFound] {
        world.emulator.behave(|it| it.no_server_role = reading);
        let why = call().await.unwrap_err();
        assert!(why.contains("found no keys"), "{reading:?}: {why}");
    }
    let created = world.emulator.clock().now();
    let role = ServerRole::named("shop", Role::Viewer, created);
    world.emulator.set_server_role(Some(role));
    for form in [
        ExpirationForm::Utc,
        ExpirationForm::WithOffset,
        ExpirationForm::Past,
        ExpirationForm::Missing,
    ] {
        world
            .emulator
            .behave(|it| it.server_role_key_expiration = form);
        let (status, json) = call().await.unwrap();
        assert_eq!(
            (status, &json["code"]),
            (200, &"SUCCESS".into()),
            "{form:?}"
        );
    }
    world
        .emulator
        .behave(|it| it.server_role_key_expiration = ExpirationForm::Unreadable);
    assert!(call().await.unwrap_err().contains("found no keys"));
    // It knows no tokens.
    world.emulator.behave(|it| {
        it.server_role_key_expiration = ExpirationForm::Utc;
        it.metadata_without_token = Verdict::Refused;
    });
    assert!(call().await.unwrap_err().contains("found no keys"));
}
