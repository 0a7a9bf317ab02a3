//! Whom calls trust: real handshakes with certificates made for the occasion.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;

use super::listener::plenty;
use super::listener::{Act, PATIENT, Seen, answer, bench, credentials, success};
use crate::api::terms::{KeyIsolation, Region, Stage};
use crate::core::remote::{Failure, LookError, SourceRef, Wanted};
use crate::source::Account;

/// An authority of our own.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn respond(_: &str) -> Act {
    let (status, body) = success(r#"{"secretId":"SID","secretStatus":"DISABLE"}"#);
    Act::Answer(answer(status, "", &body))
}

/// A server with a certificate of the authority for these names.
async fn serve(authority: &CertifiedIssuer<'static, KeyPair>, names: &[&str]) -> (u16, Arc<Seen>) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(names).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Seen::default());
    let witness = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                witness.serve(stream, &respond).await;
            }
        }
    });
    (port, seen)
}

async fn look(base: &str, authorities: Option<Vec<u8>>) -> Result<(), LookError> {
    let bench = bench(base, base, PATIENT, authorities);
    let regional = KeyIsolation::Regional;
    let account = Account::new(bench.transport, Region::Kr, regional, credentials()).unwrap();
    let source = SourceRef::Id("SID".to_owned());
    account
        .look(&source, Wanted::Stage(Stage::Active), &plenty())
        .await
        .map(|_| ())
}

fn refused() -> Result<(), LookError> {
    Err(LookError::Unavailable {
        failure: Failure::Handshake,
        retry_after: None,
    })
}

#[tokio::test]
async fn an_extra_authority_is_trusted_and_nobody_else() {
    let (ours, another) = (authority(), authority());
    let both = format!("{}\n{}", another.pem(), ours.pem());
    let (port, seen) = serve(&ours, &["127.0.0.1", "localhost"]).await;
    for host in ["127.0.0.1", "localhost"] {
        let base = format!("https://{host}:{port}");
        assert_eq!(look(&base, None).await, refused());
        assert_eq!(look(&base, Some(another.pem().into())).await, refused());
        assert!(seen.requests().is_empty());
        assert_eq!(look(&base, Some(ours.pem().into())).await, Ok(()));
        assert_eq!(look(&base, Some(both.clone().into())).await, Ok(()));
        assert_eq!(seen.take_targets().len(), 2);
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let ours = authority();
    let (port, seen) = serve(&ours, &["other.example"]).await;
    let base = format!("https://127.0.0.1:{port}");
    assert_eq!(look(&base, Some(ours.pem().into())).await, refused());
    assert!(seen.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 x\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        outcome = look(&base, None) => assert_eq!(outcome, refused()),
        () = server => {}
    }
}
