//! Contents of files that are synchronised. A file is replaced whole or not at all, and only if it still has the
//! content that was seen.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};

use crate::domain::sync::names::{LARGEST, conflict};
use crate::domain::sync::{Digest, Stamp};

/// How the name of a file that is being written ends; it begins with a dot.
const DRAFT: &str = ".coda-sync";
/// A file written less than this ago may be written again without its stamp telling.
const FRESH: Duration = Duration::from_secs(2);
/// Names that are tried for what must make room.
const TRIES: u32 = 100;

#[derive(Debug)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub digest: Digest,
    /// `None`: it was written just now, so its stamp does not tell it apart from what may come.
    pub stamp: Option<Stamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("it changed meanwhile")]
    Changed,
    #[error("{} is a link or no folder; nothing is written through it", .0.display())]
    Blocked(PathBuf),
    #[error("write {}: {source}; check the disk and the permissions", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

pub(super) fn stamp_of(metadata: &Metadata) -> Stamp {
    let modified = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
    Stamp { bytes: metadata.size(), modified }
}

/// What the file contains; `None`: there is none any more, or none that can be synchronised.
pub fn read(root: &Path, path: &str) -> io::Result<Option<Content>> {
    // Whoever put a pipe or a link there shall not lead us on.
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let mut file = match fs::OpenOptions::new().read(true).custom_flags(flags).open(root.join(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let before = file.metadata()?;
    if !before.is_file() || before.size() > LARGEST {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.size()).unwrap_or(0));
    Read::by_ref(&mut file).take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Ok(None);
    }
    let after = file.metadata()?;
    let quiet = stamp_of(&before) == stamp_of(&after) && !is_fresh(&after);
    Ok(Some(Content { digest: Digest::of(&bytes), stamp: quiet.then(|| stamp_of(&after)), bytes }))
}

fn is_fresh(metadata: &Metadata) -> bool {
    let written = UNIX_EPOCH + Duration::from_secs(metadata.mtime().try_into().unwrap_or(0));
    SystemTime::now().duration_since(written).is_ok_and(|age| age < FRESH + Duration::from_secs(1))
}

/// Gives the file this content, if it still has the one expected; `None`: it is not there. A new file is for the
/// owner alone if `private`, and can be run if it begins as a script does: the workspace keeps no such bit.
pub fn write(
    root: &Path,
    path: &str,
    bytes: &[u8],
    expected: Option<Digest>,
    private: bool,
) -> Result<(), WriteError> {
    let target = root.join(path);
    let failed = |source| WriteError::Io { path: target.clone(), source };
    make_folders(root, path)?;
    let draft = draft_of(&target);
    let filled = fill(&draft, &target, bytes, private).and_then(|()| match expected {
        None => renameat_with(CWD, &draft, CWD, &target, RenameFlags::NOREPLACE).map_err(io::Error::from),
        Some(digest) if digest_of(root, path)? == Some(digest) => fs::rename(&draft, &target),
        Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
    });
    filled.map_err(|source| {
        drop(fs::remove_file(&draft));
        if source.kind() == io::ErrorKind::AlreadyExists { WriteError::Changed } else { failed(source) }
    })
}

/// Gives the file a second name that tells its time, so that it can be replaced and stays all the same. Gives that name,
/// as a path below `root`.
pub fn keep_aside(root: &Path, path: &str, expected: Digest) -> Result<String, WriteError> {
    let target = root.join(path);
    let failed = |source| WriteError::Io { path: target.clone(), source };
    let modified =
        stamp_of(&target.symlink_metadata().map_err(|_| WriteError::Changed)?).modified / 1_000_000;
    if digest_of(root, path).map_err(failed)? != Some(expected) {
        return Err(WriteError::Changed);
    }
    for number in 0..TRIES {
        let name = conflict(path, modified, number);
        match fs::hard_link(&target, root.join(&name)) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

/// Where the file is written before it takes its place. The name is short whatever the file's own is, since that one may
/// be as long as names can be.
fn draft_of(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().as_encoded_bytes();
    target.with_file_name(format!(".{}{DRAFT}", &Digest::of(name).to_string()[..16]))
}

/// Whether this is the name of a draft, and of nothing that a person made.
pub(super) fn is_draft(name: &str) -> bool {
    let middle = name.strip_prefix('.').and_then(|name| name.strip_suffix(DRAFT));
    middle.is_some_and(|middle| middle.len() == 16 && middle.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn digest_of(root: &Path, path: &str) -> io::Result<Option<Digest>> {
    read(root, path).map(|content| content.map(|content| content.digest))
}

fn fill(draft: &Path, target: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    let nofollow = OFlags::NOFOLLOW.bits().cast_signed();
    let mode = if private { 0o600 } else { 0o644 };
    let mut options = fs::OpenOptions::new();
    let mut file: File =
        options.write(true).create(true).truncate(true).mode(mode).custom_flags(nofollow).open(draft)?;
    file.write_all(bytes)?;
    let before = target.symlink_metadata().ok().filter(Metadata::is_file);
    if let Some(before) = before {
        file.set_permissions(fs::Permissions::from_mode(before.permissions().mode() & 0o7777))?;
    } else if !private && bytes.starts_with(b"#!") {
        file.set_permissions(fs::Permissions::from_mode(0o755))?;
    }
    file.sync_all()
}

/// Makes the folders above the file, and refuses to go through a link.
fn make_folders(root: &Path, path: &str) -> Result<(), WriteError> {
    fs::create_dir_all(root).map_err(|source| WriteError::Io { path: root.to_owned(), source })?;
    let mut folder = root.to_owned();
    let Some((above, _)) = path.rsplit_once('/') else { return Ok(()) };
    for part in above.split('/') {
        folder.push(part);
        match fs::create_dir(&folder) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                return Err(WriteError::Io { path: folder, source });
            }
            _ if folder.symlink_metadata().is_ok_and(|there| there.is_dir()) => {}
            _ => return Err(WriteError::Blocked(folder)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_while_it_is_what_was_seen() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "a/b", b"1", None, false).unwrap();
        assert!(matches!(write(root, "a/b", b"2", None, false), Err(WriteError::Changed)));
        let other = Some(Digest::of(b"0"));
        assert!(matches!(write(root, "a/b", b"2", other, false), Err(WriteError::Changed)));
        write(root, "a/b", b"2", Some(Digest::of(b"1")), false).unwrap();
        assert_eq!(fs::read(root.join("a/b")).unwrap(), b"2");
        assert_eq!(fs::read_dir(root.join("a")).unwrap().count(), 1, "no draft is left");
        let longest = "x".repeat(255);
        write(root, &longest, b"3", None, false).unwrap();
        assert_eq!(fs::read(root.join(&longest)).unwrap(), b"3");
    }

    #[test]
    fn a_draft_is_told_apart_from_what_people_make() {
        let draft = draft_of(Path::new("/a/b"));
        assert!(is_draft(draft.file_name().unwrap().to_str().unwrap()));
        for name in ["b", "notes.coda-sync", ".notes.coda-sync", ".coda-sync", "0123456789abcdef.coda-sync"] {
            assert!(!is_draft(name), "{name}");
        }
    }

    #[test]
    fn what_makes_room_is_there_beside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let mut kept = Vec::new();
        for content in ["1", "2"] {
            drop(fs::remove_file(root.join("x")));
            fs::write(root.join("x"), content).unwrap();
            filetime(&root.join("x"));
            assert!(keep_aside(root, "x", Digest::of(b"other")).is_err());
            kept.push(keep_aside(root, "x", Digest::of(content.as_bytes())).unwrap());
            write(root, "x", b"new", Some(Digest::of(content.as_bytes())), false).unwrap();
        }
        assert_eq!(kept[1], format!("{}-2", kept[0]));
        assert_eq!(fs::read(root.join(&kept[0])).unwrap(), b"1");
        assert_eq!(fs::read(root.join("x")).unwrap(), b"new");
    }

    fn filetime(path: &Path) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
        assert!(matches!(write(dir.path(), "link/x", b"1", None, false), Err(WriteError::Blocked(_))));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn scripts_can_be_run_and_private_files_are_private() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "run.sh", b"#!/bin/sh\n", None, false).unwrap();
        write(dir.path(), "secret", b"#!x", None, true).unwrap();
        let mode = |path: &str| dir.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("run.sh"), mode("secret")), (0o755, 0o600));
    }
}
