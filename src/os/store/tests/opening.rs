//! Whatever lies where the database should be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chrono::Utc;
use rusqlite::Connection;

use super::super::{Database, Place, Reason};
use crate::domain::exit::Exit;
use crate::domain::session_record::SessionRecord;
use crate::os::session_files;

fn open(state: &Path) -> Database {
    Database::open(state, Utc::now()).unwrap()
}

fn record(id: &str) -> SessionRecord {
    SessionRecord { revision: 1, ..SessionRecord::unknown(id.into(), Utc::now()) }
}

fn ids(database: &Database) -> Vec<String> {
    database.sessions().unwrap().into_iter().map(|record| record.id).collect()
}

fn with(path: &Path, more: &str) -> PathBuf {
    PathBuf::from(format!("{}{more}", path.display()))
}

#[test]
fn the_file_and_what_belongs_to_it_are_private() {
    let state = tempfile::tempdir().unwrap();
    let mut database = open(state.path());
    database.write_session(&record("one")).unwrap();
    for name in ["coda.db", "coda.db-wal", "coda.db-shm"] {
        let mode = fs::metadata(state.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_damaged_database_is_set_aside_and_made_again_from_the_folders() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 3] = [
        ("not a database", |path| fs::write(path, "this is not SQLite, and long enough to say so").unwrap()),
        ("torn in the middle", |path| {
            let mut bytes = fs::read(path).unwrap();
            let half = bytes.len() / 2;
            bytes[4096..].fill(0x5a);
            bytes.truncate(half.max(8192));
            fs::write(path, bytes).unwrap();
        }),
        ("a page of noise", |path| {
            let mut bytes = fs::read(path).unwrap();
            let end = bytes.len();
            bytes[4096..end.min(12288)].fill(0xa5);
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (name, damage) in damages {
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join("coda.db");
        let mut database = open(state.path());
        database.write_session(&record("one")).unwrap();
        drop(database);
        damage(&path);
        let damaged = fs::read(&path).unwrap();
        let mut database = open(state.path());
        let aside = database.just_set_aside().unwrap_or_else(|| panic!("{name}: nothing was set aside"));
        assert_eq!(aside.reason, Reason::Corrupt, "{name}");
        assert!(aside.path.to_str().unwrap().contains("coda.db.corrupt-"), "{name}: {aside:?}");
        assert_eq!(fs::read(&aside.path).unwrap(), damaged, "{name}: what was set aside is as it was");
        assert_eq!(ids(&database), ["one"], "{name}");
        assert_eq!(database.all_set_aside(), std::slice::from_ref(&aside.path), "{name}");
        database.write_session(&record("two")).unwrap();
        drop(database);
        let database = open(state.path());
        assert_eq!(database.just_set_aside(), None, "{name}: once is enough");
        assert_eq!(ids(&database).len(), 2, "{name}");
        assert_eq!(database.all_set_aside().len(), 1, "{name}: and it is still told");
    }
}

#[test]
fn a_newer_database_is_set_aside_with_its_log() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("coda.db");
    drop(open(state.path()));
    // Somebody has it open, as after a kill: the last transaction is in the log only.
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 7).unwrap();
    newer.execute_batch("CREATE TABLE tomorrow (x); INSERT INTO tomorrow VALUES (1);").unwrap();
    let log = fs::read(with(&path, "-wal")).unwrap();
    assert!(!log.is_empty());
    let database = open(state.path());
    let aside = database.just_set_aside().unwrap();
    assert_eq!(aside.reason, Reason::Newer(7));
    assert!(aside.path.to_str().unwrap().contains("coda.db.newer-7-"), "{aside:?}");
    assert!(ids(&database).is_empty());
    let kept = Connection::open(&aside.path).unwrap();
    let kept: i64 = kept.query_row("SELECT x FROM tomorrow", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1, "what the newer version wrote is still there");
}

#[test]
fn without_a_place_it_lives_in_memory() {
    let state = tempfile::tempdir().unwrap();
    session_files::write(&state.path().join("sessions"), &record("one")).unwrap();
    fs::create_dir(state.path().join("coda.db")).unwrap();
    let mut database = open(state.path());
    assert!(
        matches!(database.place(), Place::Memory(why) if why.contains("coda.db")),
        "{:?}",
        database.place()
    );
    assert_eq!(ids(&database), ["one"]);
    database.write_session(&record("two")).unwrap();
    drop(database);
    assert_eq!(ids(&open(state.path())).len(), 2, "the folders remember");
}

#[test]
fn the_higher_revision_is_right() {
    let state = tempfile::tempdir().unwrap();
    let folders = state.path().join("sessions");
    let mut database = open(state.path());
    for id in ["killed between", "no room for the file", "removed", "as it should be"] {
        database.write_session(&record(id)).unwrap();
    }
    // Killed after the file and before the row.
    let copy = SessionRecord { label: "new".into(), revision: 2, ..record("killed between") };
    session_files::write(&folders, &copy).unwrap();
    // The row was written, the file could not be.
    let old = fs::read(folders.join("no room for the file/session.json")).unwrap();
    let renamed = SessionRecord { label: "new".into(), revision: 2, ..record("no room for the file") };
    database.write_session(&renamed).unwrap();
    fs::write(folders.join("no room for the file/session.json"), old).unwrap();
    // Taken off the list, killed before the folder was gone: comes back. The other way round: goes.
    database.forget_session("as it should be").unwrap();
    let over = SessionRecord { exit: Some(Exit::unknown(Utc::now())), revision: 2, ..record("removed") };
    database.write_session(&over).unwrap();
    fs::remove_dir_all(folders.join("removed")).unwrap();
    drop(database);
    let found = open(state.path()).sessions().unwrap();
    let label = |id: &str| found.iter().find(|record| record.id == id).map(|record| record.label.as_str());
    assert_eq!(label("killed between"), Some("new"));
    assert_eq!(label("no room for the file"), Some("new"));
    assert_eq!(label("as it should be"), Some(""));
    assert_eq!(label("removed"), None);
}

#[test]
fn receipts_of_an_earlier_version_are_taken_in_once() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("receipts.jsonl");
    let line = |n: u32| {
        format!(
            r#"{{"session_id":"s{n}","label":"","cause":"c","down_at":"2026-01-01T00:00:00Z","back_at":"2026-01-01T00:00:01Z","bytes_kept":{n},"bytes_lost":0,"offset":0}}"#
        )
    };
    fs::write(&path, format!("{}\n{}\n{{\"torn", line(1), line(2))).unwrap();
    let database = open(state.path());
    let kept = |database: &Database| -> Vec<u64> {
        database.receipts().unwrap().iter().map(|receipt| receipt.bytes_kept).collect()
    };
    assert_eq!(kept(&database), [2, 1], "newest first, the torn line passed over");
    assert!(!path.exists() && with(&path, ".imported").exists());
    drop(database);
    fs::write(&path, line(2)).unwrap();
    assert_eq!(kept(&open(state.path())), [2, 1], "one that is there is not taken twice");
}
