//! Prometheus' own checker at work.

use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use testbed::{Promtool, Sources};

/// Runs the checker.
///
/// # Errors
///
/// What it complains about.
pub fn promtool(arguments: &[&str], files: &[impl AsRef<Path>]) -> Result<(), String> {
    let promtool = Promtool::find(&Sources::from_env().unwrap()).unwrap();
    let mut command = Command::new(promtool.program());
    command.args(arguments);
    command.args(files.iter().map(AsRef::as_ref));
    let output = command.output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(String::from_utf8(said).unwrap())
}

/// Whether Prometheus can read all queries.
///
/// # Errors
///
/// What it complains about.
pub fn parses(queries: &[String]) -> Result<(), String> {
    let mut rules = "groups:\n- name: queries\n  rules:\n".to_owned();
    for (number, query) in queries.iter().enumerate() {
        let query = serde_json::to_string(query).unwrap();
        write!(rules, "  - record: query:{number}\n    expr: {query}\n").unwrap();
    }
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    file.write_all(rules.as_bytes()).unwrap();
    promtool(&["check", "rules", "--lint=none"], &[file.path()])
}

/// Whether a test of rules passes.
///
/// # Errors
///
/// What it complains about.
pub fn passes(test: &str) -> Result<(), String> {
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    file.write_all(test.as_bytes()).unwrap();
    promtool(&["test", "rules"], &[file.path()])
}

#[test]
fn a_query_that_prometheus_cannot_read_is_noticed() {
    assert_eq!(parses(&["sum by (a) (b{c=\"d\"})".into()]), Ok(()));
    let said = parses(&["sum(a".into()]).unwrap_err();
    assert!(said.contains("could not parse expression"), "{said}");
}
