//! The alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use ncp_secret_operator::api::Reason;
use serde::Deserialize;

use crate::exported::exported;
use crate::promtool::{passes, promtool};
use crate::query::wrong_words;
use crate::repository;

pub const RULES: &str = "charts/ncp-secret-operator/rules/alerts.yaml";
pub const DOCUMENTED_AT: &str =
    "https://github.com/ncp-secret-operator/ncp-secret-operator/blob/main/docs/operations.md";
const OPERATIONS: &str = include_str!("../../docs/operations.md");
const RUNNING: &str = include_str!("../../docs/running.md");
const PROOFS: &str = "tests/observability/alerts";

#[derive(Deserialize)]
pub struct Rules {
    pub groups: Vec<Group>,
}

#[derive(Deserialize)]
pub struct Group {
    pub rules: Vec<Rule>,
}

#[derive(Deserialize)]
pub struct Rule {
    pub alert: String,
    pub expr: String,
    /// For how long the expression has to hold.
    #[serde(rename = "for")]
    pub lasts: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

pub fn alerts() -> Vec<Rule> {
    let text = std::fs::read_to_string(repository(RULES)).unwrap();
    let rules: Rules = serde_saphyr::from_str(&text).unwrap();
    let groups = rules.groups.into_iter();
    groups.flat_map(|group| group.rules).collect()
}

fn proofs() -> Vec<PathBuf> {
    let files = std::fs::read_dir(repository(PROOFS)).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn prometheus_takes_the_rules_without_a_complaint() {
    let lint = ["check", "rules", "--lint=all", "--lint-fatal"];
    promtool(&lint, &[repository(RULES)]).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn each_alert_fires_when_it_should_and_is_quiet_when_it_should() {
    promtool(&["test", "rules"], &proofs()).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn each_alert_is_tried_firing_and_quiet_in_a_file_of_its_own() {
    let names: BTreeSet<_> = alerts().into_iter().map(|rule| rule.alert).collect();
    let mut tried = BTreeSet::new();
    for path in proofs() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("alertname: {name}\n")), "{name}");
        assert!(text.contains("exp_annotations:"), "{name} never fires");
        assert!(text.contains("exp_alerts: []"), "{name} is never quiet");
        tried.insert(name);
    }
    assert_eq!(tried, names);
}

#[test]
fn each_alert_asks_for_what_is_exported() {
    let exported = exported();
    for rule in alerts() {
        assert_eq!(
            wrong_words(&rule.expr, &exported),
            [""; 0],
            "{}",
            rule.alert
        );
    }
}

#[test]
fn each_alert_says_what_it_means_for_pods_and_how_urgent_it_is() {
    for rule in alerts() {
        let said = &rule.annotations["description"];
        assert!(
            said.contains("Running pods keep the value"),
            "{}",
            rule.alert
        );
        let severity = rule.labels["severity"].as_str();
        assert!(
            ["warning", "critical"].contains(&severity),
            "{}",
            rule.alert
        );
        assert!(
            !rule.annotations["summary"].ends_with('.'),
            "{}",
            rule.alert
        );
    }
}

/// The chapter below a heading, by the anchor that GitHub gives the heading.
fn chapter(anchor: &str) -> Option<&'static str> {
    let mut chapters = OPERATIONS.split("\n#").skip(1);
    chapters.find(|chapter| {
        let heading = chapter.lines().next().unwrap_or_default();
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let letters = heading
            .chars()
            .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        letters.collect::<String>().replace(' ', "-") == anchor
    })
}

#[test]
fn each_alert_leads_to_a_chapter_that_says_what_happened_what_it_means_and_what_to_do() {
    for rule in alerts() {
        let url = &rule.annotations["runbook_url"];
        let anchor = url.strip_prefix(DOCUMENTED_AT).unwrap();
        let chapter = chapter(anchor.strip_prefix('#').unwrap());
        let chapter = chapter.unwrap_or_else(|| panic!("{url} leads nowhere"));
        assert_eq!(
            chapter.lines().next().unwrap().trim_matches(['#', ' ']),
            rule.alert
        );
        for part in [
            "**What happened.** ",
            "**Running pods.** ",
            "**What to do.** ",
        ] {
            assert!(chapter.contains(part), "{} has no {part}", rule.alert);
        }
    }
}

#[test]
fn each_chapter_about_an_alert_is_about_one_that_exists() {
    let headings = OPERATIONS
        .lines()
        .filter_map(|line| line.strip_prefix("### "));
    let documented: BTreeSet<_> = headings
        .filter(|name| name.starts_with("NcpSecret"))
        .collect();
    let rules = alerts();
    let names = rules.iter().map(|rule| rule.alert.as_str());
    assert_eq!(documented, names.collect());
}

#[test]
fn what_the_page_on_running_says_of_each_alert_is_what_its_rule_does() {
    let table = RUNNING.split_once("## Metrics about the operator itself\n");
    let table = table.unwrap().1.split_once("\n## ").unwrap().0;
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let rules: Vec<_> = alerts()
        .into_iter()
        .filter(|rule| rule.alert.starts_with("NcpSecretOperator"))
        .collect();
    assert_eq!(rows.len(), rules.len(), "{rows:#?}");
    for (row, rule) in rows.iter().zip(rules) {
        let metric = row.split('`').nth(1).unwrap();
        let asked = format!("{metric})");
        let asked_over = format!("{metric}[");
        assert!(
            rule.expr.contains(&asked) || rule.expr.contains(&asked_over),
            "{row}"
        );
        let link = format!(
            "[{}](operations.md#{})",
            rule.alert,
            rule.alert.to_lowercase()
        );
        assert!(row.contains(&link), "{row}");
        // What is asked for over some minutes says more than how long it has to hold.
        let over = rule.expr.split_once(&asked_over);
        let over = over.and_then(|(_, rest)| rest.split_once("m])"));
        let said = match over {
            Some((minutes, _)) if minutes.parse::<u8>().is_ok() => {
                format!("within {minutes} minutes")
            }
            _ => format!("for {} minutes", rule.lasts.trim_end_matches('m')),
        };
        assert!(row.contains(&said), "{row} does not say {said}");
    }
}

/// Whoever reads the pods gives them labels of his own, and so no rule may count on which those are.
#[test]
fn each_alert_groups_by_labels_that_it_names() {
    for rule in alerts() {
        assert!(!rule.expr.contains("without ("), "{}", rule.alert);
        let series = rule.expr.matches("ncp_secret_operator_").count();
        let grouped = rule.expr.matches(" by (cluster, ").count();
        let is_whole = rule.expr.matches("absent_over_time(").count();
        assert!(grouped + is_whole >= series, "{}", rule.alert);
    }
}

/// The words in the first column of a table of the documentation.
fn rows(from: &str, to: &str) -> Vec<Reason> {
    let table = OPERATIONS.split_once(from).unwrap().1;
    let table = table.split_once(to).unwrap().0;
    let words = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    words.map(|word| Reason::parse(word).unwrap()).collect()
}

/// A test for promtool: so many series, and how many alerts fire for each reason.
fn one_each(metric: &str, reasons: &[Reason], expected: &[Reason]) -> String {
    let mut test = format!(
        "rule_files: ['{}']\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n  \
         - {{series: 'ncp_secret_operator_leader', values: 1x60}}\n",
        repository(RULES).display()
    );
    for reason in reasons {
        let series = format!(
            r#"ncp_secret_operator_{metric}{{name="a",reason="{}"}}"#,
            reason.as_str()
        );
        writeln!(test, "  - {{series: '{series}', values: 1x60}}").unwrap();
    }
    test.push_str("  promql_expr_test:\n  - expr: count by (reason) (ALERTS{alertstate=\"firing\"})\n    eval_time: 40m\n    exp_samples:\n");
    for reason in expected {
        writeln!(
            test,
            "    - {{labels: '{{reason=\"{}\"}}', value: 1}}",
            reason.as_str()
        )
        .unwrap();
    }
    test
}

#[test]
fn each_trouble_raises_one_alert_and_no_more() {
    let of_ready = rows("## Reasons of Ready", "## Reasons of SourceAvailable");
    let is_trouble = |reason: &Reason| ![Reason::Synced, Reason::RefreshFailing].contains(reason);
    let of_ready: Vec<_> = of_ready.into_iter().filter(is_trouble).collect();
    assert!(of_ready.len() > 25);
    let alarming: Vec<_> = of_ready
        .iter()
        .copied()
        .filter(|reason| *reason != Reason::Suspended)
        .collect();
    let of_rotation = [
        Reason::RotationFailed,
        Reason::RotationStalled,
        Reason::RotationOverdue,
    ];
    let of_stores: Vec<_> = rows("## The Ready condition of a store", "## Reasons of events")
        .into_iter()
        .chain([
            Reason::CredentialsMissing,
            Reason::CredentialsRejected,
            Reason::ClockSkew,
        ])
        .filter(|reason| *reason != Reason::Configured)
        .collect();
    assert_eq!(of_stores.len(), 6);
    for (metric, reasons, expected) in [
        ("object_not_ready", &of_ready[..], &alarming[..]),
        ("object_rotation_unhealthy", &of_rotation, &of_rotation),
        ("store_trouble", &of_stores, &of_stores),
    ] {
        let test = one_each(metric, reasons, expected);
        passes(&test).unwrap_or_else(|why| panic!("{why}"));
    }
}
