//! How names of keys are rewritten: words are found in them and joined again in another style.

use std::borrow::Cow;

use crate::api::KeyStyle;

/// The name in that style; none if there is no word in it.
pub(super) fn restyled(name: &str, style: KeyStyle) -> Option<Cow<'_, str>> {
    let cased: fn(&str) -> String = match style {
        KeyStyle::Keep => return Some(Cow::Borrowed(name)),
        KeyStyle::UpperSnake => str::to_uppercase,
        KeyStyle::LowerSnake => str::to_lowercase,
    };
    let words: Vec<_> = words(name).into_iter().map(cased).collect();
    (!words.is_empty()).then(|| Cow::Owned(words.join("_")))
}

/// The words of a name: what separators part, and further where the case says that a word begins.
fn words(name: &str) -> Vec<&str> {
    let parts = name.split(|letter: char| !letter.is_alphanumeric());
    parts
        .flat_map(cased_words)
        .filter(|word| !word.is_empty())
        .collect()
}

/// `dbPassword2` is db and Password2, `HTTPServer` is HTTP and Server, `oauth2Token` is oauth2 and Token.
fn cased_words(part: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = part;
    let mut before: Option<char> = None;
    for (index, letter) in part.char_indices() {
        let after = part.get(index..).and_then(|tail| tail.chars().nth(1));
        let follows_lower = before.is_some_and(|before| !before.is_uppercase());
        let leads_lower = before.is_some() && after.is_some_and(char::is_lowercase);
        if letter.is_uppercase() && (follows_lower || leads_lower) {
            let start = part.len() - rest.len();
            if let Some((word, tail)) = rest.split_at_checked(index - start) {
                words.push(word);
                rest = tail;
            }
        }
        before = Some(letter);
    }
    words.push(rest);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_begin_where_people_see_them() {
        for (name, upper) in [
            ("dbPassword", "DB_PASSWORD"),
            ("db-password", "DB_PASSWORD"),
            ("DB_PASSWORD", "DB_PASSWORD"),
            ("db.password2", "DB_PASSWORD2"),
            ("HTTPServer", "HTTP_SERVER"),
            ("myHTTPServerURL", "MY_HTTP_SERVER_URL"),
            ("oauth2Token", "OAUTH2_TOKEN"),
            ("s3bucket", "S3BUCKET"),
            ("S3Bucket", "S3_BUCKET"),
            ("a", "A"),
            ("aB", "A_B"),
            ("AB", "AB"),
            ("ABc", "A_BC"),
            ("--db--password--", "DB_PASSWORD"),
            ("pass word", "PASS_WORD"),
            ("DbPASSWORD", "DB_PASSWORD"),
            ("비밀Key", "비밀_KEY"),
            ("1Password", "1_PASSWORD"),
        ] {
            assert_eq!(
                restyled(name, KeyStyle::UpperSnake).as_deref(),
                Some(upper),
                "{name}"
            );
            let lower = upper.to_lowercase();
            assert_eq!(
                restyled(name, KeyStyle::LowerSnake),
                Some(lower.into()),
                "{name}"
            );
            assert_eq!(restyled(name, KeyStyle::Keep).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_without_any_word_has_no_style() {
        for name in ["", "-", "._-", " "] {
            assert_eq!(restyled(name, KeyStyle::UpperSnake), None, "{name:?}");
            assert_eq!(restyled(name, KeyStyle::Keep).as_deref(), Some(name));
        }
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_and_a_second_time_changes_nothing(name in any::<String>()) {
            let letters = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
            let Some(styled) = restyled(&name, KeyStyle::LowerSnake) else {
                prop_assert_eq!(letters(&name), "");
                return Ok(());
            };
            if name.is_ascii() {
                prop_assert_eq!(letters(&styled), letters(&name).to_lowercase());
                let again = restyled(&styled, KeyStyle::LowerSnake);
                prop_assert_eq!(again.as_deref(), Some(&*styled));
            }
        }
    }
}
