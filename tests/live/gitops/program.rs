//! Asks what Argo CD and Flux would show for objects: the program in `tools/gitops`, which has Argo CD's interpreter of
//! health checks and Flux' own rules of readiness.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{fs, process};

use serde::Deserialize;
use serde_json::Value;

const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/gitops");
const HEALTH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gitops/argocd-health.lua");

/// What both make of an object.
#[derive(Clone, Debug, Deserialize)]
pub struct Shown {
    pub argo: Verdict,
    pub flux: Verdict,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Verdict {
    pub status: String,
    pub message: String,
}

impl Shown {
    /// The words of both.
    pub fn words(&self) -> (&str, &str) {
        (&self.argo.status, &self.flux.status)
    }
}

/// What both make of each of the objects.
pub fn shown(objects: &[Value]) -> Vec<Shown> {
    let lines: Vec<_> = objects.iter().map(Value::to_string).collect();
    let lines = lines.join("\n") + "\n";
    let mut asked = Command::new(program())
        .args(["-health", HEALTH])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = asked.stdin.take().unwrap();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = asked.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    writing.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Shown> = answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), objects.len());
    answers
}

/// Builds the program once for this run. Only the first build ever needs the module proxy.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build)
}

fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (program, draft) = (
        folder.join("gitops"),
        folder.join(format!("gitops-{}", process::id())),
    );
    let built = Command::new("go")
        .current_dir(MODULE)
        .args(["build", "-trimpath", "-o"])
        .arg(&draft)
        .arg(".")
        .envs([
            ("CGO_ENABLED", "0"),
            ("GOFLAGS", "-mod=readonly"),
            ("GOWORK", "off"),
        ])
        .output()
        .expect(
            "this test needs Go: install Go 1.26 or later from your package manager or go.dev/dl, \
             then run it again",
        );
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(
        built.status.success(),
        "failed to build tools/gitops:\n{said}"
    );
    fs::rename(&draft, &program).unwrap();
    program
}
