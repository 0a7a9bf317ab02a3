//! What a machine cannot do, as opposed to what went wrong on it.

use std::error::Error;
use std::fmt;

/// Something needs more than this machine has. Says what, and how to get it.
#[derive(Debug)]
pub struct Impossible(String);

impl Impossible {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Impossible {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Impossible {}
