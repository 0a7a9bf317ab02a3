//! Request bodies, and what they ask for.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::Failure;
use crate::behavior::{Behavior, CreateOnGlobalHost, Verdict};
use crate::host::Host;
use crate::state::{
    Boundary, ChainUpdate, Change, DEFAULT_LENGTH, DEFAULT_PERIOD, NewSecret, ProtectionChoice,
    RandomText, Region, Rotation, StageUpdate, Text,
};

/// Reads a body. Fields that the API does not know are ignored.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    // The parser's own message can quote a value, so it is not passed on.
    serde_json::from_slice(body)
        .map_err(|_| Failure::invalid("The request body is not what this API expects."))
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum YesNo {
    Y,
    N,
}

#[derive(Clone, Copy, Deserialize)]
enum SecretType {
    #[serde(rename = "BASIC")]
    Basic,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum KeyType {
    Default,
    UserManagedKey,
}

/// Create Secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    secret_name: String,
    memo: Option<String>,
    secret_value: NewValue,
    #[serde(rename = "secretType")]
    _secret_type: SecretType,
    #[serde(rename = "autoRotationYN")]
    auto_rotation: Option<YesNo>,
    auto_rotation_period: Option<u32>,
    trigger_id: Option<String>,
    protection_key_type: Option<KeyType>,
    kms_key_tag: Option<String>,
    kms_boundary_type: Option<Boundary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewValue {
    value: Text,
    rotation_targets: Vec<String>,
}

impl Create {
    pub(super) fn wish(self, host: Host, behavior: &Behavior) -> Result<NewSecret, Failure> {
        let on = or_default(self.auto_rotation, YesNo::N, behavior)? == YesNo::Y;
        let period = if on {
            Some(or_default(
                self.auto_rotation_period,
                DEFAULT_PERIOD,
                behavior,
            )?)
        } else {
            None
        };
        let key_type = or_default(self.protection_key_type, KeyType::Default, behavior)?;
        let protection = ProtectionChoice {
            key_tag: key_tag(key_type, self.kms_key_tag)?,
            boundary: self.kms_boundary_type,
        };
        Ok(NewSecret::named(&self.secret_name)
            .memo(&self.memo.unwrap_or_default())
            .region(host.region())
            .value(self.secret_value.value)
            .rotation_targets(self.secret_value.rotation_targets)
            .protection(on_host(protection, host, behavior)?)
            .rotation(Rotation {
                period,
                trigger: self.trigger_id,
            }))
    }
}

/// New secrets cannot choose a global key any more (`secretmanager-api-overview`).
fn on_host(
    mut choice: ProtectionChoice,
    host: Host,
    behavior: &Behavior,
) -> Result<ProtectionChoice, Failure> {
    let reading = behavior.create_on_global_host;
    if host == Host::KrGlobal && reading == CreateOnGlobalHost::Refused {
        return Err(Failure::invalid("This host takes no new secrets."));
    }
    let may_be_global = host == Host::KrGlobal && reading == CreateOnGlobalHost::MakesGlobal;
    if choice.boundary == Some(Boundary::Global) && !may_be_global {
        return Err(Failure::invalid("New secrets support ISOLATED keys only."));
    }
    if may_be_global && choice.key_tag.is_none() {
        choice.boundary = choice.boundary.or(Some(Boundary::Global));
    }
    Ok(choice)
}

/// A field that the pages require and give a default for as well.
fn or_default<T>(field: Option<T>, default: T, behavior: &Behavior) -> Result<T, Failure> {
    match (field, behavior.absent_defaults) {
        (Some(value), _) => Ok(value),
        (None, Verdict::Accepted) => Ok(default),
        (None, Verdict::Refused) => Err(Failure::invalid("A required field is missing.")),
    }
}

fn key_tag(key_type: KeyType, tag: Option<String>) -> Result<Option<String>, Failure> {
    match (key_type, tag) {
        (KeyType::Default, _) => Ok(None),
        (KeyType::UserManagedKey, None) => Err(Failure::invalid("kmsKeyTag is required.")),
        (KeyType::UserManagedKey, tag) => Ok(tag),
    }
}

/// Update Protection Key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Protection {
    #[serde(rename = "protectionKeyType")]
    key_type: KeyType,
    kms_key_tag: Option<String>,
    kms_boundary_type: Option<Boundary>,
}

impl Protection {
    pub(super) fn change(self, region: Region) -> Result<Change, Failure> {
        if region == Region::Kr && self.kms_boundary_type.is_none() {
            return Err(Failure::invalid("kmsBoundaryType is required."));
        }
        Ok(Change::UpdateProtectionKey(ProtectionChoice {
            key_tag: key_tag(self.key_type, self.kms_key_tag)?,
            boundary: self.kms_boundary_type,
        }))
    }
}

/// Enable Auto Rotation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AutoRotation {
    rotation_period: Option<u32>,
    trigger_id: Option<String>,
}

impl AutoRotation {
    pub(super) fn change(self) -> Change {
        Change::EnableAutoRotation {
            period: self.rotation_period.unwrap_or(DEFAULT_PERIOD),
            trigger: self.trigger_id,
        }
    }
}

/// Update Rotation Period.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Period {
    pub rotation_period: u32,
}

/// Update Rotation Trigger.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TriggerLink {
    pub trigger_id: String,
}

/// Update Secret Memo.
#[derive(Deserialize)]
pub(super) struct Memo {
    pub memo: String,
}

/// Update Secret Stage Value and Update Pending Stage.
#[derive(Deserialize)]
pub(super) struct Value {
    pub value: Text,
}

/// Update Secret Value.
#[derive(Deserialize)]
pub(super) struct Values {
    previous: Option<Text>,
    active: Option<Text>,
    pending: Option<Text>,
}

impl Values {
    pub(super) fn change(self) -> Change {
        Change::UpdateChain(ChainUpdate {
            previous: stage_update(self.previous),
            active: stage_update(self.active),
            pending: stage_update(self.pending),
        })
    }
}

fn stage_update(value: Option<Text>) -> StageUpdate {
    match value {
        None => StageUpdate::Omitted,
        Some(value) if value.as_str().is_empty() => StageUpdate::Emptied,
        Some(value) => StageUpdate::Set(value),
    }
}

/// Generate Random Secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Random {
    length: Option<usize>,
    exclude_characters: Option<String>,
    exclude_numbers: Option<bool>,
    exclude_punctuation: Option<bool>,
    exclude_uppercase: Option<bool>,
    exclude_lowercase: Option<bool>,
    include_space: Option<bool>,
    require_each_included_type: Option<bool>,
}

impl Random {
    pub(super) fn wish(self, behavior: &Behavior) -> Result<RandomText, Failure> {
        let included = |excluded: Option<bool>| !excluded.unwrap_or(false);
        Ok(RandomText {
            length: or_default(self.length, DEFAULT_LENGTH, behavior)?,
            excluded: self.exclude_characters.unwrap_or_default(),
            numbers: included(self.exclude_numbers),
            punctuation: included(self.exclude_punctuation),
            uppercase: included(self.exclude_uppercase),
            lowercase: included(self.exclude_lowercase),
            space: self.include_space.unwrap_or(true),
            one_of_each: self.require_each_included_type.unwrap_or(true),
        })
    }
}
