//! The three hosts of the service, and what belongs to each (`secretmanager-api-overview`).

use serde::{Deserialize, Serialize};

use crate::state::{Boundary, Region, Secret};

/// A host of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Host {
    /// `secretmanager.apigw.ntruss.com`: secrets of Korea behind global keys.
    KrGlobal,
    /// `ocapi-kr.ncloud.com/secretmanager`: secrets of Korea behind isolated keys.
    KrRegional,
    /// `ocapi-jp.ncloud.com/secretmanager`: secrets of Japan.
    JpnRegional,
}

impl Host {
    /// Every host.
    pub const ALL: [Self; 3] = [Self::KrGlobal, Self::KrRegional, Self::JpnRegional];

    /// The path of its base URL.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::KrGlobal => "",
            Self::KrRegional | Self::JpnRegional => "/secretmanager",
        }
    }

    /// The region of its secrets.
    #[must_use]
    pub const fn region(self) -> Region {
        match self {
            Self::KrGlobal | Self::KrRegional => Region::Kr,
            Self::JpnRegional => Region::Jpn,
        }
    }

    /// The host that a secret belongs to.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        match (secret.region, secret.host_boundary()) {
            (Region::Kr, Boundary::Global) => Self::KrGlobal,
            (Region::Kr, Boundary::Isolated) => Self::KrRegional,
            (Region::Jpn, _) => Self::JpnRegional,
        }
    }

    /// The part of a request's target behind the base URL; none for another path.
    pub(crate) fn strip_prefix(self, target: &str) -> Option<&str> {
        target
            .strip_prefix(self.prefix())
            .filter(|rest| rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_that_of_the_host() {
        let table = [
            (Host::KrGlobal, "/api/v1/secrets", Some("/api/v1/secrets")),
            (
                Host::KrRegional,
                "/secretmanager/api/v1/x?y",
                Some("/api/v1/x?y"),
            ),
            (
                Host::JpnRegional,
                "/secretmanager/api/v1/x",
                Some("/api/v1/x"),
            ),
            (Host::KrRegional, "/api/v1/secrets", None),
            (Host::KrRegional, "/secretmanagerapi/v1", None),
            (Host::KrRegional, "/secretmanager", None),
        ];
        for (host, target, rest) in table {
            assert_eq!(host.strip_prefix(target), rest, "{host:?} {target}");
        }
    }
}
