//! TLS on the API ports, next to plain HTTP.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ncp_emulator::{
    Boundary, Effect, Emulator, Fault, NewSecret, Region, Role, Settings, StartError, Tls, TlsError,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Method, Url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, World};

const LIST: &str = "/api/v1/secrets";

async fn own(names: &[&str]) -> World {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    World::start_with(|settings| settings.tls = Some(Tls::Own { names })).await
}

/// The same client, which trusts one authority and knows one host name.
fn trusting(client: &Client, authority: &str, host: &str, base: &str) -> Client {
    let authority = Certificate::from_pem(authority.as_bytes()).unwrap();
    let address = [address(base).parse().unwrap()];
    let http = Client::http()
        .tls_certs_only([authority])
        .resolve_to_addrs(host, &address)
        .build()
        .unwrap();
    let mut trusting = client.clone();
    trusting.http = http;
    trusting
}

/// Host and port of a base URL.
fn address(base: &str) -> String {
    let url = Url::parse(base).unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
}

fn plain(base: &str) -> String {
    base.replace("https://", "http://")
}

fn authority(world: &World) -> &str {
    world.emulator.certificate_authority().unwrap()
}

#[tokio::test]
async fn each_host_answers_signed_calls_over_tls_and_over_plain_http() {
    let world = own(&[]).await;
    for new in [
        NewSecret::named("global").boundary(Boundary::Global),
        NewSecret::named("regional"),
        NewSecret::named("japan").region(Region::Jpn),
    ] {
        world.emulator.create_secret(new).unwrap();
    }
    let endpoints = world.emulator.endpoints();
    let table = [
        (&endpoints.kr_global, "global"),
        (&endpoints.kr_regional, "regional"),
        (&endpoints.jpn_regional, "japan"),
    ];
    for (base, name) in table {
        assert!(base.starts_with("https://127.0.0.1:"), "{base}");
        for base in [base.clone(), plain(base)] {
            let client = world.client(&base, &world.client.key);
            let client = trusting(&client, authority(&world), "localhost", &base);
            let list = client.get(LIST).await;
            assert_eq!(list.data()["secretList"][0]["secretName"], name, "{base}");
        }
    }
}

#[tokio::test]
async fn the_certificate_is_for_the_documented_hosts_and_the_wished_names_only() {
    let world = own(&["secrets.test", "*.internal.test", "192.0.2.7"]).await;
    let base = &world.emulator.endpoints().kr_regional;
    for (host, known) in [
        ("localhost", true),
        ("secretmanager.apigw.ntruss.com", true),
        ("ocapi-kr.ncloud.com", true),
        ("ocapi-jp.ncloud.com", true),
        ("secrets.test", true),
        ("a.internal.test", true),
        ("internal.test", false),
        ("elsewhere.test", false),
    ] {
        let named = base.replace("127.0.0.1", host);
        let client = world.client(&named, &world.client.key);
        let client = trusting(&client, authority(&world), host, base);
        let sent = client.send(Method::GET, LIST, vec![]).await;
        assert_eq!(sent.is_ok(), known, "{host}: {sent:?}");
    }
}

#[tokio::test]
async fn another_authority_is_not_trusted() {
    let world = own(&[]).await;
    let other = own(&[]).await;
    let base = &world.emulator.endpoints().kr_regional;
    let client = trusting(&world.client, authority(&other), "localhost", base);
    assert!(client.send(Method::GET, LIST, vec![]).await.is_err());
    let client = trusting(&world.client, authority(&world), "localhost", base);
    client.get(LIST).await.data();
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken() {
    let world = own(&[]).await;
    for version in [
        reqwest::tls::Version::TLS_1_2,
        reqwest::tls::Version::TLS_1_3,
    ] {
        let authority = Certificate::from_pem(authority(&world).as_bytes()).unwrap();
        let http = Client::http()
            .tls_certs_only([authority])
            .min_tls_version(version)
            .max_tls_version(version);
        let mut client = world.client.clone();
        client.http = http.build().unwrap();
        client.get(LIST).await.data();
    }
}

#[tokio::test]
async fn the_admin_port_has_the_authority() {
    let world = own(&[]).await;
    let read = async |world: &World| {
        let url = format!("{}/ca.pem", world.emulator.endpoints().admin);
        let answer = world.client.http.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(read(&world).await, (200, authority(&world).to_owned()));
    assert!(!authority(&world).contains("PRIVATE KEY"));
    let without = World::start().await;
    assert!(without.emulator.certificate_authority().is_none());
    let (status, why) = read(&without).await;
    assert_eq!(status, 404);
    assert!(why.contains("TLS is off"), "{why}");
}

#[tokio::test]
async fn without_tls_a_handshake_is_no_request() {
    let world = World::start().await;
    let base = &world.emulator.endpoints().kr_regional;
    let secure = base.replace("http://", "https://");
    let client = world.client(&secure, &world.client.key);
    assert!(client.send(Method::GET, LIST, vec![]).await.is_err());
    world.client.get(LIST).await.data();
}

/// Files of a certificate that signs itself.
struct Files {
    folder: tempfile::TempDir,
    pair: CertifiedKey<rcgen::KeyPair>,
}

impl Files {
    fn new() -> Self {
        let pair = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tls.crt"), pair.cert.pem()).unwrap();
        fs::write(
            folder.path().join("tls.key"),
            pair.signing_key.serialize_pem(),
        )
        .unwrap();
        Self { folder, pair }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tls(&self) -> Tls {
        Tls::Given {
            certificate: self.path("tls.crt"),
            key: self.path("tls.key"),
        }
    }
}

#[tokio::test]
async fn a_given_certificate_is_shown() {
    let files = Files::new();
    let world = World::start_with(|settings| settings.tls = Some(files.tls())).await;
    assert!(world.emulator.certificate_authority().is_none());
    let base = &world.emulator.endpoints().kr_regional;
    let client = trusting(&world.client, &files.pair.cert.pem(), "localhost", base);
    client.get(LIST).await.data();
    let other = Files::new();
    let client = trusting(&world.client, &other.pair.cert.pem(), "localhost", base);
    assert!(client.send(Method::GET, LIST, vec![]).await.is_err());
}

async fn refusal(tls: Tls) -> (TlsError, String) {
    let settings = Settings {
        tls: Some(tls),
        ..Settings::default()
    };
    match Emulator::start(settings).await {
        Err(StartError::Tls(error)) => {
            let text = format!("{error} {error:?}");
            (error, text)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_certificate_is_named_with_its_file_and_without_its_key() {
    let files = Files::new();
    let other = Files::new();
    let (error, text) = refusal(Tls::Given {
        certificate: files.path("tls.crt"),
        key: other.path("tls.key"),
    })
    .await;
    assert!(matches!(error, TlsError::Mismatch { .. }), "{error:?}");
    assert!(text.contains("tls.crt") && text.contains(other.path("tls.key").to_str().unwrap()));

    let key = files.pair.signing_key.serialize_pem();
    let secret = key.lines().nth(1).unwrap();
    let broken = key.replace("-----END", "----END");
    for (name, content) in [
        ("empty", ""),
        ("text", "not PEM at all"),
        ("broken", &broken),
    ] {
        fs::write(files.path(name), content).unwrap();
        for (certificate, key) in [(name, "tls.key"), ("tls.crt", name)] {
            let (error, text) = refusal(Tls::Given {
                certificate: files.path(certificate),
                key: files.path(key),
            })
            .await;
            assert!(matches!(error, TlsError::NotPem { .. }), "{error:?}");
            assert!(text.contains(files.path(name).to_str().unwrap()), "{text}");
            assert!(!text.contains(secret), "{text}");
        }
    }
    let (error, text) = refusal(Tls::Given {
        certificate: files.path("tls.crt"),
        key: files.path("nowhere"),
    })
    .await;
    assert!(matches!(error, TlsError::Read { .. }), "{error:?}");
    assert!(
        text.contains("failed to read the private key file"),
        "{text}"
    );
    for name in ["", "two words", "*", "한글.test", "a_b..c"] {
        let (error, _) = refusal(Tls::Own {
            names: vec![name.to_owned()],
        })
        .await;
        assert!(matches!(error, TlsError::Name(_)), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn broken_and_endless_handshakes_end_and_disturb_nobody() {
    let world = own(&[]).await;
    let base = &world.emulator.endpoints().kr_regional;
    let client = trusting(&world.client, authority(&world), "localhost", base);
    let mut open = Vec::new();
    for bytes in [
        b"\x16".as_slice(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x16\x03\x03\x40\x00",
    ] {
        for _ in 0..20 {
            let mut stream = TcpStream::connect(address(base)).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            open.push(stream);
        }
    }
    for bytes in [
        b"\x16garbage garbage garbage garbage".as_slice(),
        b"\x16\x03\x01\xff\xff\xff",
        b"\x15\x03\x01\x00\x02\x02\x28",
        &[0; 4096],
    ] {
        let mut stream = TcpStream::connect(address(base)).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        // An alert, an error of HTTP, or nothing; then the end, which may be a reset.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    client.get(LIST).await.data();
    let all_end = async {
        for mut stream in open {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, all_end).await.unwrap();
    client.get(LIST).await.data();
}

#[tokio::test]
async fn a_connection_without_a_byte_stays_and_disturbs_nobody() {
    let world = own(&[]).await;
    let base = &world.emulator.endpoints().kr_regional;
    let silent = TcpStream::connect(address(base)).await.unwrap();
    let client = trusting(&world.client, authority(&world), "localhost", base);
    client.get(LIST).await.data();
    drop(silent);
    client.get(LIST).await.data();
}

#[tokio::test]
async fn faults_have_their_effect_over_tls() {
    let world = own(&[]).await;
    let base = &world.emulator.endpoints().kr_regional;
    let client = trusting(&world.client, authority(&world), "localhost", base);
    let fault = |effect| world.emulator.add_fault(Fault::new(effect).times(1));

    fault(Effect::Cut);
    assert!(client.send(Method::GET, LIST, vec![]).await.is_err());
    fault(Effect::Stall);
    let mut stalled = client.send(Method::GET, LIST, vec![]).await.unwrap();
    assert_eq!(stalled.status(), 200);
    let body = tokio::time::timeout(Duration::from_millis(200), stalled.chunk()).await;
    assert!(body.is_err(), "{body:?}");
    fault(Effect::HugeBody(3_000_000));
    let huge = client.send(Method::GET, LIST, vec![]).await.unwrap();
    assert_eq!(huge.bytes().await.unwrap().len(), 3_000_000);
    client.get(LIST).await.data();
}

#[tokio::test]
async fn a_key_of_its_own_signs_over_tls_as_over_http() {
    let world = own(&[]).await;
    let base = &world.emulator.endpoints().kr_regional;
    let key = world.emulator.add_key(Role::None);
    let client = world.client(base, &key);
    let client = trusting(&client, authority(&world), "localhost", base);
    assert_eq!(client.get(LIST).await.error(), (401, "210"));
    let mut client = client;
    client.key.secret_key.push('x');
    assert_eq!(client.get(LIST).await.error(), (401, "200"));
}
