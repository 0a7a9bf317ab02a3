//! Single requests to the API server, with bodies and replies under our own control.
//!
//! kube's own calls log a reply that they cannot read and keep a copy of what they send; these do neither.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;
use super::term::Term;

/// An API server that takes longer than this over one small object is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// More than an object can have that etcd takes, whatever its form on the way.
const LARGEST_REPLY: usize = 4 * 1024 * 1024;

/// Asks for the metadata of the object only, also in replies to writes.
pub(super) const METADATA_ONLY: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// Asks for the whole object.
pub(super) const WHOLE: &str = "application/json";

/// The API server, and whether it may be written to.
#[derive(Clone)]
pub struct Server {
    client: Client,
    term: Option<Term>,
}

impl Server {
    /// The API server for who only reads.
    #[must_use]
    pub const fn to_read(client: Client) -> Self {
        Self { client, term: None }
    }

    /// The API server for who writes as long as the term lasts.
    #[must_use]
    pub const fn during(client: Client, term: Term) -> Self {
        Self {
            client,
            term: Some(term),
        }
    }

    /// For watches, which only read.
    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Sends the request and reads the reply; a write only if this process leads at that moment.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T, Refusal> {
        let leads = || self.term.as_ref().is_some_and(Term::lasts);
        if call.method == Method::GET || leads() {
            send(&self.client, call).await
        } else {
            Err(Refusal::NotLeading)
        }
    }
}

/// One request to the API server.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) accept: &'static str,
    pub(super) content: Option<(&'static str, Bytes)>,
}

impl Call {
    pub(super) fn get(path: String, accept: &'static str) -> Self {
        Self {
            method: Method::GET,
            path,
            accept,
            content: None,
        }
    }
}

/// Sends the request, whoever leads, and reads the reply.
pub(super) async fn send<T: DeserializeOwned>(client: &Client, call: Call) -> Result<T, Refusal> {
    tokio::time::timeout(ANSWER_WITHIN, exchange(client, call))
        .await
        .unwrap_or_else(|_| Err(Refusal::Unreachable("no answer in time".into())))
}

async fn exchange<T: DeserializeOwned>(client: &Client, call: Call) -> Result<T, Refusal> {
    let mut request = Request::builder()
        .method(call.method)
        .uri(call.path)
        .header(ACCEPT, call.accept);
    let body = match call.content {
        Some((type_, bytes)) => {
            request = request.header(CONTENT_TYPE, type_);
            Body::from(bytes)
        }
        None => Body::empty(),
    };
    let request = request
        .body(body)
        .map_err(|error| Refusal::Unreachable(format!("bad request: {error}")))?;
    let response = client
        .send(request)
        .await
        .map_err(|error| unreachable(&error))?;
    let code = response.status();
    let reply = Limited::new(response.into_body(), LARGEST_REPLY)
        .collect()
        .await
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                Refusal::TooLarge
            } else {
                Refusal::Unreachable("the reply broke off".into())
            }
        })?
        .to_bytes();
    if code.is_success() {
        // The parser's own error could quote the reply.
        serde_json::from_slice(&reply)
            .map_err(|_| Refusal::Unreachable("the reply has another form than expected".into()))
    } else {
        let status: Option<Status> = serde_json::from_slice(&reply).ok();
        Err(Refusal::from_answer(code.as_u16(), status))
    }
}

fn unreachable(error: &kube::Error) -> Refusal {
    let what = match error {
        kube::Error::HyperError(_) => "the connection broke off",
        kube::Error::Auth(_) => "the operator's own credentials for the API server cannot be read",
        _ => "no connection could be made",
    };
    Refusal::Unreachable(what.into())
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;
    use tokio::time::Instant;

    use super::*;

    /// The result of a request to a server that is not there: what was sent is unreachable, what was not is refused.
    async fn asked(server: &Server, method: Method) -> Refusal {
        let call = Call {
            method,
            path: "/api".into(),
            accept: WHOLE,
            content: None,
        };
        server.send::<IgnoredAny>(call).await.unwrap_err()
    }

    #[tokio::test]
    async fn r12_only_reads_are_sent_by_who_does_not_lead() {
        let nowhere = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
        let client = Client::try_from(nowhere).unwrap();
        let (mandate, term) = Term::until(Instant::now() + Duration::from_hours(1));
        let leads = Server::during(client.clone(), term);
        let reads = Server::to_read(client);
        let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        for method in &writes {
            let sent = asked(&leads, method.clone()).await;
            assert!(matches!(sent, Refusal::Unreachable(_)), "{method} {sent}");
            let refused = asked(&reads, method.clone()).await;
            assert!(matches!(refused, Refusal::NotLeading), "{method} {refused}");
        }
        drop(mandate);
        for method in writes {
            let refused = asked(&leads, method.clone()).await;
            assert!(matches!(refused, Refusal::NotLeading), "{method} {refused}");
        }
        for server in [leads, reads] {
            let sent = asked(&server, Method::GET).await;
            assert!(matches!(sent, Refusal::Unreachable(_)), "{sent}");
        }
    }
}
