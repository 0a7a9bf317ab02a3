//! Random text for new values (`secretmanager-generate-random-secret`).

use fastrand::Rng;

use super::refusal::Refusal;
use super::text::Text;

const NUMBERS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const UPPERCASE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWERCASE: &str = "abcdefghijklmnopqrstuvwxyz";
const SPACE: &str = " ";

/// Length of the random values that Add Pending Stage makes, and the default of Generate Random Secret.
pub const DEFAULT_LENGTH: usize = 12;

/// What random text consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the independent switches of the API"
)]
pub struct RandomText {
    /// Characters, 5 to 32.
    pub length: usize,
    /// Characters to leave out.
    pub excluded: String,
    /// Digits.
    pub numbers: bool,
    /// ASCII punctuation.
    pub punctuation: bool,
    /// `A` to `Z`.
    pub uppercase: bool,
    /// `a` to `z`.
    pub lowercase: bool,
    /// The space.
    pub space: bool,
    /// At least one of each included kind.
    pub one_of_each: bool,
}

impl Default for RandomText {
    fn default() -> Self {
        Self {
            length: DEFAULT_LENGTH,
            excluded: String::new(),
            numbers: true,
            punctuation: true,
            uppercase: true,
            lowercase: true,
            space: true,
            one_of_each: true,
        }
    }
}

impl RandomText {
    /// What Add Pending Stage uses: its documented example has punctuation and no space.
    pub(super) fn for_pending() -> Self {
        Self {
            space: false,
            ..Self::default()
        }
    }

    /// Makes such a text.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the length is outside its limits or no character is left to choose from.
    pub fn generate(&self, random: &mut Rng) -> Result<Text, Refusal> {
        if !(5..=32).contains(&self.length) {
            return Err(Refusal::Invalid("length must be 5 to 32"));
        }
        let kinds = self.kinds();
        let all: Vec<char> = kinds.iter().flatten().copied().collect();
        if all.is_empty() {
            return Err(Refusal::Invalid("every character is excluded"));
        }
        let mut text: Vec<char> = Vec::with_capacity(self.length);
        if self.one_of_each {
            text.extend(kinds.iter().filter_map(|kind| random.choice(kind)));
        }
        while text.len() < self.length {
            text.extend(random.choice(&all));
        }
        random.shuffle(&mut text);
        Ok(Text::from(text.into_iter().collect::<String>()))
    }

    /// The characters of each included kind that has any left.
    fn kinds(&self) -> Vec<Vec<char>> {
        [
            (self.numbers, NUMBERS),
            (self.punctuation, PUNCTUATION),
            (self.uppercase, UPPERCASE),
            (self.lowercase, LOWERCASE),
            (self.space, SPACE),
        ]
        .into_iter()
        .filter(|(included, _)| *included)
        .map(|(_, characters)| {
            characters
                .chars()
                .filter(|character| !self.excluded.contains(*character))
                .collect::<Vec<_>>()
        })
        .filter(|kind| !kind.is_empty())
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated(kind: &RandomText, seed: u64) -> String {
        let text = kind.generate(&mut Rng::with_seed(seed)).unwrap();
        text.as_str().to_owned()
    }

    #[test]
    fn the_shortest_text_has_one_of_each_kind() {
        let kind = RandomText {
            length: 5,
            ..RandomText::default()
        };
        for seed in 0..200 {
            let text = generated(&kind, seed);
            for characters in [NUMBERS, PUNCTUATION, UPPERCASE, LOWERCASE, SPACE] {
                let found = text.chars().filter(|c| characters.contains(*c)).count();
                assert_eq!(found, 1, "{text:?}");
            }
        }
    }

    #[test]
    fn excluded_kinds_and_characters_do_not_occur() {
        let kind = RandomText {
            length: 32,
            excluded: "abc123".to_owned(),
            punctuation: false,
            uppercase: false,
            space: false,
            ..RandomText::default()
        };
        for seed in 0..200 {
            let text = generated(&kind, seed);
            assert_eq!(text.len(), 32);
            assert!(
                text.chars()
                    .all(|c| "defghijklmnopqrstuvwxyz0456789".contains(c))
            );
        }
    }

    #[test]
    fn impossible_wishes_are_refused() {
        let nothing_left = RandomText {
            excluded: NUMBERS.to_owned(),
            punctuation: false,
            uppercase: false,
            lowercase: false,
            space: false,
            ..RandomText::default()
        };
        let lengths = [0, 4, 33].map(|length| RandomText {
            length,
            ..RandomText::default()
        });
        for kind in lengths.iter().chain([&nothing_left]) {
            let refusal = kind.generate(&mut Rng::with_seed(1));
            assert!(matches!(refusal, Err(Refusal::Invalid(_))), "{kind:?}");
        }
    }
}
