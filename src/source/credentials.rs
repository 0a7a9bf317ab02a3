//! The key pair that signs calls.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use super::signature::Signer;
use crate::value::Value;

const TIMESTAMP: HeaderName = HeaderName::from_static("x-ncp-apigw-timestamp");
const ACCESS_KEY: HeaderName = HeaderName::from_static("x-ncp-iam-access-key");
const SIGNATURE: HeaderName = HeaderName::from_static("x-ncp-apigw-signature-v2");

/// The shortest and the longest secret key that is taken for one, in bytes; its form is not documented.
const SECRET_KEY_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

/// An access key of NAVER Cloud Platform: an ID that travels with each call, and a secret key that never does.
///
/// Keys of the account, of a sub account and temporary ones look and sign alike.
pub struct Credentials {
    access_key: Value,
    signer: Signer,
}

/// Why two texts are no key pair. Neither is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// The first one does not have the form of an access key ID.
    #[error("the access key ID is not 20 letters and digits, nor ncp_iam_ and 20 more characters")]
    AccessKey,
    /// The second one cannot be a secret key.
    #[error("the secret key is not 16 to 256 printable ASCII characters without spaces")]
    SecretKey,
}

impl Credentials {
    /// Takes the two halves of an access key; one newline at the end of each does not count, because people make
    /// their Secrets from files.
    ///
    /// The ID of an access key is sent over the wire, so nothing else may ever be taken for one. Its pattern is
    /// documented for the government zone only (`gov-iam-v2-sub-account-*`).
    ///
    /// # Errors
    ///
    /// Says which half is wrong.
    pub fn parse(access_key: &[u8], secret_key: &[u8]) -> Result<Self, CredentialsError> {
        let access_key = without_newline(access_key);
        let secret_key = without_newline(secret_key);
        if !is_access_key(access_key) {
            return Err(CredentialsError::AccessKey);
        }
        if !is_secret_key(secret_key) {
            return Err(CredentialsError::SecretKey);
        }
        Ok(Self {
            access_key: Value::new(access_key.to_vec()),
            signer: Signer::new(secret_key).ok_or(CredentialsError::SecretKey)?,
        })
    }

    /// The three headers that authenticate a `GET` of `target` (`secretmanager-api-overview`), kept out of logs.
    ///
    /// `milliseconds` is the time since the epoch.
    pub(super) fn headers(
        &self,
        target: &str,
        milliseconds: i64,
    ) -> Result<HeaderMap, http::header::InvalidHeaderValue> {
        let timestamp = milliseconds.to_string();
        let access_key = self.access_key.expose();
        let signature = self.signer.sign("GET", target, &timestamp, access_key);
        let mut headers = HeaderMap::with_capacity(3);
        for (name, text) in [
            (TIMESTAMP, timestamp.as_bytes()),
            (ACCESS_KEY, access_key),
            (SIGNATURE, signature.as_bytes()),
        ] {
            let mut value = HeaderValue::from_bytes(text)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

fn without_newline(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r\n")
        .or_else(|| text.strip_suffix(b"\n"))
        .unwrap_or(text)
}

fn is_access_key(text: &[u8]) -> bool {
    match text.strip_prefix(b"ncp_iam_") {
        Some(rest) if rest.len() == 20 => {
            rest.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        }
        _ => text.len() == 20 && text.iter().all(u8::is_ascii_alphanumeric),
    }
}

fn is_secret_key(text: &[u8]) -> bool {
    SECRET_KEY_BYTES.contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &[u8] = b"ncp_iam_TESTACCESSKEY0000001";
    const OLD: &[u8] = b"ABCDEFGHIJ0123456789";
    const SECRET: &[u8] = b"ncp_iam_TESTSECRETKEYdonotuse0000000000001";

    fn error(access_key: &[u8], secret_key: &[u8]) -> Option<CredentialsError> {
        Credentials::parse(access_key, secret_key).err()
    }

    #[test]
    fn both_forms_of_key_are_taken_with_and_without_a_newline() {
        for access_key in [NEW, OLD, b"ncp_iam_ABCD_EFGH_IJ01_2345_"] {
            for end in ["", "\n", "\r\n"] {
                let access_key = [access_key, end.as_bytes()].concat();
                let secret_key = [SECRET, end.as_bytes()].concat();
                assert_eq!(error(&access_key, &secret_key), None);
            }
        }
    }

    #[test]
    fn what_is_no_access_key_is_never_sent_as_one() {
        for text in [
            &b""[..],
            b"password",
            b"ABCDEFGHIJ012345678",
            b"ABCDEFGHIJ01234567890",
            b"ABCDEFGHIJ_123456789",
            b"ABCDEFGHIJ 123456789",
            b" ABCDEFGHIJ0123456789",
            b"ABCDEFGHIJ0123456789\n\n",
            b"ABCDEFGHIJ\n123456789",
            b"ABCDEFGHIJ0123456789\nx",
            b"ncp_iam_TESTACCESSKEY000001",
            b"ncp_iam_TESTACCESSKEY00000001",
            b"ncp_iam_TESTACCESSKEY-000001",
            b"NCP_IAM_TESTACCESSKEY0000001",
            "ABCDEFGHIJ01234567é".as_bytes(),
            SECRET,
        ] {
            assert_eq!(error(text, SECRET), Some(CredentialsError::AccessKey));
        }
    }

    #[test]
    fn what_cannot_be_a_secret_key_is_none() {
        for text in [
            &b""[..],
            b"short",
            b"with a space in the middle of it",
            b"with-a-newline\nin-the-middle-of-it",
            b"ends-with-two-newlines-somehow\n\n",
            "with-é-that-is-no-ascii-character".as_bytes(),
            b"with-\0-zero-bytes-in-the-middle",
            &[b'a'; 257],
        ] {
            assert_eq!(error(NEW, text), Some(CredentialsError::SecretKey));
        }
    }

    #[test]
    fn the_headers_carry_the_signature_and_stay_out_of_logs() {
        let credentials = Credentials::parse(NEW, SECRET).unwrap();
        let headers = credentials
            .headers("/api/v1/secrets?pageNo=1", 1_753_065_580_243)
            .unwrap();
        assert_eq!(headers[TIMESTAMP], "1753065580243");
        assert_eq!(headers[ACCESS_KEY].as_bytes(), NEW);
        assert_eq!(
            headers[SIGNATURE],
            "S2cGLPMfGfY2SqRN4snwajlGzgfMQhc4AbhSaPF7Ti4="
        );
        assert!(headers.values().all(HeaderValue::is_sensitive));
        assert!(!format!("{headers:?}").contains("TEST"));
    }

    #[test]
    fn an_error_shows_nothing_of_what_was_given() {
        for error in [
            error(b"hunter2hunter2", SECRET).unwrap(),
            error(NEW, b"hunter2").unwrap(),
        ] {
            assert!(!format!("{error:?} {error}").contains("hunter2"));
        }
    }
}
