//! The faults that wait for their requests.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Effect, Fault};
use crate::host::Host;
use crate::wire::Operation;

/// Names a fault from when it was added; no two faults of an emulator ever have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(u64);

impl fmt::Display for FaultId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
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

/// The faults that wait, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Faults {
    waiting: Vec<(FaultId, Fault)>,
    added: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        self.added += 1;
        let id = FaultId(self.added);
        self.waiting.push((id, fault));
        id
    }

    /// Each with what is left of its number.
    pub(crate) fn waiting(&self) -> &[(FaultId, Fault)] {
        &self.waiting
    }

    /// Removes a fault. Returns whether it still waited.
    pub(crate) fn remove(&mut self, id: FaultId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(other, _)| *other != id);
        self.waiting.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// The effects on a request, in the order in which their faults were added. Uses up faults with a number.
    pub(crate) fn draw(&mut self, subject: &Subject) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (_, fault) in &mut self.waiting {
            if fault.fits(subject) && fastrand::f64() < fault.probability {
                fault.times = fault.times.map(|left| left.saturating_sub(1));
                effects.push(fault.effect.clone());
            }
        }
        self.waiting.retain(|(_, fault)| fault.times != Some(0));
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

    #[test]
    fn a_fault_is_listed_with_what_is_left_and_removed_alone() {
        let mut faults = Faults::default();
        let first = faults.add(Fault::new(Effect::Cut).times(3));
        let second = faults.add(Fault::new(Effect::Stall));
        faults.draw(&SUBJECT);
        let left = Fault::new(Effect::Cut).times(2);
        let rest = (second, Fault::new(Effect::Stall));
        assert_eq!(faults.waiting(), [(first, left), rest.clone()]);
        assert!(faults.remove(first));
        assert!(!faults.remove(first));
        assert_eq!(faults.waiting(), [rest]);
        assert_ne!(faults.add(Fault::new(Effect::Cut)), first);
    }
}
