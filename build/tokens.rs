//! Just enough of Rust's tokens to see which names a file speaks: comments and literals say nothing.

/// A token, as far as paths are made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// An identifier or keyword; `r#type` is `type`.
    Word(String),
    /// `::`.
    Path,
    /// A string, character or number.
    Literal,
    /// Any other character.
    Sign(char),
}

/// The tokens of a file, each with its line.
pub fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut reader = Reader {
        rest: text,
        line: 1,
    };
    let mut found = Vec::new();
    while let Some(first) = reader.rest.chars().next() {
        let line = reader.line;
        found.extend(reader.token(first).map(|token| (token, line)));
    }
    found
}

struct Reader<'text> {
    rest: &'text str,
    line: usize,
}

impl Reader<'_> {
    /// Takes at least one character; nothing comes of spaces, comments and lifetimes.
    fn token(&mut self, first: char) -> Option<Token> {
        if self.rest.starts_with("//") {
            self.take_while(|letter| letter != '\n');
            return None;
        }
        if self.rest.starts_with("/*") {
            self.block_comment();
            return None;
        }
        if let Some(prefix) = string_prefix(self.rest) {
            self.string(&prefix);
            return Some(Token::Literal);
        }
        match first {
            '\'' => self.quote(),
            _ if self.rest.starts_with("b'") => {
                self.skip(1);
                self.quote()
            }
            _ if self.rest.starts_with("r#") => {
                self.skip(2);
                Some(Token::Word(self.take_while(is_word)))
            }
            '0'..='9' => {
                self.take_while(is_word);
                Some(Token::Literal)
            }
            _ if is_word(first) => Some(Token::Word(self.take_while(is_word))),
            _ if self.rest.starts_with("::") => {
                self.skip(2);
                Some(Token::Path)
            }
            _ => {
                self.skip(1);
                (!first.is_whitespace()).then_some(Token::Sign(first))
            }
        }
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            let mut letters = self.rest.chars();
            if letters.next() == Some('\n') {
                self.line += 1;
            }
            self.rest = letters.as_str();
        }
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let taken: String = self
            .rest
            .chars()
            .take_while(|letter| fits(*letter))
            .collect();
        self.skip(taken.chars().count());
        taken
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
            } else {
                self.skip(1);
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self, prefix: &Prefix) {
        self.skip(prefix.length);
        let end = format!("\"{}", "#".repeat(prefix.hashes));
        while !self.rest.is_empty() && !self.rest.starts_with(&end) {
            let escaped = !prefix.raw && self.rest.starts_with('\\');
            self.skip(if escaped { 2 } else { 1 });
        }
        self.skip(end.len());
    }

    /// A character, or a lifetime.
    fn quote(&mut self) -> Option<Token> {
        let mut letters = self.rest.chars().skip(1);
        let (first, second) = (letters.next(), letters.next());
        if first == Some('\\') {
            self.skip(3);
            self.take_while(|letter| letter != '\'');
            self.skip(1);
            return Some(Token::Literal);
        }
        if second == Some('\'') {
            self.skip(3);
            return Some(Token::Literal);
        }
        self.skip(1);
        self.take_while(is_word);
        None
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// How a string begins.
struct Prefix {
    length: usize,
    hashes: usize,
    raw: bool,
}

fn string_prefix(text: &str) -> Option<Prefix> {
    let after_kind = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let after_raw = after_kind.strip_prefix('r');
    let raw = after_raw.is_some();
    let opening = after_raw.unwrap_or(after_kind);
    let quote = if raw {
        opening.trim_start_matches('#')
    } else {
        opening
    };
    quote.starts_with('"').then(|| Prefix {
        length: text.len() - quote.len() + 1,
        hashes: opening.len() - quote.len(),
        raw,
    })
}
