//! From the pairs of the source to the keys of the Secret.

mod all_keys;
mod decode;
mod fault;
mod formats;
mod growing;
mod pending;
mod speech;
mod style;
mod template;

use std::borrow::Cow;

pub use self::all_keys::AllKeys;
#[cfg(test)]
pub(super) use self::all_keys::{LONGEST_EXPRESSION, LONGEST_PREFIX, MOST_EXPRESSIONS};
pub use self::fault::{Fault, KeysError, Obstacle, TemplateFault, TemplateFaultKind};
use self::formats::Unfit;
use self::growing::Growing;
pub use self::pending::expose_pending;
pub(super) use self::template::LONGEST_TEMPLATE;
pub use self::template::Template;
use self::template::{Filling, Stopped};
use super::content::{Content, Held};
use super::remote::{Pairs, Unreadable};
use super::request::{ChosenKey, Keys, Origin};
use super::trouble::Trouble;
use crate::api::{Decode, Format};
use crate::value::Value;

/// Gives each key of the Secret its value.
///
/// # Errors
///
/// The first key that is missing, not allowed or cannot be made; or that there is nothing, or too much. Never a part
/// of a value.
pub fn render<'remote>(
    keys: &'remote Keys,
    type_: &str,
    pairs: &'remote Pairs,
) -> Result<Content<'remote>, Trouble> {
    let mut content = Content::default();
    let mut filling = Filling::of(pairs);
    for item in &keys.chosen {
        if let Some(held) = made(item, pairs, &mut filling, content.room())? {
            content.add(Cow::Borrowed(&item.key), held)?;
        }
    }
    if let Some(all) = &keys.all {
        let is_chosen = |key: &str| keys.chosen.iter().any(|item| item.key == key);
        for (key, (_, value)) in all.choose(pairs, is_chosen)? {
            content.add(key, Held::Read(value))?;
        }
    }
    if let Some(trouble) = without_content(keys, pairs, &content) {
        return Err(trouble);
    }
    match missing_for_type(type_, &content) {
        Some(keys) => Err(Trouble::TypeNeedsKey { keys }),
        None => Ok(content),
    }
}

/// Why a Secret would be empty, or hold nothing of the source: it may have lost all that it held, key by key.
fn without_content(keys: &Keys, pairs: &Pairs, content: &Content<'_>) -> Option<Trouble> {
    let is_empty = content.iter().len() == 0;
    let wanted = keys.chosen.iter().find_map(|item| match &item.origin {
        Origin::From { name, .. } => Some(Trouble::MissingKey { key: name.clone() }),
        _ => None,
    });
    match wanted {
        Some(missing) if is_empty => Some(missing),
        _ if pairs.iter().len() == 0 => Some(Trouble::Unreadable(Unreadable::NoPairs)),
        _ => is_empty.then_some(Trouble::Shape(Fault::NothingChosen)),
    }
}

/// What the Secret holds under a chosen key; nothing if it may do without.
fn made<'remote>(
    item: &ChosenKey,
    pairs: &'remote Pairs,
    filling: &mut Filling<'remote>,
    room: usize,
) -> Result<Option<Held<'remote>>, Trouble> {
    match &item.origin {
        Origin::From {
            name,
            optional,
            decode,
        } => match pairs.get(name) {
            Some(value) => taken(item, name, *decode, value).map(Some),
            None if *optional => Ok(None),
            None => Err(Trouble::MissingKey { key: name.clone() }),
        },
        Origin::Template(template) => {
            let key = item.key.clone();
            let filled = filling.fill(template, room);
            let filled = filled.map_err(|stopped| match stopped {
                Stopped::Full => Trouble::TooLarge { key },
                Stopped::Fault(fault) => Fault::Template { key, fault }.into(),
            });
            filled.map(|value| Some(Held::Made(value)))
        }
        Origin::Format(format) => {
            formatted(&item.key, *format, pairs, room).map(|value| Some(Held::Made(value)))
        }
    }
}

fn taken<'remote>(
    item: &ChosenKey,
    name: &str,
    decode: Decode,
    value: &'remote Value,
) -> Result<Held<'remote>, Trouble> {
    decoded(decode, value).ok_or_else(|| {
        let (key, from) = (item.key.clone(), name.to_owned());
        Fault::NotBase64 { key, from }.into()
    })
}

/// The bytes that a text stands for; nothing if it is not encoded as it should be.
fn decoded(decode: Decode, value: &Value) -> Option<Held<'_>> {
    match decode {
        Decode::None => Some(Held::Read(value)),
        Decode::Base64 => decode::base64(value.expose()).map(Held::Made),
    }
}

fn formatted(key: &str, format: Format, pairs: &Pairs, room: usize) -> Result<Value, Trouble> {
    let mut out = Growing::new(room);
    let key = key.to_owned();
    match formats::write(format, pairs, &mut out) {
        Ok(()) => out.finish().map_err(|_| Trouble::TooLarge { key }),
        Err(Unfit::Needs(needs)) => Err(Fault::FormatNeedsKey { key, format, needs }.into()),
        Err(Unfit::Name(name)) => Err(Fault::FormatName { key, format, name }.into()),
        Err(Unfit::Value(name, obstacle)) => Err(Fault::FormatValue {
            key,
            format,
            name,
            obstacle,
        }
        .into()),
    }
}

/// What Kubernetes requires for the type and is not there: one of these keys.
fn missing_for_type(type_: &str, content: &Content<'_>) -> Option<&'static [&'static str]> {
    let required: &[&[_]] = match type_ {
        "kubernetes.io/tls" => &[&["tls.crt"], &["tls.key"]],
        "kubernetes.io/dockerconfigjson" => &[&[".dockerconfigjson"]],
        "kubernetes.io/ssh-auth" => &[&["ssh-privatekey"]],
        "kubernetes.io/basic-auth" => &[&["username", "password"]],
        _ => &[],
    };
    let is_missing = |keys: &&&[&str]| !keys.iter().any(|key| content.has(key));
    required.iter().copied().find(|keys| is_missing(&keys))
}

#[cfg(test)]
mod tests;
