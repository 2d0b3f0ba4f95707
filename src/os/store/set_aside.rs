//! Databases that are not ours to write: they get another name and stay.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::error::StoreError;

/// Why a database was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not a whole database any more.
    Corrupt,
    /// Of this later version.
    Newer(u32),
}

/// A database that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    pub path: PathBuf,
    pub reason: Reason,
    /// What was seen.
    pub detail: String,
}

impl Reason {
    /// In one word, for the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Corrupt => "corrupt",
            Reason::Newer(_) => "newer",
        }
    }
}

/// Renames the database and what belongs to it to `<name>.corrupt-<time>` or `<name>.newer-<version>-<time>`.
pub(super) fn set_aside(
    path: &Path,
    reason: Reason,
    detail: String,
    now: DateTime<Utc>,
) -> Result<SetAside, StoreError> {
    let time = now.format("%Y%m%dT%H%M%S%3fZ");
    let suffix = match reason {
        Reason::Corrupt => format!(".corrupt-{time}"),
        Reason::Newer(version) => format!(".newer-{version}-{time}"),
    };
    let aside = with(path, &suffix);
    // The main file last: while it is there, the next start tries again.
    for part in ["-wal", "-shm", ""] {
        let (from, to) = (with(path, part), with(&aside, part));
        match fs::rename(&from, to) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::File { act: "set aside", path: from, source });
            }
            _ => {}
        }
    }
    tracing::error!(
        path = %aside.display(),
        reason = reason.word(),
        detail,
        "the database was set aside and a fresh one made; sessions are taken from their folders"
    );
    Ok(SetAside { path: aside, reason, detail })
}

/// The databases beside `path` that were set aside, now or earlier, by name.
pub(super) fn all(path: &Path) -> Vec<PathBuf> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let aside = |entry: &fs::DirEntry| {
        let found = entry.file_name().into_string().unwrap_or_default();
        let rest = found.strip_prefix(name).unwrap_or_default();
        let ours = rest.starts_with(".corrupt-") || rest.starts_with(".newer-");
        ours && !rest.ends_with("-wal") && !rest.ends_with("-shm")
    };
    let mut found: Vec<PathBuf> = entries.flatten().filter(aside).map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// `path` with more at its end.
fn with(path: &Path, more: &str) -> PathBuf {
    let mut whole = path.as_os_str().to_owned();
    whole.push(more);
    whole.into()
}
