//! Asks what Argo CD and Flux would show for objects: the program in `tools/gitops`, which has Argo CD's interpreter of
//! health checks and Flux' own rules of readiness.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;
use testbed::GoModule;

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

/// The program, built once for this run.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let module = GoModule::new("gitops").unwrap();
        module
            .build(Path::new(env!("CARGO_TARGET_TMPDIR")))
            .unwrap()
    })
}
