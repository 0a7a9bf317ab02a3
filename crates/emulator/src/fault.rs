//! Faults on demand: what goes wrong, for which requests, and how often.

use std::time::Duration;

use jiff::SignedDuration;

use crate::host::Host;
use crate::wire::Operation;

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This answer instead of the real one; the request has no effect.
    Status {
        /// HTTP status.
        status: u16,
        /// The body as it is sent.
        body: String,
        /// Further headers.
        headers: Vec<(String, String)>,
    },
    /// The gateway's 503 with the code 500; the request has no effect.
    Unavailable,
    /// The gateway's 504 with the code 510; the request has no effect.
    GatewayTimeout,
    /// The gateway's 429 with the code 410; the request has no effect.
    Throttled {
        /// `Retry-After`, in whole seconds.
        retry_after: Option<Duration>,
    },
    /// Another host, with the status 307; the request has no effect.
    Redirect(String),
    /// The connection is closed without an answer; the request has no effect.
    Cut,
    /// The answer waits, in real time, before the request has its effect.
    Delay(Duration),
    /// The headers of the real answer arrive, and its body never does.
    Stall,
    /// Half of the real body arrives as if it were the whole.
    TruncatedJson,
    /// The real answer under another `Content-Type`.
    ContentType(String),
    /// A success with so many bytes instead of the real body.
    HugeBody(u64),
    /// The real answer without its body.
    EmptyBody,
    /// The real answer with a `Date` that is off by so much.
    WrongDate(SignedDuration),
}

/// A fault that waits for its requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    effect: Effect,
    operation: Option<Operation>,
    secret: Option<String>,
    access_key: Option<String>,
    host: Option<Host>,
    metadata: bool,
    times: Option<u32>,
    probability: f64,
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

/// What of a request decides about faults.
pub(crate) struct Subject<'a> {
    pub operation: Option<Operation>,
    pub secret: Option<&'a str>,
    pub access_key: Option<&'a str>,
    /// None for the metadata service.
    pub host: Option<Host>,
}

impl Subject<'_> {
    pub(crate) const METADATA: Self = Self {
        operation: None,
        secret: None,
        access_key: None,
        host: None,
    };
}

/// The faults that wait.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The effects on a request, in the order in which their faults were added. Uses up faults with a number.
    pub(crate) fn draw(&mut self, subject: &Subject) -> Vec<Effect> {
        let mut effects = Vec::new();
        for fault in &mut self.0 {
            if fault.fits(subject) && fastrand::f64() < fault.probability {
                fault.times = fault.times.map(|left| left.saturating_sub(1));
                effects.push(fault.effect.clone());
            }
        }
        self.0.retain(|fault| fault.times != Some(0));
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject = Subject {
        operation: Some(Operation::GetSecretDetail),
        secret: Some("one"),
        access_key: Some("key"),
        host: Some(Host::KrRegional),
    };

    fn drawn(fault: Fault) -> usize {
        let mut faults = Faults::default();
        faults.add(fault);
        faults.draw(&SUBJECT).len()
    }

    #[test]
    fn a_fault_keeps_to_its_requests() {
        let any = || Fault::new(Effect::Cut);
        let table = [
            (any(), 1),
            (any().operation(Operation::GetSecretDetail), 1),
            (any().operation(Operation::GetSecretList), 0),
            (any().secret("one"), 1),
            (any().secret("two"), 0),
            (any().access_key("key"), 1),
            (any().access_key("other"), 0),
            (any().host(Host::KrRegional), 1),
            (any().host(Host::KrGlobal), 0),
            (any().metadata(), 0),
            (any().probability(0.0), 0),
        ];
        for (fault, effects) in table {
            assert_eq!(drawn(fault.clone()), effects, "{fault:?}");
        }
    }

    #[test]
    fn the_metadata_service_has_its_own_faults() {
        let any = || Fault::new(Effect::Cut);
        let table = [
            (any().metadata(), 1),
            (any(), 0),
            (any().metadata().host(Host::KrRegional), 0),
        ];
        for (fault, effects) in table {
            let mut faults = Faults::default();
            faults.add(fault);
            assert_eq!(faults.draw(&Subject::METADATA).len(), effects);
        }
    }

    #[test]
    fn a_fault_with_a_number_is_used_up_by_the_requests_it_fits() {
        let mut faults = Faults::default();
        faults.add(Fault::new(Effect::Cut).secret("one").times(2));
        let other = Subject {
            secret: Some("two"),
            ..SUBJECT
        };
        let counts = [&SUBJECT, &other, &SUBJECT, &SUBJECT].map(|it| faults.draw(it).len());
        assert_eq!(counts, [1, 0, 1, 0]);
    }
}
