//! The body of an answer, read with a bound into memory that is wiped.

use http::header::{CONTENT_ENCODING, HeaderValue};
use reqwest::Response;
use zeroize::Zeroizing;

use super::transport::failure;
use crate::core::remote::Failure;

/// Reads a body of at most `bound` bytes into memory that is wiped; what the network layer held on the way is
/// out of reach.
pub(super) async fn read(
    response: &mut Response,
    bound: usize,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let encoding = response.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != HeaderValue::from_static("identity")) {
        return Err(Failure::Malformed);
    }
    let announced = response.content_length().unwrap_or(0);
    let announced = usize::try_from(announced).map_err(|_| Failure::TooLarge)?;
    if announced > bound {
        return Err(Failure::TooLarge);
    }
    let mut body = Zeroizing::new(Vec::with_capacity(announced));
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if chunk.len() > bound.saturating_sub(body.len()) {
            return Err(Failure::TooLarge);
        }
        append(&mut body, &chunk);
    }
    Ok(body)
}

/// Grows by copying, because a vector that grows by itself leaves its bytes behind unwiped.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let needed = body.len() + chunk.len();
    if needed > body.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * body.capacity())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_grows_without_leaving_its_reserve() {
        let mut body = Zeroizing::new(Vec::with_capacity(3));
        let mut wanted = Vec::new();
        for size in [3, 1, 0, 5, 100, 7] {
            let chunk = vec![u8::try_from(size).unwrap(); size];
            append(&mut body, &chunk);
            wanted.extend(chunk);
            assert_eq!(*body, wanted);
        }
    }
}
