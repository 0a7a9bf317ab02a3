//! Values that are kept for long and looked at seldom, in few bytes.
//!
//! Of each kind there is one for each object, and they are much alike: the same names of fields, the same sentences. So
//! a value is kept as JSON that is compressed against a text of what most of them have in common.

use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What most values have in common; only how small they become depends on it.
const COMMON: &[u8] = include_bytes!("packed/common.txt");

/// A value in few bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed<T>(Form<T>);

#[derive(Clone, Debug, PartialEq)]
enum Form<T> {
    Small(Box<[u8]>),
    /// One that its JSON does not tell exactly, such as a time with parts of a second.
    Whole(Box<T>),
}

impl<T: Serialize + DeserializeOwned + Clone + PartialEq> Packed<T> {
    /// Packs a value; equal ones become equal.
    #[must_use]
    pub fn new(value: &T) -> Self {
        let small = small(value).filter(|bytes| read(bytes).is_some_and(|read: T| read == *value));
        Self(small.map_or_else(|| Form::Whole(Box::new(value.clone())), Form::Small))
    }

    /// The value as it was packed; none would be an error of this file.
    #[must_use]
    pub fn open(&self) -> Option<T> {
        match &self.0 {
            Form::Small(bytes) => read(bytes),
            Form::Whole(value) => Some(T::clone(value)),
        }
    }
}

fn small(value: &impl Serialize) -> Option<Box<[u8]>> {
    let text = serde_json::to_vec(value).ok()?;
    Some(compress_prepend_size_with_dict(&text, COMMON).into())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let text = decompress_size_prepended_with_dict(bytes, COMMON).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests;
