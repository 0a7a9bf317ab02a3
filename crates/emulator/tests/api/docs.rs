//! The emulator's documentation: its commands do what it says, and its table of switches is the code's.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use ncp_emulator::Behavior;
use serde_json::Value;

const DOCS: &str = include_str!("../../../../docs/emulator.md");

/// The fenced blocks, each with its language.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fenced = DOCS.split("\n```").skip(1).step_by(2);
    fenced
        .map(|block| block.split_once('\n').unwrap())
        .collect()
}

/// Whether a text is the expected one, in which `…` stands for anything.
fn fits(text: &str, expected: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap()) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    open || rest.is_empty()
}

/// The commands of the documentation are those of a person at a shell.
fn require_commands() {
    for command in ["bash", "curl", "openssl"] {
        let found = Command::new(command).arg("--help").output().is_ok();
        assert!(
            found,
            "{command} is missing; the documentation uses it, and this test runs the documentation. \
             On Debian: apt-get install {command}"
        );
    }
}

#[test]
fn the_commands_of_the_documentation_print_what_it_says() {
    require_commands();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let examples = folder.path().join("examples");
    std::os::unix::fs::symlink(repository.join("examples"), examples).unwrap();
    // Each block writes to a file of its own, and the first failure ends the script.
    let mut script =
        vec!["set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT".to_owned()];
    let mut expected = Vec::new();
    for (language, text) in blocks() {
        match language {
            "sh" => {
                let text = text.replace("cargo run -p ncp-emulator --", "\"$EMULATOR\"");
                script.push(format!("exec > out{}\n{text}", expected.len()));
                expected.push("");
            }
            "text" => *expected.last_mut().unwrap() = text,
            _ => {}
        }
    }
    assert!(expected.len() > 5);
    let output = Command::new("bash")
        .args(["-c", &script.join("\n")])
        .current_dir(&folder)
        .env("EMULATOR", env!("CARGO_BIN_EXE_ncp-emulator"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    for (number, expected) in expected.into_iter().enumerate() {
        let printed = std::fs::read_to_string(folder.path().join(format!("out{number}"))).unwrap();
        let (printed, expected): (Vec<_>, Vec<_>) =
            (printed.lines().collect(), expected.lines().collect());
        assert_eq!(printed.len(), expected.len(), "{printed:#?}");
        for (line, wanted) in printed.iter().zip(expected) {
            assert!(fits(line, wanted), "printed:  {line}\nexpected: {wanted}");
        }
    }
}

#[test]
fn every_switch_and_its_default_is_in_the_table() {
    let tables = DOCS.split_once("the switches\n").unwrap().1;
    let rows = tables.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: BTreeMap<&str, &str> = rows
        .map(|row| {
            let (name, rest) = row.split_once("` | `").unwrap();
            (name, rest.split_once('`').unwrap().0)
        })
        .collect();
    let Value::Object(switches) = serde_json::to_value(Behavior::default()).unwrap() else {
        panic!("switches are an object");
    };
    let names: Vec<&str> = documented.keys().copied().collect();
    let mut expected: Vec<&str> = switches.keys().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    for (name, default) in documented {
        let set = Behavior::default().set(name, default);
        assert_eq!(set, Ok(Behavior::default()), "{name}");
    }
}

#[test]
fn a_text_fits_what_has_gaps() {
    let table = [
        ("abc", "abc", true),
        ("abcd", "abc", false),
        ("abc", "a…c", true),
        ("abc", "a…", true),
        ("abc", "…", true),
        ("abd", "a…c", false),
        ("xabc", "a…c", false),
        ("abcx", "a…c", false),
    ];
    for (text, expected, good) in table {
        assert_eq!(fits(text, expected), good, "{text} {expected}");
    }
}
