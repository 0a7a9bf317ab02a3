//! Objects as lists and watches show them: each is understood while it is read.
//!
//! A page of a list is in memory as a whole, and as loose JSON it would take ten times its size; of what is understood
//! at once, only that is kept.

use std::borrow::Cow;
use std::fmt::Debug;

use kube::Resource;
use kube::api::ObjectMeta;
use kube::core::DynamicResourceScope;
use serde::de::{Deserialize, Deserializer};
use serde_json::Value;

/// A kind of object that is followed.
pub(super) trait Followed:
    Resource<DynamicType = ()> + Clone + Debug + Send + 'static
{
    /// What is understood of one.
    type Seen: Clone + Debug + Send + 'static;

    /// Whether only metadata are asked for.
    const METADATA_ONLY: bool = false;

    /// Understands one, whatever its form: one of a wrong form harms only itself.
    fn understand(loose: Loose) -> Self::Seen;
}

/// An object as loose JSON, apart from its metadata; parts that nobody asks for are not read.
#[derive(serde::Deserialize)]
pub(super) struct Loose {
    #[serde(default)]
    pub(super) metadata: ObjectMeta,
    #[serde(default)]
    pub(super) spec: Value,
    #[serde(default)]
    pub(super) status: Value,
}

/// An object that a list or a watch showed.
#[derive(Clone, Debug)]
pub(super) struct Shown<K: Followed> {
    /// No more than what the watch itself goes by.
    metadata: ObjectMeta,
    /// What was understood of it.
    pub(super) seen: K::Seen,
}

impl<'de, K: Followed> Deserialize<'de> for Shown<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let loose = Loose::deserialize(deserializer)?;
        let metadata = ObjectMeta {
            name: loose.metadata.name.clone(),
            namespace: loose.metadata.namespace.clone(),
            resource_version: loose.metadata.resource_version.clone(),
            ..ObjectMeta::default()
        };
        Ok(Self {
            metadata,
            seen: K::understand(loose),
        })
    }
}

impl<K: Followed> Resource for Shown<K> {
    type DynamicType = K::DynamicType;
    type Scope = DynamicResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::plural(&())
    }

    fn metadata_api() -> bool {
        K::METADATA_ONLY
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
