//! The paths of the metadata service (`compute-vmetadata-version`, `compute-vmetadata-roledata`).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The versions, which are alike as far as they are emulated.
pub(super) const VERSIONS: [&str; 2] = ["2020-11-18", "latest"];

/// What is below `iam`.
pub(super) const IAM: [&str; 2] = ["info", "security-credentials"];

/// What a path is about. The real service has more below `meta-data`; only the role is emulated.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Versions,
    Version,
    Token,
    MetaData,
    Iam(IamPlace<'a>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum IamPlace<'a> {
    Top,
    Info,
    Roles,
    Credentials(Cow<'a, str>),
}

impl<'a> Place<'a> {
    /// One slash at the end changes nothing, as NCP's Go SDK sends one.
    pub(super) fn find(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self::Versions);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let parts: Vec<&str> = path.split('/').collect();
        let (version, rest) = parts.split_first()?;
        if !VERSIONS.contains(version) {
            return None;
        }
        match rest {
            [] => Some(Self::Version),
            ["api", "token"] => Some(Self::Token),
            ["meta-data"] => Some(Self::MetaData),
            ["meta-data", "iam", rest @ ..] => IamPlace::find(rest).map(Self::Iam),
            _ => None,
        }
    }
}

impl<'a> IamPlace<'a> {
    fn find(parts: &[&'a str]) -> Option<Self> {
        match parts {
            [] => Some(Self::Top),
            ["info"] => Some(Self::Info),
            ["security-credentials"] => Some(Self::Roles),
            ["security-credentials", id] => {
                let id = percent_decode_str(id).decode_utf8().ok()?;
                Some(Self::Credentials(id))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_exact_but_for_one_slash_at_the_end() {
        let id = |id| Some(Place::Iam(IamPlace::Credentials(Cow::Borrowed(id))));
        let table = [
            ("/", Some(Place::Versions)),
            ("/latest", Some(Place::Version)),
            ("/2020-11-18/", Some(Place::Version)),
            ("/latest/api/token", Some(Place::Token)),
            ("/latest/meta-data/", Some(Place::MetaData)),
            ("/latest/meta-data/iam", Some(Place::Iam(IamPlace::Top))),
            (
                "/latest/meta-data/iam/info",
                Some(Place::Iam(IamPlace::Info)),
            ),
            (
                "/latest/meta-data/iam/security-credentials/",
                Some(Place::Iam(IamPlace::Roles)),
            ),
            (
                "/latest/meta-data/iam/security-credentials/a%20b",
                id("a b"),
            ),
            ("/latest/meta-data/iam/security-credentials/a/", id("a")),
            ("/latest/meta-data/iam/security-credentials/%ff", None),
            ("/latest/meta-data/iam/security-credentials/a/b", None),
            ("/latest/meta-data/iam//", None),
            ("/latest/meta-data/instance-id", None),
            ("/latest/api", None),
            ("/LATEST", None),
            ("/1.0", None),
            ("//", None),
            ("//latest", None),
            ("latest", None),
            ("*", None),
            ("", None),
        ];
        for (path, place) in table {
            assert_eq!(Place::find(path), place, "{path}");
        }
    }
}
