//! What a query speaks of, as far as a test has to know.

use std::collections::BTreeMap;

use ncp_secret_operator::api::Reason;

use crate::exported::Labels;

/// What Prometheus adds to each series, and what alerts add to themselves.
const ADDED: [&str; 13] = [
    "alertname",
    "alertstate",
    "cluster",
    "container",
    "endpoint",
    "exported_namespace",
    "instance",
    "job",
    "namespace",
    "node",
    "pod",
    "service",
    "severity",
];

/// What is wrong with the words of a query: metrics and labels that nobody exports, and reasons that nobody gives.
pub fn wrong_words(query: &str, exported: &BTreeMap<String, Labels>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known: Labels = ADDED.map(str::to_owned).into();
    let mut metrics = 0;
    for name in words(query).filter(|word| word.starts_with("ncp_secret_operator")) {
        metrics += 1;
        match exported.get(name) {
            Some(labels) => known.extend(labels.iter().cloned()),
            None => wrong.push(format!("{name} is exported by nobody")),
        }
    }
    if metrics == 0 && !query.starts_with("ALERTS{") {
        wrong.push("it asks for no metric of the operator".to_owned());
    }
    let unknown = labels(query)
        .into_iter()
        .filter(|label| !known.contains(*label));
    wrong.extend(unknown.map(|label| format!("{label} is no label of its metrics")));
    let unknown = reasons(query).filter(|word| Reason::parse(word).is_none());
    wrong.extend(unknown.map(|word| format!("{word} is no reason")));
    wrong
}

fn words(query: &str) -> impl Iterator<Item = &str> {
    query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

/// The labels in selectors and groupings.
fn labels(query: &str) -> Vec<&str> {
    let selectors = query.split('{').skip(1).flat_map(|rest| {
        let selector = rest.split('}').next().unwrap_or_default();
        let matchers = selector.split("\",");
        matchers.filter_map(|matcher| matcher.split(['=', '!']).next())
    });
    let groupings = ["by (", "without (", "on ("].into_iter().flat_map(|word| {
        let after = query.split(word).skip(1);
        after.flat_map(|rest| rest.split(')').next().unwrap_or_default().split(','))
    });
    let labels = selectors.chain(groupings).map(str::trim);
    labels.filter(|label| !label.is_empty()).collect()
}

/// The words that a query compares reasons with.
fn reasons(query: &str) -> impl Iterator<Item = &str> {
    let matchers = query.split("reason").skip(1);
    let quoted = matchers.filter_map(|rest| {
        let rest = rest.trim_start_matches(['=', '!', '~']);
        rest.strip_prefix('"')?.split('"').next()
    });
    quoted.flat_map(|words| words.split('|'))
}

#[test]
fn words_that_do_not_exist_are_noticed() {
    let exported = crate::exported::exported();
    let wrong = |query| wrong_words(query, &exported);
    let good = r#"max without (pod) (ncp_secret_operator_object_not_ready{reason=~"Throttled|TooLarge",job="a"})"#;
    assert_eq!(wrong(good), [""; 0]);
    for (query, complaint) in [
        (
            "ncp_secret_operator_objectz",
            "ncp_secret_operator_objectz is exported by nobody",
        ),
        (
            "ncp_secret_operator_looks",
            "ncp_secret_operator_looks is exported by nobody",
        ),
        ("up == 0", "it asks for no metric of the operator"),
        (
            "sum by (name, colour) (ncp_secret_operator_object_not_ready)",
            "colour is no label of its metrics",
        ),
        (
            r#"ncp_secret_operator_leader{reason="ClockSkew"}"#,
            "reason is no label of its metrics",
        ),
        (
            r#"ncp_secret_operator_store_trouble{reason!~"ClockSkew|Clock"}"#,
            "Clock is no reason",
        ),
    ] {
        assert_eq!(wrong(query), [complaint], "{query}");
    }
}
