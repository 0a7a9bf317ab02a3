//! The instance metadata of one server: its role, and temporary keys of that role (`compute-vmetadata`).

mod path;
mod role;
mod role_keys;
mod tokens;

use jiff::Timestamp;
use serde::Serialize;

use crate::auth::{Key, NewKey};
use crate::behavior::{Behavior, NoServerRole, Verdict};
use crate::store::{Entries, Entry, Unreadable};
use path::{IAM, IamPlace, Place, VERSIONS};
use role_keys::RoleKeys;
use tokens::Tokens;

pub use role::ServerRole;

const ENTRY: &str = "serverRole";

/// What the metadata service of a server knows.
#[derive(Default)]
pub(crate) struct Metadata {
    role: Option<ServerRole>,
    keys: RoleKeys,
    tokens: Tokens,
}

/// What of a request decides about its answer.
pub(crate) struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// `X-NCP-METADATA-TOKEN-TTL-SECONDS`.
    pub ttl: Option<&'a str>,
    /// `X-NCP-METADATA-TOKEN`.
    pub token: Option<&'a str>,
}

/// An answer of the metadata service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Text(String),
    Json(Vec<u8>),
    /// Documented.
    NotFound,
    /// The documentation shows no answer to a missing or wrong token.
    Unauthorized,
    /// The documentation shows no answer to a wrong lifetime.
    BadLifetime,
}

/// The documented fields of `iam/info`. The form of `createTime` is not documented.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    role_id: &'a str,
    role_name: &'a str,
    role_type: &'static str,
    create_time: String,
}

impl Metadata {
    pub(crate) const fn role(&self) -> Option<&ServerRole> {
        self.role.as_ref()
    }

    /// Reads what a state file holds: the role. Tokens and the keys to hand out are made anew.
    pub(crate) fn restored(entries: &Entries) -> Result<Self, Unreadable> {
        let role: Option<Option<ServerRole>> = entries.one(ENTRY)?;
        Ok(Self {
            role: role.flatten(),
            ..Self::default()
        })
    }

    /// What a state file shall hold.
    pub(crate) fn entry(&self) -> Entry {
        Entry::new(ENTRY, &self.role)
    }

    /// Keys of the former role stay valid until their end, and are not handed out any more.
    pub(crate) fn set_role(&mut self, role: Option<ServerRole>) {
        self.role = role;
        self.keys.renew();
    }

    /// Answers a request; the function makes a key and forgets those that have ended.
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        behavior: &Behavior,
        now: Timestamp,
        make_key: impl FnOnce(NewKey) -> Key,
    ) -> Answer {
        match (request.method, Place::find(request.path)) {
            ("PUT", Some(Place::Token)) if behavior.metadata_tokens == Verdict::Accepted => {
                match self.tokens.make(request.ttl, behavior, now) {
                    Some(token) => Answer::Text(token),
                    None => Answer::BadLifetime,
                }
            }
            ("GET", Some(place)) if self.admits(request, behavior, now) => {
                self.read(&place, behavior, now, make_key)
            }
            ("GET", Some(_)) => Answer::Unauthorized,
            _ => Answer::NotFound,
        }
    }

    fn admits(&self, request: &Request, behavior: &Behavior, now: Timestamp) -> bool {
        let known = behavior.metadata_tokens == Verdict::Accepted;
        match request.token.filter(|_| known) {
            Some(token) if self.tokens.holds(token, now) => true,
            Some(_) if behavior.metadata_wrong_token == Verdict::Refused => false,
            _ => behavior.metadata_without_token == Verdict::Accepted,
        }
    }

    fn read(
        &mut self,
        place: &Place,
        behavior: &Behavior,
        now: Timestamp,
        make_key: impl FnOnce(NewKey) -> Key,
    ) -> Answer {
        match place {
            Place::Versions => list(&VERSIONS),
            Place::Version => list(&["meta-data"]),
            Place::MetaData => list(&["iam"]),
            Place::Token => Answer::NotFound,
            Place::Iam(place) => match &self.role {
                None => without_role(place, behavior.no_server_role),
                Some(role) => match place {
                    IamPlace::Top => list(&IAM),
                    IamPlace::Info => json(&Info {
                        role_id: &role.id,
                        role_name: &role.name,
                        role_type: "Server",
                        create_time: rfc3339(role.created),
                    }),
                    IamPlace::Roles => list(&[&role.id]),
                    IamPlace::Credentials(id) if *id == role.id => {
                        json(&self.keys.hand_out(&role.role, behavior, now, make_key))
                    }
                    IamPlace::Credentials(_) => Answer::NotFound,
                },
            },
        }
    }
}

/// Not documented; both readings are guesses.
fn without_role(place: &IamPlace, reading: NoServerRole) -> Answer {
    match (place, reading) {
        (IamPlace::Top, NoServerRole::EmptyList) => list(&IAM),
        (IamPlace::Roles, NoServerRole::EmptyList) => list(&[]),
        _ => Answer::NotFound,
    }
}

/// One name per line, without an end of line after the last.
fn list(names: &[&str]) -> Answer {
    Answer::Text(names.join("\n"))
}

fn json(value: &impl Serialize) -> Answer {
    // Structs of texts can always be written.
    Answer::Json(serde_json::to_vec(value).unwrap_or_default())
}

/// A moment as in `2024-01-23T22:58:28Z`.
fn rfc3339(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
