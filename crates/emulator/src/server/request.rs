//! Reading a request's body within its limit.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// How many times the limit is read and thrown away, so that the sender can read the refusal.
const PATIENCE: usize = 16;

/// A body as far as it was taken in.
pub(super) enum Body {
    Whole(Vec<u8>),
    TooLarge,
}

/// Reads a body; an error is a sender that went away.
pub(super) async fn read(mut body: Incoming, limit: usize) -> Result<Body, hyper::Error> {
    let mut taken = Vec::new();
    let mut seen: usize = 0;
    while let Some(frame) = body.frame().await {
        let data = frame?.into_data().unwrap_or_else(|_| Bytes::new());
        seen = seen.saturating_add(data.len());
        if seen > limit.saturating_mul(PATIENCE) {
            break;
        }
        if seen <= limit {
            taken.extend_from_slice(&data);
        }
    }
    if seen > limit {
        Ok(Body::TooLarge)
    } else {
        Ok(Body::Whole(taken))
    }
}
