//! TLS for the API ports: which certificate they show.

mod given;
mod own;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// The certificate of the API ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// One of the emulator's own authority, which is another one at each start.
    ///
    /// It is for the address of the ports, `127.0.0.1`, `::1`, `localhost` and NCP's three host names. It is valid
    /// on the machine's clock, whatever the emulator's clock shows, as that is what TLS clients check.
    Own {
        /// Further host names and addresses.
        names: Vec<String>,
    },
    /// A given one.
    Given {
        /// PEM file of the certificate and those between it and its authority.
        certificate: PathBuf,
        /// PEM file of its private key.
        key: PathBuf,
    },
}

/// The certificate cannot be had. The text never quotes a file, which may hold a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("failed to read the {kind} file {}", .path.display())]
    Read {
        /// What it shall hold.
        kind: PemKind,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it shall.
    #[error("the {kind} file {} holds no {kind} in PEM", .path.display())]
    NotPem {
        /// What it shall hold.
        kind: PemKind,
        /// The file.
        path: PathBuf,
    },
    /// Two files do not belong together.
    #[error("the key in {} is not that of the certificate in {}", .key.display(), .certificate.display())]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// Two files cannot be served.
    #[error("failed to use the certificate in {} with the key in {}", .certificate.display(), .key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// No certificate can be for such a name.
    #[error(
        "failed to make a certificate for {0:?}, which is neither a host name nor an IP address"
    )]
    Name(String),
    /// A certificate cannot be made.
    #[error("failed to make a certificate")]
    Make(#[source] rcgen::Error),
    /// A certificate that was made cannot be served.
    #[error("failed to use the certificate that was made")]
    Serve(#[source] rustls::Error),
}

/// What a PEM file shall hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PemKind {
    /// Certificates.
    Certificate,
    /// A private key.
    Key,
}

impl std::fmt::Display for PemKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Certificate => "certificate",
            Self::Key => "private key",
        })
    }
}

/// How TLS is served.
pub(crate) struct Served {
    pub config: Arc<ServerConfig>,
    /// The emulator's own authority, as PEM.
    pub authority: Option<String>,
}

impl Tls {
    /// Reads or makes the certificate for ports on an address.
    pub(crate) fn serve(&self, address: std::net::IpAddr) -> Result<Served, TlsError> {
        match self {
            Self::Own { names } => own::serve(address, names),
            Self::Given { certificate, key } => given::serve(certificate, key),
        }
    }
}

/// The provider is named, as the process around the library may have chosen another one, or none.
fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
