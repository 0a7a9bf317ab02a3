//! From the Base64 text of a value to its bytes.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::value::Value;

/// The standard alphabet; padding may be there or not, and every other digression is refused.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes a text that may be broken into lines; none if it is no Base64.
pub(super) fn base64(text: &[u8]) -> Option<Value> {
    let mut one_line = Zeroizing::new(Vec::with_capacity(text.len()));
    one_line.extend(text.iter().filter(|byte| !b"\r\n".contains(byte)));
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(one_line.len())]);
    let length = BASE64.decode_slice(&*one_line, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(Value::new(std::mem::take(&mut *bytes)))
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        base64(text.as_bytes()).map(|value| value.expose().to_vec())
    }

    #[test]
    fn line_breaks_and_missing_padding_are_taken() {
        for text in ["aGFsbG8=", "aGFsbG8", "aGFs\nbG8=\n", "\r\naGFs\r\nbG8"] {
            assert_eq!(decoded(text), Some(b"hallo".to_vec()), "{text:?}");
        }
        assert_eq!(decoded(""), Some(Vec::new()));
        assert_eq!(decoded("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "a",
            "aGFsbG8==",
            "aGFsbG8=x",
            "aGFs bG8=",
            "-_-_",
            "aGFsbG9=",
            "한글",
            "=",
            "aG=Fs",
            "{}",
        ] {
            assert_eq!(decoded(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn bytes_in_are_bytes_out(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decoded(&BASE64_STANDARD.encode(&bytes)), Some(bytes));
        }
    }
}
