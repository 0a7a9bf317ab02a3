//! A request's target: path and query as sent, taken apart strictly.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::error::{Failure, GatewayError};

/// Name and value.
type Parameter<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The path and the query behind a host's base URL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    path: &'a str,
    query: &'a str,
}

impl<'a> Target<'a> {
    pub(crate) fn new(target: &'a str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { path, query }
    }

    /// The decoded parts of the path between its slashes.
    pub(super) fn segments(&self) -> Result<Vec<Cow<'a, str>>, Failure> {
        self.path.split('/').skip(1).map(decode).collect()
    }

    /// The decoded names and values of the query, in their order.
    pub(super) fn parameters(&self) -> Result<Vec<Parameter<'a>>, Failure> {
        self.query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode_form(value)?))
            })
            .collect()
    }
}

fn decode_form(text: &str) -> Result<Cow<'_, str>, Failure> {
    if text.contains('+') {
        decode(&text.replace('+', " ")).map(|decoded| Cow::Owned(decoded.into_owned()))
    } else {
        decode(text)
    }
}

fn decode(text: &str) -> Result<Cow<'_, str>, Failure> {
    let well_formed = text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().iter().take(2);
        digits.filter(|byte| byte.is_ascii_hexdigit()).count() == 2
    });
    let decoded = well_formed.then(|| percent_decode_str(text).decode_utf8().ok());
    decoded
        .flatten()
        .ok_or_else(|| Failure::gateway(GatewayError::BadRequest, "Malformed percent-encoding."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_after_they_are_split() {
        let target = Target::new("/a%2Fb/%ED%95%9C//c?d/e");
        assert_eq!(target.segments().unwrap(), ["a/b", "한", "", "c"]);
    }

    #[test]
    fn parameters_keep_their_order_and_repetitions() {
        let target = Target::new("/x?b=1&a=Get%20Secret+Log&&b=2&c");
        let parameters = target.parameters().unwrap();
        let plain: Vec<_> = parameters.iter().map(|(n, v)| (&**n, &**v)).collect();
        let expected = [("b", "1"), ("a", "Get Secret Log"), ("b", "2"), ("c", "")];
        assert_eq!(plain, expected);
    }

    #[test]
    fn malformed_encodings_are_refused() {
        for malformed in ["/%", "/%4", "/%zz", "/%ff", "/a%2", "/%C3%28"] {
            assert!(Target::new(malformed).segments().is_err(), "{malformed}");
        }
        assert!(Target::new("/x?a=%").parameters().is_err());
    }
}
