//! The program with a seed file.

use std::fs;
use std::process::Command;

use ncp_emulator::{Key, Seed, SeedError};
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
