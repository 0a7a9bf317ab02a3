//! What is asked of a template before the engine sees it.
//!
//! The engine reads an expression by calling itself for each of its parts, and does not count how often: one of many
//! thousand parts would exhaust the stack and end the whole process. The same is true of a long chain of `elif`.

use super::super::fault::{TemplateFault, TemplateFaultKind};

/// The most bytes between the brackets of one expression; the engine takes more than twice as many parts as fit in.
pub(in crate::core::shape) const LONGEST_EXPRESSION: usize = 512;

/// The most statements in one template.
pub(in crate::core::shape) const MOST_STATEMENTS: usize = 256;

/// The statements that a template may have; those by which one reaches another are not among them.
pub(in crate::core::shape) const STATEMENTS: [&str; 8] = [
    "if", "elif", "else", "endif", "for", "endfor", "set", "endset",
];

/// Refuses what the engine is not to be given.
pub(super) fn check(text: &str) -> Result<(), TemplateFault> {
    statements(text)?;
    expressions(text)
}

/// Looks at every `{%`, wherever it stands: one in a comment or a string is refused too rather than misread.
fn statements(text: &str) -> Result<(), TemplateFault> {
    for (count, (at, opening)) in text.match_indices("{%").enumerate() {
        let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        let fault = |kind| TemplateFault {
            kind,
            line: 1 + before.matches('\n').count(),
        };
        if count >= MOST_STATEMENTS {
            return Err(fault(TemplateFaultKind::Statements));
        }
        let rest = rest.strip_prefix(opening).unwrap_or(rest);
        let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let word = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
        if !word.is_empty() && !STATEMENTS.contains(&word) {
            return Err(fault(TemplateFaultKind::Statement(word.to_owned())));
        }
    }
    Ok(())
}

/// Where the scan is.
enum Place {
    Text,
    Comment,
    Expression(Expression),
}

/// Between the brackets, as the engine tells where that ends: not in a string, and not in brackets within.
struct Expression {
    left_at_start: usize,
    line: usize,
    closing: &'static [u8],
    depth: isize,
    quote: Option<u8>,
}

impl Expression {
    /// Takes the next byte; answers whether the expression ended with it, and how many bytes were taken.
    fn take(&mut self, first: u8, rest: &[u8]) -> (bool, usize) {
        match (self.quote, first) {
            (Some(_), b'\\') => return (false, 2),
            (Some(quote), _) => {
                if quote == first {
                    self.quote = None;
                }
            }
            (None, _) if self.depth == 0 && rest.starts_with(self.closing) => return (true, 2),
            (None, b'\'' | b'"') => self.quote = Some(first),
            (None, b'(' | b'[' | b'{') => self.depth += 1,
            (None, b')' | b']' | b'}') => self.depth -= 1,
            (None, _) => {}
        }
        (false, 1)
    }
}

fn expressions(text: &str) -> Result<(), TemplateFault> {
    let mut rest = text.as_bytes();
    let mut line = 1;
    let mut place = Place::Text;
    while let [first, ..] = rest {
        let begin = |closing| {
            Place::Expression(Expression {
                left_at_start: rest.len(),
                line,
                closing,
                depth: 0,
                quote: None,
            })
        };
        let (next, step) = match &mut place {
            Place::Text => match rest {
                [b'{', b'{', ..] => (Some(begin(b"}}")), 2),
                [b'{', b'%', ..] => (Some(begin(b"%}")), 2),
                [b'{', b'#', ..] => (Some(Place::Comment), 2),
                _ => (None, 1),
            },
            Place::Comment if rest.starts_with(b"#}") => (Some(Place::Text), 2),
            Place::Comment => (None, 1),
            Place::Expression(expression) => {
                if expression.left_at_start - rest.len() > LONGEST_EXPRESSION {
                    return Err(TemplateFault {
                        kind: TemplateFaultKind::LongExpression,
                        line: expression.line,
                    });
                }
                let (ended, step) = expression.take(*first, rest);
                (ended.then_some(Place::Text), step)
            }
        };
        let (passed, left) = rest.split_at(step.min(rest.len()));
        line += passed.split(|byte| *byte == b'\n').count() - 1;
        rest = left;
        place = next.unwrap_or(place);
    }
    Ok(())
}
