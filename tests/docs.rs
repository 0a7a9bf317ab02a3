//! The documentation says what the code says.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use ncp_secret_operator::api::Reason;
use ncp_secret_operator::metrics::Metrics;
use serde_json::Value;

const OPERATIONS: &str = include_str!("../docs/operations.md");
const GUIDE: &str = include_str!("../docs/guide.md");
const GUIDE_IN_KOREAN: &str = include_str!("../docs/guide.ko.md");

/// The words in backticks that begin a row of a table below one of the headings about reasons.
fn documented() -> BTreeSet<&'static str> {
    let tables = OPERATIONS.split_once("## Reasons of Ready").unwrap().1;
    let tables = tables.split_once("## How many calls").unwrap().0;
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
fn every_metric_has_a_row() {
    let shown = Metrics::default().text().unwrap();
    let names = shown
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ncp_secret_operator_"))
        .map(|line| line.split(' ').next().unwrap());
    let missing: Vec<_> = names
        .filter(|name| !OPERATIONS.contains(&format!("`{name}")))
        .collect();
    assert_eq!(missing, [""; 0]);
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

/// The fenced blocks, without the comments in them.
fn blocks(text: &str) -> Vec<String> {
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
}

#[test]
fn both_languages_show_the_same_commands_and_manifests() {
    let readmes = (
        include_str!("../README.md"),
        include_str!("../README.ko.md"),
    );
    for (english, korean) in [readmes, (GUIDE, GUIDE_IN_KOREAN)] {
        let english = blocks(english);
        assert!(english.len() > 5);
        assert_eq!(english, blocks(korean));
    }
}

#[test]
fn both_guides_lead_to_each_other_and_explain_the_same_words_in_tables() {
    let head = |text: &'static str| text.lines().take(5).collect::<String>();
    assert!(head(GUIDE).contains("(guide.ko.md)"));
    assert!(head(GUIDE_IN_KOREAN).contains("(guide.md)"));
    let words = |text: &'static str| -> Vec<&str> {
        let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
        let cells = rows.map(|row| row.split(" | ").next().unwrap());
        cells
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .collect()
    };
    assert_eq!(words(GUIDE), words(GUIDE_IN_KOREAN));
}

/// The paths of the fields below a schema, without the marks of lists.
fn fields(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    if let Some(items) = schema.get("items") {
        fields(items, path, found);
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        fields(schema, &path, found);
        found.insert(path);
    }
}

/// The paths of what a manifest writes.
fn written(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| written(item, path, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                written(value, &path, found);
                found.insert(path);
            }
        }
        _ => {}
    }
}

#[test]
fn the_guide_writes_every_field_of_a_spec_and_names_every_field_of_a_status() {
    let mut shown = BTreeSet::new();
    for block in blocks(GUIDE) {
        let Some(manifests) = block.strip_prefix("yaml\n") else {
            continue;
        };
        for manifest in manifests.split("---\n") {
            let manifest: Value = serde_saphyr::from_str(manifest).unwrap();
            let kind = manifest["kind"].as_str().unwrap();
            written(&manifest["spec"], kind, &mut shown);
        }
    }
    for (_, definition) in ncp_secret_operator::api::manifests().unwrap() {
        let definition: Value = serde_saphyr::from_str(&definition).unwrap();
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
        let mut wanted = BTreeSet::new();
        fields(&schema["spec"], kind, &mut wanted);
        let missing: Vec<_> = wanted.difference(&shown).collect();
        assert!(missing.is_empty(), "{missing:?}");

        let mut known = BTreeSet::new();
        fields(&schema["status"], "", &mut known);
        for field in known {
            let field = field.trim_start_matches('.');
            let is_inner = ["source", "target"].contains(&field) || field.starts_with("conditions");
            assert!(is_inner || GUIDE.contains(&format!("`{field}`")), "{field}");
        }
    }
}
