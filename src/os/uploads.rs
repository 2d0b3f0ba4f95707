//! The folder of uploaded files, `<home>/uploads`.
//!
//! Everything happens below a descriptor of the folder that was opened without following a link, so that nobody can
//! put another place in its stead. A file is received under a name of its own, locked, and gets its real one by a
//! rename that replaces nothing; whoever finds such a file unlocked knows that nobody receives it any more.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags};

use crate::domain::upload::{MAGIC, is_ours, is_part, part_name, stored_name};

/// Name of the folder.
pub const FOLDER: &str = "uploads";
/// A fresh random name that exists already is tried again so often.
const TRIES: usize = 8;

/// The folder could not be used, or a file in it not be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{0} is not a folder of its own (a link, or a file); put a folder in its place")]
    NotAFolder(PathBuf),
    #[error("the disk is full; remove something and try again")]
    DiskFull,
    #[error("write to {0}: {1}; check the disk and the permissions")]
    Io(PathBuf, io::Error),
}

pub struct Folder {
    dir: Arc<OwnedFd>,
    path: PathBuf,
}

/// A file that is being received. Dropping it leaves nothing.
pub struct Part {
    folder: Folder,
    file: File,
    name: Option<String>,
    first: Vec<u8>,
    bytes: u64,
}

/// A file that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub path: PathBuf,
    pub bytes: u64,
    /// Its first bytes, [`MAGIC`] at most.
    pub first: Vec<u8>,
}

impl Folder {
    /// Opens the folder, and makes it, 0700, when it is not there.
    pub fn open(home: &Path) -> Result<Folder, FolderError> {
        let path = home.join(FOLDER);
        let failed = |errno: rustix::io::Errno| match errno {
            rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR => FolderError::NotAFolder(path.clone()),
            errno => failure(&path, errno.into()),
        };
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let home = rustix::fs::open(home, folder, Mode::empty()).map_err(failed)?;
        match rustix::fs::mkdirat(&home, FOLDER, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(errno) => return Err(failed(errno)),
        }
        let dir =
            rustix::fs::openat(&home, FOLDER, folder | OFlags::NOFOLLOW, Mode::empty()).map_err(failed)?;
        Ok(Folder { dir: Arc::new(dir), path })
    }

    /// Bytes in our files.
    pub fn used(&self) -> Result<u64, FolderError> {
        let mut used = 0u64;
        self.each(|name, stat| {
            if is_ours(name) {
                used = used.saturating_add(u64::try_from(stat.st_size).unwrap_or(0));
            }
        })?;
        Ok(used)
    }

    /// Removes our files older than `age`, and what nobody receives any more; how many that were.
    pub fn sweep(&self, now: SystemTime, age: Duration) -> Result<usize, FolderError> {
        let mut old = Vec::new();
        self.each(|name, stat| {
            let written =
                SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(stat.st_mtime).unwrap_or(0));
            let too_old = now.duration_since(written).is_ok_and(|passed| passed > age);
            if (is_ours(name) && too_old) || (is_part(name) && self.is_abandoned(name)) {
                old.push(name.to_owned());
            }
        })?;
        let removed = old.iter().filter(|name| self.remove(name)).count();
        Ok(removed)
    }

    /// Calls back for each regular file with a name that can be read.
    fn each(&self, mut look: impl FnMut(&str, &rustix::fs::Stat)) -> Result<(), FolderError> {
        let failed = |errno: rustix::io::Errno| failure(&self.path, errno.into());
        for entry in Dir::read_from(&self.dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            // What is gone by now does not count.
            let Ok(stat) = rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                look(name, &stat);
            }
        }
        Ok(())
    }

    fn is_abandoned(&self, name: &str) -> bool {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = rustix::fs::openat(&self.dir, name, flags, Mode::empty());
        opened.is_ok_and(|file| rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive).is_ok())
    }

    fn remove(&self, name: &str) -> bool {
        rustix::fs::unlinkat(&self.dir, name, AtFlags::empty()).is_ok()
    }

    /// Begins to receive a file.
    pub fn begin(self) -> Result<Part, FolderError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for _ in 0..TRIES {
            let name = part_name(self.random()?);
            match rustix::fs::openat(&self.dir, &name, flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => {
                    let locked = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
                    let file = File::from(file);
                    let part = Part { folder: self, file, name: Some(name), first: Vec::new(), bytes: 0 };
                    return match locked {
                        Ok(()) => Ok(part),
                        Err(errno) => Err(failure(&part.folder.path, errno.into())),
                    };
                }
                Err(rustix::io::Errno::EXIST) => {}
                Err(errno) => return Err(failure(&self.path, errno.into())),
            }
        }
        Err(failure(&self.path, io::ErrorKind::AlreadyExists.into()))
    }

    fn random(&self) -> Result<u32, FolderError> {
        let mut bytes = [0u8; 4];
        getrandom::fill(&mut bytes).map_err(|error| failure(&self.path, io::Error::other(error)))?;
        Ok(u32::from_le_bytes(bytes))
    }
}

impl Part {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FolderError> {
        self.file.write_all(bytes).map_err(|error| failure(&self.folder.path, error))?;
        let missing = MAGIC.saturating_sub(self.first.len()).min(bytes.len());
        self.first.extend_from_slice(&bytes[..missing]);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// It is complete, and called `name` from now on.
    pub fn finish(mut self, name: &str) -> Result<Arrived, FolderError> {
        for _ in 0..TRIES {
            let (dir, stored) = (&self.folder.dir, stored_name(self.folder.random()?, name));
            let Some(part) = &self.name else { break };
            match rustix::fs::renameat_with(dir, part, dir, &stored, RenameFlags::NOREPLACE) {
                Ok(()) => {
                    self.name = None;
                    let first = std::mem::take(&mut self.first);
                    return Ok(Arrived { path: self.folder.path.join(stored), bytes: self.bytes, first });
                }
                Err(rustix::io::Errno::EXIST) => {}
                Err(errno) => return Err(failure(&self.folder.path, errno.into())),
            }
        }
        Err(failure(&self.folder.path, io::ErrorKind::AlreadyExists.into()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.folder.remove(name);
        }
    }
}

fn failure(path: &Path, error: io::Error) -> FolderError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FolderError::DiskFull,
        _ => FolderError::Io(path.to_owned(), error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn names(home: &Path) -> Vec<String> {
        let entries = fs::read_dir(home.join(FOLDER)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_when_it_is_complete() {
        let home = tempfile::tempdir().unwrap();
        let mut part = Folder::open(home.path()).unwrap().begin().unwrap();
        part.write(b"hello ").unwrap();
        part.write(b"world, this is a long one").unwrap();
        assert!(is_part(&names(home.path())[0]));
        let arrived = part.finish("x.txt").unwrap();
        assert_eq!(fs::read(&arrived.path).unwrap(), b"hello world, this is a long one");
        assert_eq!((arrived.bytes, &arrived.first[..]), (31, &b"hello world, thi"[..]));
        assert!(is_ours(&names(home.path())[0]));
        assert_eq!(fs::metadata(&arrived.path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(home.path().join(FOLDER)).unwrap().mode() & 0o777, 0o700);
        assert_eq!(Folder::open(home.path()).unwrap().used().unwrap(), 31);
    }

    #[test]
    fn a_part_that_is_dropped_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let mut part = Folder::open(home.path()).unwrap().begin().unwrap();
        part.write(b"half").unwrap();
        drop(part);
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn only_our_old_files_are_swept() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        let dir = home.path().join(FOLDER);
        for name in ["0123abcd_old.txt", "notes.txt", ".0123abcd.part", "0123abcd_bad name", ".hidden"] {
            fs::write(dir.join(name), "x").unwrap();
        }
        fs::create_dir(dir.join("0123abcd_folder")).unwrap();
        symlink("/etc/passwd", dir.join("0123abcd_link")).unwrap();
        let part = Folder::open(home.path()).unwrap().begin().unwrap();
        assert_eq!(
            folder.sweep(SystemTime::now(), Duration::from_secs(3600)).unwrap(),
            1,
            "the abandoned part"
        );
        let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
        assert_eq!(folder.sweep(tomorrow, Duration::from_secs(3600)).unwrap(), 1, "the old file");
        part.finish("new").unwrap();
        let left = names(home.path());
        assert_eq!(left.len(), 6, "{left:?}");
        assert_eq!(left[..2], [".hidden", "0123abcd_bad name"]);
    }

    #[test]
    fn a_link_in_place_of_the_folder_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), home.path().join(FOLDER)).unwrap();
        assert!(matches!(Folder::open(home.path()), Err(FolderError::NotAFolder(_))));
        fs::remove_file(home.path().join(FOLDER)).unwrap();
        fs::write(home.path().join(FOLDER), "").unwrap();
        assert!(matches!(Folder::open(home.path()), Err(FolderError::NotAFolder(_))));
        assert!(matches!(Folder::open(Path::new("/nowhere")), Err(FolderError::Io(..))));
    }
}
