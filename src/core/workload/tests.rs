use proptest::prelude::*;
use serde_json::json;

use super::*;

fn workload(template: Value) -> Workload {
    let mut spec = json!({});
    spec["template"] = template;
    Workload {
        spec,
        ..Workload::default()
    }
}

fn consumed(pod: &Value) -> Consumption {
    workload(json!({ "spec": pod })).consumption("db")
}

fn keys(keys: &[&str]) -> Consumption {
    Consumption::Keys(keys.iter().map(|key| (*key).to_owned()).collect())
}

fn variable(secret: &str, key: &str) -> Value {
    json!({"name": "V", "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})
}

#[test]
fn each_way_to_take_a_secret_takes_its_keys() {
    let items = json!([{"key": "a", "path": "x"}, {"key": "b", "path": "y"}]);
    let cases = [
        (json!({}), Consumption::Nothing),
        (
            json!({"containers": [{"env": [variable("db", "a")]}]}),
            keys(&["a"]),
        ),
        (
            json!({"initContainers": [{"env": [variable("db", "a")]}]}),
            keys(&["a"]),
        ),
        (
            json!({"containers": [{"env": [{"name": "V", "valueFrom": {
                "secretKeyRef": {"name": "db", "key": "a", "optional": true},
            }}]}]}),
            keys(&["a"]),
        ),
        (
            json!({"containers": [
                {"env": [variable("db", "a"), variable("other", "b")]},
                {"env": [variable("db", "c"), {"name": "W", "value": "db"}]},
            ]}),
            keys(&["a", "c"]),
        ),
        (
            json!({"containers": [{"envFrom": [{"secretRef": {"name": "db"}}]}]}),
            Consumption::All,
        ),
        (
            json!({"initContainers": [
                {"envFrom": [{"prefix": "P_", "secretRef": {"name": "db", "optional": true}}]},
            ]}),
            Consumption::All,
        ),
        (
            json!({"containers": [{"envFrom": [{"configMapRef": {"name": "db"}}]}]}),
            Consumption::Nothing,
        ),
        (
            json!({"volumes": [{"name": "v", "secret": {"secretName": "db", "optional": true}}]}),
            Consumption::All,
        ),
        (
            json!({"volumes": [{"name": "v", "secret": {"secretName": "db", "items": []}}]}),
            Consumption::All,
        ),
        (
            json!({"volumes": [{"name": "v", "secret": {"secretName": "db", "items": items}}]}),
            keys(&["a", "b"]),
        ),
        (
            json!({"volumes": [{"name": "v", "secret": {"secretName": "other"}}]}),
            Consumption::Nothing,
        ),
        (
            json!({"volumes": [{"name": "v", "projected": {"sources": [
                {"configMap": {"name": "db"}}, {"secret": {"name": "db", "items": items}},
            ]}}]}),
            keys(&["a", "b"]),
        ),
        (
            json!({"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "db"}}]}}]}),
            Consumption::All,
        ),
        (
            json!({
                "containers": [{"env": [variable("db", "a")]}],
                "volumes": [{"name": "v", "secret": {"secretName": "db"}}],
            }),
            Consumption::All,
        ),
        (
            json!({"imagePullSecrets": [{"name": "db"}], "serviceAccountName": "db"}),
            Consumption::Nothing,
        ),
    ];
    for (pod, expected) in cases {
        assert_eq!(consumed(&pod), expected, "{pod}");
    }
}

#[test]
fn r11_what_does_not_have_its_form_consumes_nothing_and_hides_nothing() {
    let odd = [
        json!(null),
        json!("db"),
        json!(["db"]),
        json!({"db": "db"}),
        json!(7),
    ];
    for part in odd {
        for pod in [
            part.clone(),
            json!({"containers": part, "initContainers": part, "volumes": part}),
            json!({"containers": [part], "volumes": [part]}),
            json!({"containers": [{"env": part, "envFrom": part}]}),
            json!({"containers": [{"env": [part], "envFrom": [part]}]}),
            json!({"containers": [{"env": [{"valueFrom": part}, {"valueFrom": {"secretKeyRef": part}}]}]}),
            json!({"containers": [{"env": [variable("other", "k"), {"valueFrom": {
                "secretKeyRef": {"name": "db", "key": ["k"]},
            }}]}]}),
            json!({"volumes": [{"secret": part, "projected": part}]}),
            json!({"volumes": [{"projected": {"sources": part}}]}),
            json!({"volumes": [{"projected": {"sources": [part, {"secret": part}]}}]}),
        ] {
            assert_eq!(consumed(&pod), Consumption::Nothing, "{pod}");
        }
        let beside = json!({
            "containers": [part, {"env": [part, variable("db", "a")]}],
            "volumes": part,
        });
        assert_eq!(consumed(&beside), keys(&["a"]), "{beside}");
    }
}

#[test]
fn the_annotation_of_a_restart_is_read_back_and_anything_else_is_none() {
    let time: Timestamp = "2026-11-22T12:34:56.789Z".parse().unwrap();
    let written = Mark::write(time, "orders-db", "0123456789abcdef");
    assert_eq!(
        written,
        "2026-11-22T12:34:56.789Z orders-db 0123456789abcdef"
    );
    let with = |text: &str| {
        let annotations = json!({ "ncp-secrets.io/restarted-for": text });
        workload(json!({"metadata": {"annotations": annotations}})).mark()
    };
    let expected = Mark {
        time,
        object: "orders-db".to_owned(),
        content: "0123456789abcdef".to_owned(),
    };
    assert_eq!(with(&written), Some(expected));
    for text in [
        "",
        "now",
        "2026-11-22T12:34:56Z",
        "2026-11-22T12:34:56Z orders-db",
        "a b c",
    ] {
        assert_eq!(with(text), None, "{text}");
    }
    assert_eq!(workload(json!({})).mark(), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(vec![
        "spec",
        "containers",
        "initContainers",
        "env",
        "envFrom",
        "valueFrom",
        "secretKeyRef",
        "secretRef",
        "volumes",
        "secret",
        "secretName",
        "projected",
        "sources",
        "items",
        "name",
        "key",
        "template",
        "metadata",
        "annotations",
        "ncp-secrets.io/restarted-for",
        "paused",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["db", "a", "", "2026-11-22T12:34:56Z x y"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 64, 4, move |inner| {
        let map = prop::collection::vec((field.clone(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            map.prop_map(|fields| fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

prop_compose! {
    /// A container, and what it takes of the Secret `db`; nothing stands for all.
    fn container()(
        own in prop::collection::btree_set("[abc]", 0..3),
        foreign in prop::collection::btree_set("[abc]", 0..3),
        whole in prop::option::of(prop::sample::select(vec!["db", "other"])),
    ) -> (Value, Option<BTreeSet<String>>) {
        let env: Vec<_> = own.iter().map(|key| variable("db", key))
            .chain(foreign.iter().map(|key| variable("other", key)))
            .collect();
        let from: Vec<_> = whole.iter().map(|name| json!({"secretRef": {"name": name}})).collect();
        let all = whole == Some("db");
        (json!({"env": env, "envFrom": from}), (!all).then_some(own))
    }
}

proptest! {
    #[test]
    fn r11_no_form_of_a_workload_harms(spec in any_json(), pod in any_json()) {
        let loose = Workload { spec, ..Workload::default() };
        let _ = (loose.consumption("db"), loose.mark(), loose.is_paused(), loose.is_updated_on_delete());
        let _ = consumed(&pod);
    }

    #[test]
    fn a_pod_takes_what_its_containers_take_together(
        first in prop::collection::vec(container(), 0..4),
        main in prop::collection::vec(container(), 0..4),
    ) {
        let json = |containers: &[(Value, _)]| -> Vec<Value> {
            containers.iter().map(|(container, _)| container.clone()).collect()
        };
        let pod = json!({"initContainers": json(&first), "containers": json(&main)});
        let taken: Option<Vec<_>> = first.iter().chain(&main).map(|(_, taken)| taken.clone()).collect();
        let expected = match taken {
            None => Consumption::All,
            Some(sets) => {
                let union: BTreeSet<String> = sets.into_iter().flatten().collect();
                if union.is_empty() { Consumption::Nothing } else { Consumption::Keys(union) }
            }
        };
        prop_assert_eq!(consumed(&pod), expected);
    }
}
