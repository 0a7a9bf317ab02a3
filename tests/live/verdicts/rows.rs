//! The specs on which a verdict is asked for.

use serde_json::{Map, Value, json};

/// A field, what stands in it, and a part of the API server's message when that is refused.
pub type Row = (&'static str, Value, Option<&'static str>);

const PATTERN: Option<&str> = Some("should match");
const TOO_LONG: Option<&str> = Some("Too long: may not be more than");
const TOO_SHORT: Option<&str> = Some("should be at least");
const TOO_MANY: Option<&str> = Some("Too many:");
const TOO_SMALL: Option<&str> = Some("should be greater than or equal to 1");
const TOO_GREAT: Option<&str> = Some("should be less than or equal to");
const UNSUPPORTED: Option<&str> = Some("Unsupported value");
const ONE_SOURCE: Option<&str> = Some("write exactly one of secretId and secretName");
const INTERVAL: Option<&str> = Some("interval must be between 30s and 8760h");
const STALE_AFTER: Option<&str> = Some("staleAfter must be between 30s and 8760h");
const TYPE: Option<&str> = Some("type must be Opaque, kubernetes.io/tls");
const RESERVED: Option<&str> =
    Some("ncp-secrets.io/ and app.kubernetes.io/managed-by are reserved");
const LABELS: Option<&str> = Some("labels must have the form that Kubernetes allows for labels");
const ANNOTATIONS: Option<&str> =
    Some("annotations must have the form that Kubernetes allows for annotations");
const ANNOTATED: Option<&str> =
    Some("annotations must have 245760 bytes at the most, names and values together");
const DOTS: Option<&str> = Some("a key must not be '.' and must not start with '..'");
const ONE_FORM: Option<&str> = Some("write exactly one of from, template and format");
const WITH_FROM: Option<&str> = Some("optional and decode go with from only");
const TOO_FEW: Option<&str> = Some("should have at least 1 items");
const WRONG_TYPE: Option<&str> = Some("Invalid value");
const ACTIVE_ONLY: Option<&str> =
    Some("rotation.pending Expose goes with source.stage Active only");
const GLOBAL: Option<&str> = Some("keyIsolation Global is offered in region KR only");
const ONE_AUTH: Option<&str> = Some("write exactly one of secretRef and serverRole");
const A_GRANT: Option<&str> = Some("a grant names secretIds or secretNames");

fn long(length: usize) -> String {
    "a".repeat(length)
}

/// A map of so many entries.
fn map(entries: usize) -> Value {
    let entries = (0..entries).map(|number| (format!("key-{number}"), json!("v")));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// So many annotations of 12291 bytes each.
fn annotated(entries: usize) -> Value {
    let entries = (10..entries + 10).map(|number| (format!("k{number}"), json!("한".repeat(4096))));
    json!({"annotations": entries.collect::<Map<_, _>>()})
}

fn data(entries: usize) -> Value {
    let entries = (0..entries).map(|number| json!({"key": format!("key-{number}"), "from": "a"}));
    Value::Array(entries.collect())
}

pub fn sources_and_times() -> Vec<Row> {
    vec![
        ("/source", json!({"secretName": "orders"}), None),
        ("/source", json!({"secretId": "0a1b"}), None),
        ("/source", json!({}), ONE_SOURCE),
        (
            "/source",
            json!({"secretName": "orders", "secretId": "0a1b"}),
            ONE_SOURCE,
        ),
        ("/source", json!({"secretId": long(128)}), None),
        ("/source", json!({"secretId": long(129)}), TOO_LONG),
        ("/source", json!({"secretId": ""}), TOO_SHORT),
        ("/source", json!({"secretId": "a/../b"}), PATTERN),
        ("/source", json!({"secretId": "-a"}), PATTERN),
        ("/source", json!({"secretName": "abc"}), None),
        ("/source", json!({"secretName": "ab"}), TOO_SHORT),
        ("/source", json!({"secretName": long(64)}), None),
        ("/source", json!({"secretName": long(65)}), TOO_LONG),
        ("/source", json!({"secretName": "1abc"}), PATTERN),
        ("/source", json!({"secretName": "이름이다"}), PATTERN),
        (
            "/source",
            json!({"secretName": "orders", "stage": "Previous"}),
            None,
        ),
        (
            "/source",
            json!({"secretName": "orders", "stage": "PREVIOUS"}),
            UNSUPPORTED,
        ),
        (
            "/storeRef",
            json!({"name": "ncp", "kind": "ClusterNcpSecretStore"}),
            None,
        ),
        (
            "/storeRef",
            json!({"name": "ncp", "kind": "SecretStore"}),
            UNSUPPORTED,
        ),
        ("/storeRef", json!({"name": "a.b-c.1"}), None),
        ("/storeRef", json!({"name": "Production"}), PATTERN),
        ("/storeRef", json!({"name": "a..b"}), PATTERN),
        ("/storeRef", json!({"name": "a.-b"}), PATTERN),
        ("/storeRef", json!({"name": long(253)}), None),
        ("/storeRef", json!({"name": long(254)}), TOO_LONG),
        (
            "/refresh",
            json!({"interval": "30s", "staleAfter": "30s"}),
            None,
        ),
        ("/refresh", json!({"interval": "1h30m10s"}), None),
        ("/refresh", json!({"interval": "8760h"}), None),
        ("/refresh", json!({"interval": "29s"}), INTERVAL),
        ("/refresh", json!({"interval": "8760h1s"}), INTERVAL),
        ("/refresh", json!({"staleAfter": "29s"}), STALE_AFTER),
        ("/refresh", json!({"staleAfter": "9999h"}), STALE_AFTER),
        ("/refresh", json!({"interval": "1.5h"}), PATTERN),
        ("/refresh", json!({"interval": "500ms"}), PATTERN),
        ("/refresh", json!({"interval": "10m1h"}), PATTERN),
        ("/refresh", json!({"interval": "-1h"}), PATTERN),
        ("/refresh", json!({"interval": "60"}), PATTERN),
        ("/refresh", json!({"interval": "99999999999999h"}), INTERVAL),
        ("/refresh", json!({"interval": "s"}), TOO_SHORT),
        ("/refresh", json!({"policy": "RotationAware"}), None),
        ("/refresh", json!({"policy": "OnChange"}), None),
        ("/refresh", json!({"policy": "Never"}), UNSUPPORTED),
        ("/suspend", json!(true), None),
        ("/suspend", json!(false), None),
        ("/suspend", json!("yes"), WRONG_TYPE),
    ]
}

pub fn rotation() -> Vec<Row> {
    let with_stage = |stage: &str, pending: &str| {
        json!({
            "source": {"secretName": "orders", "stage": stage},
            "rotation": {"pending": pending},
        })
    };
    let suffix = |suffix: &str| json!({"pending": "Expose", "pendingSuffix": suffix});
    vec![
        ("/rotation", json!({}), None),
        ("/rotation", json!({"pending": "Ignore"}), None),
        ("/rotation", json!({"pending": "Expose"}), None),
        ("/rotation", json!({"pending": "Swap"}), UNSUPPORTED),
        ("/rotation", json!({"pendingSuffix": "_NEXT"}), None),
        ("/rotation", suffix("."), None),
        ("/rotation", suffix(&long(64)), None),
        ("/rotation", suffix(&long(65)), TOO_LONG),
        ("/rotation", suffix(""), TOO_SHORT),
        ("/rotation", suffix("_é"), PATTERN),
        ("/rotation", suffix("/next"), PATTERN),
        ("", with_stage("Active", "Expose"), None),
        ("", with_stage("Previous", "Ignore"), None),
        ("", with_stage("Previous", "Expose"), ACTIVE_ONLY),
        ("", with_stage("Pending", "Expose"), ACTIVE_ONLY),
    ]
}

pub fn targets() -> Vec<Row> {
    let labels = |key: &str, value: &str| json!({"labels": {key: value}});
    let annotations = |key: &str, value: &str| json!({"annotations": {key: value}});
    let domain = |length: usize| {
        format!(
            "{}/b",
            [long(63), long(63), long(63), long(length)].join(".")
        )
    };
    vec![
        ("/target", json!({}), None),
        ("/target", json!({"name": "orders-db.v2"}), None),
        ("/target", json!({"name": "Orders"}), PATTERN),
        ("/target", json!({"name": "a..b"}), PATTERN),
        ("/target", json!({"name": long(254)}), TOO_LONG),
        ("/target", json!({"type": "Opaque"}), None),
        ("/target", json!({"type": "kubernetes.io/tls"}), None),
        (
            "/target",
            json!({"type": "kubernetes.io/dockerconfigjson"}),
            None,
        ),
        ("/target", json!({"type": "kubernetes.io/basic-auth"}), None),
        ("/target", json!({"type": "kubernetes.io/ssh-auth"}), None),
        ("/target", json!({"type": "example.com/own"}), None),
        (
            "/target",
            json!({"type": "kubernetes.io/service-account-token"}),
            TYPE,
        ),
        ("/target", json!({"type": "helm.sh/release.v1"}), TYPE),
        (
            "/target",
            json!({"type": "bootstrap.kubernetes.io/token"}),
            TYPE,
        ),
        ("/target", json!({"type": ""}), TOO_SHORT),
        ("/target", json!({"type": "/a"}), PATTERN),
        ("/target", json!({"creationPolicy": "Orphan"}), None),
        ("/target", json!({"creationPolicy": "Merge"}), UNSUPPORTED),
        ("/target", labels("team", "orders"), None),
        ("/target", labels("example.com/team", ""), None),
        ("/target", labels("app.kubernetes.io/name", "orders"), None),
        (
            "/target",
            labels("app.kubernetes.io/managed-by", "helm"),
            RESERVED,
        ),
        ("/target", labels("ncp-secrets.io/owner", "me"), RESERVED),
        ("/target", labels("team", "not a value"), LABELS),
        ("/target", labels("team", &long(64)), TOO_LONG),
        ("/target", labels("not a key", "a"), LABELS),
        ("/target", labels(&long(63), "a"), None),
        ("/target", labels(&long(64), "a"), LABELS),
        ("/target", labels("a..b/c", "a"), LABELS),
        ("/target", labels("A.b/c", "a"), LABELS),
        ("/target", labels("a/b/c", "a"), LABELS),
        ("/target", labels("/c", "a"), LABELS),
        ("/target", labels(&domain(61), "a"), None),
        ("/target", labels(&domain(62), "a"), LABELS),
        ("/target", json!({"labels": map(32)}), None),
        ("/target", json!({"labels": map(33)}), TOO_MANY),
        (
            "/target",
            annotations("example.com/note", "any text, 한글 too"),
            None,
        ),
        ("/target", annotations("note", &"한".repeat(4096)), None),
        ("/target", annotations("note", &long(4097)), TOO_LONG),
        (
            "/target",
            annotations("ncp-secrets.io/content", "a"),
            RESERVED,
        ),
        (
            "/target",
            annotations("app.kubernetes.io/managed-by", "a"),
            RESERVED,
        ),
        ("/target", annotations("not a key", "a"), ANNOTATIONS),
        ("/target", annotations("a..b/c", "a"), ANNOTATIONS),
        ("/target", annotations(&domain(62), "a"), ANNOTATIONS),
        ("/target", json!({"annotations": map(33)}), TOO_MANY),
        ("/target", annotated(19), None),
        ("/target", annotated(20), ANNOTATED),
    ]
}

pub fn keys() -> Vec<Row> {
    let key = |key: &str| json!([{"key": key, "from": "a"}]);
    let from = |from: &str| json!([{"key": "a", "from": from}]);
    vec![
        ("/data", data(1), None),
        ("/data", data(256), None),
        ("/data", data(257), TOO_MANY),
        ("/data", json!([]), Some("should have at least 1 items")),
        (
            "/data",
            json!([{"key": "a", "from": "b", "optional": true}]),
            None,
        ),
        (
            "/data",
            json!([{"key": "a", "from": "b"}, {"key": "a", "from": "c"}]),
            Some("Duplicate value"),
        ),
        ("/data", key("A_b-c.d"), None),
        ("/data", key(".dockerconfigjson"), None),
        ("/data", key("..data"), DOTS),
        ("/data", key("."), DOTS),
        ("/data", key(""), TOO_SHORT),
        ("/data", key("a b"), PATTERN),
        ("/data", key("한글"), PATTERN),
        ("/data", key(&long(253)), None),
        ("/data", key(&long(254)), TOO_LONG),
        ("/data", from("any text, 한글 too"), None),
        ("/data", from(""), TOO_SHORT),
        ("/data", from(&"한".repeat(256)), None),
        ("/data", from(&long(257)), TOO_LONG),
        ("/data", json!([{"key": "a"}]), ONE_FORM),
        ("/data", json!([["a", "b"]]), WRONG_TYPE),
        ("/data", json!({"a": "b"}), WRONG_TYPE),
    ]
}

/// The forms that a key can have; expressions and templates are for the code alone to judge.
pub fn forms() -> Vec<Row> {
    let item = |fields: Value| {
        let mut item = json!({"key": "a"});
        item.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!([item])
    };
    let template = |text: String| item(json!({"template": text}));
    vec![
        (
            "/data",
            item(json!({"from": "a", "optional": true, "decode": "Base64"})),
            None,
        ),
        ("/data", item(json!({"from": "a", "decode": "None"})), None),
        (
            "/data",
            item(json!({"from": "a", "decode": "Hex"})),
            UNSUPPORTED,
        ),
        ("/data", template("{{ a }}".into()), None),
        ("/data", template("한".repeat(16384)), None),
        ("/data", template("한".repeat(16385)), TOO_LONG),
        ("/data", template(String::new()), TOO_SHORT),
        ("/data", item(json!({"format": "Env"})), None),
        ("/data", item(json!({"format": "Json"})), None),
        ("/data", item(json!({"format": "Yaml"})), None),
        ("/data", item(json!({"format": "Properties"})), None),
        ("/data", item(json!({"format": "DockerConfigJson"})), None),
        ("/data", item(json!({"format": "Toml"})), UNSUPPORTED),
        (
            "/data",
            item(json!({"from": "a", "template": "b"})),
            ONE_FORM,
        ),
        (
            "/data",
            item(json!({"from": "a", "format": "Env"})),
            ONE_FORM,
        ),
        (
            "/data",
            item(json!({"template": "a", "format": "Env"})),
            ONE_FORM,
        ),
        (
            "/data",
            item(json!({"from": "a", "template": "a", "format": "Env"})),
            ONE_FORM,
        ),
        (
            "/data",
            item(json!({"template": "a", "optional": false})),
            WITH_FROM,
        ),
        (
            "/data",
            item(json!({"template": "a", "decode": "None"})),
            WITH_FROM,
        ),
        (
            "/data",
            item(json!({"format": "Env", "optional": true})),
            WITH_FROM,
        ),
        (
            "/data",
            item(json!({"format": "Env", "decode": "Base64"})),
            WITH_FROM,
        ),
    ]
}

pub fn all_keys() -> Vec<Row> {
    let many = |count: usize| Value::Array(vec![json!("a"); count]);
    let mut rows = vec![
        ("/allKeys", json!({}), None),
        ("/allKeys", json!([]), WRONG_TYPE),
        ("/allKeys", json!("a"), WRONG_TYPE),
        ("/allKeys", json!({"style": "Keep"}), None),
        ("/allKeys", json!({"style": "UpperSnake"}), None),
        ("/allKeys", json!({"style": "LowerSnake"}), None),
        ("/allKeys", json!({"style": "Camel"}), UNSUPPORTED),
        ("/allKeys", json!({"prefix": "DB_"}), None),
        ("/allKeys", json!({"prefix": ".."}), None),
        ("/allKeys", json!({"prefix": ""}), TOO_SHORT),
        ("/allKeys", json!({"prefix": "a/"}), PATTERN),
        ("/allKeys", json!({"prefix": long(128)}), None),
        ("/allKeys", json!({"prefix": long(129)}), TOO_LONG),
        (
            "",
            json!({"allKeys": {}, "data": [{"key": "a", "from": "b"}]}),
            None,
        ),
    ];
    for list in ["include", "exclude"] {
        rows.extend([
            ("/allKeys", json!({list: ["DB_.*"]}), None),
            ("/allKeys", json!({list: []}), TOO_FEW),
            ("/allKeys", json!({list: many(16)}), None),
            ("/allKeys", json!({list: many(17)}), TOO_MANY),
            ("/allKeys", json!({list: [""]}), TOO_SHORT),
            ("/allKeys", json!({list: [long(256)]}), None),
            ("/allKeys", json!({list: [long(257)]}), TOO_LONG),
            ("/allKeys", json!({list: "DB_.*"}), WRONG_TYPE),
        ]);
    }
    rows
}

/// Rows for both kinds of store.
pub fn workloads() -> Vec<Row> {
    let many = |count: usize| -> Value {
        let entry = |number| json!({"kind": "Deployment", "name": format!("w{number}")});
        (0..count).map(entry).collect()
    };
    let two =
        |kind: &str| json!([{"kind": "Deployment", "name": "a"}, {"kind": kind, "name": "a"}]);
    let named = |name: &str| json!([{"kind": "Rollout", "name": name}]);
    vec![
        ("/restart", json!([]), None),
        ("/restart", many(16), None),
        ("/restart", many(17), TOO_MANY),
        ("/restart", two("StatefulSet"), None),
        ("/restart", two("DaemonSet"), None),
        ("/restart", two("Deployment"), Some("Duplicate value")),
        ("/restart", two("Pod"), UNSUPPORTED),
        ("/restart", named(&long(253)), None),
        ("/restart", named(&long(254)), TOO_LONG),
        ("/restart", named(""), TOO_SHORT),
        ("/restart", named("A"), PATTERN),
        ("/restart", named("other/x"), PATTERN),
        ("/restart", named(".."), PATTERN),
        (
            "/restart",
            json!([{"kind": "Deployment"}]),
            Some("Required value"),
        ),
        ("/restart", json!([{"name": "a"}]), Some("Required value")),
        ("/restart", json!([["Deployment", "a"]]), WRONG_TYPE),
        (
            "/restart",
            json!({"kind": "Deployment", "name": "a"}),
            WRONG_TYPE,
        ),
    ]
}

pub fn stores() -> Vec<Row> {
    let secret = |field: &str, text: &str| {
        let mut secret = json!({"name": "keys", "namespace": "platform"});
        secret[field] = json!(text);
        json!({"secretRef": secret})
    };
    vec![
        ("/region", json!("JPN"), None),
        ("/region", json!("US"), UNSUPPORTED),
        ("/keyIsolation", json!("Global"), None),
        ("/keyIsolation", json!("None"), UNSUPPORTED),
        (
            "",
            json!({"region": "JPN", "keyIsolation": "Regional"}),
            None,
        ),
        (
            "",
            json!({"region": "JPN", "keyIsolation": "Global"}),
            GLOBAL,
        ),
        ("/auth", secret("name", "a.b"), None),
        ("/auth", secret("name", "Keys"), PATTERN),
        ("/auth", secret("name", "a..b"), PATTERN),
        ("/auth", secret("accessKeyKey", "ACCESS"), None),
        ("/auth", secret("accessKeyKey", "not a key"), PATTERN),
        ("/auth", secret("secretKeyKey", ""), TOO_SHORT),
        ("/auth", secret("secretKeyKey", &long(254)), TOO_LONG),
        ("/budget", json!({}), None),
        ("/budget", json!({"requestsPerSecond": 1, "burst": 1}), None),
        (
            "/budget",
            json!({"requestsPerSecond": 1000, "burst": 10_000}),
            None,
        ),
        ("/budget", json!({"requestsPerSecond": 0}), TOO_SMALL),
        ("/budget", json!({"requestsPerSecond": 1001}), TOO_GREAT),
        ("/budget", json!({"burst": 0}), TOO_SMALL),
        ("/budget", json!({"burst": 10_001}), TOO_GREAT),
        ("/budget", json!({"burst": -1}), TOO_SMALL),
        ("/budget", json!({"burst": 1.5}), WRONG_TYPE),
    ]
}

/// A store of one namespace has no keys but those of a Secret there.
pub fn credentials() -> Vec<Row> {
    vec![
        ("/auth", json!({}), Some("Required value")),
        ("/auth", json!({"serverRole": {}}), Some("Required value")),
    ]
}

/// A store of the cluster may have the keys of a role instead.
pub fn cluster_credentials() -> Vec<Row> {
    let secret = json!({"namespace": "platform", "name": "keys"});
    vec![
        ("/auth", json!({}), ONE_AUTH),
        ("/auth", json!({"secretRef": secret}), None),
        ("/auth", json!({"serverRole": {}}), None),
        ("/auth", json!({"serverRole": []}), WRONG_TYPE),
        ("/auth", json!({"serverRole": "nodes"}), WRONG_TYPE),
        (
            "/auth",
            json!({"serverRole": {}, "secretRef": secret}),
            ONE_AUTH,
        ),
    ]
}

pub fn grants() -> Vec<Row> {
    let names = |names: Value| json!([{"namespaces": ["shop"], "secretNames": names}]);
    let ids = |ids: Value| json!([{"namespaces": ["shop"], "secretIds": ids}]);
    let namespaces = |namespaces: Value| json!([{"namespaces": namespaces, "secretNames": ["a"]}]);
    let many = |count: usize| Value::Array(vec![json!("a"); count]);
    let grants = |count: usize| Value::Array(vec![names(json!(["a"]))[0].clone(); count]);
    vec![
        ("/grants", json!([]), None),
        ("/grants", names(json!(["shop-*", "a?"])), None),
        ("/grants", ids(json!(["0a*"])), None),
        ("/grants", json!([{"namespaces": ["shop"]}]), A_GRANT),
        ("/grants", names(json!([])), A_GRANT),
        ("/grants", names(json!(["a b"])), PATTERN),
        ("/grants", names(json!([""])), TOO_SHORT),
        ("/grants", names(json!([long(65)])), TOO_LONG),
        ("/grants", names(many(257)), TOO_MANY),
        ("/grants", ids(json!(["a/b"])), PATTERN),
        ("/grants", ids(json!([long(129)])), TOO_LONG),
        ("/grants", namespaces(json!(["*"])), None),
        (
            "/grants",
            namespaces(json!([])),
            Some("should have at least 1 items"),
        ),
        ("/grants", namespaces(json!(["Shop"])), PATTERN),
        ("/grants", namespaces(json!([long(64)])), TOO_LONG),
        ("/grants", grants(256), None),
        ("/grants", grants(257), TOO_MANY),
        (
            "/auth",
            json!({"secretRef": {"name": "keys"}}),
            Some("Required value"),
        ),
        (
            "/auth",
            json!({"secretRef": {"name": "keys", "namespace": "a.b"}}),
            PATTERN,
        ),
        (
            "/auth",
            json!({"secretRef": {"name": "keys", "namespace": long(64)}}),
            TOO_LONG,
        ),
    ]
}
