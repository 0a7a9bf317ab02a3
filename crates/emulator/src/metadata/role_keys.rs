//! The temporary keys that a server gets of its role.

use std::collections::VecDeque;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::rfc3339;
use crate::auth::{Key, NewKey, Role};
use crate::behavior::{Behavior, ExpirationForm, Shown};

/// Who asks for more while the clock stands still loses the oldest.
const MOST: usize = 10_000;

const SHORTEST_LIFE: SignedDuration = SignedDuration::from_secs(1);

/// The keys that were handed out, oldest first.
#[derive(Default)]
pub(super) struct RoleKeys {
    handed_out: VecDeque<HandedOut>,
    /// Whether the next ones must be new ones.
    outdated: bool,
}

#[derive(Clone)]
struct HandedOut {
    key: Key,
    made: Timestamp,
    end: Timestamp,
}

/// The answer, as NCP's Go SDK and notes on the live service have it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Credentials {
    r#type: &'static str,
    access_key_id: String,
    secret_access_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    token: &'static str,
    last_updated: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

impl RoleKeys {
    /// Hands out new keys the next time.
    pub(super) const fn renew(&mut self) {
        self.outdated = true;
    }

    /// The current keys, or new ones when those end soon.
    pub(super) fn hand_out(
        &mut self,
        role: &Role,
        behavior: &Behavior,
        now: Timestamp,
        make_key: impl FnOnce(NewKey) -> Key,
    ) -> Credentials {
        let renewal = behavior.server_role_key_renewal.max(SignedDuration::ZERO);
        let current = self
            .handed_out
            .back()
            .filter(|it| !self.outdated && it.made <= now && it.end.duration_since(now) > renewal);
        match current {
            Some(current) => credentials(current, behavior),
            None => credentials(&self.make(role, behavior, now, make_key), behavior),
        }
    }

    /// The keys before the new ones stay valid until their end, and are forgotten then.
    fn make(
        &mut self,
        role: &Role,
        behavior: &Behavior,
        now: Timestamp,
        make_key: impl FnOnce(NewKey) -> Key,
    ) -> HandedOut {
        self.handed_out.retain(|it| it.end > now);
        let oldest = (self.handed_out.len() >= MOST).then(|| self.handed_out.pop_front());
        let instead_of = oldest.flatten().map(|oldest| oldest.key.access_key);
        // On full seconds, as the answer shows no smaller part.
        let made = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let lifetime = behavior.server_role_key_lifetime.max(SHORTEST_LIFE);
        let end = made.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let key = make_key(NewKey {
            role,
            end,
            instead_of,
        });
        let new = HandedOut { key, made, end };
        self.handed_out.push_back(new.clone());
        self.outdated = false;
        new
    }
}

fn credentials(handed_out: &HandedOut, behavior: &Behavior) -> Credentials {
    let HandedOut { key, made, end } = handed_out;
    Credentials {
        r#type: "NCP-HMAC",
        access_key_id: key.access_key.clone(),
        secret_access_key: key.secret_key.clone(),
        expiration: expiration(behavior.server_role_key_expiration, *made, *end),
        token: "",
        last_updated: rfc3339(*made),
        code: "Success",
        message: (behavior.server_role_key_message == Shown::Present).then_some(""),
    }
}

fn expiration(form: ExpirationForm, made: Timestamp, end: Timestamp) -> Option<String> {
    const KOREA: Offset = Offset::constant(9);
    match form {
        ExpirationForm::Utc => Some(rfc3339(end)),
        ExpirationForm::WithOffset => {
            let there = end.to_zoned(KOREA.to_time_zone());
            Some(there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        }
        ExpirationForm::Past => {
            let hour = SignedDuration::from_hours(1);
            Some(rfc3339(made.saturating_sub(hour).unwrap_or(made)))
        }
        ExpirationForm::Unreadable => Some(end.strftime("%d %b %Y, %H:%M").to_string()),
        ExpirationForm::Missing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Keys;

    #[test]
    fn keys_do_not_pile_up() {
        let mut keys = Keys::default();
        let mut handed_out = RoleKeys::default();
        let lifetime = SignedDuration::from_hours(1);
        let behavior = Behavior {
            server_role_key_lifetime: lifetime,
            server_role_key_renewal: lifetime,
            ..Behavior::default()
        };
        let mut now = Timestamp::UNIX_EPOCH;
        let mut hand_out = |now| {
            let make = |new: NewKey| keys.make_instead(&new, now);
            let credentials = handed_out.hand_out(&Role::Manager, &behavior, now, make);
            (credentials.access_key_id, handed_out.handed_out.len())
        };
        let (first, _) = hand_out(now);
        for _ in 0..MOST {
            hand_out(now);
        }
        assert_eq!(hand_out(now).1, MOST);
        now += lifetime;
        let (last, left) = hand_out(now);
        assert_eq!(left, 1);
        assert!(keys.usable(&first, Timestamp::UNIX_EPOCH).is_none());
        assert!(keys.usable(&last, now).is_some());
    }
}
