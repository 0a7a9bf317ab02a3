//! Signature version 2 of the API gateway (`common-ncpapi`, "Create signature").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The secret half of an access key, made ready to sign; of the key itself no copy is kept.
#[derive(Clone)]
pub(super) struct Signer(Hmac<Sha256>);

impl Signer {
    /// Takes the secret key as the bytes of its text.
    pub(super) fn new(secret_key: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(secret_key).ok().map(Self)
    }

    /// The signature in standard Base64 with padding.
    ///
    /// `method` is in upper case; `target` is everything after the host exactly as it is sent, path prefix and
    /// query included; `timestamp` and `access_key` are the very texts of their headers.
    pub(super) fn sign(
        &self,
        method: &str,
        target: &str,
        timestamp: &str,
        access_key: &[u8],
    ) -> String {
        let mut mac = self.0.clone();
        for part in [
            method.as_bytes(),
            b" ",
            target.as_bytes(),
            b"\n",
            timestamp.as_bytes(),
            b"\n",
            access_key,
        ] {
            mac.update(part);
        }
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_known_signatures_come_out() {
        let signer = Signer::new(b"ncp_iam_TESTSECRETKEYdonotuse0000000000001").unwrap();
        for (method, target, wanted) in [
            (
                "GET",
                "/api/v1/secrets/ID/values",
                "Zd8pMMeMKpHgR8xfmD6O8fHk5DwzBHIxXvuzZ+sz+gY=",
            ),
            (
                "GET",
                "/api/v1/secrets?pageNo=1",
                "S2cGLPMfGfY2SqRN4snwajlGzgfMQhc4AbhSaPF7Ti4=",
            ),
            (
                "GET",
                "/secretmanager/api/v1/secrets/ID/active",
                "mVFEY55UwYdJwtG9lyvIN4YbYYi8W2mAi2yXoy1Us+M=",
            ),
            (
                "PUT",
                "/secretmanager/api/v1/secrets/ID/values/active",
                "+xvKWtCk9mWbv2Ap7AJQc9VjWtdyI0YMnKE/8LMV8Ks=",
            ),
            (
                "GET",
                "/api/v1/secrets/ID/logs?pageNo=1&pageSize=1&timestampFrom=1753067196000&keyword=Get%20Secret%20Log",
                "OLfuj1mOP/MpiSCGCHkWgLpKundmVctJrsM2EGJ6Bn8=",
            ),
            (
                "POST",
                "/action/v1/secrets/ID/jobs/job-token-1/start",
                "Feg/erqux+NRScqz5Sf/WyLLOIujxvRyV44aHTjgcH8=",
            ),
            (
                "DELETE",
                "/api/v1/secrets/ID",
                "bml9iWBbb6SxKCPNszLPjMWYfiIIZgCxHN0ASxqFf4Q=",
            ),
        ] {
            let target = target.replace("ID", ID);
            let signature = signer.sign(
                method,
                &target,
                "1753065580243",
                b"ncp_iam_TESTACCESSKEY0000001",
            );
            assert_eq!(signature, wanted, "{method} {target}");
        }
    }
}
