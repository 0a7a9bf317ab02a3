//! The values of secrets on the admin port, whatever their lifecycle.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Deserializer, Serialize};

use super::Admin;
use super::input::{Confided, Named};
use super::refused::Refused;
use crate::seed::SeedValue;
use crate::state::{Chain, Change, Lifecycle, Refusal, Stage, Text};

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/secrets/{secret}/values", get(show))
        .route("/secrets/{secret}/values/{stage}", put(set))
}

/// The texts of the chain; empty stages are `null`.
#[derive(Serialize)]
struct Values<'a> {
    suspended: Option<&'a str>,
    previous: Option<&'a str>,
    active: Option<&'a str>,
    pending: Option<&'a str>,
}

impl<'a> Values<'a> {
    fn of(chain: &'a Chain) -> Self {
        let text = |value: &'a Option<Text>| value.as_ref().map(Text::as_str);
        Self {
            suspended: text(&chain.suspended),
            previous: text(&chain.previous),
            active: text(&chain.active),
            pending: text(&chain.pending),
        }
    }
}

async fn show(
    State(admin): State<Admin>,
    Named(secret): Named<String>,
) -> Result<Response, Refused> {
    admin.shared.change(|state, _| {
        let secret = state.find(&secret)?;
        Ok(Json(Values::of(&secret.chain)).into_response())
    })
}

/// Another value of a stage: pairs, a text, or `null` for none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewValue {
    // Without a function of its own, serde would take a value that is missing for none.
    #[serde(deserialize_with = "required")]
    value: Option<SeedValue>,
    /// Any text, in any lifecycle, as only a test of a client wants it.
    #[serde(default)]
    unchecked: bool,
}

fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SeedValue>, D::Error> {
    Option::deserialize(deserializer)
}

async fn set(
    State(admin): State<Admin>,
    Named((secret, stage)): Named<(String, String)>,
    Confided(wish): Confided<NewValue>,
) -> Result<Response, Refused> {
    let stage = Stage::ALL
        .into_iter()
        .find(|it| it.word() == stage)
        .ok_or_else(|| Refused::unknown("the stage must be previous, active or pending"))?;
    let value = wish.value.map(SeedValue::into_text);
    admin.shared.change(|state, now| {
        let secret = state.find(&secret)?;
        let id = secret.id.clone();
        if !wish.unchecked {
            state.apply(&id, Change::UpdateStage(stage, value), now)?;
        } else if secret.lifecycle == Lifecycle::Destroyed {
            return Err(Refusal::SecretNotFound.into());
        } else {
            state.set_raw_value(&id, stage, value)?;
        }
        let secret = state.find(&id)?;
        Ok(Json(Values::of(&secret.chain)).into_response())
    })
}
