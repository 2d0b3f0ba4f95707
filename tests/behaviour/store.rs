//! What is written down, and what becomes of a database that is not ours to write.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Daemon, Options, until};

fn state(home: &Path) -> PathBuf {
    home.join(".coda")
}

async fn at(home: &Path) -> Daemon {
    Daemon::with(Options { home: Some(home.to_owned()), ..Options::default() }).await
}

async fn stop(mut daemon: Daemon) {
    daemon.signal(libc::SIGTERM);
    daemon.until_ended().await;
}

/// A home with one session that has ended.
async fn used() -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let daemon = at(home.path()).await;
    let id = daemon.create(json!({"label": "kept", "command": ["/bin/true"]})).await;
    daemon.until_row(&id, "its end", |row| row["exited"] == true).await;
    stop(daemon).await;
    (home, id)
}

/// The names in the state folder that begin so.
fn named(home: &Path, prefix: &str) -> Vec<String> {
    let names = fs::read_dir(state(home)).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(prefix)).collect()
}

async fn audited(daemon: &Daemon, act: &str) -> Value {
    let (_, trail) = daemon.get("/api/admin/audit").await;
    trail["rows"].as_array().unwrap().iter().find(|row| row["act"] == act).cloned().unwrap_or(Value::Null)
}

#[tokio::test]
async fn the_database_is_for_the_owners_eyes_only() {
    let daemon = Daemon::start().await;
    daemon.shell().await;
    let files = named(daemon.home(), "coda.db");
    assert!(files.len() >= 2, "{files:?}");
    for name in files {
        let mode = fs::metadata(state(daemon.home()).join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_damaged_database_is_set_aside_and_no_session_is_lost() {
    let (home, id) = used().await;
    // As long as the log has every page, the database can be read whatever lies in the file.
    let whole = rusqlite::Connection::open(state(home.path()).join("coda.db")).unwrap();
    whole.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(whole);
    fs::write(state(home.path()).join("coda.db"), "no database, but longer than a header would be").unwrap();
    let daemon = at(home.path()).await;
    assert_eq!(daemon.row(&id).await["label"], "kept", "taken from its folder");
    daemon.until_logged("the database was set aside").await;
    let aside = named(home.path(), "coda.db.corrupt-");
    assert_eq!(aside.len(), 1);
    let row = audited(&daemon, "store.set_aside").await;
    assert_eq!(row["outcome"], "corrupt");
    assert!(row["subject"].as_str().unwrap().ends_with(&aside[0]), "{row}");
    assert!(fs::read_to_string(state(home.path()).join(&aside[0])).unwrap().starts_with("no database"));
    stop(daemon).await;
    let daemon = at(home.path()).await;
    assert_eq!(daemon.row(&id).await["label"], "kept");
    assert_eq!(named(home.path(), "coda.db.corrupt-").len(), 1, "and once is enough");
}

#[tokio::test]
async fn a_newer_database_is_set_aside_untouched() {
    let (home, id) = used().await;
    let path = state(home.path()).join("coda.db");
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.execute_batch("CREATE TABLE tomorrow (x)").unwrap();
    drop(newer);
    let daemon = at(home.path()).await;
    assert_eq!(daemon.row(&id).await["label"], "kept");
    let aside = named(home.path(), "coda.db.newer-99-");
    assert_eq!(aside.len(), 1);
    assert_eq!(audited(&daemon, "store.set_aside").await["outcome"], "newer");
    let kept = rusqlite::Connection::open(state(home.path()).join(&aside[0])).unwrap();
    kept.execute_batch("SELECT x FROM tomorrow").unwrap();
}

#[tokio::test]
async fn without_a_place_for_the_database_sessions_go_on() {
    let (home, id) = used().await;
    for name in named(home.path(), "coda.db") {
        fs::remove_file(state(home.path()).join(name)).unwrap();
    }
    fs::create_dir(state(home.path()).join("coda.db")).unwrap();
    let daemon = at(home.path()).await;
    assert_eq!(daemon.row(&id).await["label"], "kept");
    let other = daemon.create(json!({"label": "new"})).await;
    assert_eq!(daemon.row(&other).await["label"], "new");
    assert_eq!(audited(&daemon, "store.in_memory").await["outcome"], "no_place");
}

/// The keeper forgets a session once its end is written down: a store that breaks just then must not lose it.
#[tokio::test]
async fn a_store_that_breaks_loses_no_end() {
    let home = tempfile::tempdir().unwrap();
    let daemon = at(home.path()).await;
    let mut ids = Vec::new();
    for site in ["handler", "future", "timer", "started"] {
        let id = daemon.run("read line; exit 7").await;
        let (status, answer) =
            daemon.post(&format!("/api/admin/actors/store/crash?where={site}"), json!({})).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(daemon.post("/api/input", json!({"session_id": id, "input": "\r"})).await.0, 200);
        ids.push(id);
    }
    for id in &ids {
        let row = daemon.until_row(id, "its end", |row| row["exited"] == true).await;
        assert_eq!(row["exit"]["code"], 7);
    }
    until("the ends to be on the disk", || async {
        let written = |id: &String| {
            let text = fs::read_to_string(state(home.path()).join("sessions").join(id).join("session.json"));
            text.is_ok_and(|text| text.contains("\"code\": 7"))
        };
        ids.iter().all(written).then_some(())
    })
    .await;
    stop(daemon).await;
    let daemon = at(home.path()).await;
    for id in &ids {
        assert_eq!(daemon.row(id).await["exit"]["code"], 7);
    }
}

#[tokio::test]
async fn a_dismissed_session_stays_away() {
    let (home, id) = used().await;
    let daemon = at(home.path()).await;
    assert_eq!(daemon.post("/api/session/close", json!({"session_id": id})).await.0, 200);
    let folder = state(home.path()).join("sessions").join(&id);
    until("its folder to go", || async { (!folder.exists()).then_some(()) }).await;
    stop(daemon).await;
    let daemon = at(home.path()).await;
    assert_eq!(daemon.row(&id).await, Value::Null);
}
