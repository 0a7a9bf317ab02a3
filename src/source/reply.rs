//! What an answer means: success with its `data`, or one of a closed set of errors.
//!
//! Two families of errors share one envelope: the gateway's with numbers (`common-ncpapi`) and the service's own
//! with names (`secretmanager-api-overview`). Only the HTTP status and the code count; messages are not read.

use std::time::Duration;

use http::header::{DATE, HeaderMap, RETRY_AFTER};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::call_error::CallError;
use super::lenient::{self, Loose};
use crate::core::remote::Failure;

/// How far a request's timestamp may be from the gateway's clock (`secretmanager-api-overview`).
const TOLERATED_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A longer wait than any that is kept; it saves everybody after us from overflow.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Where some answers of the gateway are said to repeat the error code; not documented.
const ERROR_CODE: &str = "x-ncp-apigw-error-code";

/// The parts of an answer that carry meaning.
pub(super) struct Reply<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    /// Empty if it could not be read and the status says enough.
    pub(super) body: &'a [u8],
    /// What our clock showed when the answer came.
    pub(super) now: Timestamp,
}

/// Whether the status alone decides what the answer means, whatever its body.
pub(super) const fn speaks_for_itself(status: u16) -> bool {
    !matches!(status, 200..=299 | 401 | 404)
}

impl Reply<'_> {
    /// The JSON of `data`, which is `null` when it is absent, or what went wrong.
    pub(super) fn data(&self) -> Result<&str, CallError> {
        match self.status {
            200..=299 => self.success().ok_or_else(|| Failure::Malformed.into()),
            300..=399 => Err(Failure::Redirect.into()),
            400 => Err(Failure::InvalidRequest.into()),
            401 => Err(self.unauthorized()),
            403 => Err(CallError::PermissionDenied),
            404 if self.error_code().as_deref() == Some("NOT_FOUND") => Err(CallError::NotFound),
            404 => Err(Failure::UnknownUrl.into()),
            409 | 422 => Err(CallError::WrongState(self.status)),
            429 => Err(CallError::Throttled {
                retry_after: self.retry_after(),
            }),
            other => Err(CallError::Unavailable {
                failure: Failure::Status(other),
                retry_after: self.retry_after(),
            }),
        }
    }

    fn success(&self) -> Option<&str> {
        #[derive(Deserialize)]
        struct Envelope<'a> {
            code: String,
            #[serde(borrow)]
            data: Option<&'a RawValue>,
        }
        let envelope: Envelope<'_> = serde_json::from_slice(self.body).ok()?;
        (envelope.code == "SUCCESS").then(|| envelope.data.map_or("null", RawValue::get))
    }

    /// The gateway says 401 for a bad key, a bad signature, a bad timestamp and a missing permission alike
    /// (`common-ncpapi`).
    fn unauthorized(&self) -> CallError {
        let code = self
            .error_code()
            .or_else(|| self.header(ERROR_CODE).map(str::to_owned));
        if code.as_deref() == Some("210") {
            return CallError::PermissionDenied;
        }
        match self.skew() {
            Some(ahead) if ahead.abs() > TOLERATED_SKEW => CallError::ClockSkew { ahead },
            _ => CallError::CredentialsRejected,
        }
    }

    fn error_code(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Envelope {
            error: Error,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Error {
            error_code: Option<Loose>,
        }
        let envelope: Envelope = serde_json::from_slice(self.body).ok()?;
        lenient::text(envelope.error.error_code)
    }

    fn skew(&self) -> Option<SignedDuration> {
        Some(self.now.duration_since(self.date()?))
    }

    /// Seconds, or the moment itself; a moment is held against the clock that it came from.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.header(RETRY_AFTER.as_str())?;
        let wait = if let Ok(seconds) = text.parse() {
            Duration::from_secs(seconds)
        } else {
            let wait = moment(text)?.duration_since(self.date().unwrap_or(self.now));
            Duration::try_from(wait).unwrap_or_default()
        };
        Some(wait.min(LONGEST_WAIT))
    }

    fn date(&self) -> Option<Timestamp> {
        moment(self.header(DATE.as_str())?)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }
}

fn moment(http_date: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(http_date).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-01-01T12:00:00Z";
    const NOON_HTTP: &str = "Thu, 01 Jan 2026 12:00:00 GMT";

    fn answer(
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<String, CallError> {
        let headers = headers
            .iter()
            .map(|(name, text)| (http::HeaderName::from_static(name), text.parse().unwrap()))
            .collect();
        let reply = Reply {
            status,
            headers: &headers,
            body: body.as_bytes(),
            now: NOON.parse().unwrap(),
        };
        reply.data().map(str::to_owned)
    }

    fn error(status: u16, code: &str) -> CallError {
        let body =
            format!("{{\"error\":{{\"errorCode\":{code},\"message\":\"m\",\"details\":\"d\"}}}}");
        answer(status, &[], &body).unwrap_err()
    }

    fn unavailable(failure: Failure) -> CallError {
        failure.into()
    }

    #[test]
    fn success_hands_out_its_data_untouched() {
        for (body, wanted) in [
            (r#"{"code":"SUCCESS","data":{"a": 1 }}"#, r#"{"a": 1 }"#),
            (r#"{"data":[],"more":{"x":[]},"code":"SUCCESS"}"#, "[]"),
            (r#"{"code":"SUCCESS","data":null}"#, "null"),
            (r#"{"code":"SUCCESS"}"#, "null"),
            (r#"{"code":"SUCCESS","data":"null"}"#, "\"null\""),
        ] {
            for status in [200, 201, 202] {
                assert_eq!(answer(status, &[], body).as_deref(), Ok(wanted));
            }
        }
    }

    #[test]
    fn a_success_that_does_not_say_so_is_malformed() {
        for body in [
            "",
            "null",
            "[]",
            "<html></html>",
            "{}",
            r#"{"data":{}}"#,
            r#"{"code":"FAILURE","data":{}}"#,
            r#"{"code":null,"data":{}}"#,
            r#"{"code":"SUCCESS","data":{}"#,
            r#"{"code":"SUCCESS","data":{}}x"#,
            r#"{"code":"SUCCESS","data":{},"data":{}}"#,
            r#"{"error":{"errorCode":"900"}}"#,
        ] {
            assert_eq!(
                answer(200, &[], body),
                Err(unavailable(Failure::Malformed)),
                "{body}"
            );
        }
    }

    #[test]
    fn both_families_of_errors_are_understood() {
        for (status, code, wanted) in [
            (
                400,
                "\"INVALID_REQUEST\"",
                unavailable(Failure::InvalidRequest),
            ),
            (400, "\"100\"", unavailable(Failure::InvalidRequest)),
            (401, "\"UNAUTHORIZED\"", CallError::CredentialsRejected),
            (401, "\"200\"", CallError::CredentialsRejected),
            (401, "200", CallError::CredentialsRejected),
            (401, "\"210\"", CallError::PermissionDenied),
            (401, "210", CallError::PermissionDenied),
            (403, "\"FORBIDDEN\"", CallError::PermissionDenied),
            (404, "\"NOT_FOUND\"", CallError::NotFound),
            (404, "\"300\"", unavailable(Failure::UnknownUrl)),
            (404, "300", unavailable(Failure::UnknownUrl)),
            (404, "null", unavailable(Failure::UnknownUrl)),
            (404, "\"not_found\"", unavailable(Failure::UnknownUrl)),
            (409, "\"INVALID_STATUS\"", CallError::WrongState(409)),
            (422, "\"UNPROCESSABLE_ENTITY\"", CallError::WrongState(422)),
            (413, "\"430\"", unavailable(Failure::Status(413))),
            (429, "\"410\"", CallError::Throttled { retry_after: None }),
            (
                500,
                "\"INTERNAL_SERVER_ERROR\"",
                unavailable(Failure::Status(500)),
            ),
            (500, "\"NOT_FOUND\"", unavailable(Failure::Status(500))),
            (503, "\"500\"", unavailable(Failure::Status(503))),
            (504, "\"510\"", unavailable(Failure::Status(504))),
            (302, "\"NOT_FOUND\"", unavailable(Failure::Redirect)),
        ] {
            assert_eq!(error(status, code), wanted, "{status} {code}");
        }
    }

    #[test]
    fn only_a_well_formed_body_says_not_found() {
        for body in [
            "",
            "NOT_FOUND",
            r#"{"errorCode":"NOT_FOUND"}"#,
            r#"{"error":"NOT_FOUND"}"#,
            r#"{"error":{"code":"NOT_FOUND"}}"#,
            r#"{"error":{"errorCode":"NOT_FOUND"}"#,
            r#"{"error":{"errorCode":"NOT_FOUND"}} and more"#,
            r#"{"responseError":{"returnCode":"NOT_FOUND"}}"#,
            r#"{"timestamp":"","status":404,"error":"Not Found","message":"NOT_FOUND"}"#,
        ] {
            assert_eq!(
                answer(404, &[("x-ncp-apigw-error-code", "NOT_FOUND")], body),
                Err(unavailable(Failure::UnknownUrl)),
                "{body}"
            );
        }
    }

    #[test]
    fn a_missing_permission_is_told_from_a_bad_key_without_a_body() {
        assert_eq!(
            answer(401, &[(ERROR_CODE, "210")], ""),
            Err(CallError::PermissionDenied)
        );
        for headers in [&[][..], &[(ERROR_CODE, "200")]] {
            assert_eq!(
                answer(401, headers, ""),
                Err(CallError::CredentialsRejected)
            );
        }
    }

    #[test]
    fn the_clock_is_looked_at_before_the_key_is_blamed() {
        for (date, ahead) in [
            ("Thu, 01 Jan 2026 11:54:59 GMT", Some(301)),
            ("Thu, 01 Jan 2026 12:05:01 GMT", Some(-301)),
            ("Thu, 01 Jan 2026 11:55:00 GMT", None),
            ("Thu, 01 Jan 2026 12:05:00 GMT", None),
            ("yesterday", None),
        ] {
            let wanted = ahead.map_or(CallError::CredentialsRejected, |seconds| {
                CallError::ClockSkew {
                    ahead: SignedDuration::from_secs(seconds),
                }
            });
            for code in ["200", "UNAUTHORIZED"] {
                let body = format!(r#"{{"error":{{"errorCode":"{code}"}}}}"#);
                assert_eq!(
                    answer(401, &[("date", date)], &body),
                    Err(wanted.clone()),
                    "{date}"
                );
            }
            let body = r#"{"error":{"errorCode":"210"}}"#;
            assert_eq!(
                answer(401, &[("date", date)], body),
                Err(CallError::PermissionDenied)
            );
        }
    }

    #[test]
    fn the_wished_wait_is_read_in_both_forms() {
        let wait = |headers: &[(&'static str, &str)]| match answer(429, headers, "") {
            Err(CallError::Throttled { retry_after }) => retry_after.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        let half_past = "Thu, 01 Jan 2026 12:30:00 GMT";
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&[("retry-after", "7")]), Some(7));
        assert_eq!(wait(&[("retry-after", "0")]), Some(0));
        assert_eq!(wait(&[("retry-after", half_past)]), Some(1800));
        assert_eq!(
            wait(&[("retry-after", half_past), ("date", NOON_HTTP)]),
            Some(1800)
        );
        assert_eq!(
            wait(&[
                ("retry-after", half_past),
                ("date", "Thu, 01 Jan 2026 12:29:00 GMT")
            ]),
            Some(60)
        );
        assert_eq!(
            wait(&[("retry-after", "Thu, 01 Jan 2026 11:00:00 GMT")]),
            Some(0)
        );
        assert_eq!(
            wait(&[("retry-after", "18446744073709551615")]),
            Some(86_400)
        );
        for nonsense in ["soon", "-1", "1.5", ""] {
            assert_eq!(wait(&[("retry-after", nonsense)]), None);
        }
        assert_eq!(
            answer(503, &[("retry-after", "9")], ""),
            Err(CallError::Unavailable {
                failure: Failure::Status(503),
                retry_after: Some(Duration::from_secs(9))
            })
        );
    }
}
