//! Watches over a Secret and a pod that takes it, while things are done to the operator: neither may ever be gone, and the
//! Secret never without its value.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::{StreamExt, pin_mut};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A watch that is behind for so long does not work.
const BEHIND: Duration = Duration::from_secs(30);

pub(super) struct Guard {
    secret: Watch<Secret>,
    pod: Watch<Pod>,
}

impl Guard {
    /// Begins with a Secret that has a value under that key, and a pod.
    pub(super) async fn over(
        client: &Client,
        namespace: &str,
        (secret, key): (&str, &'static str),
        pod: &str,
    ) -> Result<Self> {
        let secrets = Api::namespaced(client.clone(), namespace);
        let pods = Api::namespaced(client.clone(), namespace);
        let has_value = move |secret: &Secret| {
            let value = secret.data.as_ref().and_then(|data| data.get(key));
            value.is_some_and(|value| !value.0.is_empty())
        };
        Ok(Self {
            secret: Watch::over(secrets, secret, has_value).await?,
            pod: Watch::over(pods, pod, |_| true).await?,
        })
    }

    /// Tells if one of them was ever gone, up to this moment.
    pub(super) async fn check(&mut self) -> Result<()> {
        self.secret.check().await?;
        self.pod.check().await
    }
}

/// What a watch has come to.
#[derive(Clone, Debug)]
enum Seen {
    Nothing,
    Version(Option<String>),
    Loss(&'static str),
}

/// Watches one object until it is dropped.
struct Watch<K> {
    name: String,
    api: Api<K>,
    seen: watch::Receiver<Seen>,
    watching: JoinHandle<()>,
}

impl<K> Watch<K>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    K: Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    async fn over(
        api: Api<K>,
        name: &str,
        is_whole: impl Fn(&K) -> bool + Send + 'static,
    ) -> Result<Self> {
        let first = api.get(name).await?.meta().uid.clone();
        let only = Config::default().fields(&format!("metadata.name={name}"));
        let events = watcher(api.clone(), only);
        let (tell, seen) = watch::channel(Seen::Nothing);
        let watching = tokio::spawn(async move {
            pin_mut!(events);
            let mut listed = false;
            while let Some(event) = events.next().await {
                let now = match event {
                    Ok(Event::Init) => {
                        listed = false;
                        continue;
                    }
                    Ok(Event::InitDone) if listed => continue,
                    Ok(Event::InitDone | Event::Delete(_)) => Seen::Loss("is gone"),
                    Ok(Event::InitApply(now) | Event::Apply(now)) => {
                        listed = true;
                        judge(&now, first.as_deref(), &is_whole)
                    }
                    // An API server that does not answer says nothing about the object.
                    Err(_) => continue,
                };
                let is_loss = matches!(now, Seen::Loss(_));
                tell.send_replace(now);
                if is_loss {
                    return;
                }
            }
        });
        let mut watch = Self {
            name: name.to_owned(),
            api,
            seen,
            watching,
        };
        watch.check().await?;
        Ok(watch)
    }

    /// Waits until the watch has come to the object's present version.
    async fn check(&mut self) -> Result<()> {
        let present = self.api.get_opt(&self.name).await?;
        let present = present.with_context(|| format!("{} is gone", self.name))?;
        let present = present.meta().resource_version.clone();
        let caught_up = self.seen.wait_for(|seen| match seen {
            Seen::Nothing => false,
            Seen::Version(version) => *version == present,
            Seen::Loss(_) => true,
        });
        let seen = timeout(BEHIND, caught_up)
            .await
            .with_context(|| format!("the watch over {} is behind", self.name))?;
        if let Seen::Loss(loss) = *seen? {
            bail!("{} {loss}", self.name);
        }
        Ok(())
    }
}

fn judge<K: Resource>(now: &K, first: Option<&str>, is_whole: impl Fn(&K) -> bool) -> Seen {
    if now.meta().uid.as_deref() != first {
        Seen::Loss("is another than it was")
    } else if now.meta().deletion_timestamp.is_some() {
        Seen::Loss("is being deleted")
    } else if !is_whole(now) {
        Seen::Loss("lost its value")
    } else {
        Seen::Version(now.meta().resource_version.clone())
    }
}

impl<K> Drop for Watch<K> {
    fn drop(&mut self) {
        self.watching.abort();
    }
}
