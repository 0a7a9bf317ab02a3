//! Following one kind of object: a list, then every change, for ever.

use std::collections::HashSet;
use std::fmt;
use std::pin::pin;

use futures::StreamExt;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::shown::{Followed, Shown};
use crate::core::request::ObjectKey;

/// A page of a list is in memory as a whole.
const PAGE: u32 = 200;

/// What happened to the objects that are followed.
pub enum Change<K, V> {
    /// An object was listed at the start, or again after the watch broke.
    Listed(K, V),
    /// The list is complete: an object that is not in it is gone.
    Complete(HashSet<K>),
    /// An object is new or changed.
    Applied(K, V),
    /// An object is gone; this is how it was.
    Removed(K, V),
}

/// A watch that runs until it is dropped.
pub struct Feed {
    name: String,
    progress: watch::Receiver<Progress>,
    task: AbortHandle,
}

/// How far a feed has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The first list is not complete, perhaps because of something.
    Begins(Option<Obstacle>),
    Complete,
}

/// What keeps a feed from its first list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The API server knows no such kind.
    NotInstalled,
    /// The operator has no right to list or watch it.
    Forbidden,
    /// The API server answers with this status.
    Failing(u16),
    /// The API server does not answer.
    Unreachable,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => f.write_str("the CRD is not installed; apply crds/"),
            Self::Forbidden => f.write_str(
                "the operator may not list and watch them; give its account the rights in deploy/",
            ),
            Self::Failing(code) => write!(f, "the API server answers with status {code}"),
            Self::Unreachable => f.write_str("the API server does not answer"),
        }
    }
}

impl Feed {
    /// Whether the first list is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        *self.progress.borrow() == Progress::Complete
    }

    /// What it follows and why that is not there yet, for people; nothing once the first list is complete.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        match *self.progress.borrow() {
            Progress::Complete => None,
            Progress::Begins(None) => Some(format!("{}: not listed yet", self.name)),
            Progress::Begins(Some(obstacle)) => Some(format!("{}: {obstacle}", self.name)),
        }
    }

    /// Whether it still follows; a feed that ended, which only a bug can bring about, never comes back.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }

    /// Waits until the first list is complete.
    pub fn completed(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut progress = self.progress.clone();
        async move {
            // An error means that the task ended, which happens only when the process does.
            let _ = progress
                .wait_for(|progress| *progress == Progress::Complete)
                .await;
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Follows the objects of a kind in one namespace or in all, those with a label if one is named, as soon as `begin` is
/// done: each is handed to the sink as it was understood.
pub(super) fn follow<K: Followed>(
    client: Client,
    namespace: Option<&str>,
    label: Option<&str>,
    begin: impl Future<Output = ()> + Send + 'static,
    mut sink: impl FnMut(Change<ObjectKey, K::Seen>) + Send + 'static,
) -> Feed {
    let (sender, progress) = watch::channel(Progress::Begins(None));
    let kind = K::plural(&());
    let name = namespace.map_or_else(
        || kind.clone().into_owned(),
        |namespace| format!("{kind} in namespace {namespace}"),
    );
    let what = name.clone();
    let api: Api<Shown<K>> = match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &()),
        None => Api::all_with(client, &()),
    };
    let config = watcher::Config {
        label_selector: label.map(str::to_owned),
        page_size: Some(PAGE),
        ..watcher::Config::default()
    };
    let task = tokio::spawn(async move {
        begin.await;
        let mut events = pin!(watcher(api, config).default_backoff());
        let mut listed = HashSet::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => listed.clear(),
                Ok(Event::InitApply(object)) => {
                    let key = key(&object);
                    listed.insert(key.clone());
                    sink(Change::Listed(key, object.seen));
                }
                Ok(Event::InitDone) => {
                    sink(Change::Complete(std::mem::take(&mut listed)));
                    sender.send_replace(Progress::Complete);
                }
                Ok(Event::Apply(object)) => sink(Change::Applied(key(&object), object.seen)),
                Ok(Event::Delete(object)) => sink(Change::Removed(key(&object), object.seen)),
                Err(error) => {
                    sender.send_modify(|progress| {
                        if let Progress::Begins(obstacle) = progress {
                            *obstacle = Some(self::obstacle(&error));
                        }
                    });
                    tracing::warn!(
                        what,
                        cause = describe(&error),
                        "a watch broke and starts again"
                    );
                }
            }
        }
    });
    Feed {
        name,
        progress,
        task: task.abort_handle(),
    }
}

fn key(object: &impl Resource) -> ObjectKey {
    ObjectKey {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
    }
}

fn obstacle(error: &watcher::Error) -> Obstacle {
    let code = match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => status.code,
        _ => return Obstacle::Unreachable,
    };
    match code {
        403 => Obstacle::Forbidden,
        404 => Obstacle::NotInstalled,
        code => Obstacle::Failing(code),
    }
}

/// Says what broke, without the reply that a parser's error could quote.
fn describe(error: &watcher::Error) -> String {
    let cause = match error {
        watcher::Error::InitialListFailed(cause)
        | watcher::Error::WatchStartFailed(cause)
        | watcher::Error::WatchFailed(cause) => cause,
        watcher::Error::WatchError(status) => return format!("status {}", status.code),
        watcher::Error::NoResourceVersion => return "a list without a version".into(),
    };
    match cause {
        kube::Error::Api(status) => format!("status {}: {}", status.code, status.reason),
        kube::Error::SerdeError(_) => "an object of an unexpected form".into(),
        _ => "no connection, or it broke off".into(),
    }
}
