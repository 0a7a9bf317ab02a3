//! The program with a state file is killed, or its disk is full.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use steerable_clock::Clock;

use crate::client::Client;
use crate::program::Running;

const ROUNDS: u64 = 12;
const WRITERS: usize = 4;

fn client(running: &Running) -> Client {
    let base = &running.names["NCP_EMULATOR_KR_REGIONAL"];
    Client::new(base, running.key(""), Clock::machine())
}

fn start(path: &Path) -> Running {
    Running::start(&["--state", path.to_str().unwrap()])
}

fn secret(name: &str, memo: &str) -> Value {
    json!({
        "secretName": name, "memo": memo, "secretType": "BASIC", "autoRotationYN": "N",
        "secretValue": {"value": "{\"a\":\"b\"}", "rotationTargets": ["a"]},
        "protectionKeyType": "DEFAULT",
    })
}

/// Creates secrets and changes their memos until nobody answers, and takes down what was answered.
async fn write(client: Client, prefix: String, answered: Arc<Mutex<Vec<(String, String)>>>) {
    for number in 0.. {
        let wish = secret(&format!("{prefix}-{number}"), "");
        let body = wish.to_string().into_bytes();
        let Ok(created) = client.send(Method::POST, "/api/v1/secrets", body).await else {
            return;
        };
        let Ok(created) = created.json::<Value>().await else {
            return;
        };
        let id = created["data"]["secretId"].as_str().unwrap().to_owned();
        answered.lock().unwrap().push((id.clone(), String::new()));
        let path = format!("/api/v1/secrets/{id}/memo");
        let body = json!({"memo": "changed"}).to_string().into_bytes();
        let Ok(changed) = client.send(Method::PUT, &path, body).await else {
            return;
        };
        assert_eq!(changed.status(), 200);
        answered.lock().unwrap().push((id, "changed".to_owned()));
    }
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let answered = Arc::new(Mutex::new(Vec::new()));
    let mut running = start(&path);
    for round in 0..ROUNDS {
        let writers = (0..WRITERS).map(|writer| {
            let prefix = format!("w{writer}-{round}");
            tokio::spawn(write(client(&running), prefix, Arc::clone(&answered)))
        });
        let writers: Vec<_> = writers.collect();
        tokio::time::sleep(Duration::from_millis(20 + round * 17)).await;
        running.process.kill().unwrap();
        // Until it has ended it holds the lock of its file.
        running.process.wait().unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
        running = start(&path);
        let client = client(&running);
        let mut changes = answered.lock().unwrap().clone();
        // The later change of a secret comes first, and its earlier one then does not count.
        changes.reverse();
        let mut seen = std::collections::HashSet::new();
        for (id, memo) in changes {
            if !seen.insert(id.clone()) {
                continue;
            }
            let detail = client.get(&format!("/api/v1/secrets/{id}")).await;
            let now = detail.data()["memo"].as_str().unwrap();
            // A change whose answer was lost may have been made.
            assert!(
                now == memo || now == "changed",
                "{id}: {now} instead of {memo}"
            );
        }
    }
    let answered = answered.lock().unwrap().len();
    assert!(answered > 50, "only {answered} changes were answered");
}

#[tokio::test]
async fn a_full_disk_refuses_changes_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    // A limit of the size of files is a full disk for one process; its signal is ignored, so that writing fails.
    let program = env!("CARGO_BIN_EXE_ncp-emulator");
    let script = r#"trap "" XFSZ; ulimit -S -f 4000; exec "$0" --state "$1""#;
    let mut command = Command::new("bash");
    command.args(["-c", script, program]).arg(&path);
    let running = Running::spawn(&mut command);
    let first = client(&running);
    let create = async |number: usize| {
        let wish = secret(&format!("secret-{number}"), &"m".repeat(1000));
        let path = "/api/v1/secrets";
        first.call(Method::POST, path, Some(&wish)).await
    };
    let mut kept = Vec::new();
    let refused = loop {
        let created = create(kept.len()).await;
        if created.status != 200 {
            break created;
        }
        kept.push(created.data()["secretId"].as_str().unwrap().to_owned());
        assert!(kept.len() < 10_000, "the limit has no effect");
    };
    assert_eq!(refused.error(), (500, "INTERNAL_SERVER_ERROR"));
    assert!(!kept.is_empty());
    // Reading goes on.
    first.get("/api/v1/secrets").await.data();

    let process = running.process.id().to_string();
    let raised = Command::new("prlimit")
        .args(["--pid", &process, "--fsize=unlimited"])
        .status();
    assert!(raised.unwrap().success());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let mut number = 20_000;
    loop {
        number += 1;
        let created = create(number).await;
        if created.status == 200 {
            kept.push(created.data()["secretId"].as_str().unwrap().to_owned());
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{created:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let key = running.key("");
    drop(running);
    let running = start(&path);
    assert_eq!(running.key(""), key);
    let second = client(&running);
    for id in kept {
        second.get(&format!("/api/v1/secrets/{id}")).await.data();
    }
}
