//! Watches over a Secret while things are done to the operator: it must never be gone, not even for a moment.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks all the time until it is dropped.
pub(super) struct Guard {
    loss: Arc<Mutex<Option<String>>>,
    looking: JoinHandle<()>,
}

impl Guard {
    /// Begins with a Secret that is there.
    pub(super) async fn over(client: &Client, namespace: &str, name: &str) -> Result<Self> {
        let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
        let first = secrets.get_metadata(name).await?.metadata.uid;
        let loss = Arc::new(Mutex::new(None));
        let (seen, name) = (Arc::clone(&loss), name.to_owned());
        let looking = tokio::spawn(async move {
            loop {
                // An API server that does not answer says nothing about the Secret.
                if let Ok(found) = secrets.get_metadata_opt(&name).await {
                    let problem = match found {
                        None => Some(format!("the Secret {name} was gone")),
                        Some(other) if other.metadata.uid != first => {
                            Some(format!("the Secret {name} was replaced by another"))
                        }
                        Some(_) => None,
                    };
                    if problem.is_some() {
                        *seen.lock().unwrap_or_else(PoisonError::into_inner) = problem;
                        return;
                    }
                }
                sleep(LOOK_EVERY).await;
            }
        });
        Ok(Self { loss, looking })
    }

    /// Tells if it was ever gone.
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
        self.looking.abort();
    }
}
