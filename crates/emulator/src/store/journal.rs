//! Writes entries in the background, as many at a time as have come in meanwhile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use redb::Database;
use tokio::sync::{mpsc, oneshot, watch};

use super::{Entry, write};

/// How long after a failure the file is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// The state file cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state file could not be written; the emulator's log says why")]
pub struct NotSaved;

/// A file that is written behind the scenes.
pub(crate) struct Journal {
    orders: mpsc::UnboundedSender<Order>,
    last: AtomicU64,
    progress: watch::Receiver<Progress>,
}

enum Order {
    Write { number: u64, entries: Vec<Entry> },
    Close(oneshot::Sender<()>),
}

/// Up to which order everything is in the file, and up to which the last try failed.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    saved: u64,
    failed: u64,
}

impl Journal {
    pub(super) fn begin(path: PathBuf, database: Database) -> Self {
        let (orders, incoming) = mpsc::unbounded_channel();
        let (telling, progress) = watch::channel(Progress::default());
        let writer = Writer {
            path,
            database: Some(database),
            pending: BTreeMap::new(),
            telling,
        };
        thread::spawn(move || writer.run(incoming));
        Self {
            orders,
            last: AtomicU64::new(0),
            progress,
        }
    }

    /// Orders entries to be written, after those that were ordered before.
    pub(crate) fn append(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let number = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        // A closed file takes nothing any more.
        let _ = self.orders.send(Order::Write { number, entries });
    }

    /// Waits until everything that was ordered is in the file.
    pub(crate) async fn settled(&self) -> Result<(), NotSaved> {
        let wanted = self.last.load(Ordering::SeqCst);
        let mut progress = self.progress.clone();
        let done = |progress: &Progress| progress.saved >= wanted || progress.failed >= wanted;
        match progress.wait_for(done).await {
            Ok(progress) if progress.saved >= wanted => Ok(()),
            _ => Err(NotSaved),
        }
    }

    /// Writes what was ordered and gives the file free.
    pub(crate) async fn close(&self) {
        let (sender, closed) = oneshot::channel();
        if self.orders.send(Order::Close(sender)).is_ok() {
            // The writer cannot be gone without having closed.
            let _ = closed.await;
        }
    }
}

struct Writer {
    path: PathBuf,
    /// None after a failure, when the database wants to be opened again.
    database: Option<Database>,
    pending: BTreeMap<String, Option<Vec<u8>>>,
    telling: watch::Sender<Progress>,
}

impl Writer {
    fn run(mut self, mut incoming: mpsc::UnboundedReceiver<Order>) {
        let mut number = 0;
        while let Some(first) = incoming.blocking_recv() {
            let mut closing = None;
            let mut order = Some(first);
            while let Some(taken) = order {
                match taken {
                    Order::Write {
                        number: later,
                        entries,
                    } => {
                        number = later;
                        let entries = entries.into_iter().map(|entry| (entry.name, entry.json));
                        self.pending.extend(entries);
                    }
                    Order::Close(sender) => {
                        closing = Some(sender);
                        break;
                    }
                }
                order = incoming.try_recv().ok();
            }
            self.save(number, closing.is_none().then_some(&incoming));
            if let Some(closing) = closing {
                drop(self.database.take());
                let _ = closing.send(());
                return;
            }
        }
    }

    /// Writes until it succeeds, new orders have come in, or there is no time for a second try.
    fn save(&mut self, number: u64, incoming: Option<&mpsc::UnboundedReceiver<Order>>) {
        loop {
            match self.try_to_save() {
                Ok(()) => {
                    self.pending.clear();
                    self.telling.send_modify(|progress| progress.saved = number);
                    return;
                }
                Err(error) => {
                    tracing::error!(
                        path = %self.path.display(), %error,
                        "failed to write the state file; changes are refused until it can be written"
                    );
                    self.telling
                        .send_modify(|progress| progress.failed = number);
                }
            }
            if incoming.is_none_or(|incoming| !incoming.is_empty() || incoming.is_closed()) {
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    fn try_to_save(&mut self) -> Result<(), redb::Error> {
        let database = match self.database.take() {
            Some(database) => database,
            None => reopened(&self.path)?,
        };
        write(&database, &self.pending)?;
        self.database = Some(database);
        Ok(())
    }
}

/// A database that failed once wants to be opened again; a file that was deleted meanwhile stays away.
fn reopened(path: &Path) -> Result<Database, redb::Error> {
    Ok(Database::open(path)?)
}
