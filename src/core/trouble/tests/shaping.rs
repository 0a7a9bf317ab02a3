//! Every trouble with making the keys of a Secret.

use crate::api::Format;
use crate::core::shape::{Fault, KeysError, Obstacle, TemplateFault, TemplateFaultKind};

fn template_faults(name: &str) -> Vec<TemplateFault> {
    let kinds = [
        TemplateFaultKind::Syntax,
        TemplateFaultKind::Statement(name.into()),
        TemplateFaultKind::LongExpression,
        TemplateFaultKind::Statements,
        TemplateFaultKind::Undefined(Some(name.into())),
        TemplateFaultKind::Undefined(None),
        TemplateFaultKind::UnknownFunction,
        TemplateFaultKind::Unusable,
        TemplateFaultKind::TooMuchWork,
    ];
    kinds.map(|kind| TemplateFault { kind, line: 16384 }).into()
}

pub(super) fn keys_errors(name: &str) -> Vec<KeysError> {
    let key = || name.to_owned();
    let field = "allKeys.include";
    let mut errors = vec![
        KeysError::NotOneForm { key: key() },
        KeysError::OnlyWithFrom { key: key() },
        KeysError::TemplateLength { key: key() },
        KeysError::Expressions { field },
        KeysError::Expression { field, index: 15 },
        KeysError::TooComplex { field },
        KeysError::Prefix,
    ];
    let template = |fault| KeysError::Template { key: key(), fault };
    errors.extend(template_faults(name).into_iter().map(template));
    errors
}

pub(super) fn faults(name: &str) -> Vec<Fault> {
    let key = || name.to_owned();
    let format = Format::DockerConfigJson;
    let mut faults = vec![
        Fault::NothingChosen,
        Fault::Collision {
            key: key(),
            one: key(),
            other: key(),
        },
        Fault::TooManyKeys,
        Fault::NotBase64 {
            key: key(),
            from: key(),
        },
        Fault::FormatNeedsKey {
            key: key(),
            format,
            needs: "registry",
        },
        Fault::FormatName {
            key: key(),
            format,
            name: key(),
        },
        Fault::FormatValue {
            key: key(),
            format,
            name: key(),
            obstacle: Obstacle::Colon,
        },
    ];
    let template = |fault| Fault::Template { key: key(), fault };
    faults.extend(template_faults(name).into_iter().map(template));
    faults
}
