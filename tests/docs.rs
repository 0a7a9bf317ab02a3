//! The documentation says what the code says.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use ncp_secret_operator::api::Reason;

const CONDITIONS: &str = include_str!("../docs/conditions.md");

/// The words in backticks that begin a row of a table below one of the headings about reasons.
fn documented() -> BTreeSet<&'static str> {
    let tables = CONDITIONS.split_once("## Reasons of Ready").unwrap().1;
    let first_cells = tables
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once(" |"));
    first_cells
        .flat_map(|(cell, _)| cell.split(", "))
        .map(|word| word.trim_matches('`'))
        .collect()
}

#[test]
fn every_reason_has_a_row_and_every_row_a_reason() {
    let reasons: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(documented(), reasons);
}

#[test]
fn each_row_of_the_lifetime_is_proven_by_a_test_that_exists() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live");
    let tests: String = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let rows: Vec<_> = include_str!("../docs/lifetime.md")
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| ")?
                .strip_suffix(" |")?
                .rsplit_once(" | ")
        })
        .skip(2)
        .collect();
    assert!(rows.len() >= 8, "{rows:?}");
    for (row, proofs) in rows {
        for proof in proofs.split(", ") {
            let name = proof.trim_matches('`');
            assert!(
                tests.contains(&format!("async fn {name}()")),
                "{row}: {name}"
            );
        }
    }
}

#[test]
fn both_readmes_show_the_same_commands_and_manifests() {
    let blocks = |text: &'static str| -> Vec<String> {
        let fenced = text.split("```").skip(1).step_by(2);
        fenced
            .map(|block| {
                let lines = block
                    .lines()
                    .map(|line| line.split(" # ").next().unwrap().trim_end());
                lines
                    .collect::<Vec<_>>()
                    .join("\n")
                    .replace("               ", "")
            })
            .collect()
    };
    let english = blocks(include_str!("../README.md"));
    let korean = blocks(include_str!("../README.ko.md"));
    assert!(english.len() > 5);
    assert_eq!(english, korean);
}
