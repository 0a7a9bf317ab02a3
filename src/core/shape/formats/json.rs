//! One JSON object: strings as strings, anything else as it was written in NCP.

use super::{Unfit, text};
use crate::core::remote::Pairs;
use crate::core::shape::growing::Growing;

pub(super) fn write(pairs: &Pairs, out: &mut Growing) -> Result<(), Unfit> {
    for (index, pair) in pairs.sorted().into_iter().enumerate() {
        out.text(if index == 0 { "{" } else { "," });
        string(&pair.name, out);
        out.text(":");
        if pair.is_text {
            string(text(pair)?, out);
        } else {
            out.push(pair.value.expose());
        }
    }
    out.text("}");
    Ok(())
}

/// A JSON string.
pub(in crate::core::shape) fn string(text: &str, out: &mut Growing) {
    out.text("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.text("\\\""),
            '\\' => out.text("\\\\"),
            '\n' => out.text("\\n"),
            '\r' => out.text("\\r"),
            '\t' => out.text("\\t"),
            control if control.is_control() => {
                out.text(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.letter(other),
        }
    }
    out.text("\"");
}
