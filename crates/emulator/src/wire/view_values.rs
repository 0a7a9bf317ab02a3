//! What answers show of values.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::view::Field;
use crate::behavior::{Behavior, EmptyStage, WrittenValue};
use crate::state::{Secret, Stage, Text};

/// The readable stages.
#[derive(Serialize)]
pub(super) struct Chain<T: Serialize> {
    #[serde(skip_serializing_if = "Field::is_absent")]
    previous: Field<T>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    active: Field<T>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pending: Field<T>,
}

/// Get Secret Value and Start Rotation Job.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChainRead<'a> {
    decrypted_secret_chain: Chain<&'a str>,
    rotation_targets: &'a [String],
}

pub(super) fn chain_read<'a>(secret: &'a Secret, behavior: &Behavior) -> ChainRead<'a> {
    let value = |stage| shown(secret.chain.get(stage), behavior);
    ChainRead {
        decrypted_secret_chain: Chain {
            previous: value(Stage::Previous),
            active: value(Stage::Active),
            pending: value(Stage::Pending),
        },
        rotation_targets: &secret.rotation_targets,
    }
}

/// One stage and its name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StageValue<T: Serialize> {
    #[serde(skip_serializing_if = "Field::is_absent")]
    value: Field<T>,
    value_stage: &'static str,
}

/// Get Secret Stage Value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StageRead<'a> {
    decrypted_secret_value: StageValue<&'a str>,
    rotation_targets: &'a [String],
}

pub(super) fn stage_read<'a>(
    secret: &'a Secret,
    stage: Stage,
    behavior: &Behavior,
) -> StageRead<'a> {
    StageRead {
        decrypted_secret_value: StageValue {
            value: shown(secret.chain.get(stage), behavior),
            value_stage: stage.upper_case_word(),
        },
        rotation_targets: &secret.rotation_targets,
    }
}

fn shown<'a>(value: Option<&'a Text>, behavior: &Behavior) -> Field<&'a str> {
    match (value, behavior.empty_stage) {
        (Some(value), _) => Field::Here(value.as_str()),
        (None, EmptyStage::Null) => Field::Null,
        (None, EmptyStage::Absent | EmptyStage::NotFound) => Field::Absent,
        (None, EmptyStage::EmptyText) => Field::Here(""),
    }
}

/// The answer to written values, under the name that says whether they are cipher text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Written<T: Serialize> {
    EncryptedSecretValue(T),
    DecryptedSecretValue(T),
    EncryptedSecretChain(T),
    DecryptedSecretChain(T),
}

/// Update Secret Stage Value.
pub(super) fn written_stage(
    secret: &Secret,
    stage: Stage,
    behavior: &Behavior,
) -> Written<StageValue<String>> {
    let value = StageValue {
        value: written(secret.chain.get(stage), behavior),
        value_stage: stage.word(),
    };
    match behavior.written_value {
        WrittenValue::Encrypted => Written::EncryptedSecretValue(value),
        WrittenValue::Plain => Written::DecryptedSecretValue(value),
    }
}

/// Update Secret Value.
pub(super) fn written_chain(secret: &Secret, behavior: &Behavior) -> Written<Chain<String>> {
    let value = |stage| written(secret.chain.get(stage), behavior);
    let chain = Chain {
        previous: value(Stage::Previous),
        active: value(Stage::Active),
        pending: value(Stage::Pending),
    };
    match behavior.written_value {
        WrittenValue::Encrypted => Written::EncryptedSecretChain(chain),
        WrittenValue::Plain => Written::DecryptedSecretChain(chain),
    }
}

fn written(value: Option<&Text>, behavior: &Behavior) -> Field<String> {
    match shown(value, behavior) {
        Field::Here(text) if text.is_empty() || behavior.written_value == WrittenValue::Plain => {
            Field::Here(text.to_owned())
        }
        Field::Here(text) => Field::Here(cipher_text(text.len())),
        Field::Null => Field::Null,
        Field::Absent => Field::Absent,
    }
}

/// Something that looks like the cipher text of so many bytes and says nothing of them.
fn cipher_text(length: usize) -> String {
    let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..))
        .take(length)
        .collect();
    STANDARD.encode(bytes)
}
