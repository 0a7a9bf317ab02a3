//! What people read about keys that cannot be made: names of keys, never a value.

use super::all_keys::{LONGEST_EXPRESSION, LONGEST_PREFIX, MOST_EXPRESSIONS};
use super::fault::{Fault, KeysError, Obstacle, TemplateFault, TemplateFaultKind};
use super::template::{
    LONGEST_EXPRESSION as LONGEST_TAG, LONGEST_TEMPLATE, MOST_STATEMENTS, STATEMENTS,
};
use crate::api::Format;
use crate::core::speech::{quote, quote_of_three};

impl KeysError {
    /// What is wrong, in whole sentences.
    pub(in crate::core) fn sentence(&self) -> String {
        match self {
            Self::NotOneForm { key } => format!(
                "spec.data must give the key {} exactly one of from, template and format.",
                quote(key)
            ),
            Self::OnlyWithFrom { key } => format!(
                "spec.data gives the key {} optional or decode, which go with from only.",
                quote(key)
            ),
            Self::TemplateLength { key } => format!(
                "spec.data gives the key {} a template that is empty or has more than {LONGEST_TEMPLATE} characters.",
                quote(key)
            ),
            Self::Template { key, fault } => format!(
                "spec.data gives the key {} a template that cannot be used: {}.",
                quote(key),
                said(fault)
            ),
            Self::Expressions { field } => format!(
                "spec.{field} must have from 1 to {MOST_EXPRESSIONS} regular expressions, or be absent."
            ),
            Self::Expression { field, index } => format!(
                "spec.{field}[{index}] is no regular expression of 1 to {LONGEST_EXPRESSION} characters."
            ),
            Self::TooComplex { field } => {
                format!("spec.{field} has regular expressions that are too large together.")
            }
            Self::Prefix => format!(
                "spec.allKeys.prefix must have from 1 to {LONGEST_PREFIX} letters, digits, '-', '_' and '.', or be absent."
            ),
        }
    }
}

impl Fault {
    /// What happened, in whole sentences.
    pub(in crate::core) fn sentence(&self) -> String {
        match self {
            Self::NothingChosen => "No key of the value in NCP passes spec.allKeys.".into(),
            Self::Collision { key, one, other } => format!(
                "The keys {} and {} would both become {}.",
                quote_of_three(one),
                quote_of_three(other),
                quote_of_three(key)
            ),
            Self::TooManyKeys => {
                "The content has more than the 1024 keys that one Secret can have here.".into()
            }
            Self::NotBase64 { key, from } => format!(
                "The key {} decodes {} of the value in NCP, which is no Base64.",
                quote(key),
                quote(from)
            ),
            Self::FormatNeedsKey { key, format, needs } => format!(
                "The key {} has the format {}, and the value in NCP has no key {needs:?}, or an empty one.",
                quote(key),
                format.as_str()
            ),
            Self::FormatName { key, format, name } => format!(
                "The key {} has the format {}, which cannot have the name {}.",
                quote(key),
                format.as_str(),
                quote(name)
            ),
            Self::FormatValue {
                key,
                format,
                name,
                obstacle,
            } => format!(
                "The key {} has the format {}, which cannot have what stands under {}: {}.",
                quote(key),
                format.as_str(),
                quote(name),
                obstacle.said()
            ),
            Self::Template { key, fault } => {
                format!(
                    "The template of the key {} failed: {}.",
                    quote(key),
                    said(fault)
                )
            }
        }
    }

    /// What to do about it, in whole sentences.
    pub(in crate::core) const fn advice(&self) -> &'static str {
        match self {
            Self::NothingChosen => "Nothing was written. Correct spec.allKeys.include and exclude.",
            Self::Collision { .. } => "Nothing was written. Exclude one of them in spec.allKeys.",
            Self::TooManyKeys => "Nothing was written. Choose fewer keys.",
            Self::NotBase64 { .. } => {
                "Nothing was written. Store Base64 in NCP, or leave out decode."
            }
            Self::FormatNeedsKey { .. } => {
                "Nothing was written. Add the key in NCP, or use a template."
            }
            Self::FormatValue {
                format: Format::Env,
                ..
            } => {
                "Nothing was written. Change it in NCP, use the format Json, or give each value a key of its own with from."
            }
            Self::FormatName { .. } | Self::FormatValue { .. } => {
                "Nothing was written. Change it in NCP, or use another format or a template."
            }
            Self::Template { .. } => {
                "Nothing was written. Correct the template, or add what is missing in NCP."
            }
        }
    }
}

impl Obstacle {
    /// What is in the value, as a part of a sentence.
    const fn said(self) -> &'static str {
        match self {
            Self::NoText => "bytes that are no text",
            Self::Nul => "a NUL",
            Self::CarriageReturn => "a carriage return",
            Self::Reference => "a dollar sign before an opening brace",
            Self::Quotes => {
                "a single quote together with a double quote, a dollar sign, a backtick or a backslash"
            }
            Self::Backslashes => "two backslashes in a row, or one at the end",
            Self::HalfLetter => "half of a surrogate pair",
            Self::LongName => "a name that takes more than 1024 letters",
            Self::Colon => "a colon",
        }
    }
}

/// The fault as a part of a sentence.
fn said(fault: &TemplateFault) -> String {
    let line = fault.line;
    match &fault.kind {
        TemplateFaultKind::Syntax => format!("line {line} cannot be understood"),
        TemplateFaultKind::Statement(word) => format!(
            "line {line} has the statement {}, and only {} are known",
            quote(word),
            STATEMENTS.join(", ")
        ),
        TemplateFaultKind::LongExpression => {
            format!("line {line} begins an expression of more than {LONGEST_TAG} bytes")
        }
        TemplateFaultKind::Statements => {
            format!("line {line} has the statement that is one more than {MOST_STATEMENTS}")
        }
        TemplateFaultKind::Undefined(Some(name)) => {
            format!("line {line} uses the undefined name {}", quote(name))
        }
        TemplateFaultKind::Undefined(None) => format!("line {line} uses an undefined name"),
        TemplateFaultKind::UnknownFunction => {
            format!("line {line} uses a function that does not exist")
        }
        TemplateFaultKind::Unusable => {
            format!("line {line} gives a function or an operator what it cannot use")
        }
        TemplateFaultKind::TooMuchWork => format!("line {line} takes too much work"),
    }
}
