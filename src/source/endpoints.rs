//! Where calls go: the base URL of each kind of host in each region.

use reqwest::Url;

use super::base_url::{Base, EndpointError};
use crate::api::terms::{KeyIsolation, Region};
use crate::core::remote::Host;

const KR_REGIONAL: &str = "https://ocapi-kr.ncloud.com/secretmanager";
const KR_GLOBAL: &str = "https://secretmanager.apigw.ntruss.com";
const JPN_REGIONAL: &str = "https://ocapi-jp.ncloud.com/secretmanager";

/// The documented base URLs (`secretmanager-api-overview`): all that is called unless a setting overrides them.
pub const DOCUMENTED: [&str; 3] = [KR_REGIONAL, KR_GLOBAL, JPN_REGIONAL];

/// Other base URLs than the documented ones: a setting of the operator, never a field of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Korea, region-isolated keys.
    pub kr_regional: Option<String>,
    /// Korea, global keys.
    pub kr_global: Option<String>,
    /// Japan, region-isolated keys; there are no others.
    pub jpn_regional: Option<String>,
}

/// The base URLs that calls may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    kr_regional: Base,
    kr_global: Base,
    jpn_regional: Base,
}

impl Endpoints {
    /// The documented base URLs, but for those that are overridden.
    ///
    /// A path prefix is kept and signed with the rest of the path. `allow_loopback_http` permits plain http to
    /// this machine.
    ///
    /// # Errors
    ///
    /// When an override is no base URL that signed requests may go to.
    pub fn new(overrides: &Overrides, allow_loopback_http: bool) -> Result<Self, EndpointError> {
        let base = |over: &Option<String>, documented: &str| {
            Base::parse(over.as_deref().unwrap_or(documented), allow_loopback_http)
        };
        Ok(Self {
            kr_regional: base(&overrides.kr_regional, KR_REGIONAL)?,
            kr_global: base(&overrides.kr_global, KR_GLOBAL)?,
            jpn_regional: base(&overrides.jpn_regional, JPN_REGIONAL)?,
        })
    }

    /// Whether every call stays encrypted.
    pub(super) fn are_https(&self) -> bool {
        [&self.kr_regional, &self.kr_global, &self.jpn_regional]
            .iter()
            .all(|base| base.is_https())
    }

    /// Who can know a secret under such a key, in the order of asking; nobody for global keys in Japan, which are
    /// not offered there (`secretmanager-api-overview`).
    pub(super) fn route(&self, region: Region, isolation: KeyIsolation) -> Option<Route> {
        let regional = Endpoint {
            host: Host::Regional,
            base: match region {
                Region::Kr => self.kr_regional.clone(),
                Region::Jpn => self.jpn_regional.clone(),
            },
        };
        let global = (region == Region::Kr).then(|| Endpoint {
            host: Host::Global,
            base: self.kr_global.clone(),
        });
        match isolation {
            KeyIsolation::Auto => Some(Route {
                first: regional,
                second: global,
            }),
            KeyIsolation::Regional => Some(Route {
                first: regional,
                second: None,
            }),
            KeyIsolation::Global => global.map(|first| Route {
                first,
                second: None,
            }),
        }
    }
}

/// The hosts that a store may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The one to ask first.
    pub(super) first: Endpoint,
    /// The one to ask when the first does not know a secret.
    pub(super) second: Option<Endpoint>,
}

impl Route {
    /// The hosts in the order of asking when `preferred` is likely to know the secret.
    pub(super) fn starting_at(&self, preferred: Option<Host>) -> (&Endpoint, Option<&Endpoint>) {
        match &self.second {
            Some(second) if Some(second.host) == preferred => (second, Some(&self.first)),
            second => (&self.first, second.as_ref()),
        }
    }
}

/// One host that calls may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Which kind it is.
    pub(super) host: Host,
    base: Base,
}

impl Endpoint {
    /// Where it is.
    pub(super) fn address(&self) -> String {
        self.base.to_string()
    }

    /// The URL of `path` (and query) on this host, with the target to sign, as [`Base::url`] makes them.
    pub(super) fn url(&self, path: &str) -> Option<(Url, String)> {
        self.base.url(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(region: Region, isolation: KeyIsolation) -> Option<Vec<(Host, String)>> {
        let endpoints = Endpoints::new(&Overrides::default(), false).unwrap();
        let route = endpoints.route(region, isolation)?;
        let asked = std::iter::once(route.first).chain(route.second);
        Some(
            asked
                .map(|endpoint| (endpoint.host, endpoint.url("/x").unwrap().0.into()))
                .collect(),
        )
    }

    #[test]
    fn the_documented_hosts_are_asked_in_the_order_of_the_isolation() {
        let regional = (
            Host::Regional,
            "https://ocapi-kr.ncloud.com/secretmanager/x".to_owned(),
        );
        let global = (
            Host::Global,
            "https://secretmanager.apigw.ntruss.com/x".to_owned(),
        );
        let japan = (
            Host::Regional,
            "https://ocapi-jp.ncloud.com/secretmanager/x".to_owned(),
        );
        for (region, isolation, wanted) in [
            (
                Region::Kr,
                KeyIsolation::Auto,
                Some(vec![regional.clone(), global.clone()]),
            ),
            (Region::Kr, KeyIsolation::Regional, Some(vec![regional])),
            (Region::Kr, KeyIsolation::Global, Some(vec![global])),
            (Region::Jpn, KeyIsolation::Auto, Some(vec![japan.clone()])),
            (Region::Jpn, KeyIsolation::Regional, Some(vec![japan])),
            (Region::Jpn, KeyIsolation::Global, None),
        ] {
            assert_eq!(asked(region, isolation), wanted);
        }
    }

    #[test]
    fn the_preferred_host_is_asked_first_if_the_store_has_it() {
        let endpoints = Endpoints::new(&Overrides::default(), false).unwrap();
        let hosts = |isolation, preferred| {
            let route = endpoints.route(Region::Kr, isolation).unwrap();
            let (first, second) = route.starting_at(preferred);
            (first.host, second.map(|endpoint| endpoint.host))
        };
        let (regional, global) = (Host::Regional, Host::Global);
        assert_eq!(hosts(KeyIsolation::Auto, None), (regional, Some(global)));
        assert_eq!(
            hosts(KeyIsolation::Auto, Some(regional)),
            (regional, Some(global))
        );
        assert_eq!(
            hosts(KeyIsolation::Auto, Some(global)),
            (global, Some(regional))
        );
        assert_eq!(
            hosts(KeyIsolation::Regional, Some(global)),
            (regional, None)
        );
    }

    #[test]
    fn r5_plain_http_on_loopback_needs_permission() {
        let plain = Overrides {
            kr_global: Some("http://127.0.0.1:1".to_owned()),
            ..Overrides::default()
        };
        assert_eq!(
            Endpoints::new(&plain, false),
            Err(EndpointError::PlainNotAllowed)
        );
        assert!(!Endpoints::new(&plain, true).unwrap().are_https());
        assert!(
            Endpoints::new(&Overrides::default(), true)
                .unwrap()
                .are_https()
        );
    }
}
