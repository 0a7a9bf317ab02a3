//! Writes entries in the background, as many at a time as have come in meanwhile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    orders: Mutex<Orders>,
    progress: watch::Receiver<Progress>,
}

/// Where orders go, and how many there were. Behind one lock, so that they arrive in the order of their numbers.
struct Orders {
    sender: mpsc::UnboundedSender<Order>,
    last: u64,
    /// The last order that holds more than lines of logs.
    last_weighty: u64,
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
        let (sender, incoming) = mpsc::unbounded_channel();
        let (telling, progress) = watch::channel(Progress::default());
        let writer = Writer {
            path,
            database: Some(database),
            pending: BTreeMap::new(),
            telling,
        };
        thread::spawn(move || writer.run(incoming));
        let orders = Orders {
            sender,
            last: 0,
            last_weighty: 0,
        };
        Self {
            orders: Mutex::new(orders),
            progress,
        }
    }

    /// Orders entries to be written, after those that were ordered before. What they are is asked while nobody
    /// else can order, so that a later order never holds something older.
    pub(crate) fn append(&self, entries: impl FnOnce() -> Vec<Entry>) {
        let mut orders = self.orders();
        let entries = entries();
        if entries.is_empty() {
            return;
        }
        orders.last += 1;
        let number = orders.last;
        if entries.iter().any(Entry::is_weighty) {
            orders.last_weighty = number;
        }
        // A closed file takes nothing any more.
        let _ = orders.sender.send(Order::Write { number, entries });
    }

    /// Waits until everything that was ordered is in the file, but for the lines of logs that came last.
    pub(crate) async fn settled(&self) -> Result<(), NotSaved> {
        let wanted = self.orders().last_weighty;
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
        let ordered = self.orders().sender.send(Order::Close(sender));
        if ordered.is_ok() {
            // The writer cannot be gone without having closed.
            let _ = closed.await;
        }
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
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
                        "failed to write the state file; changes are answered with an error until it can be written"
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::StateFile;

    const WRITERS: usize = 8;
    const ROUNDS: usize = 300;

    #[tokio::test]
    async fn whoever_orders_at_once_waits_for_just_the_own_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let journal = Arc::new(StateFile::open(&path).unwrap().into_journal());
        let writers = (0..WRITERS).map(|writer| {
            let journal = Arc::clone(&journal);
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    let name = format!("entry/{writer}/{round}");
                    journal.append(|| vec![Entry::new(name, &round)]);
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.join().unwrap();
        }
        let settled = tokio::time::timeout(Duration::from_secs(30), journal.settled());
        settled.await.expect("the writer catches up").unwrap();
        journal.close().await;
        let file = StateFile::open(&path).unwrap();
        assert_eq!(file.entries().names("entry/").count(), WRITERS * ROUNDS);
    }

    #[tokio::test]
    async fn orders_arrive_in_the_order_of_their_numbers() {
        let (sender, mut incoming) = mpsc::unbounded_channel();
        let (_telling, progress) = watch::channel(Progress::default());
        let orders = Orders {
            sender,
            last: 0,
            last_weighty: 0,
        };
        let journal = Arc::new(Journal {
            orders: Mutex::new(orders),
            progress,
        });
        let writers = (0..WRITERS).map(|_| {
            let journal = Arc::clone(&journal);
            thread::spawn(move || {
                for _ in 0..ROUNDS {
                    journal.append(|| vec![Entry::format()]);
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.join().unwrap();
        }
        drop(journal);
        let mut expected = 1;
        while let Some(Order::Write { number, .. }) = incoming.recv().await {
            assert_eq!(number, expected);
            expected += 1;
        }
        assert_eq!(expected, (WRITERS * ROUNDS) as u64 + 1);
    }
}
