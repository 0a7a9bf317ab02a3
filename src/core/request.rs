//! What a spec asks for, typed and validated once: nothing behind this file checks a field again.

mod keys;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

pub use self::keys::{ChosenKey, Keys, Origin};
pub use self::names::is_secret_key;
use self::names::{is_allowed_type, is_name_part, is_qualified_name, is_secret_id, is_secret_name};
pub(super) use self::names::{is_name_of_key, is_subdomain};
use super::remote::{SourceRef, Wanted};
use super::trouble::{SpecError, Trouble};
use crate::api::terms::Stage;
use crate::api::{
    CreationPolicy, DeletionPolicy, FORCE_SYNC, MANAGED_BY, NcpSecret, NcpSecretSpec,
    PendingPolicy, RESERVED_PREFIX, Refresh, RefreshPolicy, Rotation, Source, StoreKind,
    WorkloadRef,
};

/// Names an object: namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Names a store from the point of view of one namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreKey {
    /// Which of the two kinds.
    pub kind: StoreKind,
    /// The namespace of an `NcpSecretStore`; none for the cluster's kind.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// A validated spec with all defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The object that asks.
    pub object: ObjectKey,
    /// Its UID, which tells it from an earlier object of the same name.
    pub uid: String,
    /// The generation of its spec.
    pub generation: i64,
    /// When it was created; of two that claim one target the older has it.
    pub created: Timestamp,
    /// Where to read.
    pub store: StoreKey,
    /// What to read.
    pub source: SourceRef,
    /// Which value of the chain.
    pub stage: Stage,
    /// What the names of keys with the PENDING value end in; none when that value is not to be seen.
    pub pending_suffix: Option<String>,
    /// Whether nothing is to be read or written.
    pub suspended: bool,
    /// What makes us look.
    pub policy: RefreshPolicy,
    /// Longest time between two looks.
    pub interval: SignedDuration,
    /// How long looks may fail before Ready turns False.
    pub stale_after: SignedDuration,
    /// The Secret to write.
    pub target: TargetRequest,
    /// Its keys.
    pub keys: Keys,
    /// What is restarted when a key that it consumes changes, each once.
    pub restart: Vec<WorkloadRef>,
}

impl Request {
    /// Which values of the chain a look has to bring back.
    #[must_use]
    pub const fn wanted(&self) -> Wanted {
        match self.pending_suffix {
            Some(_) => Wanted::ActiveAndPending,
            None => Wanted::Stage(self.stage),
        }
    }
}

/// The Secret to write, apart from its content.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetRequest {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_: String,
    /// Labels besides our own.
    pub labels: BTreeMap<String, String>,
    /// Annotations besides our own.
    pub annotations: BTreeMap<String, String>,
    /// Whether it is collected with its object.
    pub policy: CreationPolicy,
    /// Whether it goes with its source.
    pub deletion: DeletionPolicy,
}

const DEFAULT_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
const SHORTEST: SignedDuration = SignedDuration::from_secs(30);
const LONGEST: SignedDuration = SignedDuration::from_hours(8760);
const LEAST_STALE_AFTER: SignedDuration = SignedDuration::from_mins(15);

const LONGEST_TIME: usize = 16;

const DEFAULT_PENDING_SUFFIX: &str = "_PENDING";

/// The longest force-sync annotation that status echoes whole, in characters.
const LONGEST_ECHO: usize = 253;

// Bounds that the schema holds too; an object stored before a bound was in it gets past the schema.
const MOST_LABELS: usize = 32;
const LONGEST_ANNOTATION: usize = 4096;
const MOST_WORKLOADS: usize = 16;

/// The most bytes for annotations. Kubernetes takes 256 KiB for all of an object; the rest is for ours and everybody
/// else's.
const MOST_ANNOTATED: usize = 240 * 1024;
const LONGEST_SUFFIX: usize = 64;

/// Turns an object into a request.
///
/// # Errors
///
/// The first thing in the spec that cannot be done, as the trouble that its status will tell.
pub fn parse(object: &NcpSecret) -> Result<Request, Trouble> {
    let metadata = &object.metadata;
    let spec = &object.spec;
    let object_key = ObjectKey {
        namespace: metadata.namespace.clone().unwrap_or_default(),
        name: metadata.name.clone().unwrap_or_default(),
    };
    let refresh = spec.refresh.clone().unwrap_or_default();
    let (interval, stale_after) = times(&refresh)?;
    let stage = spec.source.stage.unwrap_or_default();
    let keys = keys::parse(spec.data.as_deref(), spec.all_keys.as_ref())?;
    let pending_suffix = pending_suffix(spec.rotation.as_ref(), stage)?;
    if let Some(suffix) = &pending_suffix {
        keys.check_twins(suffix)?;
    }
    Ok(Request {
        uid: metadata.uid.clone().unwrap_or_default(),
        generation: metadata.generation.unwrap_or_default(),
        created: metadata
            .creation_timestamp
            .as_ref()
            .map_or(Timestamp::UNIX_EPOCH, |time| time.0),
        store: store(spec, &object_key.namespace)?,
        source: source(&spec.source)?,
        stage,
        pending_suffix,
        suspended: spec.suspend.unwrap_or_default(),
        policy: refresh.policy.unwrap_or_default(),
        interval,
        stale_after,
        target: target(spec, &object_key.name)?,
        keys,
        restart: workloads(spec.restart.as_deref().unwrap_or_default())?,
        object: object_key,
    })
}

/// The force-sync annotation, as far as status can echo it; it counts whatever the spec says.
#[must_use]
pub fn force_sync(annotations: Option<&BTreeMap<String, String>>) -> Option<String> {
    let text = annotations?.get(FORCE_SYNC)?;
    Some(text.chars().take(LONGEST_ECHO).collect())
}

fn store(spec: &NcpSecretSpec, namespace: &str) -> Result<StoreKey, SpecError> {
    let kind = spec.store_ref.kind.unwrap_or_default();
    if !is_subdomain(&spec.store_ref.name) {
        return Err(SpecError::StoreName);
    }
    Ok(StoreKey {
        kind,
        namespace: (kind == StoreKind::NcpSecretStore).then(|| namespace.to_owned()),
        name: spec.store_ref.name.clone(),
    })
}

fn source(source: &Source) -> Result<SourceRef, SpecError> {
    match (&source.secret_id, &source.secret_name) {
        (Some(id), None) if is_secret_id(id) => Ok(SourceRef::Id(id.clone())),
        (None, Some(name)) if is_secret_name(name) => Ok(SourceRef::Name(name.clone())),
        (Some(_), None) => Err(SpecError::SecretId),
        (None, Some(_)) => Err(SpecError::SecretName),
        _ => Err(SpecError::NotOneSource),
    }
}

fn pending_suffix(rotation: Option<&Rotation>, stage: Stage) -> Result<Option<String>, SpecError> {
    let rotation = rotation.cloned().unwrap_or_default();
    let suffix = rotation.pending_suffix.as_deref();
    if suffix.is_some_and(|suffix| suffix.len() > LONGEST_SUFFIX || !is_name_of_key(suffix)) {
        return Err(SpecError::PendingSuffix);
    }
    match (rotation.pending.unwrap_or_default(), stage) {
        (PendingPolicy::Ignore, _) => Ok(None),
        (PendingPolicy::Expose, Stage::Active) => {
            Ok(Some(suffix.unwrap_or(DEFAULT_PENDING_SUFFIX).to_owned()))
        }
        (PendingPolicy::Expose, Stage::Previous | Stage::Pending) => Err(SpecError::PendingStage),
    }
}

fn times(refresh: &Refresh) -> Result<(SignedDuration, SignedDuration), SpecError> {
    let interval = refresh.interval.as_deref();
    let stale_after = refresh.stale_after.as_deref();
    let interval = interval.map_or(Ok(DEFAULT_INTERVAL), |text| time("refresh.interval", text))?;
    let stale_after = stale_after.map_or_else(
        || Ok(interval.saturating_mul(3).max(LEAST_STALE_AFTER)),
        |text| time("refresh.staleAfter", text),
    )?;
    Ok((interval, stale_after))
}

fn time(field: &'static str, text: &str) -> Result<SignedDuration, SpecError> {
    span(text)
        .filter(|span| text.len() <= LONGEST_TIME && (SHORTEST..=LONGEST).contains(span))
        .ok_or(SpecError::Time { field })
}

/// Hours, minutes and seconds in that order, each at most once; whole numbers without a sign.
fn span(text: &str) -> Option<SignedDuration> {
    let mut rest = text;
    let mut seconds: i64 = 0;
    for (unit, worth) in [('h', 3600), ('m', 60), ('s', 1)] {
        let Some((digits, after)) = rest.split_once(unit) else {
            continue;
        };
        // Parsing alone would also take a sign.
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let count: i64 = digits.parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(worth)?)?;
        rest = after;
    }
    rest.is_empty()
        .then_some(SignedDuration::from_secs(seconds))
}

fn target(spec: &NcpSecretSpec, object_name: &str) -> Result<TargetRequest, SpecError> {
    let target = spec.target.clone().unwrap_or_default();
    let name = target.name.unwrap_or_else(|| object_name.to_owned());
    if !is_subdomain(&name) {
        return Err(SpecError::TargetName);
    }
    let type_ = target.type_.unwrap_or_else(|| "Opaque".to_owned());
    if !is_allowed_type(&type_) {
        return Err(SpecError::TargetType);
    }
    if target.labels.len() > MOST_LABELS {
        return Err(SpecError::Count {
            field: "target.labels",
            most: MOST_LABELS,
        });
    }
    if target.annotations.len() > MOST_LABELS {
        return Err(SpecError::Count {
            field: "target.annotations",
            most: MOST_LABELS,
        });
    }
    for key in target.labels.keys().chain(target.annotations.keys()) {
        if key.starts_with(RESERVED_PREFIX) || key == MANAGED_BY {
            return Err(SpecError::Reserved { key: key.clone() });
        }
        if !is_qualified_name(key) {
            return Err(SpecError::MetadataKey { key: key.clone() });
        }
    }
    for (key, value) in &target.labels {
        if !value.is_empty() && !is_name_part(value) {
            return Err(SpecError::LabelValue { key: key.clone() });
        }
    }
    for (key, value) in &target.annotations {
        if value.chars().count() > LONGEST_ANNOTATION {
            return Err(SpecError::AnnotationValue { key: key.clone() });
        }
    }
    let annotations = target.annotations.iter();
    if annotations
        .map(|(key, value)| key.len() + value.len())
        .sum::<usize>()
        > MOST_ANNOTATED
    {
        return Err(SpecError::Annotations {
            most: MOST_ANNOTATED,
        });
    }
    Ok(TargetRequest {
        name,
        type_,
        labels: target.labels,
        annotations: target.annotations,
        policy: target.creation_policy.unwrap_or_default(),
        deletion: target.deletion_policy.unwrap_or_default(),
    })
}

fn workloads(restart: &[WorkloadRef]) -> Result<Vec<WorkloadRef>, SpecError> {
    if restart.len() > MOST_WORKLOADS {
        return Err(SpecError::Count {
            field: "restart",
            most: MOST_WORKLOADS,
        });
    }
    let mut seen = BTreeSet::new();
    for workload in restart {
        if !is_subdomain(&workload.name) {
            return Err(SpecError::WorkloadName);
        }
        if !seen.insert(workload) {
            return Err(SpecError::WorkloadTwice {
                name: workload.name.clone(),
            });
        }
    }
    Ok(restart.to_vec())
}

#[cfg(test)]
mod tests;
