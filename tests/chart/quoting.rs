//! A text stays a text, whatever it looks like.

use serde_json::Value;

use crate::helm::{CHART, both, objects};

/// Everything in an object that has to be a text, and is not.
fn no_texts(object: &Value, place: &str, found: &mut Vec<String>) {
    let texts = [
        "name",
        "namespace",
        "username",
        "interval",
        "serviceAccountName",
        "priorityClassName",
    ];
    let maps = ["labels", "annotations", "matchLabels", "nodeSelector"];
    match object {
        Value::Object(fields) => {
            for (name, value) in fields {
                let place = format!("{place}/{name}");
                let is_map = maps
                    .iter()
                    .any(|map| place.ends_with(&format!("{map}/{name}")));
                let is_text = texts.contains(&name.as_str());
                if (is_text || is_map) && !value.is_string() {
                    found.push(format!("{place}: {value}"));
                }
                no_texts(value, &place, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                if place.ends_with("/args") && !item.is_string() {
                    found.push(format!("{place}: {item}"));
                }
                no_texts(item, place, found);
            }
        }
        _ => {}
    }
}

#[test]
fn what_looks_like_a_number_or_a_map_is_written_as_a_text() {
    for helm in both() {
        for values in [
            &["watchNamespaces=[\"123\",\"1e3\"]"][..],
            &[
                "serviceAccount.name=\"1e3\"",
                "clusterStores.enabled=true",
                "restarts.enabled=true",
            ],
            &[
                "commonLabels={\"a\":\"1\"}",
                "podLabels={\"b\":\"true\"}",
                "podAnnotations={\"c\":\"1.5\"}",
                "nodeSelector={\"d\":\"true\"}",
                "serviceAccount.annotations={\"e\":\"null\"}",
                "priorityClassName=\"123\"",
                "log.filter=\"a: b\"",
                "extraArgs=[\"--extra-ca-file=/a: b\",\"123\"]",
                "metrics.podMonitor={\"enabled\":true,\"labels\":{\"f\":\"1\"}}",
                "metrics.dashboard={\"enabled\":true,\"labels\":{\"f\":\"1\"},\"annotations\":{\"g\":\"1\"}}",
                "metrics.prometheusRule={\"enabled\":true,\"labels\":{\"f\":\"1\"}}",
            ],
        ] {
            let mut arguments = vec!["123", CHART, "--namespace", "456"];
            arguments.extend(["--set", "crds.install=false"]);
            arguments.extend(["--set-string", "fullnameOverride=true"]);
            arguments.extend(values.iter().flat_map(|value| ["--set-json", value]));
            let objects = objects(&helm.template(&arguments).unwrap());
            let mut found = Vec::new();
            for object in &objects {
                no_texts(object, &object["kind"].to_string(), &mut found);
            }
            assert_eq!(found, [""; 0], "{values:?}");
        }
    }
}

/// The schema refuses such names; whoever skips it is not to write conditions with them either.
#[test]
fn a_name_cannot_leave_the_text_that_it_is_in_a_condition() {
    let name = "x\" || true || \"";
    let set = format!("serviceAccount.name={}", Value::from(name));
    for helm in both() {
        let usual = ["x", CHART, "--namespace", "n", "--skip-schema-validation"];
        let rendered = helm.template(&[&usual[..], &["--set-json", &set]].concat());
        let objects = objects(&rendered.unwrap());
        let policies = objects
            .iter()
            .filter(|object| object["kind"] == "ValidatingAdmissionPolicy");
        let conditions: Vec<_> = policies
            .map(|policy| &policy["spec"]["matchConditions"][0]["expression"])
            .collect();
        assert_eq!(conditions.len(), 3);
        for condition in conditions {
            let escaped = Value::from(format!("system:serviceaccount:n:{name}")).to_string();
            assert_eq!(
                *condition,
                format!("request.userInfo.username == {escaped}")
            );
        }
    }
}
