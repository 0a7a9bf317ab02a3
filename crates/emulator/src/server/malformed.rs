//! The answer to what is not HTTP: the documented error instead of the bare status of the HTTP library.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the library's own answers have for headers. Ours always have a `Date` as well.
const OWN_HEADERS: [&[u8]; 2] = [b"content-length: 0", b"connection: close"];

/// A stream on which the library's own answer is replaced by another one, which gets its status.
pub(super) struct Spoken<S, A> {
    stream: S,
    answer: A,
    /// What is to be written instead, and how much of that has been.
    instead: Vec<u8>,
    written: usize,
}

impl<S, A> Spoken<S, A> {
    pub(super) const fn new(stream: S, answer: A) -> Self {
        Self {
            stream,
            answer,
            instead: Vec::new(),
            written: 0,
        }
    }
}

impl<S: AsyncWrite + Unpin, A> Spoken<S, A> {
    fn poll_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.instead.get(self.written..).filter(|it| !it.is_empty()) {
            self.written += ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin, A: Unpin> AsyncRead for Spoken<S, A> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin, A: Fn(u16) -> Vec<u8> + Unpin> AsyncWrite for Spoken<S, A> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(context))?;
        if let Some(status) = own_answer(bytes) {
            self.instead = (self.answer)(status);
            self.written = 0;
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A whole answer as bytes, after which the connection closes.
pub(super) fn http_text(status: u16, kind: &str, body: &[u8]) -> Vec<u8> {
    let reason = StatusCode::from_u16(status).ok();
    let reason = reason
        .and_then(|it| it.canonical_reason())
        .unwrap_or_default();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The status of an answer that the library gives by itself, to what it cannot read.
fn own_answer(bytes: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = text.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.get(2..5)?;
    let bare = lines.all(|line| OWN_HEADERS.contains(&line.as_bytes()));
    bare.then(|| status.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_answers_are_replaced() {
        let table = [
            (
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                Some(400),
            ),
            (
                "HTTP/1.0 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                Some(431),
            ),
            (
                "HTTP/1.1 400 Bad Request\r\ndate: x\r\ncontent-length: 0\r\n\r\n",
                None,
            ),
            (
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n{}",
                None,
            ),
            ("{\"code\":\"SUCCESS\"}\r\n\r\n", None),
            ("", None),
        ];
        for (bytes, status) in table {
            assert_eq!(own_answer(bytes.as_bytes()), status, "{bytes}");
        }
    }
}
