//! What was downloaded, unpacked: one file, or a tree that stays where it is put.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;

/// Most bytes that come out of one archive, and most entries in it.
const MOST: u64 = 4 << 30;
const MOST_ENTRIES: usize = 200_000;

/// One program that is packed by itself.
pub fn program(packed: &Path, to: &Path) -> io::Result<()> {
    let mut from = MultiGzDecoder::new(File::open(packed)?);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(to)?;
    copy(&mut from, &mut file)?;
    file.sync_all()
}

/// One program out of an archive. `member`: its path there, a leading `./` or not.
pub fn member(archive: &Path, member: &str, to: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(File::open(archive)?));
    for entry in archive.entries()?.take(MOST_ENTRIES) {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        if path.trim_start_matches("./") != member || !entry.header().entry_type().is_file() {
            continue;
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(to)?;
        copy(&mut entry, &mut file)?;
        return file.sync_all();
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("{member} is not in the archive")))
}

/// A whole archive into `folder`, without the first folder of its paths. Nothing in it leads out of there.
pub fn tree(archive: &Path, folder: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(File::open(archive)?));
    let mut bytes = 0u64;
    let mut some = false;
    for (count, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        bytes = bytes.saturating_add(entry.size());
        if bytes > MOST || count >= MOST_ENTRIES {
            return Err(io::Error::other("the archive is larger than anything that is expected"));
        }
        let path = entry.path()?.into_owned();
        let mut parts = path.components().filter(|part| !matches!(part, Component::CurDir));
        let first = parts.next();
        let rest: std::path::PathBuf = parts.collect();
        let leads_out = !matches!(first, Some(Component::Normal(_)))
            || rest.components().any(|part| !matches!(part, Component::Normal(_)));
        if leads_out || link_leads_out(&entry, &rest)? {
            return Err(io::Error::other(format!("{} in the archive leads out of it", path.display())));
        }
        if rest.as_os_str().is_empty() {
            continue;
        }
        let to = folder.join(&rest);
        fs::create_dir_all(to.parent().unwrap_or(folder))?;
        entry.unpack(&to)?;
        some = true;
    }
    if some { Ok(()) } else { Err(io::Error::other("the archive is empty")) }
}

/// Only links that stay within the tree are made.
fn link_leads_out<R: Read>(entry: &tar::Entry<'_, R>, at: &Path) -> io::Result<bool> {
    let kind = entry.header().entry_type();
    if kind.is_hard_link() {
        return Ok(true);
    }
    if !kind.is_symlink() {
        return Ok(false);
    }
    let Some(target) = entry.link_name()? else { return Ok(true) };
    let mut depth = at.components().count().saturating_sub(1);
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return Ok(true),
        }
    }
    Ok(false)
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let copied = io::copy(&mut from.take(MOST), to)?;
    if copied >= MOST { Err(io::Error::other("it is larger than anything that is expected")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    enum Item<'a> {
        File(&'a str, &'a str),
        Link(&'a str, &'a str),
    }

    fn archive(dir: &Path, items: &[Item<'_>]) -> std::path::PathBuf {
        let path = dir.join("a.tar.gz");
        let mut builder =
            tar::Builder::new(GzEncoder::new(File::create(&path).unwrap(), Compression::fast()));
        for item in items {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            // The builder refuses what leads out: so the names are written by hand.
            let name = |header: &mut tar::Header, name: &str| {
                header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            };
            match item {
                Item::File(path, text) => {
                    name(&mut header, path);
                    header.set_size(text.len() as u64);
                    header.set_cksum();
                    builder.append(&header, text.as_bytes()).unwrap();
                }
                Item::Link(path, target) => {
                    name(&mut header, path);
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_size(0);
                    header.set_link_name_literal(target).unwrap();
                    header.set_cksum();
                    builder.append(&header, io::empty()).unwrap();
                }
            }
        }
        builder.into_inner().unwrap().finish().unwrap();
        path
    }

    #[test]
    fn a_tree_loses_its_first_folder() {
        let dir = tempfile::tempdir().unwrap();
        let items = [
            Item::File("node-v1/bin/node", "program"),
            Item::Link("node-v1/bin/npm", "../lib/npm.js"),
            Item::File("node-v1/lib/npm.js", "js"),
        ];
        let archive = archive(dir.path(), &items);
        let to = dir.path().join("to");
        tree(&archive, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("bin/npm")).unwrap(), "js");
        member(&archive, "node-v1/bin/node", &dir.path().join("one")).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("one")).unwrap(), "program");
        let error = member(&archive, "bin/gh", &dir.path().join("two")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!dir.path().join("two").exists());
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for items in [
            [Item::File("a/../../escaped", "x")],
            [Item::File("/etc/escaped", "x")],
            [Item::Link("a/link", "/etc")],
            [Item::Link("a/b/link", "../../../etc")],
        ] {
            let dir = tempfile::tempdir().unwrap();
            let archive = archive(dir.path(), &items);
            assert!(tree(&archive, &dir.path().join("to")).is_err());
            assert!(!dir.path().join("escaped").exists());
        }
    }

    #[test]
    fn half_an_archive_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let long = "x".repeat(100_000);
        let archive = archive(dir.path(), &[Item::File("a/one", "1"), Item::File("a/two", &long)]);
        let bytes = fs::read(&archive).unwrap();
        fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
        assert!(tree(&archive, &dir.path().join("to")).is_err());
        assert!(program(&archive, &dir.path().join("one")).is_err());
    }
}
