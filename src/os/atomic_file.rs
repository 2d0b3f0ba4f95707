//! Replaces files whole: whoever reads sees the old content or the new one, never half of it, and a power cut leaves
//! one of the two.
//!
//! The new content is drafted beside the file, for the owner's eyes only from its first byte, forced to the disk and
//! renamed over the old one. The draft has a fixed name and is locked, so that writers wait for each other and one that
//! was killed leaves nothing that piles up. A link is followed: what it points to is replaced, the link stays.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use super::session_files::{FilesError, failed};

/// What is edited is a handful of settings; more than this is something else, in bytes.
const MOST: u64 = 4 * 1024 * 1024;
/// Links that may follow each other, as in the kernel.
const LINKS: usize = 40;
/// How often somebody else may write the file while it is being edited.
const TRIES: usize = 5;

/// Who may read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: 0600, also when others could read it before.
    Owner,
    /// Whoever could before; a new file has 0644.
    AsBefore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It had this content; its time of change stays.
    Unchanged,
    Updated,
}

/// The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError<E> {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("{} is written by somebody else again and again; try again", .0.display())]
    Busy(PathBuf),
    #[error("leave {} as it is: {source}", .path.display())]
    Refused { path: PathBuf, source: E },
}

/// Gives the file this content.
pub fn write(
    path: &Path,
    readers: Readers,
    content: &[u8],
) -> Result<Outcome, EditError<std::convert::Infallible>> {
    edit(path, readers, |_| Ok(content.to_vec()))
}

/// Gives the file the content that `change` makes of the old one. A file that is not there is an empty one, and is not
/// made to stay empty. `change` is asked again when somebody else has written the file meanwhile.
pub fn edit<E>(
    path: &Path,
    readers: Readers,
    mut change: impl FnMut(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<Outcome, EditError<E>> {
    let path = followed(path).map_err(failed("follow", path))?;
    let mut draft = Draft::lock(&path).map_err(failed("write beside", &path))?;
    for _ in 0..TRIES {
        let before = Before::read(&path).map_err(failed("read", &path))?;
        let content =
            change(&before.content).map_err(|source| EditError::Refused { path: path.clone(), source })?;
        if content == before.content {
            before.close_to_others(&path, readers).map_err(failed("protect", &path))?;
            return Ok(Outcome::Unchanged);
        }
        draft.fill(&content, readers, before.metadata.as_ref()).map_err(failed("write", &path))?;
        if before.is_still(&path) {
            draft.replace(&path).map_err(failed("replace", &path))?;
            return Ok(Outcome::Updated);
        }
    }
    Err(EditError::Busy(path))
}

/// Where a chain of links ends, whether there is a file or not.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("/")).join(next),
            // It is no link, or it is not there.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                return Ok(path);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links"))
}

/// The file as it was found.
struct Before {
    metadata: Option<Metadata>,
    content: Vec<u8>,
}

impl Before {
    fn read(path: &Path) -> io::Result<Before> {
        // Whoever put a pipe there shall not make us wait.
        let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW).bits().cast_signed();
        let file = match fs::OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Before { metadata: None, content: Vec::new() });
            }
            file => file?,
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut content = Vec::new();
        if file.take(MOST + 1).read_to_end(&mut content)? as u64 > MOST {
            return Err(io::Error::other(format!("it has more than {MOST} bytes")));
        }
        Ok(Before { metadata: Some(metadata), content })
    }

    /// Whether nobody has written the file since.
    fn is_still(&self, path: &Path) -> bool {
        let stamp = |metadata: &Metadata| {
            (metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec(), metadata.ctime_nsec())
        };
        fs::symlink_metadata(path).ok().as_ref().map(stamp) == self.metadata.as_ref().map(stamp)
    }

    fn close_to_others(&self, path: &Path, readers: Readers) -> io::Result<()> {
        let open = |metadata: &Metadata| metadata.permissions().mode() & 0o077 != 0;
        if readers == Readers::Owner && self.metadata.as_ref().is_some_and(open) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    }
}

/// The file to be, locked. Dropping it leaves nothing.
struct Draft {
    path: PathBuf,
    file: File,
    done: bool,
}

impl Draft {
    fn lock(of: &Path) -> io::Result<Draft> {
        let name = of.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_string_lossy();
        let path = of.with_file_name(format!(".{name}.coda-new"));
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        loop {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
            let file = options.open(&path)?;
            rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
            // Whoever had it before us may have renamed or removed it.
            let ours = file.metadata()?;
            if fs::symlink_metadata(&path).is_ok_and(|there| there.ino() == ours.ino()) {
                return Ok(Draft { path, file, done: false });
            }
        }
    }

    fn fill(&mut self, content: &[u8], readers: Readers, before: Option<&Metadata>) -> io::Result<()> {
        self.file.set_permissions(fs::Permissions::from_mode(0o600))?;
        self.file.set_len(0)?;
        io::Seek::rewind(&mut self.file)?;
        self.file.write_all(content)?;
        if let Some(before) = before {
            self.give_to(before)?;
        }
        if readers == Readers::AsBefore {
            let mode = before.map_or(0o644, |before| before.permissions().mode() & 0o777);
            self.file.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        self.file.sync_all()
    }

    /// The owner stays who it was, or the file stays as it was.
    fn give_to(&self, before: &Metadata) -> io::Result<()> {
        let ours = self.file.metadata()?;
        if (ours.uid(), ours.gid()) == (before.uid(), before.gid()) {
            return Ok(());
        }
        match std::os::unix::fs::fchown(&self.file, Some(before.uid()), Some(before.gid())) {
            // A group that is not ours: the owner is the same.
            Err(_) if ours.uid() == before.uid() => Ok(()),
            given => given,
        }
    }

    fn replace(&mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.done = true;
        File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests;
