//! A given certificate: its two files, read once at the start.

use std::fs;
use std::path::Path;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, InconsistentKeys};
use zeroize::Zeroizing;

use super::{PemKind, Served, TlsError, config};

pub(super) fn serve(certificate: &Path, key: &Path) -> Result<Served, TlsError> {
    // The reasons of the PEM reader are left out, as they quote lines of the file.
    let not_pem = |kind, path: &Path| TlsError::NotPem {
        kind,
        path: path.to_owned(),
    };
    let pem = read(PemKind::Certificate, certificate)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .ok()
        .filter(|chain: &Vec<_>| !chain.is_empty())
        .ok_or_else(|| not_pem(PemKind::Certificate, certificate))?;
    let pem = read(PemKind::Key, key)?;
    let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| not_pem(PemKind::Key, key))?;
    let config = config(chain, private).map_err(|source| {
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch { certificate, key }
            }
            source => TlsError::Unusable {
                certificate,
                key,
                source,
            },
        }
    })?;
    Ok(Served {
        config,
        authority: None,
    })
}

fn read(kind: PemKind, path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let bytes = fs::read(path).map_err(|source| TlsError::Read {
        kind,
        path: path.to_owned(),
        source,
    })?;
    Ok(Zeroizing::new(bytes))
}
