//! Faults on demand: what goes wrong, for which requests, and how often.

mod effect;
mod form;
mod waiting;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::host::Host;
use crate::state::{FindError, State};
use crate::wire::Operation;

pub use effect::Effect;
pub use waiting::FaultId;
pub(crate) use waiting::{Faults, Subject};

/// A fault that waits for its requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Fault {
    effect: Effect,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Host>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    metadata: bool,
    #[serde(default, deserialize_with = "times")]
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(default = "always", deserialize_with = "probability")]
    probability: f64,
}

const fn always() -> f64 {
    1.0
}

fn times<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::deserialize(deserializer)? {
        Some(0) => Err(de::Error::custom("times must be at least 1")),
        times => Ok(times),
    }
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let probability = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&probability) {
        Ok(probability)
    } else {
        Err(de::Error::custom("probability must be 0 to 1"))
    }
}

impl Fault {
    /// A fault of every API request until it is cleared.
    #[must_use]
    pub const fn new(effect: Effect) -> Self {
        Self {
            effect,
            operation: None,
            secret: None,
            access_key: None,
            host: None,
            metadata: false,
            times: None,
            probability: 1.0,
        }
    }

    /// Only for an operation.
    #[must_use]
    pub const fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Only for a secret, by identifier.
    #[must_use]
    pub fn secret(mut self, id: &str) -> Self {
        self.secret = Some(id.to_owned());
        self
    }

    /// Only for requests that claim an access key.
    #[must_use]
    pub fn access_key(mut self, access_key: &str) -> Self {
        self.access_key = Some(access_key.to_owned());
        self
    }

    /// Only on a host.
    #[must_use]
    pub const fn host(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Only for requests to the metadata service, which other faults leave alone.
    #[must_use]
    pub const fn metadata(mut self) -> Self {
        self.metadata = true;
        self
    }

    /// Only for the next so many requests that it fits.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// With a probability of 0 to 1 for each request that it fits.
    #[must_use]
    pub const fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// With the identifier of the secret that it names, which may be written by its name.
    pub(crate) fn resolved(mut self, state: &State) -> Result<Self, FindError> {
        if let Some(named) = &self.secret {
            self.secret = Some(state.find(named)?.id.clone());
        }
        Ok(self)
    }

    fn fits(&self, subject: &Subject) -> bool {
        let same =
            |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        (self.operation.is_none() || self.operation == subject.operation)
            && same(&self.secret, subject.secret)
            && same(&self.access_key, subject.access_key)
            && (self.host.is_none() || self.host == subject.host)
            && self.metadata == subject.host.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{GatewayError, ServiceError};

    fn parsed(yaml: &str) -> Result<Fault, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn every_effect_can_be_written_and_is_read_back() {
        use std::time::Duration;

        use jiff::SignedDuration;

        let status = Effect::Status {
            status: 503,
            body: "{\"a\":1}".to_owned(),
            headers: vec![("x-trace".to_owned(), "1".to_owned())],
        };
        let bare = Effect::Status {
            status: 404,
            body: String::new(),
            headers: vec![],
        };
        let throttled = |retry_after| Effect::Throttled { retry_after };
        let table = [
            (
                "{kind: status, status: 503, body: '{\"a\":1}', headers: {x-trace: \"1\"}}",
                status,
            ),
            ("{kind: status, status: 404}", bare),
            (
                "{kind: gateway, error: rateLimited}",
                Effect::Gateway(GatewayError::RateLimited),
            ),
            (
                "{kind: service, error: forbidden}",
                Effect::Service(ServiceError::Forbidden),
            ),
            ("{kind: unavailable}", Effect::Unavailable),
            ("{kind: gatewayTimeout}", Effect::GatewayTimeout),
            ("{kind: throttled}", throttled(None)),
            (
                "{kind: throttled, retryAfter: 7s}",
                throttled(Some(Duration::from_secs(7))),
            ),
            (
                "{kind: redirect, to: 'http://127.0.0.1:9/'}",
                Effect::Redirect("http://127.0.0.1:9/".to_owned()),
            ),
            ("{kind: cut}", Effect::Cut),
            (
                "{kind: delay, by: 1s 500ms}",
                Effect::Delay(Duration::from_millis(1500)),
            ),
            ("{kind: stall}", Effect::Stall),
            ("{kind: truncatedJson}", Effect::TruncatedJson),
            (
                "{kind: contentType, value: text/html}",
                Effect::ContentType("text/html".to_owned()),
            ),
            ("{kind: hugeBody, bytes: 70000}", Effect::HugeBody(70_000)),
            ("{kind: emptyBody}", Effect::EmptyBody),
            (
                "{kind: wrongDate, by: -PT1H}",
                Effect::WrongDate(SignedDuration::from_hours(-1)),
            ),
        ];
        for (yaml, effect) in table {
            let fault = parsed(&format!("{{effect: {yaml}}}"));
            assert_eq!(fault, Ok(Fault::new(effect)), "{yaml}");
            let json = serde_json::to_string(&fault.unwrap()).unwrap();
            assert_eq!(parsed(&json), parsed(&format!("{{effect: {yaml}}}")));
        }
    }

    #[test]
    fn a_subject_can_be_written() {
        let yaml = "
            effect: {kind: cut}
            operation: getSecretDetail
            secret: one
            accessKey: key
            host: krRegional
            times: 2
            probability: 0.5
        ";
        let fault = Fault::new(Effect::Cut)
            .operation(Operation::GetSecretDetail)
            .secret("one")
            .access_key("key")
            .host(Host::KrRegional)
            .times(2)
            .probability(0.5);
        assert_eq!(parsed(yaml), Ok(fault));
        let of_metadata = parsed("{effect: {kind: cut}, metadata: true}");
        assert_eq!(of_metadata, Ok(Fault::new(Effect::Cut).metadata()));
    }

    #[test]
    fn what_cannot_be_had_is_refused_with_a_reason() {
        let table = [
            ("{}", "effect"),
            ("{effect: {kind: explode}}", "explode"),
            ("{effect: {kind: cut, by: 1s}}", "by"),
            ("{effect: {kind: cut}, time: 3}", "time"),
            ("{effect: {kind: cut}, times: 0}", "at least 1"),
            ("{effect: {kind: cut}, probability: 1.5}", "0 to 1"),
            ("{effect: {kind: cut}, probability: .nan}", "0 to 1"),
            ("{effect: {kind: delay, by: -1s}}", "negative"),
            ("{effect: {kind: throttled, retryAfter: -1s}}", "negative"),
            ("{effect: {kind: status, status: 101}}", "200 to 999"),
            (
                "{effect: {kind: status, status: 200, headers: {Content-Length: '5'}}}",
                "set by the emulator",
            ),
            (
                "{effect: {kind: status, status: 200, headers: {'a b': c}}}",
                "name",
            ),
            ("{effect: {kind: redirect, to: \"a\\nb\"}}", "location"),
            (
                "{effect: {kind: contentType, value: \"a\\nb\"}}",
                "content-type",
            ),
        ];
        for (yaml, reason) in table {
            let why = parsed(yaml).unwrap_err();
            assert!(why.contains(reason), "{yaml}: {why}");
        }
    }
}
