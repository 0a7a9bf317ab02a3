//! What can keep the keys of a Secret from being made: said of the spec alone, or once there is a value.

use crate::api::{Format, Reason};
use crate::core::trouble::{SpecError, Trouble};

/// What is wrong with `spec.data` or `spec.allKeys` whatever the value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant is explained by its sentence in `speech`"
)]
pub enum KeysError {
    NotOneForm { key: String },
    OnlyWithFrom { key: String },
    TemplateLength { key: String },
    Template { key: String, fault: TemplateFault },
    Expressions { field: &'static str },
    Expression { field: &'static str, index: usize },
    TooComplex { field: &'static str },
    Prefix,
}

/// What keeps a value from becoming the keys that the spec asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `allKeys` lets no key pass, and nothing else is asked for.
    NothingChosen,
    /// Two keys of the value get one name.
    Collision {
        /// The name that both would get.
        key: String,
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// More keys than status can list.
    TooManyKeys,
    /// What is to be decoded is no Base64.
    NotBase64 {
        /// The key of the Secret.
        key: String,
        /// The key of the value.
        from: String,
    },
    /// A format needs a key that the value does not have.
    FormatNeedsKey {
        /// The key of the Secret.
        key: String,
        /// The format.
        format: Format,
        /// The key of the value.
        needs: &'static str,
    },
    /// A format cannot have the name of a key of the value.
    FormatName {
        /// The key of the Secret.
        key: String,
        /// The format.
        format: Format,
        /// The key of the value.
        name: String,
    },
    /// A format cannot have what stands under a key of the value.
    FormatValue {
        /// The key of the Secret.
        key: String,
        /// The format.
        format: Format,
        /// The key of the value.
        name: String,
        /// What is in it.
        obstacle: Obstacle,
    },
    /// A template cannot be filled in.
    Template {
        /// The key of the Secret.
        key: String,
        /// What is wrong.
        fault: TemplateFault,
    },
}

/// What a value has in it that a format cannot write so that all readers of the format take it alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Bytes that are no text.
    NoText,
    /// NUL, which no environment can hold.
    Nul,
    /// A carriage return.
    CarriageReturn,
    /// `${`.
    Reference,
    /// A single quote together with what cannot stand in double quotes.
    Quotes,
    /// Two backslashes in a row, or one at the end.
    Backslashes,
    /// Half of a surrogate pair, inside a list or map.
    HalfLetter,
    /// A name that is too long, inside a list or map.
    LongName,
    /// A colon.
    Colon,
}

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// What is wrong.
    pub kind: TemplateFaultKind,
    /// The line of the template, from 1.
    pub line: usize,
}

/// The ways in which a template fails. None of them carries anything of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateFaultKind {
    /// It cannot be read.
    Syntax,
    /// It has a statement that is not among those that templates may have.
    Statement(String),
    /// One expression is longer than the engine can be trusted with.
    LongExpression,
    /// It has too many statements.
    Statements,
    /// It uses a name that the value does not have; the name is known when the template itself spells it.
    Undefined(Option<String>),
    /// It uses a function that there is not.
    UnknownFunction,
    /// A function or an operator gets what it cannot use.
    Unusable,
    /// It would take too much work.
    TooMuchWork,
}

impl Fault {
    /// The word for it.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NothingChosen | Self::FormatNeedsKey { .. } => Reason::MissingKey,
            Self::Collision { .. } => Reason::KeyConflict,
            Self::TooManyKeys => Reason::TooLarge,
            Self::FormatName { .. } => Reason::InvalidKey,
            Self::NotBase64 { .. } | Self::FormatValue { .. } | Self::Template { .. } => {
                Reason::TemplateFailed
            }
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Shape(fault)
    }
}

impl From<KeysError> for Trouble {
    fn from(error: KeysError) -> Self {
        Self::Spec(SpecError::Keys(error))
    }
}
