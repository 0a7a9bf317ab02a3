//! A real listener on loopback that shows what was sent, and answers as badly as it is told to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use steerable_clock::{Clock, Steering};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::core::bucket::Limits;
use crate::core::urgency::Urgency;
use crate::source::{
    Allowance, Budget, CallRecord, Credentials, Deadlines, Endpoints, Overrides, Settings,
    Transport,
};

pub(super) const ACCESS_KEY: &str = "ncp_iam_TESTACCESSKEY0000001";
pub(super) const SECRET_KEY: &str = "ncp_iam_TESTSECRETKEYdonotuse0000000000001";

/// More than any test spends.
pub(super) fn plenty() -> Allowance {
    let limits = Limits {
        rate: 1000,
        burst: 10_000,
    };
    let budget = Budget::new(Clock::machine(), limits, 1000, Arc::default());
    Arc::new(budget).unforeseen(Urgency::Prompt)
}

/// What to do with one request.
pub(super) enum Act {
    /// Send these bytes, and wait for the next request on the same connection.
    Answer(Vec<u8>),
    /// Send these bytes and close the connection.
    Close(Vec<u8>),
    /// Send these bytes, and then nothing for as long as the client stays.
    Hang(Vec<u8>),
    /// Send these bytes, and then this again and again for as long as the client stays.
    Repeat(Vec<u8>, Vec<u8>, Duration),
}

/// What the listener saw.
#[derive(Default)]
pub(super) struct Seen {
    connections: Mutex<usize>,
    requests: Mutex<Vec<String>>,
    another: Notify,
}

impl Seen {
    pub(super) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Everything up to the empty line, for each request.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The second word of each request line.
    pub(super) fn targets(&self) -> Vec<String> {
        let target = |request: &String| request.split(' ').nth(1).unwrap().to_owned();
        self.requests().iter().map(target).collect()
    }

    /// The targets of the requests since the last time, which are forgotten.
    pub(super) fn take_targets(&self) -> Vec<String> {
        let targets = self.targets();
        self.requests.lock().unwrap().clear();
        targets
    }

    /// Waits until that many requests have come.
    pub(super) async fn wait_for(&self, requests: usize) {
        loop {
            let another = self.another.notified();
            if self.requests().len() >= requests {
                return;
            }
            another.await;
        }
    }

    /// Reads requests and acts on them until one side ends the connection.
    pub(super) async fn serve(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        act: &(impl Fn(&str) -> Act + Send + Sync),
    ) {
        *self.connections.lock().unwrap() += 1;
        while let Some(request) = next_request(&mut stream).await {
            self.requests.lock().unwrap().push(request.clone());
            self.another.notify_waiters();
            let act = act(&request);
            let (Act::Answer(bytes)
            | Act::Close(bytes)
            | Act::Hang(bytes)
            | Act::Repeat(bytes, _, _)) = &act;
            if stream.write_all(bytes).await.is_err() {
                return;
            }
            match act {
                Act::Answer(_) => {}
                Act::Close(_) => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Act::Hang(_) => {
                    let _ = stream.read(&mut [0]).await;
                    return;
                }
                Act::Repeat(_, bytes, pause) => {
                    while stream.write_all(&bytes).await.is_ok() {
                        tokio::time::sleep(pause).await;
                    }
                    return;
                }
            }
        }
    }
}

async fn next_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Listens until the test ends.
pub(super) async fn listen(
    act: impl Fn(&str) -> Act + Send + Sync + 'static,
) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let (act, witness) = (Arc::new(act), seen.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (act, witness) = (act.clone(), witness.clone());
            tokio::spawn(async move { witness.serve(stream, &*act).await });
        }
    });
    (address, seen)
}

/// A whole answer.
pub(super) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// An answer that succeeds with this `data`.
pub(super) fn success(data: &str) -> Scripted {
    (200, format!("{{\"code\":\"SUCCESS\",\"data\":{data}}}"))
}

/// An answer that fails with this code.
pub(super) fn error(status: u16, code: &str) -> Scripted {
    let body =
        format!("{{\"error\":{{\"errorCode\":\"{code}\",\"message\":\"m\",\"details\":\"d\"}}}}");
    (status, body)
}

/// A status and a body.
pub(super) type Scripted = (u16, String);

/// The answers of one host by the path after `/api/v1/secrets`. Each has its turn, and the last one stays. What
/// is not there is the service's own `NOT_FOUND`.
#[derive(Clone, Default)]
pub(super) struct Script(Arc<Mutex<HashMap<String, Vec<Scripted>>>>);

impl Script {
    /// Replaces the answers of a path.
    pub(super) fn set(&self, path: &str, answers: &[Scripted]) {
        let mut script = self.0.lock().unwrap();
        script.insert(path.to_owned(), answers.to_vec());
    }

    fn next(&self, path: &str) -> Scripted {
        let mut script = self.0.lock().unwrap();
        match script.get_mut(path) {
            None => error(404, "NOT_FOUND"),
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
        }
    }

    /// Listens and answers by the script.
    pub(super) async fn listen(&self) -> (SocketAddr, Arc<Seen>) {
        let script = self.clone();
        listen(move |request| {
            let target = request.split(' ').nth(1).unwrap();
            let path = target.strip_prefix("/api/v1/secrets").unwrap();
            let (status, body) = script.next(path);
            Act::Answer(answer(status, "", &body))
        })
        .await
    }
}

/// Longer than anything takes that goes well.
pub(super) const PATIENT: Deadlines = both(Duration::from_secs(30));

/// For what never ends.
pub(super) const HASTY: Deadlines = both(Duration::from_millis(300));

const fn both(deadline: Duration) -> Deadlines {
    Deadlines {
        connect: deadline,
        total: deadline,
    }
}

/// What a test that makes calls needs.
pub(super) struct Bench {
    pub(super) transport: Arc<Transport>,
    pub(super) steering: Steering,
    pub(super) records: Arc<Mutex<Vec<CallRecord>>>,
}

pub(super) fn start() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

pub(super) fn credentials() -> Credentials {
    Credentials::parse(ACCESS_KEY.as_bytes(), SECRET_KEY.as_bytes()).unwrap()
}

/// A transport to these base URLs on a frozen clock that shows [`start`].
pub(super) fn bench(
    regional: &str,
    global: &str,
    deadlines: Deadlines,
    extra_authorities: Option<Vec<u8>>,
) -> Bench {
    let overrides = Overrides {
        kr_regional: Some(regional.to_owned()),
        kr_global: Some(global.to_owned()),
        jpn_regional: Some(regional.to_owned()),
    };
    let (clock, steering) = Clock::steered(start());
    steering.freeze();
    steering.set(start());
    let records = Arc::<Mutex<Vec<CallRecord>>>::default();
    let on_call = records.clone();
    let transport = Transport::new(Settings {
        endpoints: Endpoints::new(&overrides, true).unwrap(),
        extra_authorities,
        deadlines,
        clock,
        on_call: Arc::new(move |record| on_call.lock().unwrap().push(record)),
    });
    Bench {
        transport: Arc::new(transport.unwrap()),
        steering,
        records,
    }
}
