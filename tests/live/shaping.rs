//! The keys of the Secret as the spec shapes them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use ncp_emulator::Stage;
use serde_json::{Value, json};

use crate::scene::{Scene, condition, pairs, values};
use crate::seen::says;

/// Everything that a value may be made of; the emulator takes it as NCP's own text.
const VALUE: &str = r#"{"cdbUser":"shop","cdbPassword":"p@ss 'w\"ord\\ #1 $HOME\n한글","cdb-host":"db.example.com",
    "port":3306,"tls":true,"options":{"a":[1,null]},"key":"/wCA"}"#;

fn bytes<'secret>(secret: &'secret Secret, key: &str) -> &'secret [u8] {
    &secret.data.as_ref().unwrap()[key].0
}

impl Scene {
    /// Creates an `NcpSecret` over a value that stands in NCP as it is written here.
    pub async fn shaped(&self, name: &str, value: &str, spec: Value) -> Secret {
        let id = self.secret_in_ncp(name, r#"{"a":"b"}"#);
        self.emulator
            .set_raw_value(&id, Stage::Active, Some(value))
            .unwrap();
        self.create_by_id(name, &id, spec).await;
        self.until_reason(name, "Synced").await;
        self.secret(name).await.unwrap()
    }
}

#[tokio::test]
async fn values_that_are_no_strings_are_their_json() {
    let scene = Scene::start().await;
    let secret = scene.shaped("all", VALUE, json!({})).await;
    let found = values(&secret);
    assert_eq!(found["port"], "3306");
    assert_eq!(found["tls"], "true");
    assert_eq!(found["options"], r#"{"a":[1,null]}"#);
    assert_eq!(found["cdbPassword"], "p@ss 'w\"ord\\ #1 $HOME\n한글");
    assert_eq!(found.len(), 7);
}

#[tokio::test]
async fn a_key_comes_from_a_key_from_base64_from_a_template_or_from_the_whole_value() {
    let scene = Scene::start().await;
    let data = json!([
        {"key": "USER", "from": "cdbUser"},
        {"key": "RAW", "from": "key", "decode": "None"},
        {"key": "BYTES", "from": "key", "decode": "Base64"},
        {"key": "MISSING", "from": "nothing", "optional": true},
        {"key": "url", "template":
            "mysql://{{ cdbUser }}:{{ cdbPassword | urlencode }}@{{ values['cdb-host'] }}:{{ port }}/o\n"},
        {"key": "app.json", "format": "Json"},
        {"key": "app.yaml", "format": "Yaml"},
        {"key": "app.properties", "format": "Properties"},
    ]);
    let secret = scene.shaped("made", VALUE, json!({"data": data})).await;
    assert_eq!(bytes(&secret, "USER"), b"shop");
    assert_eq!(bytes(&secret, "RAW"), b"/wCA");
    assert_eq!(bytes(&secret, "BYTES"), [0xff, 0, 0x80]);
    let url = "mysql://shop:p%40ss%20%27w%22ord%5C%20%231%20%24HOME%0A%ED%95%9C%EA%B8%80@db.example.com:3306/o\n";
    assert_eq!(bytes(&secret, "url"), url.as_bytes());
    let whole: Value = serde_json::from_str(VALUE).unwrap();
    let from_json: Value = serde_json::from_slice(bytes(&secret, "app.json")).unwrap();
    assert_eq!(from_json, whole);
    let from_yaml: Value = serde_saphyr::from_slice(bytes(&secret, "app.yaml")).unwrap();
    assert_eq!(from_yaml, whole);
    let properties = java_properties::read(bytes(&secret, "app.properties")).unwrap();
    assert_eq!(
        properties["cdbPassword"],
        whole["cdbPassword"].as_str().unwrap()
    );
    assert_eq!(secret.data.unwrap().len(), 7);
}

#[tokio::test]
async fn an_env_file_is_read_back_by_dotenv() {
    let scene = Scene::start().await;
    let value =
        json!({"A": "p@ss w\"o\\rd #1 $HOME\n한글", "B": "two\nlines, it's", "C": "", "D": 1});
    let spec = json!({"data": [{"key": ".env", "format": "Env"}]});
    let secret = scene.shaped("env", &value.to_string(), spec).await;
    let read: Vec<_> = dotenvy::from_read_iter(bytes(&secret, ".env"))
        .map(Result::unwrap)
        .collect();
    let expected = [
        ("A", value["A"].as_str().unwrap()),
        ("B", "two\nlines, it's"),
        ("C", ""),
        ("D", "1"),
    ];
    assert_eq!(
        read,
        expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
    );
}

#[tokio::test]
async fn a_registry_becomes_a_pull_secret_that_kubernetes_takes() {
    let scene = Scene::start().await;
    let value = r#"{"registry":"registry.example.com","username":"shop","password":"p:\"w"}"#;
    let spec = json!({
        "target": {"type": "kubernetes.io/dockerconfigjson"},
        "data": [{"key": ".dockerconfigjson", "format": "DockerConfigJson"}],
    });
    let secret = scene.shaped("pull", value, spec).await;
    assert_eq!(
        secret.type_.as_deref(),
        Some("kubernetes.io/dockerconfigjson")
    );
    let read: Value = serde_json::from_slice(bytes(&secret, ".dockerconfigjson")).unwrap();
    let entry = &read["auths"]["registry.example.com"];
    assert_eq!(entry["auth"], BASE64_STANDARD.encode("shop:p:\"w"));
    assert_eq!(entry["password"], "p:\"w");
}

#[tokio::test]
async fn all_keys_are_chosen_styled_and_prefixed_and_data_wins() {
    let scene = Scene::start().await;
    let value = r#"{"dbHost":"h","db.password":"p","OTHER":"o","dbOldHost":"x","user":"u"}"#;
    let spec = json!({
        "allKeys": {"include": ["db.*", "user"], "exclude": [".*Old.*"], "style": "UpperSnake", "prefix": "APP_"},
        "data": [{"key": "APP_USER", "template": "<{{ user }}>"}],
    });
    let secret = scene.shaped("all", value, spec).await;
    let expected = [
        ("APP_DB_HOST", "h"),
        ("APP_DB_PASSWORD", "p"),
        ("APP_USER", "<u>"),
    ];
    assert_eq!(values(&secret), pairs(&expected));
    let object = scene.ncp_secret("all").await;
    assert_eq!(
        object.status.unwrap().target.unwrap().keys,
        ["APP_DB_HOST", "APP_DB_PASSWORD", "APP_USER"]
    );
}

#[tokio::test]
async fn another_order_of_the_same_value_writes_nothing() {
    let scene = Scene::start().await;
    let spec = json!({"data": [
        {"key": "j", "format": "Json"}, {"key": "e", "format": "Env"},
        {"key": "t", "template": "{% for name in values %}{{ name }}{% endfor %}"},
    ]});
    let before = scene.shaped("order", r#"{"B":"2","A":"1"}"#, spec).await;
    let id = scene
        .ncp_secret("order")
        .await
        .spec
        .source
        .secret_id
        .unwrap();
    scene
        .emulator
        .set_raw_value(&id, Stage::Active, Some(r#"{"A":"1","B":"2"}"#))
        .unwrap();
    scene.force("order", "turned").await;
    assert_eq!(scene.secret("order").await.unwrap(), before);
}

#[tokio::test]
async fn what_only_code_can_judge_is_refused_before_any_call() {
    let scene = Scene::start().await;
    let template = |text: &str| json!({"data": [{"key": "url", "template": text}]});
    for (name, spec, tells) in [
        ("syntax", template("a\n{{ a"), "line 2"),
        ("include", template("{% include 'a' %}"), "\"include\""),
        (
            "long",
            template(&format!("{{{{ a{} }}}}", "()".repeat(3000))),
            "more than 512 bytes",
        ),
        (
            "expression",
            json!({"allKeys": {"exclude": ["a", "("]}}),
            "spec.allKeys.exclude[1]",
        ),
        (
            "large",
            json!({"allKeys": {"include": ["(a{99}){99}"]}}),
            "spec.allKeys.include[0]",
        ),
    ] {
        scene.create_by_id(name, "0f0f", spec).await;
        let object = scene.until_reason(name, "InvalidSpec").await;
        assert_eq!(says(&object, "Ready"), ("False", "InvalidSpec"));
        let message = condition(&object, "Ready").unwrap().2;
        assert!(message.contains(tells), "{message}");
    }
    assert_eq!(scene.emulator.calls().len(), 0);
}
