//! What readers and writers meet.

use std::os::unix::fs::symlink;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// B-36: tokens were written in place, first readable by everybody, and a reader could see half of them.
#[test]
fn a_secret_file_is_private_and_nothing_stays_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let reader = File::open(&path).unwrap();
    assert_eq!(write(&path, Readers::Owner, b"new").unwrap(), Outcome::Updated);
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
    let mut seen = String::new();
    (&reader).read_to_string(&mut seen).unwrap();
    assert_eq!(seen, "old", "who had it open reads on in the old one");
    assert_eq!(names(dir.path()), ["secret"]);
}

#[test]
fn what_is_the_same_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "same").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let before = fs::metadata(&path).unwrap();
    assert_eq!(write(&path, Readers::Owner, b"same").unwrap(), Outcome::Unchanged);
    let after = fs::metadata(&path).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    assert_eq!(mode(&path), 0o600, "but it is closed to others");
    assert_eq!(write(&dir.path().join("none"), Readers::Owner, b"").unwrap(), Outcome::Unchanged);
    assert_eq!(names(dir.path()), ["file"]);
}

#[test]
fn a_link_stays_and_its_target_is_replaced() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (link, middle) = (dir.path().join("link"), dir.path().join("middle"));
    let target = elsewhere.path().join("target");
    symlink("middle", &link).unwrap();
    symlink(&target, &middle).unwrap();
    write(&link, Readers::AsBefore, b"through a link to nothing").unwrap();
    assert_eq!((fs::read(&target).unwrap().len(), mode(&target)), (25, 0o644));
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    write(&link, Readers::AsBefore, b"again").unwrap();
    assert_eq!((fs::read(&target).unwrap(), mode(&target)), (b"again".to_vec(), 0o640));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!((names(dir.path()).len(), names(elsewhere.path()).len()), (2, 1));
    symlink("round", dir.path().join("round")).unwrap();
    assert!(write(&dir.path().join("round"), Readers::Owner, b"x").is_err());
}

#[test]
fn a_refusal_and_what_is_no_file_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "kept").unwrap();
    let refused = edit(&path, Readers::Owner, |_| Err("no"));
    let error = refused.unwrap_err().to_string();
    assert!(error.ends_with("as it is: no"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"kept");
    fs::create_dir(dir.path().join("folder")).unwrap();
    assert!(write(&dir.path().join("folder"), Readers::Owner, b"x").is_err());
    assert!(write(&dir.path().join("missing/file"), Readers::Owner, b"x").is_err());
    assert_eq!(names(dir.path()), ["file", "folder"]);
}

/// Nothing is lost when many add to one file at the same time.
#[test]
fn writers_wait_for_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::thread::scope(|scope| {
        for number in 0..8u8 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..20 {
                    let add = |old: &[u8]| Ok::<_, io::Error>([old, &[number]].concat());
                    edit(path, Readers::Owner, add).unwrap();
                }
            });
        }
    });
    let written = fs::read(&path).unwrap();
    assert_eq!(written.len(), 160);
    assert!((0..8).all(|number| written.iter().filter(|&&byte| byte == number).count() == 20));
    assert_eq!(names(dir.path()), ["file"]);
}

#[test]
fn what_somebody_else_wrote_meanwhile_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "a").unwrap();
    let mut asked = 0;
    let add = |old: &[u8]| {
        asked += 1;
        if asked == 1 {
            fs::write(&path, "a and b").unwrap();
        }
        Ok::<_, io::Error>([old, b" and c"].concat())
    };
    edit(&path, Readers::Owner, add).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a and b and c");
}

#[test]
fn what_a_killed_writer_left_is_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let (path, left) = (dir.path().join("file"), dir.path().join(".file.coda-new"));
    fs::write(&left, "half of something that is longer than the new one").unwrap();
    write(&path, Readers::Owner, b"new").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
    assert_eq!(names(dir.path()), ["file"]);
}
