//! The program itself: what it says when it cannot start, and how it ends.

use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use ncp_emulator::{Effect, Fault, Operation};
use serde_json::json;
use tempfile::tempdir;
use testbed::{Process, Signal, free_ports};

use crate::scene::{Scene, own_control_plane, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ncp-secret-operator");

/// Much longer than an orderly end takes, and shorter than Kubernetes waits before it kills.
const SECONDS: Duration = Duration::from_secs(15);

/// Runs the program with nothing in its environment that could help it.
fn run(arguments: &[&str]) -> Output {
    let home = tempdir().unwrap();
    let child = Command::new(PROGRAM)
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_told_on_stderr_and_end_the_program() {
    let scene = Scene::without_operator().await;
    let kubeconfig = format!(
        "--kubeconfig={}",
        scene.settings().kubeconfig.unwrap().display()
    );
    let free = "--listen=127.0.0.1:0";
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("--listen={}", taken.local_addr().unwrap());
    let listens = format!(
        "failed to listen on {}: is something else using the port?",
        taken.local_addr().unwrap()
    );
    let no_pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&no_pem, "this is no certificate").unwrap();
    let no_pem = format!("--extra-ca-file={}", no_pem.path().display());
    let clock = format!("--clock-url={}/clock", scene.emulator.endpoints().admin);
    let table: &[(&[&str], &str)] = &[
        (&["--no-such-flag"], "--no-such-flag"),
        (&["--concurrency=0"], "--concurrency"),
        (&["--listen=here"], "--listen"),
        (&["--log-format=xml"], "--log-format"),
        (&["--leader-election=maybe"], "--leader-election"),
        (&["--watch-namespaces="], "this is no name of a namespace"),
        (
            &["--watch-namespaces=shop,Other"],
            "this is no name of a namespace",
        ),
        (&["--log=a=b=c", free, &kubeconfig], "--log"),
        (&[free], "run in a pod, or set KUBECONFIG"),
        (
            &[free, "--kubeconfig=/no/such/file"],
            "failed to use the kubeconfig file /no/such/file",
        ),
        (&[&listen, &kubeconfig], &listens),
        (
            &[
                free,
                &kubeconfig,
                "--endpoint-kr-regional=http://127.0.0.1:1",
            ],
            "the endpoint is plain http",
        ),
        (
            &[
                free,
                &kubeconfig,
                "--allow-loopback-http",
                "--endpoint-kr-global=http://198.51.100.1",
            ],
            "the endpoint is plain http, and not on 127.0.0.1, [::1] or localhost",
        ),
        (
            &[free, &kubeconfig, "--endpoint-jpn-regional=nowhere"],
            "the endpoint is no URL like https://host/prefix",
        ),
        (
            &[free, &kubeconfig, "--extra-ca-file=/no/such/file"],
            "failed to read the certificate authorities in /no/such/file",
        ),
        (
            &[free, &kubeconfig, &no_pem],
            "failed to read the extra certificate authorities as PEM",
        ),
        (
            &[free, &kubeconfig, &clock],
            "the endpoint kr-regional is not on a loopback address",
        ),
        (
            &[free, &kubeconfig, &clock, "--log=off"],
            "the endpoint kr-regional is not on a loopback address",
        ),
    ];
    for (arguments, tells) in table {
        let output = run(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            text.contains(tells),
            "{arguments:?} says {text:?}, and {:?}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{arguments:?}: {}",
            output.status
        );
        assert!(!text.contains("panicked"), "{text}");
    }
}

fn start(arguments: &[String], log: &Path) -> Process {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_remove("KUBECONFIG");
    Process::spawn(&command, testbed::Output::Log(log.to_owned())).unwrap()
}

async fn end(mut program: Process, signal: Signal) {
    program.signal(signal).unwrap();
    let ended = tokio::time::timeout(SECONDS, program.wait())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((ended.code(), ended.signal()), (Some(0), None));
}

#[tokio::test]
async fn a_signal_ends_the_program_in_order_ready_or_not_and_lets_running_passes_end() {
    // The program follows every namespace, so it gets a control plane of its own.
    let plane = own_control_plane().await;

    let address = format!("127.0.0.1:{}", free_ports().next().unwrap());
    let folder = tempdir().unwrap();
    let [not_ready, text, json] =
        ["not-ready", "text", "json"].map(|form| folder.path().join(form));
    let arguments = [
        format!("--kubeconfig={}", plane.cluster().kubeconfig().display()),
        format!("--listen={address}"),
        "--namespace=default".into(),
    ];
    let program = start(&arguments, &not_ready);
    let readyz = format!("http://{address}/readyz");
    let answers = async |status: u16, line: &str| {
        let response = reqwest::get(&readyz).await.ok()?;
        let is_so = response.status().as_u16() == status;
        let text = response.text().await.ok()?;
        (is_so && text.contains(line)).then_some(())
    };
    for kind in ["ncpsecrets", "ncpsecretstores", "clusterncpsecretstores"] {
        let line = format!("- {kind}: the CRD is not installed; apply crds/\n");
        until("the program waits for the CRDs", async || {
            answers(503, &line).await
        })
        .await;
    }
    end(program, Signal::TERM).await;

    let program = start(&arguments, &not_ready);
    until("it waits again", async || {
        answers(503, "the CRD is not installed").await
    })
    .await;
    let scene = Scene::in_own(&plane).await;
    scene.grant_the_cluster().await;
    until("it finds CRDs that come later", async || {
        answers(200, "ok\n").await
    })
    .await;
    end(program, Signal::TERM).await;

    scene.create_store("ncp").await;
    for (signal, form, log) in [(Signal::TERM, "text", &text), (Signal::INT, "json", &json)] {
        let name = format!("object-{form}");
        let id = scene.secret_in_ncp(&name, r#"{"password":"p"}"#);
        let slow = Fault::new(Effect::Delay(Duration::from_secs(2)));
        scene.emulator.add_fault(
            slow.operation(Operation::GetSecretStageValue)
                .secret(&id)
                .times(1),
        );
        let mut arguments = scene.arguments()[1..].to_vec();
        arguments.push(format!(
            "--clock-url={}/clock",
            scene.emulator.endpoints().admin
        ));
        arguments.push(format!("--log-format={form}"));
        let program = start(&arguments, log);
        scene.create_by_id(&name, &id, json!({})).await;
        scene.until_looks(&id, 1).await;
        assert_eq!(scene.secret(&name).await, None, "the pass has not ended");
        end(program, signal).await;
        assert!(scene.secret(&name).await.is_some(), "the pass was cut off");
        scene.until_reason(&name, "Synced").await;
    }
    plane.stop().await.unwrap();

    let log = std::fs::read_to_string(&text).unwrap();
    assert!(
        log.contains("the operator has stopped") && !log.contains('\u{1b}'),
        "{log}"
    );
    for line in std::fs::read_to_string(&json).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["message"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
}
