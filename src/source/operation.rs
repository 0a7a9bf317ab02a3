//! The calls that are made, each with its path and the bound of its answer.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::api::terms::Stage;

/// Everything but the unreserved characters of RFC 3986, so that an ID stays one segment of the path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The longest ID that is sent, in bytes; the documented examples have 64.
const LONGEST_ID: usize = 512;

/// A call of the read API (`/api/v1`); all of them are `GET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    /// What the service says about a secret (`secretmanager-getsecretdetail`).
    Detail {
        /// The secret's ID.
        id: &'a str,
    },
    /// The value of one stage (`secretmanager-getsecretstagevalue`).
    StageValue {
        /// The secret's ID.
        id: &'a str,
        /// Whose value.
        stage: Stage,
    },
    /// The values of all stages (`secretmanager-getsecretvalue`).
    Values {
        /// The secret's ID.
        id: &'a str,
    },
    /// One page of all secrets (`secretmanager-getsecretlist`).
    List {
        /// The page's number, from 1.
        page: u32,
    },
}

impl Operation<'_> {
    /// The word for it in metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Detail { .. } => "detail",
            Self::StageValue { .. } => "stage_value",
            Self::Values { .. } => "values",
            Self::List { .. } => "list",
        }
    }

    /// The most bytes that its answer may have; a value has at most 10,000 before it is escaped
    /// (`secretmanager-createsecret`), the length of a list page is not documented.
    pub(super) const fn bound(self) -> usize {
        match self {
            Self::Detail { .. } | Self::StageValue { .. } => 64 * 1024,
            Self::Values { .. } => 256 * 1024,
            Self::List { .. } => 4 * 1024 * 1024,
        }
    }

    /// The path and query after the base URL; none for an ID that no percent-encoding keeps in its place.
    pub(super) fn path(self) -> Option<String> {
        match self {
            Self::Detail { id } => Some(format!("/api/v1/secrets/{}", segment(id)?)),
            Self::StageValue { id, stage } => {
                let stage = stage.as_str().to_ascii_lowercase();
                Some(format!("/api/v1/secrets/{}/{stage}", segment(id)?))
            }
            Self::Values { id } => Some(format!("/api/v1/secrets/{}/values", segment(id)?)),
            Self::List { page } => Some(format!("/api/v1/secrets?pageNo={page}")),
        }
    }
}

/// An empty segment would be the list of all secrets, and `.` and `..` are resolved even when they are encoded.
fn segment(id: &str) -> Option<String> {
    (!matches!(id, "" | "." | "..") && id.len() <= LONGEST_ID)
        .then(|| utf8_percent_encode(id, SEGMENT).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(id: &str) -> Option<String> {
        Operation::Detail { id }.path()
    }

    #[test]
    fn each_operation_has_its_path() {
        assert_eq!(detail("ab01").unwrap(), "/api/v1/secrets/ab01");
        for (stage, wanted) in [
            (Stage::Active, "/api/v1/secrets/ab01/active"),
            (Stage::Previous, "/api/v1/secrets/ab01/previous"),
            (Stage::Pending, "/api/v1/secrets/ab01/pending"),
        ] {
            let operation = Operation::StageValue { id: "ab01", stage };
            assert_eq!(operation.path().unwrap(), wanted);
        }
        assert_eq!(
            Operation::Values { id: "ab01" }.path().unwrap(),
            "/api/v1/secrets/ab01/values"
        );
        assert_eq!(
            Operation::List { page: 7 }.path().unwrap(),
            "/api/v1/secrets?pageNo=7"
        );
    }

    #[test]
    fn an_id_stays_one_segment() {
        for (id, wanted) in [
            ("../keys", "..%2Fkeys"),
            ("a/b", "a%2Fb"),
            ("a\\b", "a%5Cb"),
            ("a?b", "a%3Fb"),
            ("a#b", "a%23b"),
            ("%2f", "%252f"),
            ("%2e%2e", "%252e%252e"),
            ("a\nb\r\0", "a%0Ab%0D%00"),
            ("é", "%C3%A9"),
            ("***", "%2A%2A%2A"),
            (" ", "%20"),
            ("...", "..."),
            ("a.b-c_d~e", "a.b-c_d~e"),
        ] {
            assert_eq!(detail(id).unwrap(), format!("/api/v1/secrets/{wanted}"));
        }
    }

    #[test]
    fn an_id_that_cannot_stand_in_a_path_is_not_sent() {
        for id in ["", ".", "..", &"a".repeat(513)] {
            assert_eq!(detail(id), None);
        }
    }
}
