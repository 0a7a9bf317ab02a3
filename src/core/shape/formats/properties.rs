//! Java properties in ASCII, which `java.util.Properties` reads alike in both of the encodings that it knows.

use super::{Unfit, text};
use crate::core::remote::Pairs;
use crate::core::shape::growing::Growing;

pub(super) fn write(pairs: &Pairs, out: &mut Growing) -> Result<(), Unfit> {
    for pair in pairs.sorted() {
        // A space ends a name wherever it stands, and is skipped before a value.
        escape(&pair.name, |_| true, out);
        out.text("=");
        escape(text(pair)?, |index| index == 0, out);
        out.text("\n");
    }
    Ok(())
}

fn escape(text: &str, escapes_space: impl Fn(usize) -> bool, out: &mut Growing) {
    for (index, letter) in text.char_indices() {
        match letter {
            ' ' if escapes_space(index) => out.text("\\ "),
            '\\' | ':' | '=' | '#' | '!' => {
                out.text("\\");
                out.letter(letter);
            }
            '\n' => out.text("\\n"),
            '\r' => out.text("\\r"),
            '\t' => out.text("\\t"),
            ' '..='~' => out.letter(letter),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.text(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
}
