//! Files that the page may fetch: regular ones of this user, below home and outside of our own state.
//!
//! A path is judged by what it leads to, not by how it is spelled: the file is found first, without opening it, and the
//! kernel says where it lies. What was judged is what is opened, whatever happens to the names meanwhile.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("there is no such file; give a path below the home directory")]
    Missing,
    #[error("this path leads out of the home directory, or to what is not yours to fetch")]
    Outside,
    #[error("this is no regular file; pack a folder into an archive first")]
    NotAFile,
    #[error("read the file: {0}; check its permissions")]
    Io(io::Error),
}

/// A file, and what to call it.
#[derive(Debug)]
pub struct Found {
    pub file: File,
    pub name: String,
    pub bytes: u64,
}

/// Opens a file below `home`; `wanted` is absolute, or told from there. Nothing below `state` is found.
pub fn open_below(home: &Path, state: &Path, wanted: &str) -> Result<Found, FileError> {
    let wanted = home.join(wanted.strip_prefix("~/").unwrap_or(wanted));
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let place = rustix::fs::open(&wanted, flags, Mode::empty()).map_err(missing)?;
    let lies = path_of(&place)?;
    let home = home.canonicalize().map_err(FileError::Io)?;
    let state = state.canonicalize().unwrap_or_else(|_| state.to_owned());
    if !lies.starts_with(&home) || lies.starts_with(&state) {
        return Err(FileError::Outside);
    }
    let stat = rustix::fs::fstat(&place).map_err(|errno| FileError::Io(errno.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(FileError::NotAFile);
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(FileError::Outside);
    }
    let name = lies.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = File::open(link_of(&place)).map_err(FileError::Io)?;
    Ok(Found { file, name, bytes: u64::try_from(stat.st_size).unwrap_or(0) })
}

fn missing(errno: rustix::io::Errno) -> FileError {
    use rustix::io::Errno;
    match errno {
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG | Errno::INVAL => FileError::Missing,
        errno => FileError::Io(errno.into()),
    }
}

/// Where the kernel says that it lies, all links followed.
fn path_of(place: &OwnedFd) -> Result<PathBuf, FileError> {
    std::fs::read_link(link_of(place)).map_err(FileError::Io)
}

fn link_of(place: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", place.as_raw_fd()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    fn place() -> (tempfile::TempDir, tempfile::TempDir) {
        let (home, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(home.path().join("work/deep")).unwrap();
        fs::create_dir(home.path().join(".coda")).unwrap();
        fs::write(home.path().join("work/a b.txt"), "inside").unwrap();
        fs::write(home.path().join(".coda/secret"), "state").unwrap();
        fs::write(outside.path().join("other"), "outside").unwrap();
        (home, outside)
    }

    fn open(home: &Path, wanted: &str) -> Result<String, FileError> {
        let mut found = open_below(home, &home.join(".coda"), wanted)?;
        let mut text = String::new();
        found.file.read_to_string(&mut text).unwrap();
        assert_eq!(found.bytes, text.len() as u64);
        Ok(format!("{}: {text}", found.name))
    }

    #[test]
    fn a_file_below_home_is_found_however_it_is_spelled() {
        let (home, _outside) = place();
        let absolute = home.path().join("work/a b.txt");
        symlink(&absolute, home.path().join("link")).unwrap();
        for wanted in
            ["work/a b.txt", "~/work/a b.txt", "work/deep/../a b.txt", "link", absolute.to_str().unwrap()]
        {
            assert_eq!(open(home.path(), wanted).unwrap(), "a b.txt: inside", "{wanted}");
        }
    }

    #[test]
    fn nothing_leads_out_or_to_our_state() {
        let (home, outside) = place();
        let other = outside.path().join("other");
        symlink(&other, home.path().join("out")).unwrap();
        symlink(outside.path(), home.path().join("folder")).unwrap();
        symlink(home.path().join(".coda"), home.path().join("state")).unwrap();
        for wanted in
            ["out", "folder/other", "/etc/passwd", "../../../../etc/passwd", ".coda/secret", "state/secret"]
        {
            assert!(matches!(open(home.path(), wanted), Err(FileError::Outside)), "{wanted}");
        }
        assert!(matches!(open(home.path(), other.to_str().unwrap()), Err(FileError::Outside)));
    }

    #[test]
    fn what_is_no_file_is_said() {
        let (home, _outside) = place();
        for wanted in ["", "work", "~/"] {
            assert!(matches!(open(home.path(), wanted), Err(FileError::NotAFile)), "{wanted}");
        }
        for wanted in ["nowhere", "work/a b.txt/x", "a\0b"] {
            assert!(matches!(open(home.path(), wanted), Err(FileError::Missing)), "{wanted}");
        }
    }
}
