//! Keeps the web pages that someone visits away from an admin port on the same machine.
//!
//! A page can send requests to any port of the machine that shows it. Two rules keep it from doing harm: the `Host`
//! must be an address, `localhost` or a name that the settings allow, so that a name whose address changes under
//! the page (DNS rebinding) leads nowhere; and a request that may change something must not come from a page of
//! another origin, as browsers say in `Sec-Fetch-Site` and `Origin`. Programs send neither of these headers.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refused::Refused;
use super::{Admin, HEALTH};

/// Lets a request through, or refuses it with 403.
pub(super) async fn guard(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    if request.uri().path() == HEALTH {
        return next.run(request).await;
    }
    match check(request.method(), request.headers(), &admin.hosts) {
        Ok(()) => next.run(request).await,
        Err(sentence) => Refused::new(StatusCode::FORBIDDEN, sentence).into_response(),
    }
}

fn check(method: &Method, headers: &HeaderMap, allowed: &[String]) -> Result<(), &'static str> {
    let texts = |name| headers.get_all(name).iter().map(|value| value.to_str());
    let mut hosts = texts(header::HOST.as_str());
    if !hosts.all(|host| host.is_ok_and(|host| is_own(host, allowed))) {
        return Err("the admin port does not answer under this name; see --admin-host");
    }
    if method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    let mut sites = texts("sec-fetch-site");
    let mut origins = texts(header::ORIGIN.as_str());
    let host = texts(header::HOST.as_str()).find_map(Result::ok);
    if sites.all(|site| matches!(site, Ok("same-origin" | "none")))
        && origins.all(|origin| origin.is_ok_and(|origin| is_of(origin, host)))
    {
        Ok(())
    } else {
        Err("pages of other origins cannot change the emulator")
    }
}

/// Whether a `Host` is an address, `localhost` or an allowed name, with any port.
fn is_own(host: &str, allowed: &[String]) -> bool {
    if let Some((address, port)) = host.strip_prefix('[').and_then(|it| it.split_once(']')) {
        return is_port(port) && address.parse::<Ipv6Addr>().is_ok();
    }
    let (name, port) = host
        .find(':')
        .map_or((host, ""), |colon| host.split_at(colon));
    is_port(port)
        && (name.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || allowed.iter().any(|it| name.eq_ignore_ascii_case(it)))
}

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether an `Origin` is that of the host.
fn is_of(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn passes(method: &Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        check(method, &headers.collect(), &["emulator".to_owned()]).is_ok()
    }

    #[test]
    fn only_own_names_are_answered() {
        let table = [
            ("127.0.0.1:8080", true),
            ("127.0.0.1", true),
            ("192.168.0.7:1", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("localhost", true),
            ("LocalHost:8080", true),
            ("emulator:8080", true),
            ("EMULATOR", true),
            ("evil.example", false),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1:80@evil.example", false),
            ("[evil.example]", false),
            ("[::1]evil.example", false),
            ("", false),
        ];
        for (host, good) in table {
            for method in [Method::GET, Method::POST] {
                assert_eq!(passes(&method, &[("host", host)]), good, "{host}");
            }
        }
        assert!(passes(&Method::GET, &[]));
        assert!(!passes(
            &Method::GET,
            &[("host", "localhost"), ("host", "evil.example")]
        ));
    }

    #[test]
    fn only_own_pages_change_something() {
        let host = ("host", "127.0.0.1:8080");
        let table = [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("origin", "http://127.0.0.1:8080")], true),
            (vec![("origin", "https://127.0.0.1:8080")], true),
            (vec![("origin", "http://127.0.0.1:9090")], false),
            (vec![("origin", "http://localhost:8080")], false),
            (vec![("origin", "https://evil.example")], false),
            (vec![("origin", "null")], false),
            (
                vec![
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "https://evil.example"),
                ],
                false,
            ),
        ];
        for (mut headers, good) in table {
            headers.push(host);
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_eq!(passes(&method, &headers), good, "{method} {headers:?}");
            }
            assert!(passes(&Method::GET, &headers), "{headers:?}");
        }
    }
}
