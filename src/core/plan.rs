//! The exact write that makes the Secret what it should be, or none.
//!
//! A plan never overwrites blindly: a new Secret is created, which fails when one is there, and an existing one is
//! changed on condition that it is still the one that was observed.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Content;
use super::observed::{Claim, Observed};
use super::request::Request;
use super::trouble::Trouble;
use crate::api::{CONTENT, CreationPolicy, MANAGED_BY, MANAGER, OWNER, OWNER_UID};

/// What to do with the target.
#[derive(Debug, PartialEq, Eq)]
pub enum Plan {
    /// It is as it should be.
    Nothing,
    /// Create it.
    Create(Creation),
    /// Change the one that was observed.
    Change(Change),
}

/// Everything of a new Secret but its content.
#[derive(Debug, PartialEq, Eq)]
pub struct Creation {
    /// All its labels.
    pub labels: BTreeMap<String, String>,
    /// All its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Whether it names the object as its owner.
    pub owned: bool,
}

/// A change of a Secret that holds only for the UID and version that were observed.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// UID that it must still have.
    pub uid: String,
    /// Version that it must still have.
    pub resource_version: String,
    /// Labels to set and to take back.
    pub labels: MapChange,
    /// Annotations to set and to take back.
    pub annotations: MapChange,
    /// Whether the owner references change, and to what.
    pub owned: Option<bool>,
    /// Whether the content is written, whole.
    pub content: bool,
}

/// A change of labels or annotations that leaves those of others alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MapChange {
    /// Whether there is no such map yet.
    pub absent: bool,
    /// To set.
    pub set: BTreeMap<String, String>,
    /// To take back.
    pub remove: BTreeSet<String>,
}

impl MapChange {
    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// Compares what should be with what is.
///
/// `settled` is the version at which our own last write for the same spec left the Secret, if this process wrote it: at
/// that version all is as it should be, whoever else is named as a writer of equal bytes, labels or annotations.
///
/// # Errors
///
/// [`Trouble::NotOwned`] when the Secret is not the object's to write.
pub fn plan(
    request: &Request,
    observed: Option<&Observed>,
    settled: Option<&str>,
    content: &Content<'_>,
    mark: &str,
) -> Result<Plan, Trouble> {
    let wanted = Wanted::of(request, mark);
    let Some(observed) = observed else {
        return Ok(Plan::Create(Creation {
            labels: wanted.labels,
            annotations: wanted.annotations,
            owned: wanted.owned,
        }));
    };
    let adopts = match claim(request, observed)? {
        Claim::Orphaned => true,
        Claim::Ours | Claim::Foreign(_) => false,
    };
    let settled = settled == Some(observed.resource_version.as_str());
    if settled && observed.content.as_deref() == Some(mark) {
        return Ok(Plan::Nothing);
    }
    let edited = observed.foreign_writer.is_some() && !settled;
    let equal = observed.content.as_deref() == Some(mark) && content.has_keys(observed.keys.iter());
    let change = Change {
        uid: observed.uid.clone(),
        resource_version: observed.resource_version.clone(),
        labels: map_change(
            observed.labels.as_ref(),
            &observed.our_labels,
            wanted.labels,
        ),
        annotations: map_change(
            observed.annotations.as_ref(),
            &observed.our_annotations,
            wanted.annotations,
        ),
        owned: owner_changes(request, observed).then_some(wanted.owned),
        content: adopts || edited || !equal,
    };
    if change.content
        || change.owned.is_some()
        || !change.labels.is_empty()
        || !change.annotations.is_empty()
    {
        Ok(Plan::Change(change))
    } else {
        Ok(Plan::Nothing)
    }
}

/// Whether the object may write the Secret that is there.
///
/// # Errors
///
/// [`Trouble::NotOwned`] when it may not.
pub fn claim(request: &Request, observed: &Observed) -> Result<Claim, Trouble> {
    match observed.claimed_by(&request.object.name, &request.uid) {
        Claim::Foreign(holder) => Err(Trouble::NotOwned { holder }),
        claim => Ok(claim),
    }
}

/// Whether the metadata of the Secret alone show that somebody changed it, or that the spec now wants other metadata.
///
/// `known_keys` are the keys that it was last written with.
#[must_use]
pub fn drifted(
    request: &Request,
    observed: &Observed,
    settled: Option<&str>,
    known_keys: &[String],
) -> bool {
    if settled == Some(observed.resource_version.as_str()) && observed.content.is_some() {
        return false;
    }
    let wanted = Wanted::of(request, observed.content.as_deref().unwrap_or_default());
    let labels = map_change(
        observed.labels.as_ref(),
        &observed.our_labels,
        wanted.labels,
    );
    let annotations = map_change(
        observed.annotations.as_ref(),
        &observed.our_annotations,
        wanted.annotations,
    );
    observed.content.is_none()
        || observed.foreign_writer.is_some()
        || !observed.keys.iter().eq(known_keys.iter())
        || owner_changes(request, observed)
        || !labels.is_empty()
        || !annotations.is_empty()
}

/// Whether the content of the Secret is not what was last written, as far as metadata tell.
///
/// `written` are the keys and the content annotation of that time.
#[must_use]
pub fn content_edited(
    observed: &Observed,
    settled: Option<&str>,
    (keys, mark): (&[String], Option<&str>),
) -> bool {
    if settled == Some(observed.resource_version.as_str()) {
        return false;
    }
    let is_of_that_time = mark.is_some() && observed.content.as_deref() == mark;
    observed.foreign_writer.is_some()
        || observed.content.is_none()
        || (is_of_that_time && !observed.keys.iter().eq(keys.iter()))
}

struct Wanted {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    owned: bool,
}

impl Wanted {
    fn of(request: &Request, mark: &str) -> Self {
        let mut labels = request.target.labels.clone();
        labels.insert(MANAGED_BY.into(), MANAGER.into());
        let mut annotations = request.target.annotations.clone();
        annotations.insert(OWNER.into(), request.object.name.clone());
        annotations.insert(OWNER_UID.into(), request.uid.clone());
        annotations.insert(CONTENT.into(), mark.into());
        Self {
            labels,
            annotations,
            owned: request.target.policy == CreationPolicy::Owner,
        }
    }
}

fn owner_changes(request: &Request, observed: &Observed) -> bool {
    match request.target.policy {
        CreationPolicy::Owner => !observed.is_controlled_by(&request.uid),
        CreationPolicy::Orphan => observed.is_collected_with(&request.uid),
    }
}

fn map_change(
    present: Option<&BTreeMap<String, String>>,
    ours: &BTreeSet<String>,
    wanted: BTreeMap<String, String>,
) -> MapChange {
    let empty = BTreeMap::new();
    let there = present.unwrap_or(&empty);
    MapChange {
        absent: present.is_none(),
        remove: ours
            .iter()
            .filter(|key| there.contains_key(*key) && !wanted.contains_key(*key))
            .cloned()
            .collect(),
        set: wanted
            .into_iter()
            .filter(|(key, value)| there.get(key) != Some(value))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
