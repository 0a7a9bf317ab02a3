//! Our own custom resources: watching them, and writing their status.
//!
//! They are decoded one by one from loose JSON, so that one object of a wrong form harms only itself.

use std::future::ready;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use kube::Resource;
use kube::api::ObjectMeta;
use kube::core::PartialObjectMeta;
use serde::Serialize;
use serde_json::{Value, json};

use super::decode::typed;
use super::refusal::Refusal;
use super::shown::{Followed, Loose};
use super::watch::{Change, Feed, follow};
use super::wire::{Call, METADATA_ONLY, Server};
use crate::api::{
    ClusterNcpSecretStore, MANAGER, NcpSecret, NcpSecretSpec, NcpSecretStatus, NcpSecretStore,
    StoreKind, StoreStatus,
};
use crate::core::request::{ObjectKey, StoreKey, force_sync};
use crate::core::store::{self, StoreSpec};

/// The part of every object that is there whatever its form.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// Its UID.
    pub uid: String,
    /// The generation of its spec.
    pub generation: i64,
    /// Its version.
    pub resource_version: String,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// The force-sync annotation, as far as status can echo it.
    pub force_sync: Option<String>,
}

/// An `NcpSecret` as watched.
#[derive(Clone, Debug)]
pub struct WatchedSecret {
    /// What it is.
    pub about: Decoded,
    /// When it was created.
    pub created: Timestamp,
    /// What it says; nothing when that does not have the form of its kind.
    pub spec: Option<NcpSecretSpec>,
    /// Its status.
    pub status: NcpSecretStatus,
}

/// A store as watched.
#[derive(Clone, Debug)]
pub struct StoreObject {
    /// What it is.
    pub about: Decoded,
    /// What it says; nothing when that cannot be.
    pub spec: Option<StoreSpec>,
    /// Its status.
    pub status: Option<StoreStatus>,
}

/// The custom resources of the cluster.
#[derive(Clone)]
pub struct Objects {
    server: Server,
}

impl Objects {
    /// Those of that API server.
    #[must_use]
    pub const fn new(server: Server) -> Self {
        Self { server }
    }

    /// Follows the `NcpSecret`s of one namespace or of all.
    pub fn watch_secrets(
        &self,
        namespace: Option<&str>,
        sink: impl FnMut(Change<ObjectKey, WatchedSecret>) + Send + 'static,
    ) -> Feed {
        follow::<NcpSecret>(self.server.client(), namespace, None, ready(()), sink)
    }

    /// Follows the stores of one namespace or of all.
    pub fn watch_stores(
        &self,
        namespace: Option<&str>,
        sink: impl FnMut(Change<ObjectKey, StoreObject>) + Send + 'static,
    ) -> Feed {
        follow::<NcpSecretStore>(self.server.client(), namespace, None, ready(()), sink)
    }

    /// Follows the cluster's stores.
    pub fn watch_cluster_stores(
        &self,
        sink: impl FnMut(Change<ObjectKey, StoreObject>) + Send + 'static,
    ) -> Feed {
        follow::<ClusterNcpSecretStore>(self.server.client(), None, None, ready(()), sink)
    }

    /// Writes the status of an `NcpSecret` that is still at that version; answers its new version.
    ///
    /// # Errors
    ///
    /// [`Refusal::Moved`] when it is not.
    pub async fn write_status(
        &self,
        key: &ObjectKey,
        about: &Decoded,
        status: &NcpSecretStatus,
    ) -> Result<String, Refusal> {
        self.apply_status::<NcpSecret>(Some(&key.namespace), &key.name, about, status)
            .await
    }

    /// Writes the status of a store that is still at that version; answers its new version.
    ///
    /// # Errors
    ///
    /// [`Refusal::Moved`] when it is not.
    pub async fn write_store_status(
        &self,
        key: &StoreKey,
        about: &Decoded,
        status: &StoreStatus,
    ) -> Result<String, Refusal> {
        let namespace = key.namespace.as_deref();
        match key.kind {
            StoreKind::NcpSecretStore => {
                self.apply_status::<NcpSecretStore>(namespace, &key.name, about, status)
                    .await
            }
            StoreKind::ClusterNcpSecretStore => {
                self.apply_status::<ClusterNcpSecretStore>(None, &key.name, about, status)
                    .await
            }
        }
    }

    async fn apply_status<K: Resource<DynamicType = ()>>(
        &self,
        namespace: Option<&str>,
        name: &str,
        about: &Decoded,
        status: &impl Serialize,
    ) -> Result<String, Refusal> {
        let path = format!(
            "{}/{name}/status?fieldManager={MANAGER}",
            K::url_path(&(), namespace)
        );
        let apply = json!({
            "apiVersion": K::api_version(&()),
            "kind": K::kind(&()),
            "metadata": {
                "name": name,
                "uid": about.uid,
                "resourceVersion": about.resource_version,
            },
            "status": status,
        });
        let write = async |path: String, type_: &'static str, body: Value| {
            let call = Call {
                method: Method::PATCH,
                path,
                accept: METADATA_ONLY,
                content: Some((type_, Bytes::from(body.to_string()))),
            };
            self.server.send::<PartialObjectMeta<K>>(call).await
        };
        let applied = write(
            format!("{path}&force=true"),
            "application/apply-patch+yaml",
            apply,
        );
        let reply = match applied.await {
            // Nothing can be applied to an object whose spec does not have the form of the schema any more.
            Err(Refusal::Failed) => {
                let replace = json!([
                    {"op": "test", "path": "/metadata/uid", "value": about.uid},
                    {"op": "test", "path": "/metadata/resourceVersion", "value": about.resource_version},
                    {"op": "add", "path": "/status", "value": status},
                ]);
                write(path, "application/json-patch+json", replace).await?
            }
            applied => applied?,
        };
        Ok(reply.metadata.resource_version.unwrap_or_default())
    }
}

fn about(metadata: &ObjectMeta) -> Decoded {
    Decoded {
        uid: metadata.uid.clone().unwrap_or_default(),
        generation: metadata.generation.unwrap_or_default(),
        resource_version: metadata.resource_version.clone().unwrap_or_default(),
        deleting: metadata.deletion_timestamp.is_some(),
        force_sync: force_sync(metadata.annotations.as_ref()),
    }
}

impl Followed for NcpSecret {
    type Seen = WatchedSecret;

    fn understand(loose: Loose) -> WatchedSecret {
        let created = loose.metadata.creation_timestamp.as_ref();
        WatchedSecret {
            about: about(&loose.metadata),
            created: created.map_or(Timestamp::UNIX_EPOCH, |time| time.0),
            spec: typed(&loose.spec),
            status: typed(&loose.status).unwrap_or_default(),
        }
    }
}

impl Followed for NcpSecretStore {
    type Seen = StoreObject;

    fn understand(loose: Loose) -> StoreObject {
        let namespace = loose.metadata.namespace.clone().unwrap_or_default();
        let spec = typed(&loose.spec).and_then(|spec| store::parse(spec, &namespace));
        StoreObject {
            about: about(&loose.metadata),
            spec,
            status: typed(&loose.status),
        }
    }
}

impl Followed for ClusterNcpSecretStore {
    type Seen = StoreObject;

    fn understand(loose: Loose) -> StoreObject {
        StoreObject {
            about: about(&loose.metadata),
            spec: typed(&loose.spec).and_then(store::parse_cluster),
            status: typed(&loose.status),
        }
    }
}
