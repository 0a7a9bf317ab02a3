//! What the lists show.

use serde_json::{Value, json};

use super::view::region;
use crate::behavior::{Behavior, CodeForm, LogForm};
use crate::state::{LogEntry, ProtectionKey, Secret, State, Trigger};

/// One line of Get Secret List.
pub(super) fn line(secret: &Secret, behavior: &Behavior) -> Value {
    json!({
        "secretId": secret.id,
        "secretName": secret.name,
        "secretStatus": secret.shown_lifecycle(behavior).word(),
        "secretType": "BASIC",
        "region": region(secret.region, behavior),
        "registerDate": secret.register_date.as_millisecond(),
    })
}

/// A line of Get Trigger List.
pub(super) fn trigger_line(trigger: &Trigger, state: &State) -> Value {
    let linked: Vec<&str> = state
        .secrets()
        .filter(|secret| secret.trigger.as_deref() == Some(trigger.id.as_str()))
        .map(|secret| secret.id.as_str())
        .collect();
    json!({
        "id": trigger.id,
        "name": trigger.name,
        "description": trigger.description,
        "pageUrl": trigger.page_url(),
        "platform": "VPC",
        "region": region(trigger.region, state.behavior()),
        "linkedSecretList": linked,
        "actionList": [{"name": trigger.action_name(), "description": ""}],
    })
}

/// The service's own key as Get Protection Key List shows it, first.
pub(super) fn default_key_line(behavior: &Behavior) -> Value {
    json!({
        "keyId": number(0, behavior.key_id),
        "keyTag": "",
        "keyName": "Secret Manager Default Key",
        "keyStatus": "",
        "keyType": "",
        "kmsBoundaryType": "ISOLATED",
    })
}

/// A user's key as Get Protection Key List shows it.
pub(super) fn key_line(number_in_list: usize, key: &ProtectionKey, behavior: &Behavior) -> Value {
    json!({
        "keyId": number(number_in_list, behavior.key_id),
        "keyTag": key.tag,
        "keyName": key.name,
        "keyStatus": if key.disabled { "DISABLE" } else { "ENABLE" },
        "keyType": key.cipher.word(),
        "kmsBoundaryType": key.boundary.word(),
    })
}

fn number(number: usize, form: CodeForm) -> Value {
    match form {
        CodeForm::Number => json!(number),
        CodeForm::Text => json!(number.to_string()),
    }
}

/// A line of Get Secret Logs. Its fields are not documented: nested, they are those of the KMS log.
pub(super) fn log_line(entry: &LogEntry, form: LogForm) -> Value {
    let timestamp = entry.at.as_millisecond();
    let request_type = if entry.address.is_some() {
        "API"
    } else {
        "SYSTEM"
    };
    let ip = entry.address.as_deref().unwrap_or_default();
    match form {
        LogForm::Nested => {
            let data = json!({
                "requestor": {"requestType": request_type, "id": entry.requestor, "ip": ip},
                "api": {"action": entry.action, "result": entry.result},
            });
            let data = with_job_token(data, entry);
            json!({"timestamp": timestamp, "data": data, "message": entry.action})
        }
        LogForm::Flat => {
            let line = json!({
                "timestamp": timestamp,
                "requestType": request_type,
                "requestor": entry.requestor,
                "ip": ip,
                "action": entry.action,
                "result": entry.result,
                "message": entry.action,
            });
            with_job_token(line, entry)
        }
    }
}

fn with_job_token(mut object: Value, entry: &LogEntry) -> Value {
    if let (Some(token), Some(fields)) = (&entry.job_token, object.as_object_mut()) {
        fields.insert("jobToken".to_owned(), json!(token));
    }
    object
}
