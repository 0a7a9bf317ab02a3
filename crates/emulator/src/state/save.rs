//! What of the state is written into a state file, and how it is read back.

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;

use super::{Log, Secret, State};
use crate::store::{Entries, Entry, LOGS, Unreadable};

const BEHAVIOR: &str = "behavior";
const RANDOM: &str = "random";
const SECRETS: &str = "secret/";
const TRIGGERS: &str = "trigger/";
const PROTECTION_KEYS: &str = "protectionKey/";

/// What has changed since it was last written. Numbers are places in the order of creation.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    pub(super) behavior: bool,
    pub(super) secrets: BTreeSet<usize>,
    pub(super) logs: BTreeSet<usize>,
    pub(super) triggers: BTreeSet<usize>,
    pub(super) protection_keys: BTreeSet<usize>,
}

impl State {
    /// Reads what a state file holds.
    pub(crate) fn restored(entries: &Entries) -> Result<Self, Unreadable> {
        let behavior = entries.one(BEHAVIOR)?.unwrap_or_default();
        let random = entries.one(RANDOM)?.unwrap_or_default();
        let mut state = Self::new(behavior, random);
        for (number, secret) in entries.all::<Secret>(SECRETS).enumerate() {
            state.put_back(number, secret?, entries)?;
        }
        for trigger in entries.all(TRIGGERS) {
            state.put_trigger(trigger?);
        }
        for key in entries.all(PROTECTION_KEYS) {
            state.put_protection_key(key?);
        }
        // Arms what happens by itself.
        state.behave(|_| ());
        Ok(state)
    }

    fn put_back(
        &mut self,
        number: usize,
        secret: Secret,
        entries: &Entries,
    ) -> Result<(), Unreadable> {
        let prefix = log_prefix(number);
        let lines: VecDeque<_> = entries.all(&prefix).collect::<Result<_, _>>()?;
        let first = entries.names(&prefix).next();
        let first = first.and_then(|number| number.parse().ok());
        let log = Log::restored(first.unwrap_or_default(), lines);
        self.logs.insert(secret.id.clone(), log);
        self.named
            .entry(secret.name.clone())
            .or_default()
            .push(secret.id.clone());
        if secret.job.as_ref().is_some_and(|job| job.uncalled) {
            self.to_call.insert(secret.id.clone());
        }
        self.secrets.insert(secret.id.clone(), secret);
        Ok(())
    }

    /// From now on, what changes is noted for the state file.
    pub(crate) fn begin_noting(&mut self) {
        self.unsaved = Some(Unsaved::default());
    }

    /// Everything, for a state file that holds nothing.
    pub(crate) fn entries(&mut self) -> Vec<Entry> {
        self.unsaved = Some(Unsaved {
            behavior: true,
            secrets: (0..self.secrets.len()).collect(),
            logs: (0..self.secrets.len()).collect(),
            triggers: (0..self.triggers.len()).collect(),
            protection_keys: (0..self.protection_keys.len()).collect(),
        });
        self.take_unsaved()
    }

    /// What the state file lacks.
    pub(crate) fn take_unsaved(&mut self) -> Vec<Entry> {
        let Some(noted) = self.unsaved.as_mut().map(std::mem::take) else {
            return Vec::new();
        };
        let mut entries = Vec::new();
        if noted.behavior {
            entries.push(Entry::new(BEHAVIOR, &self.behavior));
        }
        for number in &noted.secrets {
            if let Some((_, secret)) = self.secrets.get_index(*number) {
                entries.push(Entry::new(numbered(SECRETS, *number), secret));
            }
        }
        if noted.behavior || !noted.secrets.is_empty() {
            entries.push(Entry::new(RANDOM, &self.random.get_seed()));
        }
        for number in &noted.triggers {
            let trigger = self.triggers.get_index(*number);
            entries.push(written(TRIGGERS, *number, trigger));
        }
        for number in &noted.protection_keys {
            let key = self.protection_keys.get_index(*number);
            entries.push(written(PROTECTION_KEYS, *number, key));
        }
        for number in noted.logs {
            self.add_log_entries(number, &mut entries);
        }
        entries
    }

    fn add_log_entries(&mut self, number: usize, entries: &mut Vec<Entry>) {
        let secret = self.secrets.get_index(number);
        let Some(log) = secret.and_then(|(id, _)| self.logs.get_mut(id)) else {
            return;
        };
        let name = |line: u64| format!("{}{line:016}", log_prefix(number));
        let (gone, new) = log.take_unsaved();
        entries.extend(gone.into_iter().map(|line| Entry::removed(name(line))));
        entries.extend(
            new.into_iter()
                .map(|(line, entry)| Entry::new(name(line), entry)),
        );
    }
}

/// What stands in a place, or that nothing stands there any more.
fn written(prefix: &str, number: usize, held: Option<(&String, &impl Serialize)>) -> Entry {
    match held {
        Some((_, held)) => Entry::new(numbered(prefix, number), held),
        None => Entry::removed(numbered(prefix, number)),
    }
}

fn numbered(prefix: &str, number: usize) -> String {
    format!("{prefix}{number:010}")
}

fn log_prefix(number: usize) -> String {
    format!("{LOGS}{number:010}/")
}
