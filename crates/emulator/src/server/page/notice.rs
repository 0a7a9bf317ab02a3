//! What a page tells of what was just done: one of a closed set, so that an address cannot put words into it.

use serde::Serialize;

use super::button::Button;
use crate::server::admin::NotSteered;
use crate::state::{Lifecycle, Phase, Refusal};

/// The refusals that a button can meet, by their codes in addresses.
const REFUSALS: [(&str, Refusal); 12] = [
    ("status-enable", Refusal::WrongLifecycle(Lifecycle::Enable)),
    (
        "status-disable",
        Refusal::WrongLifecycle(Lifecycle::Disable),
    ),
    ("status-revoke", Refusal::WrongLifecycle(Lifecycle::Revoke)),
    (
        "status-rotating",
        Refusal::WrongLifecycle(Lifecycle::Rotating),
    ),
    ("phase-none", Refusal::WrongPhase(Phase::None)),
    ("phase-rotating", Refusal::WrongPhase(Phase::Rotating)),
    ("phase-failed", Refusal::WrongPhase(Phase::RotationFailed)),
    ("no-trigger", Refusal::NoTrigger),
    ("nothing-to-roll-back", Refusal::NothingToRollBack),
    ("no-secret", Refusal::SecretNotFound),
    ("automatic-on", Refusal::AutomaticRotationOn),
    ("automatic-off", Refusal::AutomaticRotationOff),
];

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    Done(Button),
    /// A refusal without a code is told as that it was refused only.
    Refused(Button, Option<Refusal>),
    Clock(ClockNotice),
}

/// What happened to the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClockNotice {
    Moved,
    Frozen,
    Runs,
    WrongSpan,
    WrongSpeed,
    NotSteered,
}

impl ClockNotice {
    const ALL: [Self; 6] = [
        Self::Moved,
        Self::Frozen,
        Self::Runs,
        Self::WrongSpan,
        Self::WrongSpeed,
        Self::NotSteered,
    ];
}

/// A notice as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ShownNotice {
    refused: bool,
    text: String,
}

impl Notice {
    /// Of a button that was pressed.
    pub(super) fn of(button: Button, pressed: Result<(), Refusal>) -> Self {
        match pressed {
            Ok(()) => Self::Done(button),
            Err(refusal) => {
                let coded = REFUSALS.iter().any(|(_, known)| *known == refusal);
                Self::Refused(button, coded.then_some(refusal))
            }
        }
    }

    /// The notice of a code, if there is one.
    pub(super) fn find(code: &str) -> Option<Self> {
        Self::all().find(|notice| notice.code() == code)
    }

    /// Its code in addresses.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Done(button) => button.word().to_owned(),
            Self::Refused(button, refusal) => {
                let coded = REFUSALS
                    .iter()
                    .find(|(_, known)| Some(known) == refusal.as_ref());
                let why = coded.map_or("refused", |(code, _)| code);
                format!("{}.{why}", button.word())
            }
            Self::Clock(clock) => match clock {
                ClockNotice::Moved => "clock-moved",
                ClockNotice::Frozen => "clock-frozen",
                ClockNotice::Runs => "clock-runs",
                ClockNotice::WrongSpan => "clock-wrong-span",
                ClockNotice::WrongSpeed => "clock-wrong-speed",
                ClockNotice::NotSteered => "clock-not-steered",
            }
            .to_owned(),
        }
    }

    pub(super) fn shown(&self) -> ShownNotice {
        let (refused, text) = match self {
            Self::Done(button) => (false, button.done().to_owned()),
            Self::Refused(button, refusal) => {
                let why = refusal.as_ref().map(|refusal| format!(": {refusal}"));
                let label = button.label().trim_end_matches('…');
                (
                    true,
                    format!("“{label}” was refused{}.", why.unwrap_or_default()),
                )
            }
            Self::Clock(clock) => clock.told(),
        };
        ShownNotice { refused, text }
    }

    fn all() -> impl Iterator<Item = Self> {
        let refusals = |button| {
            let coded = REFUSALS.into_iter().map(|(_, refusal)| Some(refusal));
            coded
                .chain([None])
                .map(move |refusal| Self::Refused(button, refusal))
        };
        Button::all()
            .flat_map(move |button| std::iter::once(Self::Done(button)).chain(refusals(button)))
            .chain(ClockNotice::ALL.map(Self::Clock))
    }
}

impl ClockNotice {
    fn told(self) -> (bool, String) {
        match self {
            Self::Moved => (false, "The clock was moved forward.".to_owned()),
            Self::Frozen => (false, "The clock is frozen.".to_owned()),
            Self::Runs => (false, "The clock runs.".to_owned()),
            Self::WrongSpan => (
                true,
                "The clock was not moved: the span must be a whole number from 1 to 10000."
                    .to_owned(),
            ),
            Self::WrongSpeed => (
                true,
                "The speed was not changed: it must be a number from 0 to 1000000000.".to_owned(),
            ),
            Self::NotSteered => (true, format!("Refused: {}.", NotSteered::MachineClock)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_notice_is_found_by_its_own_code() {
        let codes: HashSet<_> = Notice::all().map(|notice| notice.code()).collect();
        assert_eq!(codes.len(), Notice::all().count());
        for notice in Notice::all() {
            assert_eq!(Notice::find(&notice.code()), Some(notice));
        }
        for unknown in ["", "disable.", "disable.<b>", "Disable", "disable.status"] {
            assert_eq!(Notice::find(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_its_own_words() {
        let refused = Err(Refusal::WrongLifecycle(Lifecycle::Revoke));
        let told = Notice::of(Button::Disable, refused).shown();
        assert_eq!(
            told.text,
            "“Disable” was refused: not possible in the status REVOKE."
        );
        let unforeseen = Notice::of(Button::Delete, Err(Refusal::NameTaken)).shown();
        assert_eq!(unforeseen.text, "“Delete for good” was refused.");
        assert!(told.refused && unforeseen.refused);
    }
}
