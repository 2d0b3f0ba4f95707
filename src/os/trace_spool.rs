//! Traces on the disk until they have landed: a file each, in a folder of their own.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::session_files::make_private_dir;
use crate::domain::traces::{Kept, KeptTurn, Turn};

#[derive(Debug, Clone)]
pub struct TraceSpool(PathBuf);

impl TraceSpool {
    /// `folder` is made when it is needed.
    pub fn new(folder: impl Into<PathBuf>) -> TraceSpool {
        TraceSpool(folder.into())
    }

    /// What is there, the oldest first. What was not written to its end goes.
    pub fn list(&self) -> io::Result<Vec<Kept>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".json") {
                all.push(Kept { name, bytes: entry.metadata()?.len() });
            } else {
                drop(fs::remove_file(entry.path()));
            }
        }
        all.sort();
        Ok(all)
    }

    /// Keeps it, so that it is there whole or not at all.
    pub fn keep(&self, turn: Turn) -> io::Result<Kept> {
        make_private_dir(&self.0).map_err(io::Error::other)?;
        let name = KeptTurn::name(&turn);
        let text = serde_json::to_vec(&KeptTurn::new(turn))?;
        let path = self.path(&name);
        let next = path.with_extension("new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&next, &path)?;
        Ok(Kept { name, bytes: text.len() as u64 })
    }

    /// `None`: nobody can read it.
    pub fn read(&self, name: &str) -> Option<Turn> {
        KeptTurn::parse(&fs::read(self.path(name)).ok()?)
    }

    pub fn remove(&self, name: &str) {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(name, %error, "a trace could not be removed");
            }
            _ => {}
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(Path::new(name).file_name().unwrap_or_default())
    }
}
