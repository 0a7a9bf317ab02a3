//! The first page: clock, secrets, recent requests and hosts.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calls::{self, ShownCall};
use super::clock::ShownClock;
use super::links;
use super::notice::{Notice, ShownNotice};
use super::templates::Template;
use super::words::Moment;
use crate::host::Host;
use crate::server::admin::Admin;
use crate::settings::Endpoints;
use crate::state::{self, Secret};

/// How many secrets the list shows at once.
const LISTED: usize = 50;

/// What the address asks for. A list that was found otherwise is better than an error.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: String,
    notice: String,
}

#[derive(Serialize)]
pub(super) struct Home {
    pub(super) notice: Option<ShownNotice>,
    pub(super) clock: ShownClock,
    pub(super) search: String,
    pub(super) list: List,
    pub(super) calls: Vec<ShownCall>,
    pub(super) hosts: Vec<ShownHost>,
}

/// One page of the secrets that were looked for.
#[derive(Serialize)]
pub(super) struct List {
    pub(super) secrets: Vec<Row>,
    all: usize,
    found: usize,
    first: usize,
    last: usize,
    page: usize,
    pages: usize,
    back: Option<String>,
    on: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Row {
    name: String,
    address: String,
    host: &'static str,
    lifecycle: &'static str,
    phase: &'static str,
    next: Option<Moment>,
    destroyed: Option<Moment>,
}

#[derive(Serialize)]
pub(super) struct ShownHost {
    name: &'static str,
    address: String,
}

pub(super) async fn show(
    State(admin): State<Admin>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let latest = calls::newest(&admin.shared, None);
    let (list, calls) = admin.shared.change(|state, now| {
        let list = List::new(state, &asked, now);
        (list, calls::shown(&latest, state, now))
    });
    let home = Home {
        notice: Notice::find(&asked.notice).map(|notice| notice.shown()),
        clock: ShownClock::of(&admin),
        search: asked.search,
        list,
        calls,
        hosts: Host::ALL
            .map(|host| ShownHost::new(host, &admin.endpoints))
            .into(),
    };
    Template::Home.page(StatusCode::OK, home)
}

impl List {
    pub(super) fn new(state: &state::State, asked: &Asked, now: Timestamp) -> Self {
        let search = asked.search.trim().to_lowercase();
        let fits = |secret: &&Secret| {
            secret.name.to_lowercase().contains(&search) || secret.id.starts_with(&search)
        };
        let mut found: Vec<_> = state.secrets().filter(fits).collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        let pages = found.len().div_ceil(LISTED).max(1);
        let page = asked.page.parse().unwrap_or(1).clamp(1, pages);
        let skipped = (page - 1) * LISTED;
        let shown = found.iter().skip(skipped).take(LISTED);
        let secrets: Vec<_> = shown.map(|secret| Row::new(secret, state, now)).collect();
        let link = |page| links::list(asked.search.trim(), page);
        Self {
            all: state.secrets().count(),
            found: found.len(),
            first: skipped + 1,
            last: skipped + secrets.len(),
            secrets,
            page,
            pages,
            back: (page > 1).then(|| link(page - 1)),
            on: (page < pages).then(|| link(page + 1)),
        }
    }
}

impl Row {
    pub(super) fn new(secret: &Secret, state: &state::State, now: Timestamp) -> Self {
        Self {
            name: secret.name.clone(),
            address: links::secret(&secret.id),
            host: host_name(Host::of(secret)),
            lifecycle: secret.shown_lifecycle(state.behavior()).word(),
            phase: secret.phase.word(),
            next: secret
                .automatic_rotation
                .map(|rotation| Moment::new(rotation.next, now)),
            destroyed: secret.destroy_date.map(|date| Moment::new(date, now)),
        }
    }
}

impl ShownHost {
    fn new(host: Host, endpoints: &Endpoints) -> Self {
        Self {
            name: host_name(host),
            address: endpoints.of(host).to_owned(),
        }
    }
}

/// What the pages call a host.
pub(super) const fn host_name(host: Host) -> &'static str {
    match host {
        Host::KrGlobal => "Korea, global",
        Host::KrRegional => "Korea, regional",
        Host::JpnRegional => "Japan, regional",
    }
}
