//! Where manifests lie: `<state>/sync/<digest of what it is about>.json`.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::domain::sync::{Digest, Manifest};
use crate::os::session_files::make_private_dir;

/// What is remembered about a folder here and its copy at `destination`. One that cannot be read is none: everything
/// is looked at anew, and nothing is lost.
pub fn load(folder: &Path, root: &Path, destination: &str) -> Manifest {
    let path = path(folder, root, destination);
    let read = match fs::read_to_string(&path) {
        Ok(text) => Manifest::from_text(&text).map_err(|error| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Manifest::new(destination),
        Err(error) => Err(error.to_string()),
    };
    let read = read.inspect_err(|error| tracing::warn!(path = %path.display(), error, "synchronising anew"));
    read.ok()
        .filter(|manifest| manifest.destination == destination)
        .unwrap_or_else(|| Manifest::new(destination))
}

/// Keeps it, so that a reader sees the old one or the new one.
pub fn save(folder: &Path, root: &Path, manifest: &Manifest) -> io::Result<()> {
    make_private_dir(folder).map_err(io::Error::other)?;
    let path = path(folder, root, &manifest.destination);
    let next = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
    file.write_all(manifest.to_text().as_bytes())?;
    file.sync_all()?;
    fs::rename(&next, &path)
}

fn path(folder: &Path, root: &Path, destination: &str) -> PathBuf {
    let about = format!("{}\n{destination}", root.display());
    folder.join(format!("{}.json", &Digest::of(about.as_bytes()).to_string()[..32]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_what_is_broken_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, root) = (dir.path().join("sync"), Path::new("/home/a/projects/x"));
        let mut manifest = Manifest::new("/Workspace/x");
        manifest.agree("a", Digest::of(b"1"), None, None);
        save(&folder, root, &manifest).unwrap();
        assert_eq!(load(&folder, root, "/Workspace/x"), manifest);
        assert_eq!(load(&folder, root, "/Workspace/y"), Manifest::new("/Workspace/y"));
        let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        fs::write(&file, "{").unwrap();
        assert_eq!(load(&folder, root, "/Workspace/x"), Manifest::new("/Workspace/x"));
    }
}
