//! Who calls, and what they may do.

mod keys;
mod role;
mod signature;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use crate::behavior::{Behavior, RegionalSignature, Verdict};
use crate::host::Host;

pub use keys::{Key, KeyRefused};
pub(crate) use keys::{Keys, NewKey, NotDeleted, random_text};
pub use role::Role;
pub use signature::sign;

/// Most difference between a request's time and the gateway's (`secretmanager-api-overview`).
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

const TIMESTAMP: &str = "x-ncp-apigw-timestamp";
const ACCESS_KEY: &str = "x-ncp-iam-access-key";
const SIGNATURE_V1: &str = "x-ncp-apigw-signature-v1";
const SIGNATURE_V2: &str = "x-ncp-apigw-signature-v2";

/// Why a request is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAuthenticated {
    /// A header is missing.
    Missing,
    /// The key, the time or the signature is wrong.
    Wrong,
}

/// What of a request is signed or decides about its signature.
pub(crate) struct Signed<'a> {
    pub host: Host,
    pub method: &'a str,
    /// Path and query as sent.
    pub target: &'a str,
    pub headers: &'a HeaderMap,
}

impl Signed<'_> {
    /// The access key that the request claims.
    pub(crate) fn claimed_key(&self) -> Option<&str> {
        self.headers.get(ACCESS_KEY)?.to_str().ok()
    }

    /// Checks the key, the time and the signature, and gives the key's role.
    pub(crate) fn authenticate(
        &self,
        keys: &Keys,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<Role, NotAuthenticated> {
        let time = self.header(TIMESTAMP)?;
        let access_key = self.header(ACCESS_KEY)?;
        let signature = match self.header(SIGNATURE_V2) {
            Err(NotAuthenticated::Missing) if behavior.signature_v1 == Verdict::Accepted => {
                self.header(SIGNATURE_V1)?
            }
            v2 => v2?,
        };
        if !within_window(time, now) {
            return Err(NotAuthenticated::Wrong);
        }
        let (secret_key, role) = keys
            .usable(access_key, now)
            .ok_or(NotAuthenticated::Wrong)?;
        let signed_so = |uri: &str| {
            signature::matches(signature, secret_key, self.method, uri, time, access_key)
        };
        if self
            .signable_uris(behavior)
            .into_iter()
            .flatten()
            .any(signed_so)
        {
            Ok(role.clone())
        } else {
            Err(NotAuthenticated::Wrong)
        }
    }

    /// The forms of the target that may be signed.
    fn signable_uris(&self, behavior: &Behavior) -> [Option<&str>; 2] {
        let whole = Some(self.target);
        let without_prefix = self.host.strip_prefix(self.target);
        match behavior.regional_signature {
            RegionalSignature::WholePath => [whole, None],
            RegionalSignature::WithoutPrefix => [without_prefix, None],
            RegionalSignature::Either => [whole, without_prefix],
        }
    }

    /// A header that must be there once.
    fn header(&self, name: &str) -> Result<&str, NotAuthenticated> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().ok_or(NotAuthenticated::Missing)?;
        if values.next().is_some() {
            return Err(NotAuthenticated::Wrong);
        }
        value.to_str().map_err(|_| NotAuthenticated::Wrong)
    }
}

fn within_window(time: &str, now: Timestamp) -> bool {
    // Decimal text: what `parse` takes besides, a sign or zeros in front, is not how a number is written.
    let decimal = time.bytes().all(|byte| byte.is_ascii_digit()) && !time.starts_with('0');
    let sent = time.parse().ok().map(Timestamp::from_millisecond);
    decimal && matches!(sent, Some(Ok(sent)) if sent.duration_since(now).abs() <= WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_five_minutes_to_both_sides() {
        let now = Timestamp::from_millisecond(1_753_065_580_243).unwrap();
        let table = [
            ("1753065580243", true),
            ("1753065280243", true),
            ("1753065280242", false),
            ("1753065880243", true),
            ("1753065880244", false),
            ("1753065580", false),
            ("99999999999999999999", false),
            ("9223372036854775807", false),
            ("17530655802.43", false),
            ("+1753065580243", false),
            ("01753065580243", false),
            (" 1753065580243", false),
            ("-1", false),
            ("", false),
        ];
        for (time, inside) in table {
            assert_eq!(within_window(time, now), inside, "{time}");
        }
    }
}
