//! After its processes are gone, a session can be gone on from: its directory, and its history above a divider.

use serde_json::{Value, json};

use crate::support::{Daemon, Options, signal, until};

/// A shell in a directory of its own that has said something, and is gone.
async fn ended(daemon: &Daemon) -> (String, String) {
    let place = daemon.home().join("work");
    std::fs::create_dir_all(&place).unwrap();
    let shell = json!({"label": "work", "cwd": place, "command": ["/bin/bash", "--norc", "--noprofile"]});
    let id = daemon.create(shell).await;
    daemon.post("/api/input", json!({"session_id": id, "input": "echo precious''.\n"})).await;
    until_shown(daemon, &id, "precious.").await;
    daemon.post("/api/input", json!({"session_id": id, "input": "exit 4\n"})).await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    (id, place.display().to_string())
}

async fn screen(daemon: &Daemon, id: &str) -> String {
    let (status, attached) = daemon.post("/api/session/attach", json!({"session_id": id})).await;
    assert_eq!(status, 200, "{attached}");
    attached["output"][0].as_str().unwrap().to_owned()
}

async fn until_shown(daemon: &Daemon, id: &str, text: &str) -> String {
    until(&format!("{text:?} on the screen"), || async {
        Some(screen(daemon, id).await).filter(|shown| shown.contains(text))
    })
    .await
}

async fn output_from_the_start(daemon: &Daemon, id: &str) -> Value {
    let (status, answer) = daemon.post("/api/output", json!({"session_id": id, "offset": 0})).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn history_stands_above_and_the_shell_is_where_it_was() {
    let daemon = Daemon::start().await;
    let (old, place) = ended(&daemon).await;
    let new = daemon.create(json!({"from": old})).await;
    daemon.post("/api/input", json!({"session_id": new, "input": "pwd; echo new''.\n"})).await;
    let shown = until_shown(&daemon, &new, "new.").await;
    let at = |text: &str| shown.rfind(text).unwrap_or_else(|| panic!("no {text:?} in {shown:?}"));
    assert!(at("precious.") < at("ended with exit code 4"), "{shown:?}");
    assert!(at("ended with exit code 4") < at(&place), "{shown:?}");
    let row = daemon.row(&new).await;
    assert_eq!((row["label"].as_str(), row["cwd"].as_str()), (Some("work"), Some(place.as_str())));
    assert_eq!(daemon.row(&old).await["exited"], true, "the old one stays until it is dismissed");
}

#[tokio::test]
async fn after_the_host_went_down_everything_is_listed_and_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let at_home = || Options { home: Some(home.path().to_owned()), ..Options::default() };
    let daemon = Daemon::with(at_home()).await;
    let place = home.path().join("repo");
    std::fs::create_dir(&place).unwrap();
    let command =
        ["/bin/bash", "-c", "printf '\\e]7;file://%s\\e\\\\' \"$PWD/repo\"; echo before; read -r line"];
    let id = daemon.create(json!({"label": "agent", "command": command})).await;
    until_shown(&daemon, &id, "before").await;
    // The journal has it once the ring's space may be used again; a power cut takes nothing with it then.
    until("the journal", || async { journal_bytes(home.path(), &id).filter(|bytes| *bytes > 100) }).await;
    let pids = [daemon.keeper_pid(), daemon.daemon_pid().unwrap()];
    let programs = daemon.programs();
    pids.into_iter().chain(programs).for_each(|pid| signal(pid, libc::SIGKILL));
    drop(daemon);

    let daemon = Daemon::with(at_home()).await;
    let row = daemon.row(&id).await;
    assert_eq!((row["exited"].as_bool(), row["exit"]["reason"].as_str()), (Some(true), Some("redeployed")));
    assert_eq!(row["command"], json!(command));
    assert_eq!(row["exit"]["code"], Value::Null, "nobody knows how it ended");
    assert!(screen(&daemon, &id).await.contains("before"));
    let new = daemon.create(json!({"from": id, "command": ["/bin/bash", "-c", "pwd; read -r line"]})).await;
    let shown = until_shown(&daemon, &new, place.to_str().unwrap()).await;
    assert!(shown.find("before").unwrap() < shown.find("the server went down").unwrap(), "{shown:?}");
}

fn journal_bytes(home: &std::path::Path, id: &str) -> Option<u64> {
    let segments = std::fs::read_dir(home.join(".coda/sessions").join(id).join("journal")).ok()?;
    Some(segments.flatten().filter_map(|segment| Some(segment.metadata().ok()?.len())).sum())
}

#[tokio::test]
async fn what_was_carried_over_survives_the_daemon() {
    let daemon = Daemon::start().await;
    let (old, _) = ended(&daemon).await;
    let new = daemon
        .create(json!({"from": old, "command": ["/bin/bash", "-c", "echo one; read -r l; echo two"]}))
        .await;
    until_shown(&daemon, &new, "one").await;
    let before = output_from_the_start(&daemon, &new).await;
    let killed = daemon.kill_daemon().await;
    daemon.until_back(killed).await;
    let after = until("the same output", || async {
        let after = output_from_the_start(&daemon, &new).await;
        (after["offset"] == before["offset"]).then_some(after)
    })
    .await;
    assert_eq!(after["output"], before["output"]);
    assert!(screen(&daemon, &new).await.contains("precious."));
    daemon.post("/api/input", json!({"session_id": new, "input": "\n"})).await;
    until_shown(&daemon, &new, "two").await;
    daemon.until_row(&new, "the end", |row| row["exited"] == true).await;
    // Once more, from the one that had gone on.
    let third = daemon.create(json!({"from": new})).await;
    let shown = until_shown(&daemon, &third, "ended with exit code 0").await;
    assert!(shown.contains("precious.") && shown.contains("two"), "{shown:?}");
}

/// A program that says nothing of its directory is looked after: the record has it a moment after some output.
#[tokio::test]
async fn the_directory_is_known_without_being_told() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let place = daemon.home().join("elsewhere");
    std::fs::create_dir(&place).unwrap();
    let typed = format!("cd {}\n", place.display());
    daemon.post("/api/input", json!({"session_id": id, "input": typed})).await;
    let record = daemon.home().join(".coda/sessions").join(&id).join("session.json");
    let place = place.to_str().unwrap();
    until("the directory in the record", || async {
        std::fs::read_to_string(&record).unwrap().contains(place).then_some(())
    })
    .await;
    daemon.post("/api/session/close", json!({"session_id": id})).await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    assert_eq!(daemon.row(&id).await["cwd"], place);
    let new = daemon.create(json!({"from": id})).await;
    assert_eq!(daemon.row(&new).await["cwd"], place);
}

#[tokio::test]
async fn a_directory_that_is_gone_is_replaced_by_what_is_left_of_its_path() {
    let daemon = Daemon::start().await;
    let (old, place) = ended(&daemon).await;
    std::fs::remove_dir(&place).unwrap();
    let new = daemon.create(json!({"from": old})).await;
    assert_eq!(daemon.row(&new).await["cwd"], daemon.home().to_str().unwrap());
}

#[tokio::test]
async fn nobody_goes_on_from_nothing() {
    let daemon = Daemon::start().await;
    let (status, answer) = daemon.post("/api/session", json!({"from": "nobody"})).await;
    assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{answer}");
    assert_eq!(daemon.get("/api/sessions").await.1, json!([]));
}
