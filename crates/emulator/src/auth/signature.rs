//! Signature v2 (`common-ncpapi`, "Create signature").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The Base64 signature of a request: `uri` is everything after the host as sent, path and query; `time` is the
/// text of the timestamp header.
///
/// # Examples
///
/// ```
/// let signature = ncp_emulator::sign(
///     "ncp_iam_TESTSECRETKEYdonotuse0000000000001",
///     "GET",
///     "/api/v1/secrets?pageNo=1",
///     "1753065580243",
///     "ncp_iam_TESTACCESSKEY0000001",
/// );
/// assert_eq!(signature, "S2cGLPMfGfY2SqRN4snwajlGzgfMQhc4AbhSaPF7Ti4=");
/// ```
#[must_use]
pub fn sign(secret_key: &str, method: &str, uri: &str, time: &str, access_key: &str) -> String {
    let mac = mac(secret_key, method, uri, time, access_key);
    mac.map_or_else(String::new, |mac| {
        STANDARD.encode(mac.finalize().into_bytes())
    })
}

/// Whether a signature is that of the request; compared in constant time.
pub(super) fn matches(
    signature: &str,
    secret_key: &str,
    method: &str,
    uri: &str,
    time: &str,
    access_key: &str,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else {
        return false;
    };
    mac(secret_key, method, uri, time, access_key)
        .is_some_and(|mac| mac.verify_slice(&signature).is_ok())
}

/// None never happens: HMAC takes keys of every length.
fn mac(
    secret_key: &str,
    method: &str,
    uri: &str,
    time: &str,
    access_key: &str,
) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret_key.as_bytes()).ok()?;
    for part in [method, " ", uri, "\n", time, "\n", access_key] {
        mac.update(part.as_bytes());
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const ACCESS_KEY: &str = "ncp_iam_TESTACCESSKEY0000001";
    const SECRET_KEY: &str = "ncp_iam_TESTSECRETKEYdonotuse0000000000001";
    const TIME: &str = "1753065580243";

    const VECTORS: [(&str, &str, &str); 7] = [
        (
            "GET",
            "/api/v1/secrets/SID/values",
            "Zd8pMMeMKpHgR8xfmD6O8fHk5DwzBHIxXvuzZ+sz+gY=",
        ),
        (
            "GET",
            "/api/v1/secrets?pageNo=1",
            "S2cGLPMfGfY2SqRN4snwajlGzgfMQhc4AbhSaPF7Ti4=",
        ),
        (
            "GET",
            "/secretmanager/api/v1/secrets/SID/active",
            "mVFEY55UwYdJwtG9lyvIN4YbYYi8W2mAi2yXoy1Us+M=",
        ),
        (
            "PUT",
            "/secretmanager/api/v1/secrets/SID/values/active",
            "+xvKWtCk9mWbv2Ap7AJQc9VjWtdyI0YMnKE/8LMV8Ks=",
        ),
        (
            "GET",
            "/api/v1/secrets/SID/logs?pageNo=1&pageSize=1&timestampFrom=1753067196000&keyword=Get%20Secret%20Log",
            "OLfuj1mOP/MpiSCGCHkWgLpKundmVctJrsM2EGJ6Bn8=",
        ),
        (
            "POST",
            "/action/v1/secrets/SID/jobs/job-token-1/start",
            "Feg/erqux+NRScqz5Sf/WyLLOIujxvRyV44aHTjgcH8=",
        ),
        (
            "DELETE",
            "/api/v1/secrets/SID",
            "bml9iWBbb6SxKCPNszLPjMWYfiIIZgCxHN0ASxqFf4Q=",
        ),
    ];

    #[test]
    fn the_vectors_of_the_reference_come_out() {
        for (method, uri, signature) in VECTORS {
            let uri = uri.replace("SID", SID);
            assert_eq!(sign(SECRET_KEY, method, &uri, TIME, ACCESS_KEY), signature);
            assert!(matches(
                signature, SECRET_KEY, method, &uri, TIME, ACCESS_KEY
            ));
        }
    }

    #[test]
    fn every_signed_part_counts() {
        let (method, uri, signature) = VECTORS[1];
        let wrong = [
            ("other", method, uri, TIME, ACCESS_KEY),
            (SECRET_KEY, "POST", uri, TIME, ACCESS_KEY),
            (
                SECRET_KEY,
                method,
                "/api/v1/secrets?pageNo=2",
                TIME,
                ACCESS_KEY,
            ),
            (SECRET_KEY, method, uri, "1753065580244", ACCESS_KEY),
            (
                SECRET_KEY,
                method,
                uri,
                TIME,
                "ncp_iam_TESTACCESSKEY0000002",
            ),
        ];
        for (secret_key, method, uri, time, access_key) in wrong {
            assert!(!matches(
                signature, secret_key, method, uri, time, access_key
            ));
        }
        for not_base64 in [
            "",
            "S2cGLPMfGfY2SqRN4snwajlGzgfMQhc4AbhSaPF7Ti4",
            "\u{1F511}",
        ] {
            assert!(!matches(
                not_base64, SECRET_KEY, method, uri, TIME, ACCESS_KEY
            ));
        }
    }
}
