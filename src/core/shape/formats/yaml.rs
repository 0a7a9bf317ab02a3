//! One YAML mapping that readers of YAML 1.1 and of 1.2 take alike: every name and string in double quotes, so that
//! none of them is taken for anything else, and numbers in the form that is a number to both.

use zeroize::Zeroizing;

use super::{Obstacle, Unfit, text};
use crate::core::remote::{Pair, Pairs};
use crate::core::shape::growing::Growing;

/// What a reader takes for a name has at most 1024 letters, with all that is escaped (YAML 1.2, 7.4.2).
const LONGEST_NAME: usize = 1024;

pub(super) fn write(pairs: &Pairs, out: &mut Growing) -> Result<(), Unfit> {
    for pair in pairs.sorted() {
        if is_long_name(&pair.name) {
            return Err(Unfit::Name(pair.name.clone()));
        }
        name(&pair.name, out);
        out.text(": ");
        if pair.is_text {
            string(text(pair)?, out);
        } else {
            one_line(pair, out)?;
        }
        out.text("\n");
    }
    Ok(())
}

fn is_long_name(name: &str) -> bool {
    let mut written = Growing::new(LONGEST_NAME);
    string(name, &mut written);
    written.is_full()
}

/// A name; Ruby's reader takes `<<` for a merge in quotes too, unless a tag says that it is a string.
fn name(text: &str, out: &mut Growing) {
    out.text(if text == "<<" { "!!str " } else { "" });
    string(text, out);
}

/// JSON on one line and with strings that YAML reads the same: it knows no halves of surrogate pairs.
fn one_line(pair: &Pair, out: &mut Growing) -> Result<(), Unfit> {
    let unfit = |obstacle| Unfit::Value(pair.name.clone(), obstacle);
    let half_letter = || unfit(Obstacle::HalfLetter);
    let mut rest = text(pair)?;
    while let Some(first) = rest.chars().next() {
        let mut end = first.len_utf8();
        match first {
            '"' => {
                end = string_end(rest);
                let (quoted, tail) = rest.split_at_checked(end).ok_or_else(half_letter)?;
                let inner: String = serde_json::from_str(quoted).map_err(|_| half_letter())?;
                let inner = Zeroizing::new(inner);
                if !tail.trim_start().starts_with(':') {
                    string(&inner, out);
                } else if is_long_name(&inner) {
                    return Err(unfit(Obstacle::LongName));
                } else {
                    name(&inner, out);
                }
            }
            '-' | '0'..='9' => {
                end = rest
                    .find(|letter| !is_of_number(letter))
                    .unwrap_or(rest.len());
                let (literal, _) = rest.split_at(end);
                number(literal, out);
            }
            ':' => out.text(": "),
            ',' => out.text(", "),
            space if space.is_ascii_whitespace() => {}
            other => out.letter(other),
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    Ok(())
}

fn is_of_number(letter: char) -> bool {
    letter.is_ascii_digit() || "+-.eE".contains(letter)
}

/// A number as JSON has it; in YAML 1.1 one with an exponent also has a point, and the exponent a sign.
fn number(literal: &str, out: &mut Growing) {
    let Some((mantissa, exponent)) = literal.split_once(['e', 'E']) else {
        return out.text(literal);
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) {
        ""
    } else {
        "+"
    };
    for part in [mantissa, point, "e", sign, exponent] {
        out.text(part);
    }
}

/// Where the JSON string ends that begins here.
fn string_end(json: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    json.len()
}

/// A string in double quotes, on one line, with everything escaped that some reader takes for a break or does not print.
pub(in crate::core::shape) fn string(text: &str, out: &mut Growing) {
    out.text("\"");
    for letter in text.chars() {
        match (letter, u32::from(letter)) {
            ('"', _) => out.text("\\\""),
            ('\\', _) => out.text("\\\\"),
            ('\n', _) => out.text("\\n"),
            ('\r', _) => out.text("\\r"),
            ('\t', _) => out.text("\\t"),
            (control, code) if control.is_control() => out.text(&format!("\\x{code:02x}")),
            (_, code @ (0x2028 | 0x2029 | 0xfeff | 0xfdd0..=0xfdef)) => {
                out.text(&format!("\\u{code:04x}"));
            }
            (_, code) if code & 0xfffe == 0xfffe => out.text(&format!("\\U{code:08x}")),
            (other, _) => out.letter(other),
        }
    }
    out.text("\"");
}
