//! Following one kind of object: a list, then every change, for ever.

use std::collections::HashSet;
use std::pin::pin;

use futures::{Stream, StreamExt};
use kube::ResourceExt;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::core::request::ObjectKey;

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
    /// What it follows, for people.
    pub name: String,
    complete: watch::Receiver<bool>,
    task: AbortHandle,
}

impl Feed {
    /// Whether the first list is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        *self.complete.borrow()
    }

    /// Whether it still follows; a feed that ended, which only a bug can bring about, never comes back.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }

    /// Waits until the first list is complete.
    pub fn completed(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut complete = self.complete.clone();
        async move {
            // An error means that the task ended, which happens only when the process does.
            let _ = complete.wait_for(|complete| *complete).await;
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Follows a stream of watch events, as soon as `begin` is done: each object is converted once and handed to the sink.
pub fn follow<K, V>(
    name: &str,
    begin: impl Future<Output = ()> + Send + 'static,
    events: impl Stream<Item = Result<Event<K>, watcher::Error>> + Send + 'static,
    convert: impl Fn(K) -> V + Send + 'static,
    mut sink: impl FnMut(Change<ObjectKey, V>) + Send + 'static,
) -> Feed
where
    K: ResourceExt + Send + 'static,
    V: 'static,
{
    let (sender, complete) = watch::channel(false);
    let what = name.to_owned();
    let task = tokio::spawn(async move {
        begin.await;
        let mut events = pin!(events.default_backoff());
        let mut listed = HashSet::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => listed.clear(),
                Ok(Event::InitApply(object)) => {
                    let key = key(&object);
                    listed.insert(key.clone());
                    sink(Change::Listed(key, convert(object)));
                }
                Ok(Event::InitDone) => {
                    sink(Change::Complete(std::mem::take(&mut listed)));
                    sender.send_replace(true);
                }
                Ok(Event::Apply(object)) => sink(Change::Applied(key(&object), convert(object))),
                Ok(Event::Delete(object)) => sink(Change::Removed(key(&object), convert(object))),
                Err(error) => {
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
        name: name.to_owned(),
        complete,
        task: task.abort_handle(),
    }
}

fn key(object: &impl ResourceExt) -> ObjectKey {
    ObjectKey {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
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
