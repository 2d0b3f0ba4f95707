//! The files of the shell integration, written where shells can read them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::session_files::{FilesError, failed, make_private_dir};
use crate::domain::shell_integration::FILES;

/// Writes the files to `<state>/shell/<version>/`, for the owner's eyes only, and says where that is. A file that
/// is there already is replaced whole or not at all: a shell may be reading it.
pub fn write(state: &Path, version: &str) -> Result<PathBuf, FilesError> {
    let folder = state.join("shell").join(version);
    for (name, text) in FILES {
        let path = folder.join(name);
        make_private_dir(path.parent().unwrap_or(&folder))?;
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            continue;
        }
        let next = folder.join("next.new");
        let written = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next);
        written
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&next, &path))
            .map_err(failed("write", &path))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_are_private_and_replaced_when_they_differ() {
        let state = tempfile::tempdir().unwrap();
        let folder = write(state.path(), "1.2.3").unwrap();
        assert_eq!(folder, state.path().join("shell/1.2.3"));
        fs::write(folder.join("coda.bash"), "something else").unwrap();
        write(state.path(), "1.2.3").unwrap();
        for (name, text) in FILES {
            let path = folder.join(name);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        assert_eq!(fs::metadata(folder.join("zsh")).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!folder.join("next.new").exists());
    }
}
