//! Lines `NAME=value` that every common reader of such files takes alike.
//!
//! They agree on no escape: what one reads as a line break is two letters to the next. So nothing is escaped here: a
//! value stands bare, or in quotes in which every reader leaves it as it is, or it is refused. Which readers that was
//! tried with, and on what, stands in the tests.

use super::{Obstacle, Unfit, text};
use crate::core::remote::Pairs;
use crate::core::shape::growing::Growing;

pub(super) fn write(pairs: &Pairs, out: &mut Growing) -> Result<(), Unfit> {
    for pair in pairs.sorted() {
        if !is_variable(&pair.name) {
            return Err(Unfit::Name(pair.name.clone()));
        }
        let text = text(pair)?;
        let quotes = quotes(text).map_err(|obstacle| Unfit::Value(pair.name.clone(), obstacle))?;
        for part in [&pair.name, "=", quotes, text, quotes, "\n"] {
            out.text(part);
        }
    }
    Ok(())
}

/// What has to stand around the value, if anything.
fn quotes(text: &str) -> Result<&'static str, Obstacle> {
    if text.contains('\0') {
        return Err(Obstacle::Nul);
    }
    if text.contains('\r') {
        // Most readers make a line feed of it.
        return Err(Obstacle::CarriageReturn);
    }
    if text.contains("${") {
        // python-dotenv replaces it in single quotes too.
        return Err(Obstacle::Reference);
    }
    if text.chars().all(is_plain) {
        return Ok("");
    }
    if !text.contains(['"', '\\', '$', '`']) {
        return Ok("\"");
    }
    if text.contains('\'') {
        return Err(Obstacle::Quotes);
    }
    if text.contains(r"\\") || text.ends_with('\\') {
        // python-dotenv makes one of two, and most readers take one at the end for an escape of the quote.
        return Err(Obstacle::Backslashes);
    }
    Ok("'")
}

/// Whether a program can find the name in its environment; in JavaScript `__proto__` is none of an object's own.
fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name != "__proto__"
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-.,:/@%+=".contains(letter)
}
