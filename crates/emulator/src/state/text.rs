//! A secret's value as text.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A value: never printed, wiped from memory when dropped. It is written as JSON into state files only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Text(Zeroizing<String>);

impl Text {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_printed() {
        assert_eq!(format!("{:?}", Some(Text::from("cba"))), "Some([hidden])");
    }
}
