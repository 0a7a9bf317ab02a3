//! The state file: an embedded database in which an emulator outlives its process.
//!
//! It holds plain entries, a name and JSON each. What they mean is known where they are made: in
//! `state/save.rs` and `auth/keys.rs`.

mod journal;

use std::collections::BTreeMap;
use std::io;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;
use steerable_clock::Reading;

pub(crate) use journal::Journal;
pub use journal::NotSaved;

const ENTRIES: TableDefinition<&str, &[u8]> = TableDefinition::new("entries");

/// The name and the value of the entry that tells how the others are written.
const FORMAT: (&str, u32) = ("format", 1);

const CLOCK: &str = "clock";

/// What the names of the lines of logs begin with.
pub(crate) const LOGS: &str = "log/";

/// One entry to write, or to remove when it has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: String,
    pub json: Option<Vec<u8>>,
}

impl Entry {
    /// None of the values can fail to be written as JSON.
    pub(crate) fn new(name: impl Into<String>, value: &impl Serialize) -> Self {
        Self {
            name: name.into(),
            json: serde_json::to_vec(value).ok(),
        }
    }

    /// Whether somebody may have been told of it: a line of a log may be lost in a kill.
    pub(crate) fn is_weighty(&self) -> bool {
        !self.name.starts_with(LOGS)
    }

    pub(crate) const fn removed(name: String) -> Self {
        Self { name, json: None }
    }

    pub(crate) fn format() -> Self {
        Self::new(FORMAT.0, &FORMAT.1)
    }

    pub(crate) fn clock(reading: Reading) -> Self {
        Self::new(CLOCK, &reading)
    }
}

/// Every entry of a state file, by name.
#[derive(Default)]
pub(crate) struct Entries(BTreeMap<String, Vec<u8>>);

impl Entries {
    /// What a file holds after entries were written to it.
    #[cfg(test)]
    pub(crate) fn apply(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            match entry.json {
                Some(json) => self.0.insert(entry.name, json),
                None => self.0.remove(&entry.name),
            };
        }
    }

    pub(crate) fn one<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Unreadable> {
        self.0.get(name).map(|json| parsed(name, json)).transpose()
    }

    /// The entries whose names begin so, by name.
    pub(crate) fn all<'a, T: DeserializeOwned>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = Result<T, Unreadable>> + 'a {
        self.0
            .range(prefix.to_owned()..)
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(name, json)| parsed(name, json))
    }

    /// The names of the entries that begin so, without that beginning, in their order.
    pub(crate) fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .range(prefix.to_owned()..)
            .map_while(move |(name, _)| name.strip_prefix(prefix))
    }
}

/// The text of the parser's error could quote a value.
fn parsed<T: DeserializeOwned>(name: &str, json: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(json).map_err(|_| Unreadable(name.to_owned()))
}

/// An entry of the state file is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry {0} is not understood")]
pub struct Unreadable(String);

/// A state file that is open, and that nobody else can open meanwhile.
pub struct StateFile {
    path: PathBuf,
    database: Database,
    entries: Entries,
}

/// A state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// Another process has it open.
    #[error(
        "the state file {0} is in use by another emulator; stop that one, or choose another file"
    )]
    InUse(PathBuf),
    /// It is the file of another program, or it is damaged.
    #[error(
        "{0} is no state file of an emulator, or it is damaged; choose another file, or delete it to start anew"
    )]
    NotAStateFile(PathBuf),
    /// It was written by another version.
    #[error(
        "the state file {0} was written by another version of the emulator; delete it to start anew"
    )]
    OtherFormat(PathBuf),
    /// One of its entries is not understood.
    #[error("the state file {path} cannot be read; delete it to start anew")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Which entry.
        source: Unreadable,
    },
    /// It cannot be opened, read or created.
    #[error("failed to open the state file {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl StateFile {
    /// Opens a state file, or creates it.
    ///
    /// # Errors
    ///
    /// [`StateFileError`] when it cannot be used.
    pub fn open(path: &Path) -> Result<Self, StateFileError> {
        // On some damages the database panics instead of failing.
        let opened = catch_unwind(|| {
            let database = open(path)?;
            let entries = read(&database).map_err(|error| explained(path, error))?;
            Ok((database, entries))
        });
        let (database, entries) =
            opened.unwrap_or_else(|_| Err(StateFileError::NotAStateFile(path.to_owned())))?;
        let Some(entries) = entries else {
            return Err(StateFileError::NotAStateFile(path.to_owned()));
        };
        let file = Self {
            path: path.to_owned(),
            database,
            entries: Entries(entries),
        };
        match file.entries.one::<u32>(FORMAT.0) {
            Ok(None) => Ok(file),
            Ok(Some(format)) if format == FORMAT.1 => Ok(file),
            Ok(Some(_)) | Err(_) => Err(StateFileError::OtherFormat(file.path)),
        }
    }

    /// Whether nothing was ever written to it.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.entries.0.is_empty()
    }

    /// What the clock was when the file was last written.
    ///
    /// # Errors
    ///
    /// [`StateFileError::Unreadable`].
    pub fn clock(&self) -> Result<Option<Reading>, StateFileError> {
        self.explain(self.entries.one(CLOCK))
    }

    pub(crate) const fn entries(&self) -> &Entries {
        &self.entries
    }

    pub(crate) fn explain<T>(&self, read: Result<T, Unreadable>) -> Result<T, StateFileError> {
        read.map_err(|source| StateFileError::Unreadable {
            path: self.path.clone(),
            source,
        })
    }

    /// Begins to write to it.
    pub(crate) fn into_journal(self) -> Journal {
        Journal::begin(self.path, self.database)
    }
}

fn open(path: &Path) -> Result<Database, StateFileError> {
    // The database itself would take a foreign file of some lengths for its own and a directory for an odd error.
    if path.is_dir() {
        return Err(StateFileError::NotAStateFile(path.to_owned()));
    }
    Database::builder()
        .set_check_integrity_on_open(true)
        .create(path)
        .map_err(|error| explained(path, error.into()))
}

/// Reads every entry; none of a database that somebody else made.
fn read(database: &Database) -> Result<Option<BTreeMap<String, Vec<u8>>>, redb::Error> {
    let reading = database.begin_read()?;
    let table = match reading.open_table(ENTRIES) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => {
            let is_empty = reading.list_tables()?.next().is_none();
            return Ok(is_empty.then(BTreeMap::new));
        }
        Err(error) => return Err(error.into()),
    };
    let mut entries = BTreeMap::new();
    for entry in table.iter()? {
        let (name, json) = entry?;
        entries.insert(name.value().to_owned(), json.value().to_vec());
    }
    Ok(Some(entries))
}

fn explained(path: &Path, error: redb::Error) -> StateFileError {
    let path = path.to_owned();
    match error {
        redb::Error::DatabaseAlreadyOpen => StateFileError::InUse(path),
        redb::Error::UpgradeRequired(_) => StateFileError::OtherFormat(path),
        redb::Error::Io(source) if !is_damage(source.kind()) => StateFileError::Io { path, source },
        _ => StateFileError::NotAStateFile(path),
    }
}

/// Whether an error of reading is one of what was read.
const fn is_damage(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

/// Writes entries in one step: after a crash all of them are there, or none.
fn write(
    database: &Database,
    entries: &BTreeMap<String, Option<Vec<u8>>>,
) -> Result<(), redb::Error> {
    let mut writing = database.begin_write()?;
    // The next start after a kill shall not read the whole file first.
    writing.set_quick_repair(true);
    {
        let mut table = writing.open_table(ENTRIES)?;
        for (name, json) in entries {
            match json {
                Some(json) => table.insert(name.as_str(), json.as_slice())?,
                None => table.remove(name.as_str())?,
            };
        }
    }
    writing.commit()?;
    Ok(())
}
