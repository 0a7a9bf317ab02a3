//! A value in the making: bounded, and wiped wherever it stood while it grew.

use std::io;

use zeroize::Zeroizing;

use crate::value::Value;

/// Bytes that grow up to a bound; what is beyond it is not kept, and is told at the end.
pub(super) struct Growing {
    bytes: Zeroizing<Vec<u8>>,
    room: usize,
    full: bool,
}

/// More was written than there is room for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

const FIRST: usize = 256;

impl Growing {
    /// Nothing yet, with room for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::new()),
            room,
            full: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let length = self.bytes.len().saturating_add(bytes.len());
        if self.full || length > self.room {
            self.full = true;
            return;
        }
        if length > self.bytes.capacity() {
            // Growing in place would leave a copy behind that nobody wipes.
            let capacity = length.max(self.bytes.capacity() * 2).max(FIRST);
            let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
            larger.extend_from_slice(&self.bytes);
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.push(text.as_bytes());
    }

    pub(super) fn letter(&mut self, letter: char) {
        self.text(letter.encode_utf8(&mut [0; 4]));
    }

    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// All that was written, or that it was too much.
    pub(super) fn finish(mut self) -> Result<Value, Full> {
        if self.full {
            return Err(Full);
        }
        Ok(Value::new(std::mem::take(&mut *self.bytes)))
    }
}

impl io::Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        if self.full {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_to_the_byte_and_what_does_not_is_told() {
        let mut out = Growing::new(FIRST * 2 + 1);
        for _ in 0..FIRST {
            out.text("ab");
        }
        out.letter('c');
        assert!(!out.is_full());
        let whole = out.finish().map(|value| value.expose().to_vec());
        assert_eq!(whole, Ok([b"ab".repeat(FIRST), b"c".to_vec()].concat()));

        let mut out = Growing::new(1);
        out.text("é");
        out.text("a");
        assert!(out.is_full(), "nothing after what did not fit is kept");
        assert_eq!(out.finish().map(|_| ()), Err(Full));
    }
}
