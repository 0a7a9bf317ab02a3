//! Lines `NAME=value` as dotenv reads them.
//!
//! What needs no quotes has none, which every reader of such files takes, `docker run --env-file` too. What has no
//! single quote and no backslash stands in single quotes, where neither dotenv readers nor shells change anything. The
//! rest stands in double quotes with `\\`, `\"`, `\$` and `\n`, the escapes that dotenv knows.

use super::{Unfit, text};
use crate::core::remote::Pairs;
use crate::core::shape::growing::Growing;

pub(super) fn write(pairs: &Pairs, out: &mut Growing) -> Result<(), Unfit> {
    for pair in pairs.sorted() {
        if !is_variable(&pair.name) {
            return Err(Unfit::Name(pair.name.clone()));
        }
        let text = text(pair)?;
        // No environment can hold it.
        if text.contains('\0') {
            return Err(Unfit::Value(pair.name.clone()));
        }
        out.text(&pair.name);
        out.text("=");
        if text.chars().all(is_plain) {
            out.text(text);
        } else if text.contains(['\'', '\\']) {
            double_quoted(text, out);
        } else {
            out.text("'");
            out.text(text);
            out.text("'");
        }
        out.text("\n");
    }
    Ok(())
}

fn double_quoted(text: &str, out: &mut Growing) {
    out.text("\"");
    for letter in text.chars() {
        match letter {
            '\n' => out.text("\\n"),
            '\\' | '"' | '$' => {
                out.text("\\");
                out.letter(letter);
            }
            other => out.letter(other),
        }
    }
    out.text("\"");
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-.,:/@%+=".contains(letter)
}
