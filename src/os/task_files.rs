//! The folders of tasks: `<state>/tasks/<id>/`, for the owner's eyes only. The agent writes there, so whatever lies there
//! is read with care: no links, no pipes, no more than so much.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::domain::tasks::{RESULT_BYTES, TaskId};

const PROMPT: &str = "prompt.txt";
const STATUS: &str = "status.jsonl";
const RESULT: &str = "result.json";
const ARTIFACTS: &str = "artifacts";
/// Read of `status.jsonl` in one look at most, in bytes.
const LOOK: u64 = 256 * 1024;

/// Where tasks have their folders.
#[derive(Debug, Clone)]
pub struct TaskFiles {
    root: PathBuf,
}

/// How far a task's files were read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Of the file that was read, and in it.
    inode: u64,
    offset: u64,
    /// Of the result that was read last: when it was changed, how long it is, which file.
    result: Option<(i64, i64, u64, u64)>,
}

/// What a look found.
#[derive(Debug, Default)]
pub struct Look {
    pub place: Place,
    /// What `status.jsonl` has more than before. `anew`: it is another file, and this is its beginning.
    pub progress: Vec<u8>,
    pub anew: bool,
    pub result: Remains,
}

/// What lies where the result should be.
#[derive(Debug, Default)]
pub enum Remains {
    /// The same as at the last look.
    #[default]
    Same,
    Nothing,
    /// Its bytes, at most one more than may be, and what tells them from others.
    There(Vec<u8>, u64),
}

impl TaskFiles {
    /// Below `state`.
    pub fn new(state: &Path) -> TaskFiles {
        TaskFiles { root: state.join("tasks") }
    }

    pub fn folder(&self, id: &TaskId) -> PathBuf {
        self.root.join(id.as_str())
    }

    pub fn prompt(&self, id: &TaskId) -> PathBuf {
        self.folder(id).join(PROMPT)
    }

    /// Makes the folder ready for run `run` of a task: what an earlier run left as its result is put aside.
    pub fn prepare(&self, id: &TaskId, run: u32, prompt: &str) -> io::Result<()> {
        let folder = self.folder(id);
        for folder in [&self.root, &folder, &folder.join(ARTIFACTS)] {
            match DirBuilder::new().mode(0o700).recursive(false).create(folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
        }
        let result = folder.join(RESULT);
        if run > 1 && result.symlink_metadata().is_ok() {
            fs::rename(&result, folder.join(format!("result-{}.json", run - 1)))?;
        }
        let draft = folder.join(".prompt.txt.new");
        let mut file = OpenOptions::new();
        let file = file.write(true).create(true).truncate(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
        file.open(&draft)?.write_all(prompt.as_bytes())?;
        fs::rename(&draft, folder.join(PROMPT))?;
        let mut status = OpenOptions::new();
        status.append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        drop(status.open(folder.join(STATUS)));
        Ok(())
    }

    /// What has changed since `place`.
    pub fn look(&self, id: &TaskId, mut place: Place) -> Look {
        let folder = self.folder(id);
        let (progress, anew) = read_more(&folder.join(STATUS), &mut place).unwrap_or_default();
        let result = read_result(&folder.join(RESULT), &mut place);
        Look { place, progress, anew, result }
    }

    /// Deletes what there is of a task.
    pub fn remove(&self, id: &TaskId) -> io::Result<()> {
        match fs::remove_dir_all(self.folder(id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

/// A file that is one: not a link, not a pipe, not a directory.
fn open(path: &Path) -> io::Result<(File, fs::Metadata)> {
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

fn read_more(path: &Path, place: &mut Place) -> io::Result<(Vec<u8>, bool)> {
    let (mut file, metadata) = open(path)?;
    let anew = place.inode != metadata.ino() || metadata.len() < place.offset;
    if anew {
        (place.inode, place.offset) = (metadata.ino(), 0);
    }
    file.seek(SeekFrom::Start(place.offset))?;
    let mut bytes = Vec::new();
    file.take(LOOK).read_to_end(&mut bytes)?;
    place.offset += bytes.len() as u64;
    Ok((bytes, anew))
}

fn read_result(path: &Path, place: &mut Place) -> Remains {
    let Ok((file, metadata)) = open(path) else {
        let known = place.result.take().is_some();
        return if known { Remains::Nothing } else { Remains::Same };
    };
    let seen = (metadata.mtime(), metadata.mtime_nsec(), metadata.len(), metadata.ino());
    if place.result == Some(seen) {
        return Remains::Same;
    }
    let mut bytes = Vec::new();
    if file.take(RESULT_BYTES as u64 + 1).read_to_end(&mut bytes).is_err() {
        return Remains::Same;
    }
    place.result = Some(seen);
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Remains::There(bytes, hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, TaskFiles, TaskId) {
        let state = tempfile::tempdir().unwrap();
        let files = TaskFiles::new(state.path());
        (state, files, TaskId::fresh(&"0".repeat(32)).unwrap())
    }

    #[test]
    fn files_are_the_owners_alone() {
        let (state, files, id) = files();
        files.prepare(&id, 1, "do it").unwrap();
        files.prepare(&id, 1, "do it again").unwrap();
        for (path, mode) in [("", 0o700), (PROMPT, 0o600), (STATUS, 0o600), (ARTIFACTS, 0o700)] {
            let found = files.folder(&id).join(path).metadata().unwrap().mode() & 0o777;
            assert_eq!(found, mode, "{path}");
        }
        assert_eq!(state.path().join("tasks").metadata().unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_to_string(files.prompt(&id)).unwrap(), "do it again");
        files.remove(&id).unwrap();
        files.remove(&id).unwrap();
    }

    #[test]
    fn a_look_finds_what_is_new_and_no_more() {
        let (_state, files, id) = files();
        files.prepare(&id, 1, "x").unwrap();
        let folder = files.folder(&id);
        let first = files.look(&id, Place::default());
        assert!(first.progress.is_empty() && matches!(first.result, Remains::Same));
        fs::write(folder.join(STATUS), "one\n").unwrap();
        fs::write(folder.join(RESULT), "{}").unwrap();
        let second = files.look(&id, first.place);
        assert_eq!(second.progress, b"one\n");
        assert!(matches!(second.result, Remains::There(bytes, _) if bytes == b"{}"));
        let third = files.look(&id, second.place);
        assert!(third.progress.is_empty() && matches!(third.result, Remains::Same));
        fs::write(folder.join(STATUS), "1\n").unwrap();
        fs::remove_file(folder.join(RESULT)).unwrap();
        let fourth = files.look(&id, third.place);
        assert_eq!((fourth.progress.as_slice(), fourth.anew), (b"1\n".as_slice(), true));
        assert!(matches!(fourth.result, Remains::Nothing));
        fs::write(folder.join(RESULT), "{}").unwrap();
        files.prepare(&id, 2, "x").unwrap();
        assert!(folder.join("result-1.json").exists() && !folder.join(RESULT).exists());
    }

    #[test]
    fn links_pipes_and_folders_are_no_files() {
        let (state, files, id) = files();
        files.prepare(&id, 1, "x").unwrap();
        let folder = files.folder(&id);
        let secret = state.path().join("secret");
        fs::write(&secret, r#"{"status": "completed"}"#).unwrap();
        fs::remove_file(folder.join(STATUS)).unwrap();
        for name in [STATUS, RESULT] {
            std::os::unix::fs::symlink(&secret, folder.join(name)).unwrap();
        }
        let nothing = |look: Look| look.progress.is_empty() && matches!(look.result, Remains::Same);
        assert!(nothing(files.look(&id, Place::default())));
        for name in [STATUS, RESULT] {
            fs::remove_file(folder.join(name)).unwrap();
            fs::create_dir(folder.join(name)).unwrap();
        }
        assert!(nothing(files.look(&id, Place::default())));
        for name in [STATUS, RESULT] {
            fs::remove_dir(folder.join(name)).unwrap();
            let made = std::process::Command::new("mkfifo").arg(folder.join(name)).status().unwrap();
            assert!(made.success());
        }
        assert!(nothing(files.look(&id, Place::default())));
    }
}
