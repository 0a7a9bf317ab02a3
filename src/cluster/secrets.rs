//! The one file that reads and writes Secrets.
//!
//! Writes ask for metadata in reply, the watch and the look at a contested target see metadata only. Values are read in
//! two places: the credentials of a store, and the installation key.

use http::Method;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroize;

use super::body;
use super::metadata::observe;
use super::owners::{owner, owners};
use super::refusal::Refusal;
use super::shown::{Followed, Loose};
use super::watch::{Change, Feed, follow};
use super::wire::{Call, METADATA_ONLY, Server, WHOLE};
use crate::api::{MANAGED_BY, MANAGER};
use crate::core::content::{Content, InstallationKey};
use crate::core::observed::Observed;
use crate::core::plan::{self, Creation};
use crate::core::request::{ObjectKey, Request};
use crate::value::Value;

/// Name of the Secret that holds the installation key, in the operator's own namespace.
pub const INSTALLATION_KEY: &str = "ncp-secret-operator-key";

const KEY_FIELD: &str = "key";
const KEY_BYTES: usize = 32;

/// The Secrets of the cluster.
#[derive(Clone)]
pub struct Secrets {
    server: Server,
}

/// Which Secret, and which version of it, something was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// UID of the Secret.
    pub uid: String,
    /// Its resourceVersion.
    pub resource_version: String,
}

/// Two values of one Secret.
pub struct KeyPair {
    /// Where they come from.
    pub version: Version,
    /// The first value, if the key is there.
    pub access: Option<Value>,
    /// The second value, if the key is there.
    pub secret: Option<Value>,
}

impl Secrets {
    /// Those of that API server.
    #[must_use]
    pub const fn new(server: Server) -> Self {
        Self { server }
    }

    /// Follows the Secrets that bear our label, in one namespace or in all, as soon as `begin` is done.
    pub fn watch(
        &self,
        namespace: Option<&str>,
        begin: impl Future<Output = ()> + Send + 'static,
        sink: impl FnMut(Change<ObjectKey, Observed>) + Send + 'static,
    ) -> Feed {
        let ours = format!("{MANAGED_BY}={MANAGER}");
        follow::<Secret>(self.server.client(), namespace, Some(&ours), begin, sink)
    }

    /// Looks at the metadata of a Secret, whosoever it is.
    ///
    /// # Errors
    ///
    /// When the API server does not answer or refuses.
    pub async fn observe(&self, key: &ObjectKey) -> Result<Option<Observed>, Refusal> {
        let call = Call::get(path(&key.namespace, Some(&key.name)), METADATA_ONLY);
        match self.server.send::<MetadataReply>(call).await {
            Ok(reply) => Ok(Some(observe(&reply.metadata))),
            Err(Refusal::NotFound) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Creates the target of a request.
    ///
    /// # Errors
    ///
    /// [`Refusal::Exists`] when a Secret of that name is there, whosoever it is.
    pub async fn create(
        &self,
        request: &Request,
        creation: Creation,
        content: &Content<'_>,
    ) -> Result<Observed, Refusal> {
        let metadata = ObjectMeta {
            name: Some(request.target.name.clone()),
            labels: Some(creation.labels),
            annotations: Some(creation.annotations),
            owner_references: creation.owned.then(|| vec![owner(request)]),
            ..ObjectMeta::default()
        };
        let body = body::creation(&metadata, &request.target.type_, content);
        let call = Call {
            method: Method::POST,
            path: format!(
                "{}?fieldManager={MANAGER}",
                path(&request.object.namespace, None)
            ),
            accept: METADATA_ONLY,
            content: Some(("application/json", body)),
        };
        let reply: MetadataReply = self.server.send(call).await?;
        Ok(observe(&reply.metadata))
    }

    /// Changes the target of a request, if it is still the one that the change is for.
    ///
    /// # Errors
    ///
    /// [`Refusal::Moved`] when it is not; nothing was changed then.
    pub async fn change(
        &self,
        request: &Request,
        observed: &Observed,
        change: &plan::Change,
        content: &Content<'_>,
    ) -> Result<Observed, Refusal> {
        let owners = change.owned.map(|owned| owners(request, observed, owned));
        let call = Call {
            method: Method::PATCH,
            path: format!(
                "{}?fieldManager={MANAGER}",
                path(&request.object.namespace, Some(&request.target.name))
            ),
            accept: METADATA_ONLY,
            content: Some((
                "application/json-patch+json",
                body::change(change, owners.as_deref(), &request.target.type_, content),
            )),
        };
        let reply: MetadataReply = self.server.send(call).await?;
        Ok(observe(&reply.metadata))
    }

    /// Deletes a Secret, if it is still the one that was observed.
    ///
    /// # Errors
    ///
    /// [`Refusal::Moved`] when it is not, [`Refusal::NotFound`] when it is gone; nothing was deleted then.
    pub async fn delete(&self, key: &ObjectKey, observed: &Observed) -> Result<(), Refusal> {
        let call = Call {
            method: Method::DELETE,
            path: path(&key.namespace, Some(&key.name)),
            accept: METADATA_ONLY,
            content: Some(("application/json", body::deletion(observed))),
        };
        self.server.send::<IgnoredAny>(call).await.map(|_| ())
    }

    /// Lets a Secret outlive the object of a request, if it is still the one that was observed.
    ///
    /// # Errors
    ///
    /// [`Refusal::Moved`] when it is not; nothing was changed then.
    pub async fn release(
        &self,
        request: &Request,
        key: &ObjectKey,
        observed: &Observed,
    ) -> Result<Observed, Refusal> {
        let others = owners(request, observed, false);
        let call = Call {
            method: Method::PATCH,
            path: format!(
                "{}?fieldManager={MANAGER}",
                path(&key.namespace, Some(&key.name))
            ),
            accept: METADATA_ONLY,
            content: Some((
                "application/json-patch+json",
                body::release(observed, &others),
            )),
        };
        let reply: MetadataReply = self.server.send(call).await?;
        Ok(observe(&reply.metadata))
    }

    /// Which version of a Secret is there, without reading it.
    ///
    /// # Errors
    ///
    /// When the API server does not answer or refuses.
    pub async fn version(&self, key: &ObjectKey) -> Result<Option<Version>, Refusal> {
        let observed = self.observe(key).await?;
        Ok(observed.map(|observed| Version {
            uid: observed.uid,
            resource_version: observed.resource_version,
        }))
    }

    /// Reads two values of a Secret: the credentials of a store.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is no such Secret.
    pub async fn read_pair(
        &self,
        key: &ObjectKey,
        access: &str,
        secret: &str,
    ) -> Result<KeyPair, Refusal> {
        let call = Call::get(path(&key.namespace, Some(&key.name)), WHOLE);
        let mut whole: WholeSecret = self.server.send(call).await?;
        Ok(KeyPair {
            version: version(&whole.metadata),
            access: whole.take(access),
            secret: whole.take(secret),
        })
    }

    /// Reads the installation key, or makes it when this is the first start.
    ///
    /// # Errors
    ///
    /// When the API server does not answer or refuses, or no random numbers are to be had.
    pub async fn installation_key(&self, namespace: &str) -> Result<InstallationKey, Refusal> {
        let whole: WholeSecret = loop {
            let call = Call::get(path(namespace, Some(INSTALLATION_KEY)), WHOLE);
            match self.server.send(call).await {
                Err(Refusal::NotFound) => match self.make_installation_key(namespace).await {
                    // Another replica may have been faster; then its key is the one.
                    Ok(()) | Err(Refusal::Exists) => {}
                    Err(refusal) => return Err(refusal),
                },
                read => break read?,
            }
        };
        let mut whole = whole;
        match whole.take(KEY_FIELD) {
            Some(key) if key.len() >= KEY_BYTES => Ok(InstallationKey::new(key)),
            _ => Err(Refusal::NoKey),
        }
    }

    async fn make_installation_key(&self, namespace: &str) -> Result<(), Refusal> {
        let mut bytes = vec![0; KEY_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|_| Refusal::Unreachable("the machine gives no random numbers".into()))?;
        let key = Value::new(bytes);
        let metadata = ObjectMeta {
            name: Some(INSTALLATION_KEY.into()),
            ..ObjectMeta::default()
        };
        let body = body::creation(&metadata, "Opaque", &Content::single(KEY_FIELD, &key));
        let call = Call {
            method: Method::POST,
            path: format!("{}?fieldManager={MANAGER}", path(namespace, None)),
            accept: METADATA_ONLY,
            content: Some(("application/json", body)),
        };
        self.server.send::<MetadataReply>(call).await.map(|_| ())
    }
}

impl Followed for Secret {
    type Seen = Observed;

    const METADATA_ONLY: bool = true;

    fn understand(loose: Loose) -> Observed {
        observe(&loose.metadata)
    }
}

#[derive(Deserialize)]
struct MetadataReply {
    metadata: ObjectMeta,
}

/// A Secret with its values, base64 as they come.
#[derive(Deserialize)]
struct WholeSecret {
    metadata: ObjectMeta,
    #[serde(default)]
    data: std::collections::BTreeMap<String, String>,
}

impl WholeSecret {
    fn take(&mut self, key: &str) -> Option<Value> {
        use base64::Engine;
        let mut encoded = self.data.remove(key)?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&encoded)
            .ok();
        encoded.zeroize();
        bytes.map(Value::new)
    }
}

impl Drop for WholeSecret {
    fn drop(&mut self) {
        self.data.values_mut().for_each(Zeroize::zeroize);
    }
}

fn version(metadata: &ObjectMeta) -> Version {
    Version {
        uid: metadata.uid.clone().unwrap_or_default(),
        resource_version: metadata.resource_version.clone().unwrap_or_default(),
    }
}

fn path(namespace: &str, name: Option<&str>) -> String {
    let collection = format!("/api/v1/namespaces/{namespace}/secrets");
    name.map_or_else(|| collection.clone(), |name| format!("{collection}/{name}"))
}
