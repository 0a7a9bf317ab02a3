//! The page of one secret, and its buttons.

use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::button::Button;
use super::calls::ShownCall;
use super::notice::{Notice, ShownNotice};
use super::secret_view::ShownSecret;
use super::templates::Template;
use super::{calls, links, not_found, words};
use crate::server::admin::Admin;
use crate::state::{self, Lifecycle, Refusal};

type AskedPath<T> = Result<Path<T>, PathRejection>;

const NO_BUTTON: &str = "There is nothing of that name to do with a secret.";

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    values: String,
    notice: String,
}

/// What the form of the deletion page sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Confirmation {
    confirmed: String,
}

#[derive(Serialize)]
pub(super) struct Page {
    pub(super) notice: Option<ShownNotice>,
    pub(super) secret: ShownSecret,
    pub(super) calls: Vec<ShownCall>,
}

#[derive(Serialize)]
pub(super) struct Deletion {
    pub(super) name: String,
    pub(super) address: String,
}

/// A secret that has no page.
enum Gone {
    Destroyed(String),
    Unknown,
}

pub(super) async fn show(
    State(admin): State<Admin>,
    id: AskedPath<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Ok(Path(id)) = id else {
        return Gone::Unknown.page();
    };
    let Query(asked) = asked.unwrap_or_default();
    let latest = calls::newest(&admin.shared, Some(&id));
    let shown = admin.shared.change(|state, now| {
        let secret = Gone::or_secret(state, &id)?;
        let values_shown = asked.values == "shown";
        let calls = calls::shown(&latest, state, now);
        Ok(Page {
            secret: ShownSecret::new(secret, state, values_shown, now),
            calls,
            notice: Notice::find(&asked.notice).map(|notice| notice.shown()),
        })
    });
    shown.map_or_else(
        |gone: Gone| gone.page(),
        |page| Template::Secret.page(StatusCode::OK, page),
    )
}

/// The page between the button for deletion and the deletion.
pub(super) async fn ask(State(admin): State<Admin>, path: AskedPath<(String, String)>) -> Response {
    let Ok(Path((id, word))) = path else {
        return Gone::Unknown.page();
    };
    if Button::find(&word) != Some(Button::Delete) {
        return not_found(NO_BUTTON);
    }
    let possible = admin.shared.change(|state, now| {
        let name = Gone::or_secret(state, &id)?.name.clone();
        Ok((name, state.rehearse(&id, Button::Delete.change(), now)))
    });
    match possible {
        Err(gone) => Gone::page(&gone),
        Ok((_, Err(refusal))) => back(&id, &Notice::of(Button::Delete, Err(refusal))),
        Ok((name, Ok(()))) => {
            let address = links::secret(&id);
            Template::Deletion.page(StatusCode::OK, Deletion { name, address })
        }
    }
}

/// Makes a button's change and goes back to the page.
pub(super) async fn press(
    State(admin): State<Admin>,
    path: AskedPath<(String, String)>,
    form: Result<Form<Confirmation>, FormRejection>,
) -> Response {
    let Ok(Path((id, word))) = path else {
        return Gone::Unknown.page();
    };
    let Some(button) = Button::find(&word) else {
        return not_found(NO_BUTTON);
    };
    let confirmed = form.is_ok_and(|Form(form)| form.confirmed == "yes");
    if button == Button::Delete && !confirmed {
        return Redirect::to(&format!("{}/delete", links::secret(&id))).into_response();
    }
    let pressed = admin
        .shared
        .change(|state, now| state.apply(&id, button.change(), now).map(drop));
    let gone = pressed == Err(Refusal::SecretNotFound);
    let notice = Notice::of(button, pressed);
    if notice == Notice::Done(Button::Delete) || gone {
        return Redirect::to(&links::telling("/", &notice)).into_response();
    }
    back(&id, &notice)
}

fn back(id: &str, notice: &Notice) -> Response {
    Redirect::to(&links::telling(&links::secret(id), notice)).into_response()
}

impl Gone {
    fn or_secret<'a>(state: &'a state::State, id: &str) -> Result<&'a state::Secret, Self> {
        match state.secret(id) {
            None => Err(Self::Unknown),
            Some(secret) if secret.lifecycle == Lifecycle::Destroyed => {
                Err(Self::Destroyed(secret.name.clone()))
            }
            Some(secret) => Ok(secret),
        }
    }

    fn page(&self) -> Response {
        not_found(&match self {
            Self::Unknown => "There is no secret with this identifier.".to_owned(),
            Self::Destroyed(name) => format!(
                "The secret {} is destroyed. Its values are gone and cannot be brought back.",
                words::short(name)
            ),
        })
    }
}
