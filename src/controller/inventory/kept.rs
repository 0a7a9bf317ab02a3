//! An object as it is kept: packed, apart from what is asked of all objects at once.
//!
//! A pass opens the one that it is over; metrics, probes and the news of a store go through all.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::readings::Shown;
use super::turns::Turn;
use super::{Known, is_newer};
use crate::api::{NcpSecret, NcpSecretSpec, NcpSecretStatus, StoreKind};
use crate::cluster::{Decoded, WatchedSecret};
use crate::controller::memory::Memory;
use crate::core::packed::Packed;
use crate::core::request::{ObjectKey, Request, StoreKey, parse};
use crate::core::trouble::Trouble;

/// An object as it is kept.
pub(super) struct Kept {
    pub(super) about: Decoded,
    created: Timestamp,
    /// Its spec, parsed anew for each pass: what it asks for takes much more.
    spec: Option<Packed<NcpSecretSpec>>,
    /// What it asks for, as far as that is asked of all; nothing when it asks for what cannot be.
    pub(super) wish: Option<Wish>,
    status: Packed<NcpSecretStatus>,
    /// What metrics show of it, if anything.
    pub(super) shown: Option<Box<Shown>>,
    pub(super) memory: Memory,
    pub(super) leaving: bool,
    pub(super) turn: Turn,
}

/// What an object asks for, as far as that is asked of all.
pub(super) struct Wish {
    /// The name of its target, if that is not its own.
    target: Option<Box<str>>,
    store_kind: StoreKind,
    store_name: Box<str>,
    pub(super) interval: SignedDuration,
    suspended: bool,
}

impl Kept {
    pub(super) fn new(key: &ObjectKey, watched: WatchedSecret) -> Self {
        let mut kept = Self {
            spec: watched.spec.as_ref().map(Packed::new),
            created: watched.created,
            wish: None,
            status: Packed::new(&watched.status),
            shown: Shown::of(&watched.status),
            about: watched.about,
            memory: Memory::default(),
            leaving: false,
            turn: Turn::default(),
        };
        kept.wish = kept.asked(key, watched.spec);
        kept
    }

    /// The object after an event; answers whether a pass would care for what is new.
    pub(super) fn update(&mut self, key: &ObjectKey, watched: WatchedSecret) -> bool {
        if !is_newer(
            &watched.about.resource_version,
            &self.about.resource_version,
        ) {
            return false;
        }
        let spec = watched.spec.as_ref().map(Packed::new);
        let is_news = self.about.generation != watched.about.generation
            || self.about.deleting != watched.about.deleting
            || self.about.force_sync != watched.about.force_sync
            || self.spec != spec;
        self.about = watched.about;
        if is_news {
            self.spec = spec;
            self.wish = self.asked(key, watched.spec);
        }
        self.tell(&watched.status);
        is_news
    }

    /// Takes a status in.
    pub(super) fn tell(&mut self, status: &NcpSecretStatus) {
        self.status = Packed::new(status);
        self.shown = Shown::of(status);
    }

    /// The object as a pass sees it.
    pub(super) fn open(&self, key: &ObjectKey) -> Known {
        Known {
            about: self.about.clone(),
            request: Arc::new(self.request(key, self.spec.as_ref().and_then(Packed::open))),
            status: Arc::new(self.status()),
            memory: self.memory.clone(),
            leaving: self.leaving,
        }
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.wish.as_ref().is_some_and(|wish| wish.suspended)
    }

    pub(super) fn status(&self) -> NcpSecretStatus {
        self.status.open().unwrap_or_default()
    }

    /// The Secret that it wants.
    pub(super) fn target_key(&self, key: &ObjectKey) -> Option<ObjectKey> {
        let wish = self.wish.as_ref()?;
        Some(match &wish.target {
            Some(name) => ObjectKey {
                namespace: key.namespace.clone(),
                name: name.as_ref().to_owned(),
            },
            None => key.clone(),
        })
    }

    /// Whether it wants a Secret of its own name.
    pub(super) fn wants_its_name(&self) -> bool {
        matches!(&self.wish, Some(wish) if wish.target.is_none())
    }

    pub(super) fn uses(&self, key: &ObjectKey, store: &StoreKey) -> bool {
        self.wish.as_ref().is_some_and(|wish| {
            let namespace = store.namespace.as_ref();
            wish.store_kind == store.kind
                && *wish.store_name == *store.name
                && namespace.is_none_or(|namespace| *namespace == key.namespace)
        })
    }

    /// Whether its passes look through that store when they have to.
    pub(super) fn looks_through(&self, key: &ObjectKey, store: &StoreKey) -> bool {
        let is_asked = matches!(&self.wish, Some(wish) if !wish.suspended);
        self.uses(key, store) && is_asked && !self.about.deleting && !self.leaving
    }

    /// What decides among objects that want one target; nothing when it wants none any more.
    pub(super) fn precedence(&self) -> Option<(Timestamp, &str)> {
        let wants = self.wish.is_some() && !self.about.deleting;
        wants.then_some((self.created, self.about.uid.as_str()))
    }

    fn asked(&self, key: &ObjectKey, spec: Option<NcpSecretSpec>) -> Option<Wish> {
        let request = self.request(key, spec).ok()?;
        let target = request.target.name;
        Some(Wish {
            target: (target != key.name).then(|| target.into()),
            store_kind: request.store.kind,
            store_name: request.store.name.into(),
            interval: request.interval,
            suspended: request.suspended,
        })
    }

    fn request(&self, key: &ObjectKey, spec: Option<NcpSecretSpec>) -> Result<Request, Trouble> {
        let metadata = ObjectMeta {
            namespace: Some(key.namespace.clone()),
            name: Some(key.name.clone()),
            uid: Some(self.about.uid.clone()),
            generation: Some(self.about.generation),
            creation_timestamp: Some(Time(self.created)),
            ..ObjectMeta::default()
        };
        parse(&NcpSecret {
            metadata,
            spec: spec.ok_or(Trouble::Undecodable)?,
            status: None,
        })
    }
}
