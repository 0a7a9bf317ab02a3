//! The whole value as one file.
//!
//! Each format has the keys in the order of their names, so that its text changes only when the value does. What it
//! holds is read back as exactly the same by whoever reads the format, or it is refused.

mod docker;
mod env;
mod json;
mod properties;
mod yaml;

pub(super) use self::json::string as json_string;
pub(super) use self::yaml::string as yaml_string;
use super::fault::Obstacle;
use super::growing::Growing;
use crate::api::Format;
use crate::core::remote::{Pair, Pairs};

/// What a format cannot have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// The name of a key.
    Name(String),
    /// What stands under the key of that name, for what is in it.
    Value(String, Obstacle),
    /// There is no key of that name, or an empty one.
    Needs(&'static str),
}

/// Writes the whole value in that format.
pub(super) fn write(format: Format, pairs: &Pairs, out: &mut Growing) -> Result<(), Unfit> {
    match format {
        Format::Env => env::write(pairs, out),
        Format::Json => json::write(pairs, out),
        Format::Yaml => yaml::write(pairs, out),
        Format::Properties => properties::write(pairs, out),
        Format::DockerConfigJson => docker::write(pairs, out),
    }
}

/// The text of a pair. Values come out of JSON, so they always have one.
fn text(pair: &Pair) -> Result<&str, Unfit> {
    str::from_utf8(pair.value.expose())
        .map_err(|_| Unfit::Value(pair.name.clone(), Obstacle::NoText))
}

#[cfg(test)]
mod tests;
