//! A secret of the seed file.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::state::{
    Boundary, Change, NewSecret, ProtectionChoice, Refusal, Region, Rotation, Stage, State, Text,
};

/// A secret with everything that it may have from the start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SeedSecret {
    name: String,
    id: Option<String>,
    #[serde(default)]
    memo: String,
    #[serde(default)]
    region: Region,
    boundary: Option<Boundary>,
    kms_key_tag: Option<String>,
    value: SeedValue,
    previous: Option<SeedValue>,
    pending: Option<SeedValue>,
    rotation_targets: Option<Vec<String>>,
    trigger: Option<String>,
    /// Days; automatic rotation is on when it is given.
    rotation_period: Option<u32>,
    #[serde(default)]
    disabled: bool,
}

/// A value: its JSON text, or its pairs.
#[derive(Deserialize)]
#[serde(untagged, expecting = "another value, expected a text or an object")]
pub(crate) enum SeedValue {
    Text(Text),
    Pairs(IndexMap<String, Value>),
}

impl SeedValue {
    pub(crate) fn into_text(self) -> Text {
        match self {
            Self::Text(text) => text,
            // Pairs whose keys are texts can always be written.
            Self::Pairs(pairs) => Text::from(serde_json::to_string(&pairs).unwrap_or_default()),
        }
    }
}

impl SeedSecret {
    pub(super) fn named(name: &str, value: Text) -> Self {
        Self {
            name: name.to_owned(),
            id: None,
            memo: String::new(),
            region: Region::default(),
            boundary: None,
            kms_key_tag: None,
            value: SeedValue::Text(value),
            previous: None,
            pending: None,
            rotation_targets: None,
            trigger: None,
            rotation_period: None,
            disabled: false,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn set_value(&mut self, value: Text) {
        self.value = SeedValue::Text(value);
    }

    /// Creates the secret and gives its identifier. When it is refused, there is nothing of it.
    pub(crate) fn sow(self, state: &mut State, now: Timestamp) -> Result<String, Refusal> {
        let stages = [
            (Stage::Previous, self.previous),
            (Stage::Pending, self.pending),
        ];
        let stages = stages.map(|(stage, value)| (stage, value.map(SeedValue::into_text)));
        for value in stages.iter().filter_map(|(_, value)| value.as_ref()) {
            state.check_value(value)?;
        }
        let mut new = NewSecret::named(&self.name)
            .memo(&self.memo)
            .region(self.region)
            .protection(ProtectionChoice {
                key_tag: self.kms_key_tag,
                boundary: self.boundary,
            })
            .value(self.value.into_text())
            .rotation(Rotation {
                period: self.rotation_period,
                trigger: self.trigger,
            });
        if let Some(id) = &self.id {
            new = new.id(id);
        }
        if let Some(targets) = self.rotation_targets {
            new = new.rotation_targets(targets);
        }
        let id = state.create(new, now)?.id.clone();
        for (stage, value) in stages {
            if value.is_some() {
                state.apply(&id, Change::UpdateStage(stage, value), now)?;
            }
        }
        if self.disabled {
            state.apply(&id, Change::Disable, now)?;
        }
        Ok(id)
    }
}
