//! From the `data` of an answer to what was asked for. Nothing means that the answer cannot be one.

use serde::Deserialize;

use super::lenient::{self, Loose};
use crate::api::terms::Stage;
use crate::core::remote::{Facts, Host, Lifecycle, Phase};
use crate::value::Value;

/// The longest name, ID or word that is taken over, in bytes; documented names have at most 15 characters.
const LONGEST_WORD: usize = 512;

/// The facts of Get Secret Detail (`secretmanager-getsecretdetail`), if they are about `id`: somebody else's
/// facts must not lead to somebody else's value.
pub(super) fn facts(data: &str, id: &str, host: Host) -> Option<Facts> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Detail {
        secret_id: String,
        secret_name: Option<String>,
        secret_status: String,
        rotation_phase: Option<String>,
        #[serde(rename = "autoRotationYN")]
        automatic: Option<Loose>,
        auto_rotation_period: Option<Loose>,
        next_rotation_date: Option<Loose>,
        expected_destroy_date: Option<Loose>,
        update_date: Option<Loose>,
    }
    let detail: Detail = serde_json::from_str(data).ok()?;
    if detail.secret_id != id {
        return None;
    }
    Some(Facts {
        secret_id: detail.secret_id,
        secret_name: short(detail.secret_name.unwrap_or_default())?,
        host,
        lifecycle: Lifecycle::parse(&short(detail.secret_status)?),
        phase: match detail.rotation_phase {
            Some(word) => Phase::parse(&short(word)?),
            None => Phase::None,
        },
        automatic: lenient::text(detail.automatic).as_deref() == Some("Y"),
        period_days: lenient::number(detail.auto_rotation_period.as_ref()).filter(|days| *days > 0),
        next_rotation: lenient::moment(detail.next_rotation_date.as_ref()),
        expected_destroy: lenient::moment(detail.expected_destroy_date.as_ref()),
        updated: lenient::moment(detail.update_date.as_ref()),
    })
}

/// What a stage holds.
pub(super) enum Staged {
    /// Nothing.
    Empty,
    /// The text of a value, which is not blank.
    Text(Value),
}

/// The text of Get Secret Stage Value (`secretmanager-getsecretstagevalue`). The form of an empty stage is not
/// documented: `null`, absent and blank are all taken for it. The value of another stage than the one that was
/// asked for cannot be the answer.
pub(super) fn staged(data: &str, stage: Stage) -> Option<Staged> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outer {
        decrypted_secret_value: Option<Inner>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Inner {
        value: Option<String>,
        value_stage: Option<String>,
    }
    if matches!(data, "null" | "\"null\"") {
        return Some(Staged::Empty);
    }
    let outer: Outer = serde_json::from_str(data).ok()?;
    let Some(inner) = outer.decrypted_secret_value else {
        return Some(Staged::Empty);
    };
    let value = inner.value.map(Value::from);
    if let Some(word) = inner.value_stage
        && !word.eq_ignore_ascii_case(stage.as_str())
    {
        return None;
    }
    Some(Staged::of(value))
}

impl Staged {
    fn of(value: Option<Value>) -> Self {
        match value {
            Some(text) if !text.expose().trim_ascii().is_empty() => Self::Text(text),
            _ => Self::Empty,
        }
    }
}

/// What two of the stages hold.
pub(super) struct Chain {
    /// The value in use.
    pub(super) active: Staged,
    /// The value of a rotation that is not complete.
    pub(super) pending: Staged,
}

/// The texts of Get Secret Value (`secretmanager-getsecretvalue`); an empty stage as in [`staged`].
pub(super) fn chain(data: &str) -> Option<Chain> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outer {
        decrypted_secret_chain: Option<Inner>,
    }
    #[derive(Default, Deserialize)]
    struct Inner {
        active: Option<String>,
        pending: Option<String>,
    }
    if matches!(data, "null" | "\"null\"") {
        return Some(Chain {
            active: Staged::Empty,
            pending: Staged::Empty,
        });
    }
    let outer: Outer = serde_json::from_str(data).ok()?;
    let inner = outer.decrypted_secret_chain.unwrap_or_default();
    Some(Chain {
        active: Staged::of(inner.active.map(Value::from)),
        pending: Staged::of(inner.pending.map(Value::from)),
    })
}

/// One page of Get Secret List (`secretmanager-getsecretlist`).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// How many pages there are, if the answer says so.
    pub(super) pages: Option<i64>,
    /// Whether it lists nothing.
    pub(super) empty: bool,
    /// What it lists, without entries that bear no name or ID.
    pub(super) secrets: Vec<Listed>,
}

/// A secret as the list shows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) lifecycle: Lifecycle,
}

/// Reads a page; one entry that is not understood does not hide the others.
pub(super) fn page(data: &str) -> Option<Page> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct List {
        total_page_no: Option<Loose>,
        // May be null, and must be there: a list without it is not understood, rather than empty.
        #[serde(deserialize_with = "Option::deserialize")]
        secret_list: Option<Vec<Entry>>,
    }
    #[derive(Deserialize)]
    struct Entry {
        #[serde(rename = "secretId")]
        id: Option<Loose>,
        #[serde(rename = "secretName")]
        name: Option<Loose>,
        #[serde(rename = "secretStatus")]
        status: Option<Loose>,
    }
    let list: List = serde_json::from_str(data).ok()?;
    let entries = list.secret_list.unwrap_or_default();
    let listed = |entry: Entry| {
        Some(Listed {
            id: short(lenient::text(entry.id)?)?,
            name: short(lenient::text(entry.name)?)?,
            lifecycle: Lifecycle::parse(&short(lenient::text(entry.status).unwrap_or_default())?),
        })
    };
    Some(Page {
        pages: lenient::number(list.total_page_no.as_ref()),
        empty: entries.is_empty(),
        secrets: entries.into_iter().filter_map(listed).collect(),
    })
}

fn short(word: String) -> Option<String> {
    (word.len() <= LONGEST_WORD).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGIONAL: Host = Host::Regional;

    #[test]
    fn the_documented_detail_is_understood() {
        let data = r#"{"secretId":"SID","secretName":"test-1","secretStatus":"ENABLE","secretType":"BASIC",
            "memo":"m","region":"KR","registerDate":1753065580243,"autoRotationYN":"Y","autoRotationPeriod":90,
            "nextRotationDate":1760842800000,"updateDate":1753065580243,"expectedDestroyDate":1760842800000,
            "rotationPhase":"NONE","trigger":{"id":"t","name":"test","url":"u"},
            "protectionKey":{"type":"USER_MANAGED_KEY","kmsKeyTag":"k","kmsKeyName":"n"}}"#;
        let wanted = Facts {
            secret_id: "SID".to_owned(),
            secret_name: "test-1".to_owned(),
            host: REGIONAL,
            lifecycle: Lifecycle::Enable,
            phase: Phase::None,
            automatic: true,
            period_days: Some(90),
            next_rotation: Some("2025-10-19T03:00:00Z".parse().unwrap()),
            expected_destroy: Some("2025-10-19T03:00:00Z".parse().unwrap()),
            updated: Some("2025-07-21T02:39:40.243Z".parse().unwrap()),
        };
        assert_eq!(facts(data, "SID", REGIONAL), Some(wanted));
    }

    #[test]
    fn what_a_detail_leaves_out_is_unknown() {
        for data in [
            r#"{"secretId":"SID","secretStatus":"REVOKE"}"#,
            r#"{"secretId":"SID","secretStatus":"REVOKE","secretName":null,"rotationPhase":null,
                "autoRotationYN":"N","autoRotationPeriod":0,"nextRotationDate":0,"expectedDestroyDate":"",
                "updateDate":null,"trigger":null}"#,
        ] {
            let facts = facts(data, "SID", Host::Global).unwrap();
            assert_eq!(
                (facts.host, facts.lifecycle),
                (Host::Global, Lifecycle::Revoke)
            );
            assert_eq!((facts.phase, facts.automatic), (Phase::None, false));
            assert_eq!(facts.period_days, None);
            assert_eq!(
                (facts.next_rotation, facts.expected_destroy, facts.updated),
                (None, None, None)
            );
        }
    }

    #[test]
    fn numbers_of_a_detail_may_stand_in_texts() {
        let data = r#"{"secretId":"SID","secretStatus":"ROTATING","rotationPhase":"NEW_WORD",
            "autoRotationPeriod":"90","nextRotationDate":"1760842800000"}"#;
        let facts = facts(data, "SID", REGIONAL).unwrap();
        assert_eq!(facts.lifecycle, Lifecycle::Rotating);
        assert_eq!(facts.phase, Phase::Other("NEW_WORD".to_owned()));
        assert_eq!(facts.period_days, Some(90));
        assert_eq!(
            facts.next_rotation.unwrap().as_millisecond(),
            1_760_842_800_000
        );
    }

    #[test]
    fn a_detail_of_another_secret_is_none() {
        for data in [
            r#"{"secretId":"OTHER","secretStatus":"ENABLE"}"#,
            r#"{"secretId":"sid","secretStatus":"ENABLE"}"#,
            r#"{"secretStatus":"ENABLE"}"#,
            r#"{"secretId":null,"secretStatus":"ENABLE"}"#,
            r#"{"secretId":"SID"}"#,
            r#"{"secretId":"SID","secretStatus":7}"#,
            "null",
            "[]",
        ] {
            assert_eq!(facts(data, "SID", REGIONAL), None, "{data}");
        }
        let endless = "A".repeat(513);
        for field in ["secretName", "secretStatus", "rotationPhase"] {
            let data =
                format!(r#"{{"secretId":"SID","secretStatus":"ENABLE","{field}":"{endless}"}}"#);
            assert_eq!(facts(&data, "SID", REGIONAL), None, "{field}");
        }
    }

    /// The text, or `empty`.
    fn value(data: &str, stage: Stage) -> Option<String> {
        Some(match staged(data, stage)? {
            Staged::Empty => "empty".to_owned(),
            Staged::Text(text) => String::from_utf8(text.expose().to_vec()).unwrap(),
        })
    }

    #[test]
    fn the_documented_stage_value_is_understood() {
        let data = r#"{"decryptedSecretValue":{"value":"{\"abc\":\"cba\"}","valueStage":"ACTIVE"},"rotationTargets":["abc"]}"#;
        assert_eq!(
            value(data, Stage::Active),
            Some(r#"{"abc":"cba"}"#.to_owned())
        );
        assert_eq!(value(data, Stage::Pending), None);
        let lower = r#"{"decryptedSecretValue":{"value":"x","valueStage":"previous"}}"#;
        assert_eq!(value(lower, Stage::Previous), Some("x".to_owned()));
        let unnamed = r#"{"decryptedSecretValue":{"value":"x"}}"#;
        assert_eq!(value(unnamed, Stage::Pending), Some("x".to_owned()));
    }

    #[test]
    fn an_empty_stage_is_understood_in_every_form() {
        for data in [
            "null",
            "\"null\"",
            "{}",
            r#"{"decryptedSecretValue":null}"#,
            r#"{"decryptedSecretValue":{}}"#,
            r#"{"decryptedSecretValue":{"value":null,"valueStage":"PENDING"}}"#,
            r#"{"decryptedSecretValue":{"value":"","valueStage":"PENDING"}}"#,
            r#"{"decryptedSecretValue":{"value":" \n"}}"#,
        ] {
            assert_eq!(
                value(data, Stage::Pending).as_deref(),
                Some("empty"),
                "{data}"
            );
        }
        for data in [
            "[]",
            "7",
            "\"text\"",
            r#"{"decryptedSecretValue":"{}"}"#,
            r#"{"decryptedSecretValue":{"value":{"a":"b"}}}"#,
            r#"{"decryptedSecretValue":{"value":"","valueStage":"ACTIVE"}}"#,
        ] {
            assert_eq!(value(data, Stage::Pending), None, "{data}");
        }
    }

    #[test]
    fn a_page_lists_what_it_can() {
        let data = r#"{"totalPageNo":"3","currentPageNo":1,"totalCount":5,"secretList":[
            {"secretId":"1","secretName":"one","secretStatus":"ENABLE","secretType":"BASIC","region":"KR","registerDate":1},
            {"secretId":"2","secretName":null},
            {"secretName":"three"},
            {"secretId":4,"secretName":"four"},
            {"secretId":{},"secretName":"five","secretStatus":"ENABLE"}]}"#;
        let listed = |id: &str, name: &str, word: &str| Listed {
            id: id.to_owned(),
            name: name.to_owned(),
            lifecycle: Lifecycle::parse(word),
        };
        assert_eq!(
            page(data),
            Some(Page {
                pages: Some(3),
                empty: false,
                secrets: vec![listed("1", "one", "ENABLE"), listed("4", "four", "")],
            })
        );
        for data in [r#"{"secretList":[]}"#, r#"{"secretList":null}"#] {
            let page = page(data).unwrap();
            assert!(page.empty && page.pages.is_none());
        }
        for data in ["null", "{}", "[]", r#"{"secretList":["a"]}"#] {
            assert_eq!(page(data), None, "{data}");
        }
    }
}
