//! The program with a seed file.

use std::fs;
use std::process::Command;

use jiff::SignedDuration;
use ncp_emulator::behavior::{NullData, Verdict};
use ncp_emulator::{Behavior, Effect, Emulator, Fault, FindError, Key, Seed, SeedError, Settings};
use serde_json::{Value, json};
use steerable_clock::Clock;

use crate::client::Client;
use crate::program::Running;

const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seed.yaml");

#[tokio::test]
async fn it_serves_what_the_seed_file_holds() {
    let start = "2026-01-01T00:00:00Z";
    let running = Running::start(&["--seed", SEED, "--start", start, "--speed", "0"]);
    let (clock, steering) = Clock::steered(start.parse().unwrap());
    steering.freeze();
    let client = |host: &str, key: Key| Client::new(&running.names[host], key, clock.clone());
    let orders = client("NCP_EMULATOR_KR_REGIONAL", running.key("_2"));
    let detail = orders.get("/api/v1/secrets/orders-id").await;
    assert_eq!(detail.data()["nextRotationDate"], 1_769_817_600_000_i64);
    let values = orders.get("/api/v1/secrets/orders-id/values").await;
    let expected = json!({
        "previous": "{\"cdbUser\":\"app\",\"cdbPassword\":\"zeroth\"}",
        "active": "{\"cdbUser\":\"app\",\"cdbPassword\":\"first\",\"cdbPort\":\"3306\"}",
        "pending": null,
    });
    assert_eq!(values.data()["decryptedSecretChain"], expected);
    let global = client("NCP_EMULATOR_KR_GLOBAL", running.key(""));
    let list = global.get("/api/v1/secrets").await;
    assert_eq!(list.data()["secretList"][0]["secretName"], "old-shop");
    assert_eq!(list.data()["secretList"][0]["secretStatus"], "DISABLE");
    let url = format!(
        "{}/latest/meta-data/iam/security-credentials/server-role-id",
        running.names["NCP_EMULATOR_METADATA"]
    );
    let keys = orders.http.get(url).send().await.unwrap();
    let keys: Value = keys.json().await.unwrap();
    assert_eq!(keys["Expiration"], "2026-01-01T01:00:00Z");
    let japan = client("NCP_EMULATOR_JPN_REGIONAL", running.key(""));
    assert_eq!(japan.get("/api/v1/secrets").await.data()["totalCount"], 1);
}

#[tokio::test]
async fn without_a_seed_file_it_has_one_key_and_no_secret() {
    let running = Running::start(&[]);
    let base = &running.names["NCP_EMULATOR_KR_REGIONAL"];
    let client = Client::new(base, running.key(""), Clock::machine());
    assert_eq!(client.get("/api/v1/secrets").await.data()["totalCount"], 0);
}

/// What the program says when it does not start.
fn refused(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ncp-emulator"))
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn arguments_go_over_the_seed_file() {
    let start = "2026-01-01T00:00:00Z";
    let running = Running::start(&[
        "--seed",
        SEED,
        "--start",
        start,
        "--speed",
        "0",
        "--secret",
        r#"shop-orders={"cdbPassword":"a=b"}"#,
        "--secret",
        r#"shop-stock={"key":"value"}"#,
        "--day",
        "10s",
        "--set",
        "pageSize=1",
        "--set",
        "readInDisable=accepted",
        "--fault",
        "{effect: {kind: throttled, retryAfter: 7s}, secret: shop-stock, times: 1}",
        "--admin-host",
        "emulator",
    ]);
    let (clock, steering) = Clock::steered(start.parse().unwrap());
    steering.freeze();
    let key = running.key("");
    let client = Client::new(&running.names["NCP_EMULATOR_KR_REGIONAL"], key, clock);
    let value = client.get("/api/v1/secrets/orders-id/active").await;
    assert_eq!(
        value.data()["decryptedSecretValue"]["value"],
        r#"{"cdbPassword":"a=b"}"#
    );
    let detail = client.get("/api/v1/secrets/orders-id").await;
    let next = detail.data()["nextRotationDate"].as_i64().unwrap();
    // Rounded up to a 24th of a day.
    let span = next - 1_767_225_600_000;
    assert!((300_000..300_417).contains(&span), "{span}");
    let list = client.get("/api/v1/secrets?pageNo=2").await;
    assert_eq!(list.data()["totalCount"], 2);
    assert_eq!(list.data()["secretList"].as_array().unwrap().len(), 1);
    let admin = &running.names["NCP_EMULATOR_ADMIN"];
    let secrets = client.http.get(format!("{admin}/secrets/shop-stock"));
    let request = secrets.header("host", "emulator").send();
    let stock: Value = request.await.unwrap().json().await.unwrap();
    let stock = format!("/api/v1/secrets/{}", stock["id"].as_str().unwrap());
    assert_eq!(client.get(&stock).await.headers["retry-after"], "7");
    client.get(&stock).await.data();
}

#[test]
fn arguments_that_make_no_sense_are_told_without_values() {
    let table = [
        (["--set", "page-siez=31337"], "pageSize"),
        (["--set", "pageSize"], "NAME=VALUE"),
        (
            ["--set", "readInDisable=perhaps"],
            "`accepted` or `refused`",
        ),
        (
            ["--day", "soon"],
            "write a span such as 90s, 30m, 24h or 7d",
        ),
        (["--day", "0s"], "the switch day must be at least 1s"),
        (
            ["--set", "successStatus=404"],
            "the switch successStatus must be 200 to 299",
        ),
        (["--secret", "31337"], "NAME=JSON"),
        (["--secret", r#"{"a":"31337="}"#], "NAME=JSON"),
        (["--secret", "shop=31337"], "must be a JSON object"),
        (["--fault", "{effect: {kind: explode}}"], "explode"),
        (
            ["--fault", "{effect: {kind: cut}, secret: nope}"],
            "no secret nope",
        ),
    ];
    for (arguments, reason) in table {
        let told = refused(&arguments);
        assert!(told.contains(reason), "{arguments:?}: {told}");
        assert!(!told.contains("31337"), "{arguments:?}: {told}");
    }
}

#[tokio::test]
async fn faults_of_a_seed_name_their_secret() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let seed = |secret: &str| {
        let yaml = format!(
            "secrets: [{{name: shop-orders, id: orders-id, value: {{key: value}}}}]\n\
             faults: [{{effect: {{kind: cut}}}}, {{effect: {{kind: stall}}, secret: {secret}}}]"
        );
        Seed::parse(&yaml).unwrap()
    };
    let Err(error) = seed("shop-ordrs").sow(&emulator) else {
        panic!("sown");
    };
    let source = FindError::Unknown("shop-ordrs".to_owned());
    assert_eq!(error, SeedError::FaultSecret { number: 2, source });
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    seed("shop-orders").sow(&emulator).unwrap();
    let faults: Vec<Fault> = emulator.faults().into_iter().map(|it| it.1).collect();
    let expected = [
        Fault::new(Effect::Cut),
        Fault::new(Effect::Stall).secret("orders-id"),
    ];
    assert_eq!(faults, expected);
}

#[tokio::test]
async fn tls_is_served_with_an_authority_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let ca_file = file.to_str().unwrap();
    let flags = ["--tls", "--tls-name", "a.test", "--tls-ca-file", ca_file];
    let running = Running::start(&flags);
    let base = &running.names["NCP_EMULATOR_KR_GLOBAL"];
    assert!(base.starts_with("https://"), "{base}");
    let authority = reqwest::Certificate::from_pem(&fs::read(&file).unwrap()).unwrap();
    let mut client = Client::new(base, running.key(""), Clock::machine());
    let http = Client::http().tls_certs_only([authority]);
    client.http = http.build().unwrap();
    assert_eq!(client.get("/api/v1/secrets").await.data()["totalCount"], 0);
}

#[test]
fn tls_that_cannot_be_had_ends_the_program_with_the_reason() {
    let table = [
        (
            vec![
                "--tls-cert",
                "/nowhere/tls.crt",
                "--tls-key",
                "/nowhere/tls.key",
            ],
            "failed to read the certificate file /nowhere/tls.crt",
        ),
        (
            vec!["--tls", "--tls-name", "two words"],
            "failed to make a certificate for \"two words\"",
        ),
        (
            vec!["--tls", "--tls-ca-file", "/nowhere/ca.pem"],
            "failed to write the certificate authority to /nowhere/ca.pem",
        ),
        (vec!["--tls-cert", "tls.crt"], "--tls-key <FILE>"),
        (vec!["--tls-key", "tls.key"], "--tls-cert <FILE>"),
        (vec!["--tls-name", "a.test"], "--tls"),
    ];
    for (flags, reason) in table {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ncp-emulator"));
        let output = program.args(&flags).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{flags:?}");
        assert!(said.contains(reason), "{flags:?}: {said}");
    }
}

#[test]
fn a_seed_file_that_is_not_understood_is_not_quoted() {
    for yaml in [
        "secrets: [{name: abc, value: 31337533}]",
        "secrets:\n- name: abc\n  valeu: {key: \"31337533\"}\n",
        "secrets: [{name: abc, value: {key: \"31337533\"",
    ] {
        let Err(error) = Seed::parse(yaml) else {
            panic!("understood: {yaml}");
        };
        assert!(matches!(error, SeedError::Unreadable(Some(_))), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("31337533"));
    }
}

#[tokio::test]
async fn strict_goes_under_the_seed_file_and_the_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.yaml");
    let switches = "{nullData: null, japanRegion: 81, nestedValues: accepted, day: 2d}";
    fs::write(&seed, format!("behavior: {switches}\n")).unwrap();
    let seed = seed.to_str().unwrap();
    let running = Running::start(&["--strict", "--seed", seed, "--set", "pageZero=accepted"]);
    let url = format!("{}/behavior", running.names["NCP_EMULATOR_ADMIN"]);
    let shown: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let expected = Behavior {
        null_data: NullData::Null,
        japan_region: "81".to_owned(),
        nested_values: Verdict::Accepted,
        day: SignedDuration::from_hours(48),
        page_zero: Verdict::Accepted,
        ..Behavior::strict()
    };
    assert_eq!(shown, serde_json::to_value(expected).unwrap());
}

#[test]
fn a_seed_whose_parts_make_no_sense_is_told_with_the_reason() {
    let table = [
        ("behavior: {day: soon}", "write a span such as 90s"),
        (
            "behavior: {largestBody: 1}",
            "the switch largestBody must be at least 16384",
        ),
        (
            "triggers: [{id: a, name: a}, {id: '', name: a}]",
            "trigger 2 of the seed",
        ),
        (
            "protectionKeys: [{tag: a, name: a, region: JPN, boundary: GLOBAL}]",
            "always ISOLATED in Japan",
        ),
        (
            "secrets: [{name: first, id: second, value: {a: b}}, {name: second, value: {a: b}}]",
            "secretName is the identifier of another secret",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.yaml");
    for (yaml, reason) in table {
        fs::write(&seed, yaml).unwrap();
        let told = refused(&["--seed", seed.to_str().unwrap()]);
        assert!(told.contains(reason), "{yaml}: {told}");
    }
}
