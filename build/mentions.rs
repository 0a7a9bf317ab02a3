//! The paths that a file mentions, however it spells them.

use super::tokens::{Token, tokens};

/// One path in a file.
#[derive(Debug)]
pub struct Mention {
    /// Its line.
    pub line: usize,
    /// Its segments as written; those of a grouped import with what stands before the group.
    pub path: Vec<String>,
    /// The module that it stands in.
    pub module: Vec<String>,
    /// Whether it begins with `::`.
    pub absolute: bool,
    /// How it is meant.
    pub form: Form,
}

/// How a path is meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// Part of an expression, a type or an attribute.
    Spoken,
    /// Brought in under that name, by `use`, `extern crate` or `type`.
    Named(String),
    /// Everything in it is brought in.
    Glob,
    /// Another file is pulled in, past its folder.
    Pulled,
}

/// Everything that the text of a file mentions, apart from its test modules.
pub fn mentions(module: &[String], text: &str) -> Vec<Mention> {
    let mut walk = Walk {
        tokens: tokens(text),
        at: 0,
        module: module.to_vec(),
        depth: 0,
        inline: Vec::new(),
        found: Vec::new(),
    };
    while let Some(token) = walk.token(0) {
        walk.step(token);
    }
    walk.found
}

struct Walk {
    tokens: Vec<(Token, usize)>,
    at: usize,
    module: Vec<String>,
    depth: usize,
    /// How deep the braces were around each inline module that is open.
    inline: Vec<usize>,
    found: Vec<Mention>,
}

impl Walk {
    fn token(&self, ahead: usize) -> Option<Token> {
        self.tokens
            .get(self.at + ahead)
            .map(|(token, _)| token.clone())
    }

    fn is(&self, ahead: usize, expected: &Token) -> bool {
        self.tokens
            .get(self.at + ahead)
            .is_some_and(|(token, _)| token == expected)
    }

    fn is_sign(&self, ahead: usize, sign: char) -> bool {
        self.is(ahead, &Token::Sign(sign))
    }

    fn word(&self, ahead: usize) -> Option<String> {
        match self.token(ahead) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn mention(&mut self, path: Vec<String>, absolute: bool, form: Form) {
        let line = self
            .tokens
            .get(self.at)
            .or(self.tokens.last())
            .map_or(0, |(_, line)| *line);
        self.found.push(Mention {
            line,
            path,
            module: self.module.clone(),
            absolute,
            form,
        });
    }

    fn step(&mut self, token: Token) {
        match token {
            Token::Word(word) => self.at_word(&word),
            Token::Path => self.spoken(),
            Token::Sign('#') if self.is_test_module() => self.skip_test_module(),
            Token::Sign('#') => {
                self.attribute();
                self.at += 1;
            }
            Token::Sign('<') => {
                self.qualified();
                self.at += 1;
            }
            Token::Sign('{') => {
                self.depth += 1;
                self.at += 1;
            }
            Token::Sign('}') => {
                self.depth = self.depth.saturating_sub(1);
                if self.inline.last() == Some(&self.depth) {
                    self.inline.pop();
                    self.module.pop();
                }
                self.at += 1;
            }
            Token::Sign(_) | Token::Literal => self.at += 1,
        }
    }

    fn at_word(&mut self, word: &str) {
        match word {
            // `use<'a>` in a type brings nothing in.
            "use" if !self.is_sign(1, '<') => {
                self.at += 1;
                self.import(&[], false);
            }
            "extern" if self.is(1, &Token::Word("crate".into())) => self.extern_crate(),
            "mod" if self.is_sign(2, '{') => {
                self.inline.push(self.depth);
                self.module.extend(self.word(1));
                self.at += 2;
            }
            "type" if self.is_sign(2, '=') => {
                let name = self.word(1).unwrap_or_default();
                self.at += 3;
                let (path, absolute, _) = self.segments(0);
                self.mention(path, absolute, Form::Named(name));
            }
            "include" if self.is_sign(1, '!') => {
                self.mention(vec!["include!".into()], false, Form::Pulled);
                self.at += 1;
            }
            _ => self.spoken(),
        }
    }

    fn extern_crate(&mut self) {
        let name = self.word(2).unwrap_or_default();
        let renamed = self
            .is(3, &Token::Word("as".into()))
            .then(|| self.word(4))
            .flatten();
        // `extern crate self as me` is this crate.
        let path = if name == "self" {
            "crate".to_owned()
        } else {
            name.clone()
        };
        self.mention(vec![path], true, Form::Named(renamed.unwrap_or(name)));
        self.at += 3;
    }

    /// The segments of the path that begins there, and how many tokens it takes up to its end or its generics.
    fn segments(&self, start: usize) -> (Vec<String>, bool, usize) {
        let absolute = self.is(start, &Token::Path);
        let mut next = start + usize::from(absolute);
        let mut length = next - start;
        let mut path = Vec::new();
        let mut in_generics = false;
        while let Some(word) = self.word(next) {
            path.push(word);
            next += 1;
            length = if in_generics { length } else { next - start };
            if !self.is(next, &Token::Path) {
                break;
            }
            next += 1;
            if self.is_sign(next, '<') {
                in_generics = true;
                next = self.behind_generics(next) + 1;
            }
        }
        (path, absolute, length.max(1))
    }

    /// Where the generics end that begin there.
    fn behind_generics(&self, start: usize) -> usize {
        let (mut depth, mut next) = (0_usize, start);
        while let Some(token) = self.token(next) {
            match token {
                Token::Sign('<') => depth += 1,
                Token::Sign('-') if self.is_sign(next + 1, '>') => next += 1,
                Token::Sign('>') => depth = depth.saturating_sub(1),
                Token::Sign(';' | '}') => return next,
                _ => {}
            }
            next += 1;
            if depth == 0 {
                return next;
            }
        }
        next
    }

    fn spoken(&mut self) {
        let (path, absolute, length) = self.segments(0);
        if path.len() > 1 {
            self.mention(path, absolute, Form::Spoken);
        }
        self.at += length;
    }

    /// `<path>::rest` and `<path as path>::rest`.
    fn qualified(&mut self) {
        let (mut path, absolute, length) = self.segments(1);
        let mut next = 1 + length;
        if self.is(next, &Token::Word("as".into())) {
            next += 1 + self.segments(next + 1).2;
        }
        if self.is_sign(next, '>') && self.is(next + 1, &Token::Path) {
            path.extend(self.segments(next + 2).0);
            self.mention(path, absolute, Form::Spoken);
        }
    }

    /// One branch of the tree of a `use`.
    fn import(&mut self, before: &[String], absolute: bool) {
        let mut path = before.to_vec();
        let mut absolute = absolute;
        while let Some(token) = self.token(0) {
            match token {
                Token::Path => absolute |= path.is_empty(),
                Token::Word(word) if word == "as" => break,
                Token::Word(word) if word == "self" && !path.is_empty() => {}
                Token::Word(word) => path.push(word),
                Token::Sign('*') => {
                    self.mention(path, absolute, Form::Glob);
                    self.at += 1;
                    return;
                }
                Token::Sign('{') => return self.branches(&path, absolute),
                Token::Sign(_) | Token::Literal => break,
            }
            self.at += 1;
        }
        let renamed = self
            .is(0, &Token::Word("as".into()))
            .then(|| self.word(1))
            .flatten();
        let name = renamed
            .clone()
            .or_else(|| path.last().cloned())
            .unwrap_or_default();
        if !path.is_empty() {
            self.mention(path, absolute, Form::Named(name));
        }
        self.at += if renamed.is_some() { 2 } else { 0 };
    }

    fn branches(&mut self, before: &[String], absolute: bool) {
        self.at += 1;
        while let Some(token) = self.token(0) {
            match token {
                Token::Sign('}') => {
                    self.at += 1;
                    return;
                }
                Token::Sign(',') => self.at += 1,
                Token::Word(_) | Token::Path | Token::Sign('{' | '*') => {
                    self.import(before, absolute);
                }
                Token::Sign(_) | Token::Literal => return,
            }
        }
    }

    /// `#[path = "..."]`, also when it is conditional.
    fn attribute(&mut self) {
        let mut depth = 0_usize;
        let ends = |token: &Token, depth: &mut usize| match token {
            Token::Sign('[') => {
                *depth += 1;
                false
            }
            Token::Sign(']') => {
                *depth = depth.saturating_sub(1);
                *depth == 0
            }
            _ => false,
        };
        let rest = self.tokens.get(self.at + 1..).unwrap_or_default();
        let inside: Vec<&Token> = rest
            .iter()
            .map(|(token, _)| token)
            .take_while(|token| !ends(token, &mut depth))
            .collect();
        let pulled = inside.windows(3).any(|three| {
            matches!(three, [Token::Word(word), Token::Sign('='), Token::Literal] if word == "path")
        });
        if pulled && matches!(inside.first(), Some(Token::Sign('['))) {
            self.mention(vec!["#[path]".into()], false, Form::Pulled);
        }
    }

    fn is_test_module(&self) -> bool {
        let word = |ahead, expected: &str| self.is(ahead, &Token::Word(expected.into()));
        let signs = [(1, '['), (3, '('), (5, ')'), (6, ']'), (9, '{')];
        signs
            .iter()
            .all(|(ahead, sign)| self.is_sign(*ahead, *sign))
            && word(2, "cfg")
            && word(4, "test")
            && word(7, "mod")
    }

    fn skip_test_module(&mut self) {
        self.at += 9;
        let mut depth = 0_usize;
        while let Some(token) = self.token(0) {
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }
}
