//! The dashboard for Grafana.

use serde_json::Value;

use crate::exported::exported;
use crate::promtool::parses;
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
            let filled = query
                .replace("$__rate_interval", "5m")
                .replace("$job", ".*");
            assert!(!filled.contains('$'), "nobody fills in {query}");
            filled
        })
        .collect()
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
fn the_installation_is_chosen_by_a_label_that_series_have() {
    let dashboard = dashboard();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let job = variables.iter().find(|variable| variable["name"] == "job");
    let query = job.unwrap()["query"]["query"].as_str().unwrap();
    assert_eq!(query, "label_values(ncp_secret_operator_leader, job)");
    for query in queries(&dashboard) {
        assert!(
            query.contains(r#"{job=~".*"}"#) || query.starts_with("ALERTS{"),
            "{query} is about all installations"
        );
    }
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
