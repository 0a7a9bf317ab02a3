//! The addresses of the pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::notice::Notice;

/// Everything but what needs no encoding in any part of an address.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The page of a secret.
pub(super) fn secret(id: &str) -> String {
    format!("/page/secrets/{}", utf8_percent_encode(id, ENCODED))
}

/// One page of the list, with the search that it belongs to.
pub(super) fn list(search: &str, page: usize) -> String {
    let search = utf8_percent_encode(search, ENCODED);
    format!("/?search={search}&page={page}#secrets")
}

/// A page that tells something.
pub(super) fn telling(page: &str, notice: &Notice) -> String {
    format!("{page}?notice={}", notice.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_identifier_or_a_search_becomes_part_of_the_address() {
        let hostile = "a/b?c#d&e=\"<'한\u{202e}";
        let encoded = "a%2Fb%3Fc%23d%26e%3D%22%3C%27%ED%95%9C%E2%80%AE";
        assert_eq!(secret(hostile), format!("/page/secrets/{encoded}"));
        assert_eq!(
            list(hostile, 2),
            format!("/?search={encoded}&page=2#secrets")
        );
    }
}
