//! The dashboard for Grafana.

use std::fmt::Write;

use serde_json::Value;

use crate::exported::exported;
use crate::promtool::{parses, passes};
use crate::query::wrong_words;

const DASHBOARD: &str =
    include_str!("../../charts/ncp-secret-operator/dashboards/ncp-secret-operator.json");

fn dashboard() -> Value {
    serde_json::from_str(DASHBOARD).unwrap()
}

/// The title of each panel, and the panel, without the rows.
fn panels(dashboard: &Value) -> Vec<(&str, &Value)> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let panels = panels.filter(|panel| panel["type"] != "row");
    panels
        .map(|panel| (panel["title"].as_str().unwrap(), panel))
        .collect()
}

/// All queries, as Grafana would send them: with its variables filled in.
fn queries(dashboard: &Value) -> Vec<String> {
    let targets = panels(dashboard).into_iter().flat_map(|(title, panel)| {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title} asks for nothing");
        targets.iter().map(|target| &target["expr"])
    });
    let annotations = dashboard["annotations"]["list"].as_array().unwrap().iter();
    let queries = targets.chain(annotations.map(|annotation| &annotation["expr"]));
    queries
        .map(|query| {
            let query = query.as_str().unwrap();
            let filled = filled_in(query, ".*", ".*");
            assert!(!filled.contains('$'), "nobody fills in {query}");
            filled
        })
        .collect()
}

/// A query as Grafana would send it when these installations are chosen.
fn filled_in(query: &str, job: &str, namespace: &str) -> String {
    query
        .replace("$__rate_interval", "5m")
        .replace("$job", job)
        .replace("$namespace", namespace)
}

/// The first query of a panel when these installations are chosen.
fn query_of(dashboard: &Value, title: &str, job: &str, namespace: &str) -> String {
    let panels = panels(dashboard);
    let (_, panel) = panels.iter().find(|(its, _)| *its == title).unwrap();
    let query = panel["targets"][0]["expr"].as_str().unwrap();
    filled_in(query, job, namespace)
}

#[test]
fn every_query_can_be_read_by_prometheus_and_asks_for_what_is_exported() {
    let queries = queries(&dashboard());
    assert!(queries.len() > 25, "{queries:#?}");
    parses(&queries).unwrap_or_else(|why| panic!("{why}"));
    let exported = exported();
    for query in &queries {
        assert_eq!(wrong_words(query, &exported), [""; 0], "{query}");
    }
}

#[test]
fn every_metric_is_on_the_dashboard() {
    let queries = queries(&dashboard()).join("\n");
    let is_part = |name: &str| name.ends_with("_sum") || name.ends_with("_count");
    let names = exported().into_keys().filter(|name| !is_part(name));
    let missing: Vec<_> = names.filter(|name| !queries.contains(name)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_installation_is_chosen_by_labels_that_series_have() {
    let dashboard = dashboard();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    for (name, asked) in [
        ("job", "label_values(ncp_secret_operator_leader, job)"),
        (
            "namespace",
            r#"label_values(ncp_secret_operator_leader{job=~"$job"}, namespace)"#,
        ),
    ] {
        let variable = variables.iter().find(|variable| variable["name"] == name);
        assert_eq!(variable.unwrap()["query"]["query"], asked);
    }
    // What is of an object or a store has the namespace of that, and so is chosen by who shows it.
    let by_own = r#"{job=~".*",namespace=~".*"}"#;
    let by_who_shows_it = [
        r#"{job=~".*"}"#,
        r#" and on (job, instance) ncp_secret_operator_leader{job=~".*",namespace=~".*"}"#,
    ];
    for query in queries(&dashboard) {
        let is_of_one =
            query.contains("ncp_secret_operator_object_") || query.contains("operator_store_");
        let is_chosen = if is_of_one {
            by_who_shows_it.iter().all(|part| query.contains(part))
        } else {
            query.contains(by_own)
        };
        assert!(
            is_chosen || query.starts_with("ALERTS{"),
            "{query} is about all installations"
        );
    }
}

/// What two installations of the same names show, in the namespaces `one` and `two`, each with a pod that stands by.
fn two_installations() -> String {
    let mut series = String::new();
    for (namespace, network, objects) in [("one", 1, 10), ("two", 2, 30)] {
        for (pod, leads) in [("a", 1), ("b", 0)] {
            let own = format!(
                r#"job="ncp-secret-operator",instance="10.0.{network}.{leads}",pod="{namespace}-{pod}""#
            );
            let mut show = |metric: &str, labels: &str, number: usize| {
                writeln!(
                    series,
                    "  - {{series: 'ncp_secret_operator_{metric}{{{own},{labels}}}', values: {number}x60}}"
                )
                .unwrap();
            };
            let here = format!(r#"namespace="{namespace}""#);
            show("leader", &here, leads);
            for (metric, number) in [
                ("objects", objects),
                ("overdue", objects / 10),
                ("queue_ready", objects * 2),
                ("queue_oldest_seconds", objects),
            ] {
                show(metric, &here, number * leads);
            }
            if leads == 1 {
                show(
                    "object_not_ready",
                    r#"namespace="shop",name="shared",reason="TooLarge""#,
                    1,
                );
                let name = format!(r#"namespace="shop",name="of-{namespace}",reason="TooLarge""#);
                show("object_not_ready", &name, 1);
                let store = r#"kind="ClusterNcpSecretStore",store="production""#;
                show("store_budget_left", store, objects);
            }
        }
    }
    series
}

#[test]
fn two_installations_add_up_where_they_should_and_are_told_apart_where_they_should() {
    let both = "one|two";
    let each = |one: &str, two: &str| {
        let of = |namespace: &str, number: &str| {
            format!(r#"{{job="ncp-secret-operator",namespace="{namespace}"}} {number}"#)
        };
        vec![of("one", one), of("two", two)]
    };
    let object = |name: &str| format!(r#"{{namespace="shop",name="{name}",reason="TooLarge"}} 1"#);
    let store = r#"{kind="ClusterNcpSecretStore",store="production"}"#;
    let cases = [
        ("Leads", both, each("1", "1")),
        ("NcpSecrets", both, vec!["{} 40".to_owned()]),
        ("NcpSecrets", "one", vec!["{} 10".to_owned()]),
        ("Work undone", both, vec!["{} 4".to_owned()]),
        ("Objects by turn", both, vec!["{} 80".to_owned()]),
        ("Longest due", both, each("10", "30")),
        ("Not good", both, vec!["{} 3".to_owned()]),
        ("Not good", "two", vec!["{} 2".to_owned()]),
        ("Not good", "elsewhere", vec!["{} 0".to_owned()]),
        (
            "Objects that are not good",
            "two",
            vec![object("shared"), object("of-two")],
        ),
        ("Budget that is left", both, vec![format!("{store} 10")]),
        ("Budget that is left", "two", vec![format!("{store} 30")]),
    ];
    let mut test = format!(
        "evaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n{}  promql_expr_test:\n",
        two_installations()
    );
    let dashboard = dashboard();
    for (title, namespace, expected) in cases {
        let query = query_of(&dashboard, title, "ncp-secret-operator", namespace);
        let query = serde_json::to_string(&query).unwrap();
        write!(
            test,
            "  - expr: {query}\n    eval_time: 30m\n    exp_samples:\n"
        )
        .unwrap();
        for sample in expected {
            let (labels, number) = sample.rsplit_once(' ').unwrap();
            writeln!(test, "    - {{labels: '{labels}', value: {number}}}").unwrap();
        }
    }
    passes(&test).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn alerts_are_shown_for_the_installations_that_are_chosen() {
    let dashboard = dashboard();
    let annotations = dashboard["annotations"]["list"].as_array().unwrap();
    let [annotation] = &annotations[..] else {
        panic!("{annotations:?}");
    };
    let alerts = [
        r#"alertname="NcpSecretOperatorNoLeader",job="ours",namespace="one""#,
        r#"alertname="NcpSecretOperatorNoLeader",job="ours",namespace="two""#,
        r#"alertname="NcpSecretOperatorNoLeader",job="theirs",namespace="one""#,
        r#"alertname="NcpSecretOperatorNoLeader",severity="critical""#,
        r#"alertname="NcpSecretStale",job="ours",namespace="shop""#,
        r#"alertname="NcpSecretStale",job="theirs",namespace="shop""#,
    ];
    let series = |labels: &str| format!(r#"ALERTS{{alertstate="firing",{labels}}}"#);
    let mut test = "evaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n".to_owned();
    for labels in alerts {
        writeln!(test, "  - {{series: '{}', values: 1x60}}", series(labels)).unwrap();
    }
    let query = annotation["expr"].as_str().unwrap();
    let query = serde_json::to_string(&filled_in(query, "ours", "one")).unwrap();
    write!(
        test,
        "  promql_expr_test:\n  - expr: {query}\n    eval_time: 30m\n    exp_samples:\n"
    )
    .unwrap();
    // That nobody was ever there is of no installation, and so of each.
    for labels in [alerts[0], alerts[3], alerts[4]] {
        writeln!(test, "    - {{labels: '{}', value: 1}}", series(labels)).unwrap();
    }
    passes(&test).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn panels_have_titles_of_their_own_and_do_not_overlap() {
    let dashboard = dashboard();
    let mut taken = Vec::new();
    let mut titles = Vec::new();
    for (title, panel) in panels(&dashboard) {
        assert!(!titles.contains(&title), "{title} twice");
        titles.push(title);
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && !taken.contains(&(x, y)), "{title} overlaps");
                taken.push((x, y));
            }
        }
    }
}
