//! Names of others inside our sentences: quoted, escaped, and no longer than anybody reads.

/// A name between quotes, with everything escaped that would not show.
pub(in crate::core) fn quote(name: &str) -> String {
    format!("\"{}\"", cut(name))
}

/// The same where three names stand in one sentence.
pub(in crate::core) fn quote_of_three(name: &str) -> String {
    format!("\"{}\"", cut_to(name, LONGEST_OF_THREE))
}

/// The most bytes of each of three names.
const LONGEST_OF_THREE: usize = 190;

/// The most bytes of one name in a message: room for any name in Kubernetes, and with two of them a message still fits
/// into the 1024 bytes of an event's note.
const LONGEST_SHOWN: usize = 253;

/// The most bytes of the name of a field manager, which Kubernetes allows no more of.
pub(super) const LONGEST_MANAGER: usize = 128;

/// Escapes what would not show, and cuts what nobody would read; names in a value can have any length.
pub(super) fn cut(text: &str) -> String {
    cut_to(text, LONGEST_SHOWN)
}

pub(super) fn cut_to(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        let escaped = letter.escape_debug();
        if shown.len() + escaped.clone().map(char::len_utf8).sum::<usize>() > most {
            shown.push('…');
            break;
        }
        shown.extend(escaped);
    }
    shown
}
