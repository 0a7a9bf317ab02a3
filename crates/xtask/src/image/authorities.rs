//! The certificate authorities that the image trusts: Mozilla's, as one PEM file.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

const WIDTH: usize = 64;

/// The bundle, in the form that all TLS libraries read.
pub(super) fn bundle() -> String {
    let mut bundle = String::new();
    for certificate in TLS_SERVER_ROOT_CERTS {
        bundle.push_str("-----BEGIN CERTIFICATE-----\n");
        let text: Vec<char> = BASE64_STANDARD.encode(certificate).chars().collect();
        for line in text.chunks(WIDTH) {
            bundle.extend(line);
            bundle.push('\n');
        }
        bundle.push_str("-----END CERTIFICATE-----\n");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_read_back_as_the_same_certificates() {
        let bundle = bundle();
        let read = bundle
            .split("-----END CERTIFICATE-----\n")
            .filter_map(|part| part.strip_prefix("-----BEGIN CERTIFICATE-----\n"))
            .map(|text| BASE64_STANDARD.decode(text.replace('\n', "")).unwrap());
        assert!(read.eq(TLS_SERVER_ROOT_CERTS.iter().map(|it| it.to_vec())));
        assert!(TLS_SERVER_ROOT_CERTS.len() > 50);
        assert!(bundle.lines().all(|line| line.len() <= WIDTH));
    }
}
