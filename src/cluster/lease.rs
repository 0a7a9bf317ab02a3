//! The election: reading, watching and writing the Lease as `core::lease` decides.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::Method;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};
use serde_json::json;
use steerable_clock::Clock;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::refusal::Refusal;
use super::term::{Mandate, Term};
use super::wire::{Call, WHOLE, send};
use crate::api::MANAGER;
use crate::core::lease::{Candidate, Moment, Record, Seen, Step, Timing, Write};

/// Name of the Lease, in the operator's own namespace.
pub const LEASE: &str = "ncp-secret-operator";

/// Two requests for the Lease have time before a leader has to stop.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// An orderly end does not wait longer for the Lease to be given up; then others wait until it expires.
const GIVE_UP_WITHIN: Duration = Duration::from_secs(3);

/// How the election stands, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The Lease has not been read yet.
    Unread,
    /// Somebody else leads, or will; this process is ready to.
    StandsBy,
    /// This process leads.
    Leads,
    /// The API server refuses to read or write the Lease.
    Barred(String),
}

/// The election, as one candidate takes part in it. It lives in the machine's own time.
pub struct Election {
    client: Client,
    namespace: String,
    candidate: Candidate,
    timing: Timing,
    begun: Instant,
    calendar: Clock,
    mandate: Option<Mandate>,
    standing: watch::Sender<Standing>,
    /// What was said last of a request that failed, until one succeeds.
    complaint: Option<String>,
}

impl Election {
    /// Takes part in the election for the Lease of that namespace, under an identity that nobody else has.
    #[must_use]
    pub fn new(client: Client, namespace: String, identity: String, timing: Timing) -> Self {
        Self {
            client,
            namespace,
            candidate: Candidate::new(identity, timing),
            timing,
            begun: Instant::now(),
            calendar: Clock::machine(),
            mandate: None,
            standing: watch::Sender::new(Standing::Unread),
            complaint: None,
        }
    }

    /// Tells how the election stands, now and later.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Waits until this process leads; answers its term, which lasts only while [`Election::keep`] runs.
    pub async fn gain(&mut self) -> Term {
        let mut events = pin!(self.events());
        let mut listed = None;
        loop {
            if let Some(term) = self.begin() {
                return term;
            }
            match self.candidate.step(self.now(), self.calendar.now()) {
                Step::Read => self.read().await,
                Step::Write(write) => self.write(write).await,
                Step::Wait(until) => {
                    tokio::select! {
                        Some(event) = events.next() => self.notice(event, &mut listed),
                        () = sleep_until(self.begun + until) => {}
                    }
                }
            }
        }
    }

    /// Renews the Lease for as long as that succeeds; ends when the term is over.
    pub async fn keep(&mut self) {
        while let Some(until) = self.candidate.leads_until() {
            let until = self.begun + until;
            if let Some(mandate) = &self.mandate {
                mandate.extend(until);
            }
            if timeout_at(until, self.advance()).await.is_err() {
                break;
            }
        }
        self.mandate = None;
        let holder = self.candidate.holder().unwrap_or("nobody").to_owned();
        self.candidate.steps_down();
        self.standing.send_replace(Standing::StandsBy);
        tracing::warn!(
            holder,
            "leadership is lost: the Lease could not be renewed in time, or is somebody else's"
        );
    }

    /// Gives the Lease up, so that another process can lead at once.
    pub async fn give_up(&mut self) {
        self.mandate = None;
        let given_up = async {
            if self.candidate.is_unsure() {
                self.read().await;
            }
            for _ in 0..3 {
                let Some(write) = self.candidate.gives_up(self.calendar.now()) else {
                    return;
                };
                self.write(write).await;
                if self.candidate.holder().is_none() {
                    tracing::info!("leadership is given up");
                    return;
                }
                self.read().await;
            }
        };
        if timeout(GIVE_UP_WITHIN, given_up).await.is_err() {
            tracing::warn!("leadership could not be given up; it ends by itself");
        }
    }

    fn now(&self) -> Moment {
        self.begun.elapsed()
    }

    fn begin(&mut self) -> Option<Term> {
        let until = self.candidate.leads_until()?;
        if until <= self.now() {
            self.candidate.steps_down();
            return None;
        }
        let (mandate, term) = Term::until(self.begun + until);
        self.mandate = Some(mandate);
        self.standing.send_replace(Standing::Leads);
        tracing::info!("this process leads");
        Some(term)
    }

    /// One step of a leader.
    async fn advance(&mut self) {
        match self.candidate.step(self.now(), self.calendar.now()) {
            Step::Read => self.read().await,
            Step::Write(write) => self.write(write).await,
            Step::Wait(until) => sleep_until(self.begun + until).await,
        }
    }

    async fn read(&mut self) {
        let call = Call::get(self.path(Some(LEASE)), WHOLE);
        let answer = timeout(ANSWER_WITHIN, send::<Lease>(&self.client, call)).await;
        match answer {
            Ok(Ok(lease)) => self.saw(Some(&lease)),
            Ok(Err(Refusal::NotFound)) => self.saw(None),
            Ok(Err(refusal)) => self.complain("read", &refusal).await,
            Err(_) => self.complain("read", &silence()).await,
        }
    }

    async fn write(&mut self, write: Write) {
        let call = self.call(&write);
        let creates = write.base.is_none();
        self.candidate.sends(write, self.now());
        let answer = timeout(ANSWER_WITHIN, send::<Lease>(&self.client, call)).await;
        match answer {
            Ok(Ok(lease)) => {
                let version = lease.metadata.resource_version.unwrap_or_default();
                self.candidate.accepted(version, self.now());
                self.complaint = None;
            }
            Ok(Err(Refusal::Moved | Refusal::Exists)) => self.candidate.refused(),
            Ok(Err(Refusal::NotFound)) if !creates => self.candidate.refused(),
            Ok(Err(refusal)) => {
                self.candidate.unheard();
                self.complain("written", &refusal).await;
            }
            Err(_) => {
                self.candidate.unheard();
                self.complain("written", &silence()).await;
            }
        }
    }

    fn saw(&mut self, lease: Option<&Lease>) {
        self.complaint = None;
        self.candidate.saw(lease.map(seen), self.now());
        if self.mandate.is_none() {
            self.stand_by();
        }
    }

    fn stand_by(&self) {
        let news = self.standing.send_if_modified(|standing| {
            let news = *standing != Standing::StandsBy;
            *standing = Standing::StandsBy;
            news
        });
        if news && let Some(holder) = self.candidate.holder() {
            tracing::info!(holder, "somebody else leads; this process stands by");
        }
    }

    fn notice(&mut self, event: Result<Event<Lease>, watcher::Error>, listed: &mut Option<Lease>) {
        match event {
            Ok(Event::Init) => *listed = None,
            Ok(Event::InitApply(lease)) => *listed = Some(lease),
            Ok(Event::InitDone) => self.saw(listed.take().as_ref()),
            Ok(Event::Apply(lease)) => self.saw(Some(&lease)),
            Ok(Event::Delete(_)) => self.saw(None),
            // It starts again; meanwhile the Lease is read when it seems to have expired.
            Err(_) => tracing::debug!("the watch of the Lease broke"),
        }
    }

    /// Says once why the Lease cannot be used, and waits before it is tried again.
    async fn complain(&mut self, what: &str, refusal: &Refusal) {
        let namespace = &self.namespace;
        let why = format!("the Lease {LEASE} in namespace {namespace} cannot be {what}: {refusal}");
        let barred = matches!(refusal, Refusal::Refused { .. } | Refusal::NotFound);
        if barred && self.mandate.is_none() {
            self.standing.send_replace(Standing::Barred(why.clone()));
        }
        if self.complaint.as_ref() != Some(&why) {
            tracing::warn!("{why}");
            self.complaint = Some(why);
        }
        self.wait_a_little().await;
    }

    async fn wait_a_little(&self) {
        // Up to a fifth longer, so that many who failed together do not come again together.
        sleep(self.timing.retry.mul_f64(1.0 + fastrand::f64() / 5.0)).await;
    }

    fn events(&self) -> impl Stream<Item = Result<Event<Lease>, watcher::Error>> + use<> {
        let leases: Api<Lease> = Api::namespaced(self.client.clone(), &self.namespace);
        let this = watcher::Config::default().fields(&format!("metadata.name={LEASE}"));
        kube::runtime::watcher(leases, this).default_backoff()
    }

    fn call(&self, write: &Write) -> Call {
        let spec = spec(&write.record);
        let (method, path, type_, body) = match &write.base {
            None => (
                Method::POST,
                self.path(None),
                "application/json",
                json!({
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": {"name": LEASE}, "spec": spec,
                }),
            ),
            Some(version) => (
                Method::PATCH,
                self.path(Some(LEASE)),
                "application/json-patch+json",
                json!([
                    {"op": "test", "path": "/metadata/resourceVersion", "value": version},
                    {"op": "add", "path": "/spec", "value": spec},
                ]),
            ),
        };
        Call {
            method,
            path: format!("{path}?fieldManager={MANAGER}"),
            accept: WHOLE,
            content: Some((type_, Bytes::from(body.to_string()))),
        }
    }

    fn path(&self, name: Option<&str>) -> String {
        let namespace = &self.namespace;
        let collection = format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases");
        name.map_or_else(|| collection.clone(), |name| format!("{collection}/{name}"))
    }
}

fn seen(lease: &Lease) -> Seen {
    let spec = lease.spec.clone().unwrap_or_default();
    let time = |time: Option<MicroTime>| time.map(|MicroTime(time)| time);
    let seconds = u64::try_from(spec.lease_duration_seconds.unwrap_or_default());
    Seen {
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        record: Record {
            holder: spec.holder_identity.filter(|holder| !holder.is_empty()),
            lasts: Duration::from_secs(seconds.unwrap_or_default()),
            acquired: time(spec.acquire_time),
            renewed: time(spec.renew_time),
            transitions: spec.lease_transitions.unwrap_or_default(),
        },
    }
}

fn spec(record: &Record) -> LeaseSpec {
    let time = |time: Option<Timestamp>| time.map(MicroTime);
    LeaseSpec {
        holder_identity: record.holder.clone(),
        lease_duration_seconds: Some(i32::try_from(record.lasts.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: time(record.acquired),
        renew_time: time(record.renewed),
        lease_transitions: Some(record.transitions),
        ..LeaseSpec::default()
    }
}

fn silence() -> Refusal {
    Refusal::Unreachable("no answer in time".into())
}
