//! Secret values: one type that cannot be shown.
//!
//! A [`Value`] has no `Debug`, no `Display` and no `Serialize`, and its memory is wiped when it is dropped. Code
//! that needs the bytes says so with [`Value::expose`], so that every such place can be found and counted.

use zeroize::Zeroizing;

/// Bytes that nobody may see: a value of a secret, an access key, the installation key.
pub struct Value(Zeroizing<Vec<u8>>);

impl Value {
    /// Takes the bytes; the caller keeps no copy.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves, for the one who writes, signs or compares them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is not one byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}
