//! Templates: the text of one key, with values of the source filled in.
//!
//! The engine is given nothing but the values and a list of pure functions; it has no loader, so a template reaches
//! no other one. It works on copies of the values that it does not wipe: only those that a template names are copied,
//! and they are gone, as memory, when the template is filled in.

mod functions;
mod limits;
mod names;

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use self::functions::text;
pub(super) use self::limits::{LONGEST_EXPRESSION, MOST_STATEMENTS, STATEMENTS};
use self::names::Names;
use super::fault::{TemplateFault, TemplateFaultKind};
use super::growing::Growing;
use crate::core::remote::Pairs;
use crate::value::Value;

/// The most characters of a template, which the schema holds too.
pub(in crate::core) const LONGEST_TEMPLATE: usize = 16384;

/// What all templates of one object may use up together, in the engine's unit: an instruction, or 64 bytes.
const FUEL: u64 = 100_000;

/// Calls within calls, of which templates need none.
const DEEPEST: usize = 32;

/// A template that can be read. It stays text until it is used: compiled it is many times larger, and there may be
/// thousands of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Checks that a text is a template.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, TemplateFault> {
        limits::check(text)?;
        match environment(FUEL).template_from_str(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(fault(&error, || None)),
        }
    }
}

/// Why a template is not filled in.
pub(super) enum Stopped {
    /// The text is larger than the room for it.
    Full,
    /// The template asks for what cannot be.
    Fault(TemplateFault),
}

/// Fills in the templates of one object, which share the names and the work that may be done.
pub(super) struct Filling<'remote> {
    pairs: &'remote Pairs,
    names: Option<Arc<Names>>,
    fuel: u64,
}

impl<'remote> Filling<'remote> {
    pub(super) const fn of(pairs: &'remote Pairs) -> Self {
        Self {
            pairs,
            names: None,
            fuel: FUEL,
        }
    }

    /// The text that the template makes of the values.
    pub(super) fn fill(&mut self, template: &Template, room: usize) -> Result<Value, Stopped> {
        let names = self
            .names
            .get_or_insert_with(|| Arc::new(Names::of(self.pairs)));
        let undefined = || names.missed(&template.0);
        let environment = environment(self.fuel);
        let mut made = Growing::new(room);
        let filled = environment
            .template_from_str(&template.0)
            .and_then(|compiled| compiled.render_captured_to(names::root(names), &mut made));
        if made.is_full() {
            return Err(Stopped::Full);
        }
        match filled {
            Ok(filled) => {
                let left = filled.state().fuel_levels().map(|(_, left)| left);
                self.fuel = left.unwrap_or_default();
                made.finish().map_err(|_| Stopped::Full)
            }
            Err(error) => Err(Stopped::Fault(fault(&error, undefined))),
        }
    }
}

/// What the engine's error means. Its own text is never used, for it may show values.
fn fault(error: &Error, undefined: impl FnOnce() -> Option<String>) -> TemplateFault {
    let kind = match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::BadEscape => TemplateFaultKind::Syntax,
        ErrorKind::UndefinedError => TemplateFaultKind::Undefined(undefined()),
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod => TemplateFaultKind::UnknownFunction,
        ErrorKind::OutOfFuel => TemplateFaultKind::TooMuchWork,
        _ => TemplateFaultKind::Unusable,
    };
    TemplateFault {
        kind,
        line: error.line().unwrap_or(1),
    }
}

fn environment<'source>(fuel: u64) -> Environment<'source> {
    let mut environment = Environment::empty();
    // What the engine takes for its default delimiters cannot be refused; without it they are the same.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(|out, _, value| Ok(out.write_str(&text(value)?)?));
    environment.set_recursion_limit(DEEPEST);
    environment.set_fuel(Some(fuel));
    functions::add(&mut environment);
    environment
}

#[cfg(test)]
mod tests;
