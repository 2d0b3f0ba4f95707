//! Opening the database, whatever lies where it should be.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::StoreError;
use super::migrations::{self, VERSION};
use super::set_aside::{self, Reason, SetAside, set_aside};

const NAME: &str = "coda.db";
/// How long to wait for somebody who reads the file from outside, such as a backup.
const BUSY: Duration = Duration::from_secs(5);
/// Size of the log at which its pages move into the database, in pages of 4 KiB.
const CHECKPOINT_PAGES: u32 = 256;

/// The one writer's hold of the database.
#[derive(Debug)]
pub struct Database {
    pub(super) connection: Connection,
    place: Place,
    set_aside: Option<SetAside>,
    /// Holds a folder per session.
    pub(super) sessions: PathBuf,
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    /// Nowhere else, because of this: what is in it ends with the daemon.
    Memory(String),
}

enum Found {
    Ours(Connection),
    NotOurs(Reason, String),
}

impl Database {
    /// Opens `<state>/coda.db`, or makes it, and takes in what lies in the folders of `<state>/sessions` and in the
    /// files of earlier versions.
    pub fn open(state: &Path, now: DateTime<Utc>) -> Result<Database, StoreError> {
        let path = state.join(NAME);
        let opened = open_file(&path, now);
        let (connection, place, set_aside) = match opened {
            Ok((connection, set_aside)) => (connection, Place::File(path), set_aside),
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "there is no place for the database: it lives in memory");
                let mut connection = Connection::open_in_memory()?;
                migrations::migrate(&mut connection)?;
                (connection, Place::Memory(error.to_string()), None)
            }
        };
        let mut database = Database { connection, place, set_aside, sessions: state.join("sessions") };
        database.reconcile_sessions()?;
        database.import_receipts(&state.join("receipts.jsonl"));
        Ok(database)
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The database that this opening has set aside.
    pub fn just_set_aside(&self) -> Option<&SetAside> {
        self.set_aside.as_ref()
    }

    /// Every database that was set aside and still lies there.
    pub fn all_set_aside(&self) -> Vec<PathBuf> {
        match &self.place {
            Place::File(path) => set_aside::all(path),
            Place::Memory(_) => Vec::new(),
        }
    }

    pub(super) fn write(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

fn open_file(path: &Path, now: DateTime<Utc>) -> Result<(Connection, Option<SetAside>), StoreError> {
    let mut aside = None;
    let mut connection = match look(path)? {
        Found::Ours(connection) => connection,
        Found::NotOurs(reason, detail) => {
            aside = Some(set_aside(path, reason, detail, now)?);
            match look(path)? {
                Found::Ours(connection) => connection,
                Found::NotOurs(_, detail) => return Err(StoreError::Refused(detail)),
            }
        }
    };
    migrations::migrate(&mut connection)?;
    Ok((connection, aside))
}

/// Opens the file, or says why it is not ours to write. SQLite gives `-wal` and `-shm` the file's permissions.
fn look(path: &Path) -> Result<Found, StoreError> {
    let failed = |source| StoreError::File { act: "open", path: path.to_owned(), source };
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(failed)?;
    file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
    drop(file);
    match examine(path) {
        Err(error) if error.is_corruption() => Ok(Found::NotOurs(Reason::Corrupt, error.to_string())),
        found => found,
    }
}

fn examine(path: &Path) -> Result<Found, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    let version = migrations::version(&connection)?;
    if version > VERSION {
        let detail = format!("version {version}, this program knows {VERSION}");
        return Ok(Found::NotOurs(Reason::Newer(version), detail));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    let checked: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if checked == "ok" { Ok(Found::Ours(connection)) } else { Ok(Found::NotOurs(Reason::Corrupt, checked)) }
}
