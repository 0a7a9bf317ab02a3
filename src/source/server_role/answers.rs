//! From the answers of the metadata service to the keys of a role. Nothing means that the answer cannot be one.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::source::credentials::Credentials;
use crate::value::Value;

/// The longest token and the longest ID of a role that are taken for one, in bytes; their forms are not documented.
const LONGEST_TOKEN: usize = 4096;
const LONGEST_ID: usize = 256;

/// What stays as it is in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The ID of a role.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RoleId {
    /// As it was given.
    pub(super) id: String,
    /// As a segment of a path.
    pub(super) segment: String,
}

/// The keys of a role.
pub(super) struct RoleKeys {
    pub(super) credentials: Credentials,
    /// Of the access key.
    pub(super) fingerprint: String,
    pub(super) expires: Option<Timestamp>,
}

/// A token, if it can stand in a header.
pub(super) fn token(body: &[u8]) -> Option<Zeroizing<String>> {
    let token = std::str::from_utf8(body).ok()?.trim();
    let is_one = (1..=LONGEST_TOKEN).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_one.then(|| Zeroizing::new(token.to_owned()))
}

/// The first role of the list; with several attached a server has only the first one's keys, as notes on the live service
/// say.
pub(super) fn role_id(body: &[u8]) -> Option<RoleId> {
    let list = std::str::from_utf8(body).ok()?;
    let id = list.lines().next()?.trim();
    let is_one = (1..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic())
        && !matches!(id, "." | "..");
    is_one.then(|| RoleId {
        id: id.to_owned(),
        segment: utf8_percent_encode(id, SEGMENT).to_string(),
    })
}

/// The keys, as NCP's Go SDK and notes on the live service have them. An end that is missing or cannot be read is none:
/// that keys are over is learnt from NCP as well.
pub(super) fn keys(body: &[u8]) -> Option<RoleKeys> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        access_key_id: String,
        secret_access_key: String,
        code: Option<String>,
        expiration: Option<serde_json::Value>,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let access_key = Value::from(answer.access_key_id);
    let secret_key = Value::from(answer.secret_access_key);
    if answer.code.is_some_and(|code| code != "Success") {
        return None;
    }
    let credentials = Credentials::parse(access_key.expose(), secret_key.expose()).ok()?;
    let expires = answer.expiration.as_ref();
    let expires = expires.and_then(|text| text.as_str()?.trim().parse().ok());
    let digest = Sha256::digest(access_key.expose());
    let few = digest.first_chunk().copied().unwrap_or_default();
    Some(RoleKeys {
        credentials,
        fingerprint: format!("{:016x}", u64::from_be_bytes(few)),
        expires,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const ACCESS: &str = "ncp_iam_TESTACCESSKEY0000001";
    const SECRET: &str = "ncp_iam_TESTSECRETKEYdonotuse0000000000001";

    fn answer(change: impl FnOnce(&mut Json)) -> Vec<u8> {
        let mut answer = json!({
            "Type": "NCP-HMAC", "AccessKeyId": ACCESS, "SecretAccessKey": SECRET,
            "Expiration": "2024-01-23T22:58:28Z", "Token": "", "LastUpdated": "2024-01-23T22:58:28Z",
            "Code": "Success",
        });
        change(&mut answer);
        answer.to_string().into_bytes()
    }

    #[test]
    fn the_published_answer_is_understood_with_its_end_in_any_form() {
        let end = Some("2024-01-23T22:58:28Z".parse().unwrap());
        for (expiration, expected) in [
            (json!("2024-01-23T22:58:28Z"), end),
            (json!("2024-01-24T07:58:28+09:00"), end),
            (json!("23 Jan 2024, 22:58"), None),
            (json!("2024-01-23"), None),
            (json!(""), None),
            (json!(null), None),
            (json!(1_706_050_708), None),
            (json!({}), None),
        ] {
            let body = answer(|answer| answer["Expiration"] = expiration.clone());
            assert_eq!(keys(&body).unwrap().expires, expected, "{expiration}");
        }
        let without = answer(|answer| drop(answer.as_object_mut().unwrap().remove("Expiration")));
        assert_eq!(keys(&without).unwrap().expires, None);
    }

    #[test]
    fn what_does_not_look_like_keys_is_never_used_as_such() {
        let changes: [fn(&mut Json); 9] = [
            |answer| answer["AccessKeyId"] = json!("root"),
            |answer| answer["AccessKeyId"] = json!("ncp_iam_TESTACCESSKEY0000001\r\nx: y"),
            |answer| answer["AccessKeyId"] = json!(""),
            |answer| answer["AccessKeyId"] = json!(null),
            |answer| answer["SecretAccessKey"] = json!("short"),
            |answer| answer["SecretAccessKey"] = json!(7),
            |answer| answer["Code"] = json!("Failed"),
            |answer| *answer = json!([]),
            |answer| *answer = json!("Path Not found."),
        ];
        for change in changes {
            let body = answer(change);
            assert!(keys(&body).is_none(), "{}", String::from_utf8_lossy(&body));
        }
        assert!(keys(b"Path Not found.").is_none());
        assert!(keys(b"").is_none());
        let without_code = answer(|answer| drop(answer.as_object_mut().unwrap().remove("Code")));
        assert!(keys(&without_code).is_some());
    }

    #[test]
    fn other_keys_have_another_fingerprint_that_shows_nothing_of_them() {
        let one = keys(&answer(|_| {})).unwrap().fingerprint;
        assert_eq!(keys(&answer(|_| {})).unwrap().fingerprint, one);
        let other = answer(|answer| answer["AccessKeyId"] = json!("ABCDEFGHIJ0123456789"));
        assert_ne!(keys(&other).unwrap().fingerprint, one);
        assert_eq!(one.len(), 16);
        assert!(!ACCESS.contains(&one));
    }

    #[test]
    fn the_first_role_counts_and_stays_one_segment_of_the_path() {
        for (list, expected) in [
            ("0a1b", Some("0a1b")),
            ("0a1b\n", Some("0a1b")),
            ("0a1b\r\n2c3d", Some("0a1b")),
            ("a-b_c", Some("a-b_c")),
            ("../../x", Some("%2E%2E%2F%2E%2E%2Fx")),
            ("a?b#c", Some("a%3Fb%23c")),
            ("", None),
            ("\n0a1b", None),
            ("..", None),
            ("Path Not found.", None),
            ("<html>\n", Some("%3Chtml%3E")),
            ("é", None),
        ] {
            let segment = role_id(list.as_bytes()).map(|role| role.segment);
            assert_eq!(segment.as_deref(), expected, "{list:?}");
        }
        assert_eq!(role_id(&[b'a'; 257]), None);
        assert_eq!(role_id(b"\xff"), None);
    }

    #[test]
    fn a_token_can_stand_in_a_header() {
        assert_eq!(&**token(b"AbC-123=\n").unwrap(), "AbC-123=");
        for body in [&b""[..], b"\n", b"a b", b"a\r\nb", b"\xff", &[b'a'; 4097]] {
            assert!(token(body).is_none());
        }
    }
}
