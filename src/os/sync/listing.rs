//! What is in a folder here.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::content::{is_draft, read, stamp_of};
use crate::domain::sync::names::{self, HISTORIES, LARGEST, NEVER, Unfit};
use crate::domain::sync::{Digest, Here, Manifest, Stamp};

/// Most files of one folder; one with more is told to ignore some.
const MOST: usize = 50_000;

/// Which files of a folder count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All that git would not ignore.
    Project,
    /// Of a home directory: what agents remember, and shell histories.
    State,
}

#[derive(Debug, Default)]
pub struct Listing {
    pub files: BTreeMap<String, Here>,
    /// Of those whose stamp tells them apart from what they may become.
    pub stamps: BTreeMap<String, Stamp>,
    /// Why some of them stay where they are.
    pub skipped: BTreeMap<String, Unfit>,
    /// Folders, or parts of them, that nobody could look into. An empty path is the whole.
    pub unreadable: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    #[error("{} holds more than {MOST} files; let .gitignore leave some out", .0.display())]
    TooMany(PathBuf),
    #[error("look into {}: {source}; check the folder", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

/// Everything in `root` that counts, with contents; what the manifest knows by its stamp is not read again.
pub fn list(root: &Path, scope: Scope, manifest: &Manifest) -> Result<Listing, ListingError> {
    let mut listing = Listing::default();
    match scope {
        Scope::Project => {
            // Without this, a folder that is gone would be one whose files were all deleted.
            std::fs::read_dir(root)
                .map_err(|source| ListingError::Unreadable { path: root.to_owned(), source })?;
            listing.walk(root, root, true, manifest)?;
        }
        Scope::State => {
            for name in HISTORIES {
                listing.look(root, &root.join(name), manifest);
            }
            for folder in listing.memories(root) {
                listing.walk(root, &folder, false, manifest)?;
            }
        }
    }
    Ok(listing)
}

impl Listing {
    /// Where agents remember: `.claude/projects/*/memory`. What nobody could look into is not taken for gone.
    fn memories(&mut self, home: &Path) -> Vec<PathBuf> {
        const PROJECTS: &str = ".claude/projects";
        let entries = match std::fs::read_dir(home.join(PROJECTS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            entries => entries.and_then(Iterator::collect::<io::Result<Vec<_>>>),
        };
        let Ok(entries) = entries else {
            self.cannot_read(PROJECTS.to_owned(), Unfit::Unreadable);
            return Vec::new();
        };
        let mut memories = Vec::new();
        for memory in entries.iter().map(|project| project.path().join("memory")) {
            let unfit = match memory.symlink_metadata() {
                Ok(there) if there.is_dir() => None,
                Ok(there) => Some(if there.is_symlink() { Unfit::Link } else { Unfit::NotAFile }),
                Err(error) if is_nothing(&error) => continue,
                Err(_) => Some(Unfit::Unreadable),
            };
            match (unfit, within(home, Some(&memory))) {
                (None, _) => memories.push(memory),
                (Some(unfit), name) => self.cannot_read(name.unwrap_or_default(), unfit),
            }
        }
        memories
    }

    /// An empty path is the whole.
    fn cannot_read(&mut self, folder: String, unfit: Unfit) {
        let name = if folder.is_empty() { "." } else { &folder };
        self.skipped.insert(name.to_owned(), unfit);
        self.unreadable.push(folder);
    }

    fn walk(
        &mut self,
        root: &Path,
        folder: &Path,
        ignoring: bool,
        manifest: &Manifest,
    ) -> Result<(), ListingError> {
        let mut walk = WalkBuilder::new(folder);
        walk.standard_filters(false).git_ignore(ignoring).git_exclude(ignoring).git_global(ignoring);
        walk.require_git(false).follow_links(false);
        walk.filter_entry(|entry| !NEVER.iter().any(|never| entry.file_name() == *never));
        for entry in walk.build() {
            match entry {
                Err(error) => {
                    let folder = within(root, place_of(&error)).unwrap_or_default();
                    self.cannot_read(folder, Unfit::Unreadable);
                }
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
                Ok(entry) => self.look(root, entry.path(), manifest),
            }
            if self.files.len() > MOST {
                return Err(ListingError::TooMany(root.to_owned()));
            }
        }
        Ok(())
    }

    fn look(&mut self, root: &Path, path: &Path, manifest: &Manifest) {
        let Some(name) = within(root, Some(path)) else {
            let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
            self.skipped.insert(name, Unfit::Name);
            return;
        };
        if is_draft(name.rsplit('/').next().unwrap_or_default()) {
            // Left by a daemon that was killed: one that lives is done with it before it looks.
            drop(std::fs::remove_file(path));
            return;
        }
        match state_of(root, path, &name, manifest) {
            Ok(None) => {}
            Ok(Some((digest, stamp))) => {
                self.stamps.extend(stamp.map(|stamp| (name.clone(), stamp)));
                self.files.insert(name, Here::File(digest));
            }
            Err(unfit) => {
                self.files.insert(name.clone(), Here::Held);
                self.skipped.insert(name, unfit);
            }
        }
    }
}

/// `None`: it is gone.
fn state_of(
    root: &Path,
    path: &Path,
    name: &str,
    manifest: &Manifest,
) -> Result<Option<(Digest, Option<Stamp>)>, Unfit> {
    let metadata = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata.map_err(|_| Unfit::Unreadable)?,
    };
    match () {
        () if metadata.is_symlink() => return Err(Unfit::Link),
        () if !metadata.is_file() => return Err(Unfit::NotAFile),
        () if metadata.size() > LARGEST => return Err(Unfit::TooLarge),
        () => names::check(name)?,
    }
    let stamp = stamp_of(&metadata);
    if let Some(digest) = manifest.digest_here(name, stamp) {
        return Ok(Some((digest, Some(stamp))));
    }
    let content = read(root, name).map_err(|_| Unfit::Unreadable)?;
    Ok(content.map(|content| (content.digest, content.stamp)))
}

/// There is nothing of this name, or what leads to it is a file.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The path below `root`, with slashes; `None`: it has none that is text.
fn within(root: &Path, path: Option<&Path>) -> Option<String> {
    path?.strip_prefix(root).ok()?.to_str().map(str::to_owned)
}

fn place_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place_of(err),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::Digest;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn what_git_ignores_and_what_does_not_fit_stays() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for (path, content) in [
            ("main.py", "1"),
            (".env.example", "2"),
            (".gitignore", "*.log\nbuild/\n"),
            ("a.log", "no"),
            ("build/out", "no"),
            (".git/config", "no"),
            (".databricks/x", "no"),
            ("src/.git/config", "no"),
            ("src/lib.rs", "3"),
            (" blank", "no"),
            (".0123456789abcdef.coda-sync", "left over"),
            ("mine.coda-sync", "4"),
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), content).unwrap();
        }
        fs::File::create(root.join("large")).unwrap().set_len(LARGEST + 1).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.join("link")).unwrap();
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"bad\xff")), "no").unwrap();
        let listing = list(root, Scope::Project, &Manifest::new("x")).unwrap();
        let files = listing.files.iter().filter(|(_, here)| **here != Here::Held);
        let files: Vec<&str> = files.map(|(path, _)| path.as_str()).collect();
        assert_eq!(files, [".env.example", ".gitignore", "main.py", "mine.coda-sync", "src/lib.rs"]);
        assert_eq!(listing.files["main.py"], Here::File(Digest::of(b"1")));
        let skipped: Vec<_> = listing.skipped.iter().map(|(path, why)| (path.as_str(), *why)).collect();
        let expected = [
            (" blank", Unfit::Name),
            ("bad\u{fffd}", Unfit::Name),
            ("large", Unfit::TooLarge),
            ("link", Unfit::Link),
        ];
        assert_eq!(skipped, expected);
        assert!(!root.join(".0123456789abcdef.coda-sync").exists());
    }

    #[test]
    fn a_folder_that_is_gone_is_no_empty_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert!(list(&dir.path().join("x"), Scope::Project, &Manifest::new("x")).is_err());
    }

    #[test]
    fn of_a_home_only_what_agents_and_shells_remember_counts() {
        let home = tempfile::tempdir().unwrap();
        for path in [
            ".bash_history",
            ".bashrc",
            ".claude/settings.json",
            ".claude/projects/p/memory/a/note.md",
            ".claude/projects/p/log.jsonl",
        ] {
            fs::create_dir_all(home.path().join(path).parent().unwrap()).unwrap();
            fs::write(home.path().join(path), path).unwrap();
        }
        let elsewhere = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".claude/projects/q")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), home.path().join(".claude/projects/q/memory")).unwrap();
        let listing = list(home.path(), Scope::State, &Manifest::new("x")).unwrap();
        let files: Vec<&String> = listing.files.keys().collect();
        assert_eq!(files, [".bash_history", ".claude/projects/p/memory/a/note.md"]);
        // What is behind a link is not looked at, and so it is not gone.
        assert_eq!(listing.unreadable, [".claude/projects/q/memory"]);
        assert_eq!(listing.skipped[".claude/projects/q/memory"], Unfit::Link);
    }
}
