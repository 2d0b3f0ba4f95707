//! Where installed programs lie: `~/.local/share/coda/tools/<tool>/<version>`, each version in a folder of its own, and
//! a link in `~/.local/bin` to the one in use.
//!
//! A version is put together in a folder that nobody looks into, and gets its name when it is whole: so a program is
//! there whole or not at all, and what runs from an older version keeps its files.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::random;

/// Names of folders that are being filled begin so.
const DRAFT: &str = ".new-";
/// Versions of a tool that stay, the one in use among them.
const KEPT: usize = 3;

#[derive(Debug, Clone)]
pub struct Shelf {
    tools: PathBuf,
    bin: PathBuf,
}

/// A folder that is being filled. Dropping it removes it.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    kept: bool,
}

/// A program of ours in `~/.local/bin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub tool: String,
    pub version: String,
}

impl Shelf {
    pub fn new(home: &Path) -> Shelf {
        Shelf { tools: home.join(".local/share/coda/tools"), bin: home.join(".local/bin") }
    }

    pub fn bin(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    pub fn draft(&self) -> io::Result<Draft> {
        let unique = random::token().map_err(io::Error::other)?;
        let path = self.tools.join(format!("{DRAFT}{unique}"));
        fs::create_dir_all(&path)?;
        Ok(Draft { path, kept: false })
    }

    /// Gives a whole version its place; one that was there makes room.
    pub fn keep(&self, mut draft: Draft, tool: &str, version: &str) -> io::Result<PathBuf> {
        let place = self.place(tool, version);
        fs::create_dir_all(place.parent().unwrap_or(&self.tools))?;
        if place.exists() {
            // Whatever runs from there keeps its open files.
            let aside = self.draft()?;
            fs::rename(&place, aside.path.join("old"))?;
        }
        fs::rename(&draft.path, &place)?;
        draft.kept = true;
        Ok(place)
    }

    /// Where a version lies.
    pub fn place(&self, tool: &str, version: &str) -> PathBuf {
        let safe = |text: &str| text.replace(['/', '\0'], "_").trim_start_matches('.').to_owned();
        self.tools.join(safe(tool)).join(safe(version))
    }

    /// Makes `~/.local/bin/<name>` lead there. What is no link of ours is left alone.
    pub fn link(&self, name: &str, target: &Path) -> io::Result<()> {
        fs::create_dir_all(&self.bin)?;
        let path = self.bin(name);
        if self.is_foreign(name) {
            let why = format!("{} was not installed by CoDA; move it away first", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        let unique = random::token().map_err(io::Error::other)?;
        let next = self.bin.join(format!("{DRAFT}{unique}"));
        symlink(target, &next)?;
        fs::rename(&next, &path).inspect_err(|_| drop(fs::remove_file(&next)))
    }

    /// Writes a script to `~/.local/bin/<name>`, unless it has this text.
    pub fn script(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.bin(name);
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(());
        }
        fs::create_dir_all(&self.bin)?;
        let unique = random::token().map_err(io::Error::other)?;
        let next = self.bin.join(format!("{DRAFT}{unique}"));
        fs::write(&next, text)?;
        fs::set_permissions(&next, fs::Permissions::from_mode(0o755))?;
        fs::rename(&next, &path).inspect_err(|_| drop(fs::remove_file(&next)))
    }

    /// What `~/.local/bin/<name>` leads to, if it is a program of ours that is there.
    pub fn installed(&self, name: &str) -> Option<Installed> {
        let target = fs::read_link(self.bin(name)).ok()?;
        let inside = target.strip_prefix(&self.tools).ok()?;
        let mut parts = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let installed = Installed { tool: parts.next()?, version: parts.next()? };
        is_program(&target).then_some(installed)
    }

    /// There is something of that name, and it is not ours.
    pub fn is_foreign(&self, name: &str) -> bool {
        let path = self.bin(name);
        let ours = || fs::read_link(&path).is_ok_and(|target| target.starts_with(&self.tools));
        fs::symlink_metadata(&path).is_ok() && !ours()
    }

    /// Removes older versions of a tool, but not the latest of them: something may run from there.
    pub fn tidy(&self, tool: &str, in_use: &str) {
        let in_use = self.place(tool, in_use);
        let entries = fs::read_dir(in_use.parent().unwrap_or(&self.tools)).into_iter().flatten().flatten();
        let mut others: Vec<(std::time::SystemTime, PathBuf)> = entries
            .filter(|entry| entry.path() != in_use)
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        others.sort();
        let superfluous = others.len().saturating_sub(KEPT - 1);
        others.into_iter().take(superfluous).for_each(|(_, path)| drop(fs::remove_dir_all(path)));
    }

    /// Removes what was being filled when somebody was killed. Nobody else may be installing.
    pub fn sweep(&self) {
        for folder in [&self.tools, &self.bin] {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let drafts = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(DRAFT));
            for draft in drafts.map(|entry| entry.path()) {
                let _ = if draft.is_dir() { fs::remove_dir_all(&draft) } else { fs::remove_file(&draft) };
            }
        }
    }
}

impl Draft {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A file that may be run, at the end of all links.
pub fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(shelf: &Shelf, version: &str) -> io::Result<()> {
        let draft = shelf.draft()?;
        fs::write(draft.path().join("tool"), version)?;
        fs::set_permissions(draft.path().join("tool"), fs::Permissions::from_mode(0o755))?;
        let place = shelf.keep(draft, "tool", version)?;
        shelf.link("tool", &place.join("tool"))?;
        shelf.tidy("tool", version);
        Ok(())
    }

    #[test]
    fn a_version_takes_the_place_of_another_at_once() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(home.path());
        assert_eq!(shelf.installed("tool"), None);
        for version in ["1.0.0", "1.0.1", "1.0.1", "1.0.2", "2.0.0"] {
            install(&shelf, version).unwrap();
            let there = Installed { tool: "tool".into(), version: version.into() };
            assert_eq!(shelf.installed("tool"), Some(there));
            assert_eq!(fs::read_to_string(shelf.bin("tool")).unwrap(), version);
        }
        let versions = fs::read_dir(home.path().join(".local/share/coda/tools/tool")).unwrap().count();
        assert_eq!(versions, KEPT);
        fs::remove_file(shelf.place("tool", "2.0.0").join("tool")).unwrap();
        assert_eq!(shelf.installed("tool"), None, "a link to nothing is nothing");
    }

    #[test]
    fn what_somebody_else_put_there_stays() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(home.path());
        fs::create_dir_all(home.path().join(".local/bin")).unwrap();
        fs::write(shelf.bin("tool"), "theirs").unwrap();
        assert!(shelf.is_foreign("tool") && install(&shelf, "1.0.0").is_err());
        assert_eq!(fs::read_to_string(shelf.bin("tool")).unwrap(), "theirs");
    }

    #[test]
    fn a_draft_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(home.path());
        let draft = shelf.draft().unwrap();
        let path = draft.path().to_owned();
        drop(draft);
        assert!(!path.exists());
        std::mem::forget(shelf.draft().unwrap());
        shelf.sweep();
        assert_eq!(fs::read_dir(home.path().join(".local/share/coda/tools")).unwrap().count(), 0);
    }

    #[test]
    fn a_script_is_written_once() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(home.path());
        shelf.script("gh", "#!/bin/sh\n").unwrap();
        let before = fs::metadata(shelf.bin("gh")).unwrap().modified().unwrap();
        shelf.script("gh", "#!/bin/sh\n").unwrap();
        assert_eq!(fs::metadata(shelf.bin("gh")).unwrap().modified().unwrap(), before);
        assert!(is_program(&shelf.bin("gh")));
    }
}
