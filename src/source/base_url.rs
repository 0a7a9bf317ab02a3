//! Texts that may be the beginning of a signed call's URL.

use reqwest::Url;
use thiserror::Error;

/// Why a text cannot be a base URL. A text may hold a password, so none is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// It is no URL with a host.
    #[error("the endpoint is no URL like https://host/prefix")]
    NotAUrl,
    /// It holds a user name or a password.
    #[error("the endpoint holds a user name or a password")]
    UserInfo,
    /// It ends in a query or a fragment.
    #[error("the endpoint has a query or a fragment")]
    QueryOrFragment,
    /// It is neither https nor plain http.
    #[error("the endpoint is not https")]
    NotHttps,
    /// It is plain http to another machine.
    #[error("the endpoint is plain http, and not on 127.0.0.1, [::1] or localhost")]
    PlainToElsewhere,
    /// It is plain http to this machine, and nobody allowed that.
    #[error("the endpoint is plain http, which is allowed only by a setting and only on loopback")]
    PlainNotAllowed,
}

/// A base URL, taken apart: `https://host:port` and a path prefix that is empty or begins with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    origin: String,
    prefix: String,
}

impl std::fmt::Display for Base {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}", self.origin, self.prefix)
    }
}

impl Base {
    /// Takes a base URL to which signed requests may go.
    pub(super) fn parse(text: &str, allow_loopback_http: bool) -> Result<Self, EndpointError> {
        let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
        let host = url.host_str().ok_or(EndpointError::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::QueryOrFragment);
        }
        match url.scheme() {
            "http" if !is_loopback(host) => return Err(EndpointError::PlainToElsewhere),
            "http" if !allow_loopback_http => return Err(EndpointError::PlainNotAllowed),
            "http" | "https" => {}
            _ => return Err(EndpointError::NotHttps),
        }
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The address of a service on the node itself, which only plain http reaches (R5).
    pub(super) fn of_the_node(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            prefix: String::new(),
        }
    }

    /// Whether what is sent stays encrypted.
    pub(super) fn is_https(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// The URL of `path` (and query) and the target to sign, which is what stands in the request line; none if
    /// anything in the path would be read or rewritten as something else.
    pub(super) fn url(&self, path: &str) -> Option<(Url, String)> {
        let target = format!("{}{path}", self.prefix);
        let text = format!("{}{target}", self.origin);
        let url = Url::parse(&text).ok()?;
        (url.as_str() == text && url.fragment().is_none()).then_some((url, target))
    }
}

/// Whether a host as the URL standard writes it is this machine; the transport pins `localhost` to it.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_kept_and_signed() {
        for (base, url, target) in [
            ("https://a.example", "https://a.example/api", "/api"),
            ("https://a.example/", "https://a.example/api", "/api"),
            (
                "https://A.example:443/p",
                "https://a.example/p/api",
                "/p/api",
            ),
            (
                "https://a.example:8443/p/q/",
                "https://a.example:8443/p/q/api",
                "/p/q/api",
            ),
            ("http://127.0.0.1:9/", "http://127.0.0.1:9/api", "/api"),
            ("http://[::1]:9", "http://[::1]:9/api", "/api"),
            ("http://localhost:9", "http://localhost:9/api", "/api"),
        ] {
            let (sent, signed) = Base::parse(base, true).unwrap().url("/api").unwrap();
            assert_eq!((sent.as_str(), signed.as_str()), (url, target));
        }
    }

    #[test]
    fn no_other_url_is_a_base() {
        use EndpointError as E;
        for (base, wanted) in [
            ("", E::NotAUrl),
            ("ocapi-kr.ncloud.com", E::NotAUrl),
            ("https://", E::NotAUrl),
            ("data:text/plain,x", E::NotAUrl),
            ("https://user@a.example", E::UserInfo),
            ("https://:word@a.example", E::UserInfo),
            ("https://a.example/?q", E::QueryOrFragment),
            ("https://a.example/p?", E::QueryOrFragment),
            ("https://a.example/#f", E::QueryOrFragment),
            ("ftp://a.example/", E::NotHttps),
            ("ws://127.0.0.1/", E::NotHttps),
            ("http://a.example/", E::PlainToElsewhere),
            ("http://127.0.0.1.example/", E::PlainToElsewhere),
            ("http://localhost.example/", E::PlainToElsewhere),
            ("http://10.0.0.1/", E::PlainToElsewhere),
            ("http://0.0.0.0/", E::PlainToElsewhere),
        ] {
            assert_eq!(Base::parse(base, true), Err(wanted), "{base}");
        }
    }

    #[test]
    fn a_path_that_would_be_rewritten_has_no_url() {
        let base = Base::parse("https://a.example/p", true).unwrap();
        for path in [
            "/a/../b",
            "/a/%2e%2E/b",
            "/a b",
            "/é",
            "/a#b",
            "/a\\b",
            "/a\n",
        ] {
            assert!(base.url(path).is_none(), "{path:?}");
        }
        assert!(base.url("/a?b=1").is_some());
    }
}
