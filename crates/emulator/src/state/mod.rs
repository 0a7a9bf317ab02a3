//! The state machine: every secret, trigger and protection key of one account.
//!
//! It is pure: the moment is an argument of every transition, and what happens by itself happens in
//! [`State::advance`].

mod advance;
mod chain;
mod change;
mod creation;
mod find;
mod http_action;
mod invocations;
mod job;
mod lifecycle;
mod log;
mod protection;
mod random;
mod reading;
mod refusal;
mod rehearsal;
mod rotation;
mod save;
mod schedule;
mod secret;
mod surroundings;
mod text;
mod trigger;
mod triggers_and_keys;
mod value;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use fastrand::Rng;
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::behavior::Behavior;
use save::Unsaved;
use surroundings::Surroundings;

pub use chain::{Chain, Stage};
pub use change::{ChainUpdate, Change, StageUpdate};
pub use creation::{NewSecret, Rotation};
pub use find::FindError;
pub use http_action::{ActionUrl, CallOutcome, HttpAction, Invocation};
pub use job::{Cause, Job, JobStep};
pub use log::{Log, LogEntry};
pub use protection::{Boundary, Cipher, KeyName, Protection, ProtectionChoice, ProtectionKey};
pub use random::{DEFAULT_LENGTH, RandomText};
pub use refusal::Refusal;
pub use schedule::DEFAULT_PERIOD;
pub use secret::{AutomaticRotation, LastRotation, Lifecycle, Phase, Region, Secret};
pub use text::Text;
pub use trigger::{Action, Trigger};
pub use triggers_and_keys::Unfit;
pub use value::{LARGEST_VALUE, MOST_PAIRS};

/// Lines of one log that are kept at most, and at least.
const MOST_KEPT: usize = 1_000;
const FEWEST_KEPT: usize = 100;
/// Lines of all logs together, unless there are more secrets than this has hundreds.
const MOST_LINES: usize = 1_000_000;

/// Everything Secret Manager knows.
pub struct State {
    behavior: Behavior,
    /// In the order of creation; destroyed ones stay by name.
    secrets: IndexMap<String, Secret>,
    /// The identifiers of the secrets that ever had a name.
    named: HashMap<String, Vec<String>>,
    triggers: IndexMap<String, Trigger>,
    protection_keys: IndexMap<String, ProtectionKey>,
    logs: HashMap<String, Log>,
    /// The secrets that change by themselves, by the moment of their next change.
    due: BTreeSet<(Timestamp, String)>,
    /// The secrets whose HTTP action has still to be called.
    to_call: BTreeSet<String>,
    random: Rng,
    /// What a state file lacks; none while there is no state file.
    unsaved: Option<Unsaved>,
}

impl State {
    /// An empty state. Equal seeds give equal identifiers, tokens and random values.
    #[must_use]
    pub fn new(behavior: Behavior, seed: u64) -> Self {
        Self {
            behavior,
            secrets: IndexMap::new(),
            named: HashMap::new(),
            triggers: IndexMap::new(),
            protection_keys: IndexMap::new(),
            logs: HashMap::new(),
            due: BTreeSet::new(),
            to_call: BTreeSet::new(),
            random: Rng::with_seed(seed),
            unsaved: None,
        }
    }

    /// The switches as they are.
    #[must_use]
    pub const fn behavior(&self) -> &Behavior {
        &self.behavior
    }

    /// Moves switches.
    pub fn behave(&mut self, change: impl FnOnce(&mut Behavior)) {
        change(&mut self.behavior);
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.behavior = true;
        }
        self.due = self
            .secrets
            .values()
            .filter_map(|secret| Some((secret.due(&self.behavior)?, secret.id.clone())))
            .collect();
    }

    /// Lets everything happen for which the time has come, each at its own moment.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some((moment, id)) = self.due.first().cloned()
            && moment <= now
        {
            self.due.pop_first();
            if let Some((secret, mut around)) = self.part(&id) {
                while secret.pass_time(&mut around, moment, now) {}
            }
            self.expect_change(&id);
        }
    }

    /// When something will happen by itself next.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(moment, _)| *moment)
    }

    /// A secret by its identifier, also a destroyed one.
    #[must_use]
    pub fn secret(&self, id: &str) -> Option<&Secret> {
        self.secrets.get(id)
    }

    /// Every secret that is not destroyed, oldest first.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secrets
            .values()
            .filter(|secret| secret.lifecycle != Lifecycle::Destroyed)
    }

    /// Changes one secret.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] of the rule that forbids it; the state is then as before.
    pub fn apply(&mut self, id: &str, change: Change, now: Timestamp) -> Result<&Secret, Refusal> {
        self.forget_change(id);
        let applied = match self.part(id) {
            Some((secret, mut around)) if secret.lifecycle != Lifecycle::Destroyed => {
                secret.apply(change, &mut around, now)
            }
            _ => Err(Refusal::SecretNotFound),
        };
        self.expect_change(id);
        applied?;
        self.secrets.get(id).ok_or(Refusal::SecretNotFound)
    }

    /// Whether a stage could have a value.
    ///
    /// # Errors
    ///
    /// [`Refusal::InvalidValue`].
    pub fn check_value(&self, value: &Text) -> Result<(), Refusal> {
        value::check(value, &self.behavior)
    }

    /// Puts a text into a stage without any check, as only a test of a client wants it.
    ///
    /// # Errors
    ///
    /// [`Refusal::SecretNotFound`].
    pub fn set_raw_value(
        &mut self,
        id: &str,
        stage: Stage,
        value: Option<Text>,
    ) -> Result<(), Refusal> {
        let secret = self.secrets.get_mut(id).ok_or(Refusal::SecretNotFound)?;
        secret.chain.set(stage, value);
        self.note_secret(id);
        Ok(())
    }

    /// Makes random text for a job.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`], see [`RandomText::generate`].
    pub fn random_text(&mut self, kind: &RandomText) -> Result<Text, Refusal> {
        kind.generate(&mut self.random)
    }

    /// A secret's log.
    #[must_use]
    pub fn log(&self, id: &str) -> Option<&Log> {
        self.logs.get(id)
    }

    /// Adds a line to a secret's log; a secret that does not exist has none.
    pub fn record(&mut self, id: &str, entry: LogEntry) {
        let most = self.lines_kept();
        if let Some(log) = self.logs.get_mut(id) {
            log.push(entry);
            log.keep(most);
            self.note_log(id);
        }
    }

    /// So many lines of each log are kept that all logs together stay bounded.
    fn lines_kept(&self) -> usize {
        (MOST_LINES / self.secrets.len().max(1)).clamp(FEWEST_KEPT, MOST_KEPT)
    }

    fn note_log(&mut self, id: &str) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.logs.extend(self.secrets.get_index_of(id));
        }
    }

    fn note_secret(&mut self, id: &str) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.secrets.extend(self.secrets.get_index_of(id));
        }
    }

    /// One secret and, apart from it, what it needs to change.
    fn part(&mut self, id: &str) -> Option<(&mut Secret, Surroundings<'_>)> {
        self.note_secret(id);
        self.note_log(id);
        let most = self.lines_kept();
        let secret = self.secrets.get_mut(id)?;
        let log = self.logs.entry(id.to_owned()).or_default();
        log.keep(most);
        let around = Surroundings {
            behavior: &self.behavior,
            triggers: &self.triggers,
            protection_keys: &self.protection_keys,
            random: &mut self.random,
            to_call: &mut self.to_call,
            log,
        };
        Some((secret, around))
    }

    fn forget_change(&mut self, id: &str) {
        let due = self
            .secrets
            .get(id)
            .and_then(|secret| secret.due(&self.behavior));
        if let Some(moment) = due {
            self.due.remove(&(moment, id.to_owned()));
        }
    }

    fn expect_change(&mut self, id: &str) {
        let due = self
            .secrets
            .get(id)
            .and_then(|secret| secret.due(&self.behavior));
        if let Some(moment) = due {
            self.due.insert((moment, id.to_owned()));
        }
    }
}
