//! Watches over a Secret and a pod that takes it, while things are done to the operator: neither may ever be gone.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use futures::stream::{self, BoxStream, StreamExt};
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{ApiResource, DynamicObject};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Api, Client};
use tokio::task::JoinHandle;

/// Watches until it is dropped.
pub(super) struct Guard {
    loss: Arc<Mutex<Option<String>>>,
    watching: JoinHandle<()>,
}

impl Guard {
    /// Begins with a Secret and a pod that are there.
    pub(super) async fn over(
        client: &Client,
        namespace: &str,
        secret: &str,
        pod: &str,
    ) -> Result<Self> {
        let secrets = ApiResource::erase::<Secret>(&());
        let pods = ApiResource::erase::<Pod>(&());
        let losses = [
            losses(
                Api::namespaced_with(client.clone(), namespace, &secrets),
                secret,
            )
            .await?,
            losses(Api::namespaced_with(client.clone(), namespace, &pods), pod).await?,
        ];
        let mut losses = stream::select_all(losses);
        let loss = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&loss);
        let watching = tokio::spawn(async move {
            if let Some(first) = losses.next().await {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
            }
        });
        Ok(Self { loss, watching })
    }

    /// Tells if one of them was ever gone.
    pub(super) fn check(&self) -> Result<()> {
        let loss = self.loss.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loss) = &*loss {
            bail!("{loss}");
        }
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Each time that an object goes, or is another than it was.
async fn losses(
    api: Api<PartialObjectMeta<DynamicObject>>,
    name: &str,
) -> Result<BoxStream<'static, String>> {
    let first = api.get(name).await?.metadata.uid;
    let only = Config::default().fields(&format!("metadata.name={name}"));
    let losses = watcher(api, only).filter_map(move |event| {
        let loss = match event {
            Ok(Event::Delete(_)) => Some("is gone"),
            Ok(Event::Apply(now) | Event::InitApply(now)) if now.metadata.uid != first => {
                Some("is another than it was")
            }
            Ok(Event::Apply(now)) if now.metadata.deletion_timestamp.is_some() => {
                Some("is being deleted")
            }
            // An API server that does not answer says nothing about the object.
            Ok(_) | Err(_) => None,
        };
        std::future::ready(loss)
    });
    let name = name.to_owned();
    Ok(losses.map(move |loss| format!("{name} {loss}")).boxed())
}
