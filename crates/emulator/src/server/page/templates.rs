//! The templates, and the answers that are made of them.

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use serde::Serialize;

static TEMPLATES: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    templates.set_syntax(syntax.build()?);
    templates.add_template("layout.html", include_str!("templates/layout.html"))?;
    templates.add_template("calls.html", include_str!("templates/calls.html"))?;
    templates.add_template("buttons.html", include_str!("templates/buttons.html"))?;
    for template in Template::ALL {
        let (name, source) = template.source();
        templates.add_template(name, source)?;
    }
    Ok(templates)
});

/// A page's template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    Home,
    Secret,
    Deletion,
    Missing,
}

impl Template {
    const ALL: [Self; 4] = [Self::Home, Self::Secret, Self::Deletion, Self::Missing];

    /// The page that the template makes of what it is given.
    pub(super) fn page(self, status: StatusCode, content: impl Serialize) -> Response {
        match self.render(content) {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => {
                tracing::error!(template = ?self, %error, "failed to make a page");
                let sentence = "The page could not be made; the emulator's log says why.\n";
                (StatusCode::INTERNAL_SERVER_ERROR, sentence).into_response()
            }
        }
    }

    pub(super) fn render(self, content: impl Serialize) -> Result<String, String> {
        let templates = TEMPLATES.as_ref().map_err(ToString::to_string)?;
        let template = templates.get_template(self.source().0);
        template
            .and_then(|template| template.render(Value::from(Serde(content))))
            .map_err(|error| error.to_string())
    }

    const fn source(self) -> (&'static str, &'static str) {
        match self {
            Self::Home => ("home.html", include_str!("templates/home.html")),
            Self::Secret => ("secret.html", include_str!("templates/secret.html")),
            Self::Deletion => ("deletion.html", include_str!("templates/deletion.html")),
            Self::Missing => ("missing.html", include_str!("templates/missing.html")),
        }
    }
}
