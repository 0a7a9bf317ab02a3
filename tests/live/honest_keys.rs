//! Keys that cannot be made: each refusal names the key, and leaves the Secret as it was.

use ncp_emulator::Stage;
use serde_json::{Value, json};

use crate::scene::{Scene, condition};
use crate::seen::says;

/// Stands in every value that is refused and must stand nowhere else.
const CANARY: &str = "canary-81d2";

#[derive(Clone)]
struct Refusal {
    name: &'static str,
    spec: Value,
    /// What stands in NCP instead of the good value.
    value: &'static str,
    reason: &'static str,
    tells: &'static [&'static str],
}

const GOOD: &str = r#"{"good":"CANARY"}"#;

fn refusal(
    name: &'static str,
    spec: Value,
    value: &'static str,
    reason: &'static str,
    tells: &'static [&'static str],
) -> Refusal {
    Refusal {
        name,
        spec,
        value,
        reason,
        tells,
    }
}

fn of_one_key() -> Vec<Refusal> {
    let one = |fields: Value| {
        let mut item = json!({"key": "K"});
        item.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({"data": [item]})
    };
    vec![
        refusal(
            "from",
            one(json!({"from": "gone"})),
            GOOD,
            "MissingKey",
            &["\"gone\""],
        ),
        refusal(
            "undefined",
            one(json!({"template": "a\n{{ gone }}"})),
            GOOD,
            "TemplateFailed",
            &["\"K\"", "line 2", "undefined name \"gone\""],
        ),
        refusal(
            "function",
            one(json!({"template": "{{ good | nothing }}"})),
            GOOD,
            "TemplateFailed",
            &["\"K\"", "line 1", "function"],
        ),
        refusal(
            "operator",
            one(json!({"template": "{{ good + 1 }}"})),
            GOOD,
            "TemplateFailed",
            &["\"K\"", "line 1"],
        ),
        refusal(
            "work",
            one(json!({"template": "{{ good * 9999999 }}"})),
            GOOD,
            "TemplateFailed",
            &["\"K\""],
        ),
        refusal(
            "base64",
            one(json!({"from": "good", "decode": "Base64"})),
            GOOD,
            "TemplateFailed",
            &["\"K\"", "\"good\"", "Base64"],
        ),
        refusal(
            "env-name",
            one(json!({"format": "Env"})),
            r#"{"bad-name":"CANARY"}"#,
            "InvalidKey",
            &["\"K\"", "Env", "\"bad-name\""],
        ),
        refusal(
            "env-value",
            one(json!({"format": "Env"})),
            r#"{"NUL":"CANARY\u0000"}"#,
            "TemplateFailed",
            &["\"K\"", "Env", "\"NUL\"", "a NUL", "Json"],
        ),
        refusal(
            "env-quotes",
            one(json!({"format": "Env"})),
            r#"{"PASSWORD":"it's $CANARY"}"#,
            "TemplateFailed",
            &[
                "\"K\"",
                "Env",
                "\"PASSWORD\"",
                "a single quote together",
                "Json",
            ],
        ),
        refusal(
            "docker",
            one(json!({"format": "DockerConfigJson"})),
            r#"{"registry":"CANARY","username":"CANARY"}"#,
            "MissingKey",
            &["\"K\"", "\"password\""],
        ),
    ]
}

fn of_the_whole() -> Vec<Refusal> {
    vec![
        refusal(
            "nothing",
            json!({"allKeys": {"include": ["gone.*"]}}),
            GOOD,
            "MissingKey",
            &["spec.allKeys"],
        ),
        refusal(
            "illegal",
            json!({"allKeys": {"style": "UpperSnake"}}),
            r#"{"good":"CANARY","비밀":"CANARY"}"#,
            "InvalidKey",
            &["\"비밀\""],
        ),
        refusal(
            "collision",
            json!({"allKeys": {"style": "UpperSnake"}}),
            r#"{"dbHost":"CANARY","db-host":"CANARY"}"#,
            "KeyConflict",
            &["\"dbHost\"", "\"db-host\"", "\"DB_HOST\""],
        ),
        refusal(
            "large",
            json!({"data": (0..9).map(|number| json!({
                "key": format!("k{number}"), "template": "{{ good * 15000 }}",
            })).collect::<Vec<_>>()}),
            GOOD,
            "TooLarge",
            &["\"k6\"", "1 MiB"],
        ),
        refusal(
            "type",
            json!({
                "target": {"type": "kubernetes.io/basic-auth"},
                "data": [{"key": "user", "template": "{{ good }}"}],
            }),
            GOOD,
            "MissingKey",
            &["\"username\" or \"password\""],
        ),
    ]
}

#[tokio::test]
async fn a_refused_key_is_named_and_the_secret_stays_byte_for_byte() {
    let scene = Scene::start().await;
    for refusal in [of_one_key(), of_the_whole()].concat() {
        let Refusal { name, spec, .. } = &refusal;
        let first = match spec["target"]["type"].as_str() {
            Some(type_) => json!({"target": {"type": type_}}),
            None => json!({}),
        };
        let good = r#"{"good":"one","password":"p"}"#;
        let before = scene.shaped(name, good, first).await;
        let id = scene.ncp_secret(name).await.spec.source.secret_id.unwrap();
        let value = refusal.value.replace("CANARY", CANARY);
        scene
            .emulator
            .set_raw_value(&id, Stage::Active, Some(&value))
            .unwrap();
        scene.patch_ncp_secret(name, json!({"spec": spec})).await;
        let object = scene.until_reason(name, refusal.reason).await;
        assert_eq!(says(&object, "Ready"), ("False", refusal.reason), "{name}");
        assert_eq!(says(&object, "Stalled"), ("True", refusal.reason), "{name}");
        let message = condition(&object, "Ready").unwrap().2;
        for part in refusal.tells {
            assert!(message.contains(part), "{name}: {message}");
        }
        let status = serde_json::to_string(&object.status).unwrap();
        assert!(!status.contains(CANARY), "{status}");
        for (_, _, note) in scene.events(name).await {
            assert!(!note.contains(CANARY), "{note}");
        }
        assert_eq!(scene.secret(name).await.unwrap(), before, "{name}");
    }
}
