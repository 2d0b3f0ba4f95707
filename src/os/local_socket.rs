//! The socket file for programs of our own user: 0600, in the state directory.
//!
//! Each daemon binds its own under another name and renames it over the one before it, so that there is no moment
//! without the file; between two daemons connections are refused.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// Longest path of a socket, in bytes: `sun_path` with its final NUL is 108.
const LONGEST: usize = 107;

/// There is no socket file; everything else works.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("the path has {0} bytes and a socket's may have {LONGEST}; choose a shorter --home")]
    TooLong(usize),
    #[error("{0}; check the state directory")]
    Io(#[from] io::Error),
}

/// Whether a socket can have this path.
pub fn check_path(path: &Path) -> Result<(), SocketError> {
    let length = path.as_os_str().as_bytes().len();
    if length > LONGEST { Err(SocketError::TooLong(length)) } else { Ok(()) }
}

/// Listens at `path`, in place of whoever did before.
pub fn bind(path: &Path) -> Result<UnixListener, SocketError> {
    check_path(path)?;
    let next = next_to(path);
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let listener = UnixListener::bind(&next)?;
    fs::set_permissions(&next, fs::Permissions::from_mode(0o600))?;
    fs::rename(&next, path)?;
    Ok(listener)
}

/// A name that is no longer than the socket's own.
fn next_to(path: &Path) -> PathBuf {
    path.with_extension("next")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_next_one_takes_over_and_only_the_owner_may_knock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("coda.sock");
        fs::write(path.with_extension("next"), "left by one that died while binding").unwrap();
        let first = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(first);
        assert!(UnixStream::connect(&path).is_err(), "a stale file refuses");
        let second = bind(&path).unwrap();
        let _client = UnixStream::connect(&path).unwrap();
        second.accept().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_path_that_is_too_long_says_so() {
        let path = Path::new("/").join("x".repeat(LONGEST));
        let error = bind(&path).unwrap_err().to_string();
        assert!(error.starts_with("the path has 108 bytes"), "{error}");
    }
}
