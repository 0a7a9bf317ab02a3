//! The functions that templates may use: pure, each bounded by what it is given and by what may come out.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::decode;
use super::super::formats::{json_string, yaml_string};
use super::super::growing::Growing;
use crate::core::content::{LARGEST, hex};

/// What has to be escaped to stand in any part of a URL (RFC 3986: all that is not unreserved).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Lists within lists that can be written as JSON or YAML.
const DEEPEST: usize = 32;

/// Gives the engine every function that there is.
pub(super) fn add(environment: &mut Environment<'_>) {
    let mut add = |name: &'static str, function: fn(&str) -> String| {
        environment.add_filter(name, move |value: &Value| {
            text(value).map(|text| function(&text))
        });
    };
    add("b64encode", |text| BASE64_STANDARD.encode(text));
    add("hex", |text| hex(text.as_bytes()));
    add("urlencode", |text| {
        utf8_percent_encode(text, RESERVED).to_string()
    });
    add("quote", |text| {
        format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
    });
    add("shellquote", |text| {
        format!("'{}'", text.replace('\'', r"'\''"))
    });
    add("upper", str::to_uppercase);
    add("lower", str::to_lowercase);
    add("trim", |text| text.trim().to_owned());
    environment.add_filter("b64decode", b64decode);
    environment.add_filter("tojson", |value: &Value| written(value, json_string));
    environment.add_filter("toyaml", |value: &Value| written(value, yaml_string));
    environment.add_filter("join", join);
    environment.add_filter("replace", replace);
    environment.add_filter("default", default);
    environment.add_test("defined", |value: &Value| !value.is_undefined());
}

/// What stands for a value in a text. Lists and maps have no such form; it is `tojson` or `join` that gives them one.
pub(super) fn text(value: &Value) -> Result<Cow<'_, str>, Error> {
    match value.kind() {
        ValueKind::String => value.as_str().map(Cow::Borrowed).ok_or_else(unusable),
        ValueKind::Number => Ok(Cow::Owned(value.to_string())),
        ValueKind::Bool if value.is_true() => Ok(Cow::Borrowed("true")),
        ValueKind::Bool => Ok(Cow::Borrowed("false")),
        ValueKind::Undefined => Err(ErrorKind::UndefinedError.into()),
        _ => Err(unusable()),
    }
}

fn unusable() -> Error {
    ErrorKind::InvalidOperation.into()
}

fn default(value: &Value, fallback: &Value) -> Value {
    let chosen = if value.is_undefined() {
        fallback
    } else {
        value
    };
    chosen.clone()
}

fn b64decode(value: &Value) -> Result<String, Error> {
    let bytes = decode::base64(text(value)?.as_bytes()).ok_or_else(unusable)?;
    str::from_utf8(bytes.expose())
        .map(str::to_owned)
        .map_err(|_| unusable())
}

fn join(list: &Value, separator: &Value) -> Result<String, Error> {
    match list.kind() {
        ValueKind::Seq | ValueKind::Iterable => {}
        ValueKind::Undefined => return Err(ErrorKind::UndefinedError.into()),
        _ => return Err(unusable()),
    }
    let separator = text(separator)?;
    let mut joined = Growing::new(LARGEST);
    for (index, item) in list.try_iter()?.enumerate() {
        joined.text(if index == 0 { "" } else { &separator });
        joined.text(&text(&item)?);
    }
    finished(joined)
}

fn replace(value: &Value, old: &Value, new: &Value) -> Result<String, Error> {
    let (value, old, new) = (text(value)?, text(old)?, text(new)?);
    if old.is_empty() {
        return Err(unusable());
    }
    let mut replaced = Growing::new(LARGEST);
    for (index, part) in value.split(&*old).enumerate() {
        replaced.text(if index == 0 { "" } else { &new });
        replaced.text(part);
    }
    finished(replaced)
}

/// Writes anything as JSON, or as the YAML that has the same form.
fn written(value: &Value, string: fn(&str, &mut Growing)) -> Result<String, Error> {
    let mut out = Growing::new(LARGEST);
    write(value, string, DEEPEST, &mut out)?;
    finished(out)
}

fn write(
    value: &Value,
    string: fn(&str, &mut Growing),
    depth: usize,
    out: &mut Growing,
) -> Result<(), Error> {
    let deeper = depth.checked_sub(1).ok_or_else(unusable)?;
    match value.kind() {
        ValueKind::String => string(&text(value)?, out),
        ValueKind::None => out.text("null"),
        ValueKind::Seq | ValueKind::Iterable => {
            out.text("[");
            for (index, item) in value.try_iter()?.enumerate() {
                out.text(if index == 0 { "" } else { ", " });
                write(&item, string, deeper, out)?;
            }
            out.text("]");
        }
        ValueKind::Map => {
            out.text("{");
            for (index, key) in value.try_iter()?.enumerate() {
                out.text(if index == 0 { "" } else { ", " });
                string(&text(&key)?, out);
                out.text(": ");
                write(&value.get_item(&key)?, string, deeper, out)?;
            }
            out.text("}");
        }
        ValueKind::Number if !is_finite(value) => return Err(unusable()),
        _ => out.text(&text(value)?),
    }
    Ok(())
}

/// Whether JSON has the number.
fn is_finite(value: &Value) -> bool {
    f64::try_from(value.clone()).is_ok_and(f64::is_finite)
}

/// The text in the engine's hands; more than a Secret can hold is too much work.
fn finished(text: Growing) -> Result<String, Error> {
    let text = text.finish().map_err(|_| ErrorKind::OutOfFuel)?;
    str::from_utf8(text.expose())
        .map(str::to_owned)
        .map_err(|_| unusable())
}
