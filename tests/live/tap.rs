//! A tap on the line between the operator and the API server: it ends TLS on both sides and keeps what it passes on.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName,
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A tap that listens until it is dropped.
pub struct Tap {
    /// Leads to the API server through the tap.
    pub kubeconfig: NamedTempFile,
    lines: Arc<Mutex<Vec<Line>>>,
    task: AbortHandle,
}

/// What went over one connection, as pieces with their direction.
type Line = Arc<Mutex<Vec<(Direction, Vec<u8>)>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Asked,
    Answered,
}

/// One request and its answer, heads and bodies, as text.
pub struct Exchange {
    pub asked: String,
    pub answered: String,
}

impl Tap {
    /// Taps the line of whoever uses that kubeconfig.
    pub async fn on(kubeconfig: &Path) -> Self {
        let text = std::fs::read_to_string(kubeconfig).unwrap();
        let config: Value = serde_saphyr::from_str(&text).unwrap();
        let (cluster, user) = (
            &config["clusters"][0]["cluster"],
            &config["users"][0]["user"],
        );
        let decoded = |value: &Value| BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        let authority = decoded(&cluster["certificate-authority-data"]);
        roots
            .add(CertificateDer::from_pem_slice(&authority).unwrap())
            .unwrap();
        let certificate =
            CertificateDer::from_pem_slice(&decoded(&user["client-certificate-data"])).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&decoded(&user["client-key-data"])).unwrap();
        let client = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate], key)
            .unwrap();
        let server = cluster["server"]
            .as_str()
            .unwrap()
            .strip_prefix("https://")
            .unwrap()
            .to_owned();

        let own_key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["127.0.0.1".into()])
            .unwrap()
            .self_signed(&own_key)
            .unwrap();
        let own_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
        let tap = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], own_key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "tap",
            "clusters": [{"name": "tap", "cluster": {
                "server": format!("https://{address}"),
                "certificate-authority-data": BASE64_STANDARD.encode(own.pem()),
            }}],
            "users": [{"name": "tap", "user": {}}],
            "contexts": [{"name": "tap", "context": {"cluster": "tap", "user": "tap"}}],
        });
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(kubeconfig.to_string().as_bytes()).unwrap();

        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let (accept, connect) = (
            TlsAcceptor::from(Arc::new(tap)),
            TlsConnector::from(Arc::new(client)),
        );
        let task = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let line = Line::default();
                kept.lock().unwrap().push(Arc::clone(&line));
                let (accept, connect, server) = (accept.clone(), connect.clone(), server.clone());
                tokio::spawn(async move {
                    let far = TcpStream::connect(&server).await.unwrap();
                    let name = ServerName::try_from("127.0.0.1").unwrap();
                    // A connection that breaks off is nothing to the tap.
                    let (Ok(near), Ok(far)) =
                        tokio::join!(accept.accept(near), connect.connect(name, far))
                    else {
                        return;
                    };
                    let (near_reads, near_writes) = tokio::io::split(near);
                    let (far_reads, far_writes) = tokio::io::split(far);
                    tokio::select! {
                        () = pass(near_reads, far_writes, &line, Direction::Asked) => {}
                        () = pass(far_reads, near_writes, &line, Direction::Answered) => {}
                    }
                });
            }
        });
        Self {
            kubeconfig: file,
            lines,
            task: task.abort_handle(),
        }
    }

    /// Everything that was asked, each with its answer.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let lines = self.lines.lock().unwrap();
        lines
            .iter()
            .flat_map(|line| exchanges(&line.lock().unwrap()))
            .collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// HTTP/1.1 answers one request before it takes the next.
fn exchanges(line: &[(Direction, Vec<u8>)]) -> Vec<Exchange> {
    let mut exchanges = Vec::<(Vec<u8>, Vec<u8>)>::new();
    for (direction, piece) in line {
        if *direction == Direction::Asked
            && exchanges
                .last()
                .is_none_or(|(_, answered)| !answered.is_empty())
        {
            exchanges.push(Default::default());
        }
        let (asked, answered) = exchanges.last_mut().unwrap();
        match direction {
            Direction::Asked => asked.extend(piece),
            Direction::Answered => answered.extend(piece),
        }
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    exchanges
        .into_iter()
        .map(|(asked, answered)| Exchange {
            asked: text(asked),
            answered: text(answered),
        })
        .collect()
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    line: &Line,
    direction: Direction,
) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        line.lock()
            .unwrap()
            .push((direction, piece[..length].to_vec()));
        if to.write_all(&piece[..length]).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}
