//! What answers show of a secret apart from its values.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::behavior::{Behavior, Missing, NullData, Shown};
use crate::state::{Region, Secret, State};

/// A field that may be left out or `null`.
#[derive(Clone, Copy)]
pub(super) enum Field<T> {
    Absent,
    Null,
    Here(T),
}

impl<T> Field<T> {
    pub(super) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Here(value) => value.serialize(serializer),
        }
    }
}

/// The envelope of a success.
#[derive(Serialize)]
pub(super) struct Success<T: Serialize> {
    code: &'static str,
    #[serde(skip_serializing_if = "Field::is_absent")]
    data: Field<T>,
}

impl<T: Serialize> Success<T> {
    pub(super) const fn of(data: T) -> Self {
        Self {
            code: "SUCCESS",
            data: Field::Here(data),
        }
    }
}

/// The envelope of an action without a result.
pub(super) const fn nothing(behavior: &Behavior) -> Success<&'static str> {
    Success {
        code: "SUCCESS",
        data: match behavior.null_data {
            NullData::Null => Field::Null,
            NullData::Text => Field::Here("null"),
            NullData::Absent => Field::Absent,
        },
    }
}

/// A secret without its values: Create Secret and Get Secret Detail.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail<'a> {
    secret_id: &'a str,
    secret_name: &'a str,
    secret_status: &'static str,
    secret_type: &'static str,
    memo: &'a str,
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_destroy_date: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_date: Option<i64>,
    register_date: i64,
    #[serde(rename = "autoRotationYN")]
    auto_rotation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_rotation_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<i64>,
    rotation_phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotation_date: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotation_result_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    trigger: Field<Value>,
    protection_key: Value,
}

impl<'a> Detail<'a> {
    /// As Create Secret shows it.
    pub(super) fn created(secret: &'a Secret, state: &'a State) -> Self {
        let behavior = state.behavior();
        let rotation = secret.automatic_rotation;
        Self {
            secret_id: &secret.id,
            secret_name: &secret.name,
            secret_status: secret.shown_lifecycle(behavior).word(),
            secret_type: "BASIC",
            memo: &secret.memo,
            region: region(secret.region, behavior),
            expected_destroy_date: None,
            update_date: None,
            register_date: secret.register_date.as_millisecond(),
            auto_rotation: yes_or_no(rotation.is_some()),
            auto_rotation_period: rotation.map(|rotation| rotation.period),
            next_rotation_date: rotation.map(|rotation| rotation.next.as_millisecond()),
            rotation_phase: secret.phase.word(),
            last_rotation_date: None,
            last_rotation_result_id: None,
            trigger: trigger(secret, state),
            protection_key: protection_key(secret, behavior),
        }
    }

    /// As Get Secret Detail shows it.
    pub(super) fn of(secret: &'a Secret, state: &'a State) -> Self {
        let last = secret
            .last_rotation
            .as_ref()
            .filter(|_| state.behavior().last_rotation == Shown::Present);
        Self {
            expected_destroy_date: secret.destroy_date.map(Timestamp::as_millisecond),
            update_date: Some(secret.update_date.as_millisecond()),
            last_rotation_date: last.map(|last| last.date.as_millisecond()),
            last_rotation_result_id: last.map(|last| last.result_id.as_str()),
            ..Self::created(secret, state)
        }
    }
}

const fn yes_or_no(on: bool) -> &'static str {
    if on { "Y" } else { "N" }
}

/// What the operations about automatic rotation show.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RotationView<'a> {
    secret_id: &'a str,
    #[serde(rename = "autoRotationYN", skip_serializing_if = "Option::is_none")]
    auto_rotation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_rotation_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<i64>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    trigger: Field<Value>,
}

impl<'a> RotationView<'a> {
    pub(super) fn of(
        secret: &'a Secret,
        shows_schedule: bool,
        trigger: Option<Field<Value>>,
    ) -> Self {
        let schedule = secret.automatic_rotation.filter(|_| shows_schedule);
        Self {
            secret_id: &secret.id,
            auto_rotation: shows_schedule.then(|| yes_or_no(schedule.is_some())),
            auto_rotation_period: schedule.map(|schedule| schedule.period),
            next_rotation_date: schedule.map(|schedule| schedule.next.as_millisecond()),
            trigger: trigger.unwrap_or(Field::Absent),
        }
    }
}

pub(super) fn trigger(secret: &Secret, state: &State) -> Field<Value> {
    let linked = secret.trigger.as_ref().and_then(|id| state.trigger(id));
    match (linked, state.behavior().no_trigger) {
        (None, Missing::Absent) => Field::Absent,
        (None, Missing::Null) => Field::Null,
        (Some(trigger), _) => {
            let mut shown = json!({
                "id": trigger.id, "name": trigger.name, "url": trigger.page_url(),
            });
            if let (Some(action), Some(fields)) = (&secret.recent_action, shown.as_object_mut()) {
                fields.insert("recentlyExecutedAction".to_owned(), json!(action));
            }
            Field::Here(shown)
        }
    }
}

pub(super) fn protection_key(secret: &Secret, behavior: &Behavior) -> Value {
    let key = secret.protection.key.as_ref();
    let mut shown = json!({
        "type": if key.is_some() { "USER_MANAGED_KEY" } else { "DEFAULT" },
        "kmsKeyTag": key.map_or("", |key| key.tag.as_str()),
        "kmsKeyName": key.map_or("", |key| key.name.as_str()),
    });
    if let (Shown::Present, Some(fields)) = (behavior.boundary, shown.as_object_mut()) {
        fields.insert(
            "kmsBoundaryType".to_owned(),
            json!(secret.boundary().word()),
        );
    }
    shown
}

pub(super) fn region(region: Region, behavior: &Behavior) -> &str {
    match region {
        Region::Kr => "KR",
        Region::Jpn => &behavior.japan_region,
    }
}
