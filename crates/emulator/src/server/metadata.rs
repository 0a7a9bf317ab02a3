//! One request to the metadata service, from its arrival to its answer.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::malformed::http_text;
use super::reply::{self, Body, Cut, Reply};
use super::{listen, request};
use crate::auth::NewKey;
use crate::behavior::Behavior;
use crate::fault::{Effect, Subject};
use crate::metadata::{self, Answer};
use crate::shared::Shared;

/// No request to the metadata service has a body that matters.
const LARGEST_BODY: usize = 16 * 1024;

/// Serves the metadata service.
pub(crate) async fn serve_metadata(shared: Arc<Shared>, listener: TcpListener) {
    let answer = move |request, _| answer(Arc::clone(&shared), request);
    let malformed = |status| http_text(status, "text/plain;charset=UTF-8", b"Bad Request.");
    listen::serve(listener, None, answer, malformed).await;
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    // Read to its end, as the next request comes after it.
    drop(request::read(body, LARGEST_BODY).await);
    let effects = shared.faults().draw(&Subject::METADATA);
    reply::delay(&effects).await;
    let (reply, now) = shared.change(|state, now| {
        let reply = reply_to(&parts, &effects, &shared, state.behavior(), now);
        (reply, now)
    });
    // Keys that may be lost are not handed out.
    let reply = match shared.settled().await {
        Ok(()) => reply,
        Err(error) => reply.map(|_| Reply::text(500, error.to_string())),
    };
    reply.map(|reply| reply.into_response(now))
}

fn reply_to(
    parts: &Parts,
    effects: &[Effect],
    shared: &Shared,
    behavior: &Behavior,
    now: Timestamp,
) -> Result<Reply, Cut> {
    let instead = Reply::instead(effects, behavior)?;
    let reply = instead.unwrap_or_else(|| real_reply(parts, shared, behavior, now));
    Ok(reply.spoiled_by(effects))
}

fn real_reply(parts: &Parts, shared: &Shared, behavior: &Behavior, now: Timestamp) -> Reply {
    let request = metadata::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        ttl: header(&parts.headers, "x-ncp-metadata-token-ttl-seconds"),
        token: header(&parts.headers, "x-ncp-metadata-token"),
    };
    let make_key = |new: NewKey| shared.change_keys(|keys| keys.make_instead(&new, now));
    let mut metadata = shared.metadata();
    let answer = metadata.answer(&request, behavior, now, make_key);
    match answer {
        Answer::Text(text) => Reply::text(200, text),
        Answer::Json(body) => Reply::json(200, body),
        Answer::NotFound => Reply::text(404, "Path Not found.".to_owned()),
        Answer::Unauthorized => Reply::text(401, "Unauthorized.".to_owned()),
        Answer::BadLifetime => Reply::text(400, "Bad Request.".to_owned()),
    }
}

/// A header that is there; one that cannot be a right one is empty.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => Some(value.to_str().unwrap_or_default()),
        Some(_) => Some(""),
    }
}
