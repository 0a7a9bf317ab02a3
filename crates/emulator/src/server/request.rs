//! Reading a request's body within its limit.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// How many times the limit is read and thrown away, because many senders read a refusal only once they have sent all.
const PATIENCE: usize = 1024;

/// A body as far as it was taken in.
pub(super) enum Body {
    Whole(Vec<u8>),
    TooLarge,
    /// Its framing is broken, or its sender went away.
    Broken,
}

/// Reads a body.
pub(super) async fn read(mut body: Incoming, limit: usize) -> Body {
    let mut taken = Vec::new();
    let mut seen: usize = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Body::Broken;
        };
        let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
        seen = seen.saturating_add(data.len());
        if seen > limit.saturating_mul(PATIENCE) {
            break;
        }
        if seen <= limit {
            taken.extend_from_slice(&data);
        }
    }
    if seen > limit {
        Body::TooLarge
    } else {
        Body::Whole(taken)
    }
}
