//! One request to an API host, from its arrival to its answer.

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;

use super::malformed::http_text;
use super::reply::{self, Body, Cut, Reply};
use super::{listen, request};
use crate::auth::Signed;
use crate::calls::Call;
use crate::fault::{Effect, Subject};
use crate::host::Host;
use crate::shared::Shared;
use crate::state::State;
use crate::wire::{ApiCall, Failure, GatewayError, Kind, Route, Target, perform};

const LONGEST_NAME: usize = 256;

/// Serves one API host.
pub(crate) async fn serve_api(
    shared: Arc<Shared>,
    host: Host,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
) {
    let for_errors = Arc::clone(&shared);
    let malformed = move |status| malformed(status, &for_errors);
    let answer = move |request, address| answer(Arc::clone(&shared), host, address, request);
    listen::serve(listener, tls, answer, malformed).await;
}

/// The answer to what is not HTTP, or has more headers or a longer path than can be read.
fn malformed(status: u16, shared: &Shared) -> Vec<u8> {
    let failure = if status == 400 {
        Failure::gateway(
            GatewayError::BadRequest,
            "The request is not HTTP that can be understood.",
        )
    } else {
        Failure::gateway(GatewayError::TooLarge, "The request's head is too large.")
    };
    let body = shared.change(|state, _| failure.body(state.behavior()));
    http_text(failure.status(), "application/json", &body)
}

/// Answers a request.
async fn answer(
    shared: Arc<Shared>,
    host: Host,
    address: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let limit = shared.change(|state, _| state.behavior().largest_body);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let body = request::read(body, limit).await;
    let arrived = Arrived::new(host, address, &parts, body);
    let effects = shared.faults().draw(&arrived.subject());
    reply::delay(&effects).await;
    let (reply, now) =
        shared.change(|state, now| (arrived.reply(&effects, &shared, state, now), now));
    let reply = match reply {
        Ok(reply) => Ok(saved(reply, &arrived, &shared).await),
        Err(cut) => Err(cut),
    };
    shared.calls().push(arrived.call(reply.as_ref().ok(), now));
    reply.map(|reply| reply.into_response(now))
}

/// The answer, once what it tells is in the state file. While that cannot be written, reading goes on.
async fn saved(reply: Reply, arrived: &Arrived<'_>, shared: &Shared) -> Reply {
    match shared.settled().await {
        Err(error) if arrived.changes() => shared.change(|state, _| {
            Reply::failure(&Failure::internal(&error.to_string()), state.behavior())
        }),
        _ => reply,
    }
}

/// A request that has arrived.
struct Arrived<'a> {
    signed: Signed<'a>,
    route: Result<Option<Route>, Failure>,
    address: IpAddr,
    body: request::Body,
}

impl<'a> Arrived<'a> {
    fn new(host: Host, address: IpAddr, parts: &'a Parts, body: request::Body) -> Self {
        let signed = Signed {
            host,
            method: parts.method.as_str(),
            target: parts
                .uri
                .path_and_query()
                .map_or("", |target| target.as_str()),
            headers: &parts.headers,
        };
        let route = match host.strip_prefix(signed.target) {
            Some(target) => Route::find(signed.method, Target::new(target)),
            None => Ok(None),
        };
        Self {
            signed,
            route,
            address,
            body,
        }
    }

    fn subject(&self) -> Subject<'_> {
        let route = self.route.as_ref().ok().and_then(Option::as_ref);
        Subject {
            operation: route.map(|route| route.operation),
            secret: route.and_then(|route| route.secret_id.as_deref()),
            access_key: self.signed.claimed_key(),
            host: Some(self.signed.host),
        }
    }

    fn changes(&self) -> bool {
        let operation = self.subject().operation;
        operation.is_some_and(|operation| operation.kind() == Kind::Change)
    }

    fn call(&self, reply: Option<&Reply>, at: Timestamp) -> Call {
        let subject = self.subject();
        Call {
            operation: subject.operation,
            secret_id: subject.secret.map(kept),
            access_key: subject.access_key.map(kept),
            host: self.signed.host,
            status: reply.map(|reply| reply.status),
            result: reply.map_or_else(|| "CUT".to_owned(), |reply| reply.result.clone()),
            at,
        }
    }

    fn reply(
        &self,
        effects: &[Effect],
        shared: &Shared,
        state: &mut State,
        now: Timestamp,
    ) -> Result<Reply, Cut> {
        let reply = match Reply::instead(effects, state.behavior())? {
            Some(reply) => reply,
            None => self.real_reply(shared, state, now),
        };
        Ok(reply.spoiled_by(effects))
    }

    fn real_reply(&self, shared: &Shared, state: &mut State, now: Timestamp) -> Reply {
        match self.perform(shared, state, now) {
            Ok(body) => Reply::success(body, state.behavior()),
            Err(failure) => Reply::failure(&failure, state.behavior()),
        }
    }

    /// The checks of the gateway in its order, then the service.
    fn perform(
        &self,
        shared: &Shared,
        state: &mut State,
        now: Timestamp,
    ) -> Result<Vec<u8>, Failure> {
        let body = match &self.body {
            request::Body::Whole(body) => body,
            request::Body::TooLarge => {
                return Err(Failure::gateway(
                    GatewayError::TooLarge,
                    "The request body is too large.",
                ));
            }
            request::Body::Broken => {
                return Err(Failure::gateway(
                    GatewayError::BadRequest,
                    "The request body is not sent as its headers say.",
                ));
            }
        };
        let behavior = state.behavior();
        let role = self
            .signed
            .authenticate(&shared.keys(), behavior, now)
            .map_err(|why| Failure::not_authenticated(why, behavior))?;
        let route = self.known_route()?;
        if !role.allows(route.operation, route.secret_id.as_deref(), behavior) {
            return Err(Failure::no_permission(behavior));
        }
        let call = ApiCall {
            route,
            host: self.signed.host,
            target: Target::new(self.signed.target),
            body,
            access_key: self.signed.claimed_key().unwrap_or_default(),
            address: self.address.to_string(),
        };
        perform(state, &call, now)
    }

    fn known_route(&self) -> Result<&Route, Failure> {
        match &self.route {
            Ok(Some(route)) => Ok(route),
            Ok(None) => Err(Failure::unknown_url()),
            Err(failure) => Err(failure.clone()),
        }
    }
}

/// As much of a name as is kept of a call; anyone can claim longer ones.
fn kept(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}
