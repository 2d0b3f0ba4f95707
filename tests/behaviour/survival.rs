//! Shells outlive daemons, and what is said of them afterwards is true.

use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::{Client, Daemon, Options, children, signal, until};

/// Prints `began`, then waits for the file `go` in its directory.
const WAIT: &str = "echo began; until [ -e go ]; do sleep 0.01; done; ";

fn at(time: &Value) -> DateTime<Utc> {
    time.as_str().unwrap().parse().unwrap()
}

async fn waiting_program(daemon: &Daemon, then: &str) -> String {
    let body = json!({"command": ["/bin/bash", "-c", format!("{WAIT}{then}")], "cwd": daemon.home()});
    let id = daemon.create(body).await;
    let path = format!("/api/sessions/{id}/recording.txt");
    until("the program to have begun", || async {
        let journaled = daemon.get(&path).await.1;
        journaled.as_str().is_some_and(|text| text.contains("began")).then_some(())
    })
    .await;
    id
}

fn go(daemon: &Daemon) {
    std::fs::write(daemon.home().join("go"), "").unwrap();
}

async fn until_no_programs(daemon: &Daemon) {
    until("the program to be reaped", || async { daemon.programs().is_empty().then_some(()) }).await;
}

async fn receipt(daemon: &Daemon, id: &str) -> Value {
    until("a receipt", || async {
        let (_, answer) = daemon.get("/api/receipts").await;
        answer["receipts"].as_array().unwrap().iter().find(|receipt| receipt["session_id"] == id).cloned()
    })
    .await
}

async fn says(client: &mut Client, channel: u32, line: &str, answer: &str) {
    client.type_line(channel, line).await;
    client.until_shown(channel, answer).await;
}

// ---- the daemon is killed ----------------------------------------------------------------------

#[tokio::test]
async fn a_shell_keeps_its_variables_over_a_kill() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    says(&mut client, 1, "mine=kept-$((6*7)); echo set-$mine", "set-kept-42").await;
    let shell = daemon.programs();

    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;

    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "set-kept-42").await;
    says(&mut client, 1, "echo still-$mine", "still-kept-42").await;
    assert_eq!(daemon.programs(), shell, "the same process");
}

#[tokio::test]
async fn a_list_keeps_labels_and_order_over_a_kill() {
    let daemon = Daemon::start().await;
    for label in ["one", "two", "three ❤"] {
        daemon.create(json!({"label": label, "rows": 10, "cols": 33})).await;
    }
    let facts = |rows: &Value| -> Vec<Value> {
        let of = |row: &Value| {
            json!([
                row["session_id"],
                row["label"],
                row["created_at"],
                row["state"],
                row["rows"],
                row["cols"]
            ])
        };
        rows.as_array().unwrap().iter().map(of).collect()
    };
    let before = facts(&daemon.get("/api/sessions").await.1);

    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;

    assert_eq!(facts(&daemon.get("/api/sessions").await.1), before);
    assert_eq!(before[2][1], "three ❤");
}

#[tokio::test]
async fn an_exit_while_the_daemon_hangs_is_told_by_the_next_one() {
    let daemon = Daemon::start().await;
    let id = waiting_program(&daemon, "echo last words; exit 7").await;
    let old = daemon.daemon_pid().unwrap();
    signal(old, libc::SIGSTOP);
    go(&daemon);
    until_no_programs(&daemon).await;
    signal(old, libc::SIGKILL);
    daemon.until_back(old).await;

    let row = daemon.until_row(&id, "the end to be told", |row| row["state"] == "ended").await;
    assert_eq!((&row["exit"]["code"], &row["exit"]["reason"]), (&json!(7), &json!("exited")), "{row}");
    assert_eq!(row["exit"]["signal"], Value::Null);
    let text = daemon.text(&format!("/api/sessions/{id}/recording.txt")).await;
    assert_eq!(text, "began\nlast words\n");
}

/// The keeper waits before it starts a daemon that keeps dying at once: in that gap the program ends.
#[tokio::test]
async fn an_exit_while_there_is_no_daemon_is_told_by_the_next_one() {
    let daemon = Daemon::start().await;
    let id = waiting_program(&daemon, "echo last words; exit 9").await;
    let mut old = daemon.kill_daemon().await;
    for _ in 0..3 {
        let next = until("another daemon", || async { daemon.daemon_pid().filter(|&pid| pid != old) }).await;
        signal(next, libc::SIGKILL);
        old = next;
    }
    until("the killed daemon to be reaped", || async { daemon.daemon_pid().is_none().then_some(()) }).await;
    go(&daemon);
    until_no_programs(&daemon).await;
    daemon.until_back(old).await;

    let row = daemon.until_row(&id, "the end to be told", |row| row["state"] == "ended").await;
    assert_eq!((&row["exit"]["code"], &row["exit"]["reason"]), (&json!(9), &json!("exited")), "{row}");
    let text = daemon.text(&format!("/api/sessions/{id}/recording.txt")).await;
    assert_eq!(text, "began\nlast words\n");
}

/// A daemon that had not yet said hello was told of the exit, took that for nonsense and gave up.
#[tokio::test]
async fn an_exit_while_a_daemon_starts_does_not_disturb_it() {
    let settings = "[sessions]\nrows = 20\n";
    let daemon = Daemon::with(Options { config: Some(settings.to_owned()), ..Options::default() }).await;
    let id = waiting_program(&daemon, "exit 5").await;
    // The next daemon cannot read its settings, and so not start, before we write them.
    let path = daemon.home().join("coda.toml");
    std::fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    let old = daemon.kill_daemon().await;
    let fresh = until("another daemon", || async { daemon.daemon_pid().filter(|&pid| pid != old) }).await;
    go(&daemon);
    until_no_programs(&daemon).await;
    std::fs::write(&path, settings).unwrap();

    let now = daemon.until_back(old).await;
    let row = daemon.until_row(&id, "the end to be told", |row| row["state"] == "ended").await;
    assert_eq!(row["exit"]["code"], 5, "{row}");
    assert_eq!(now, fresh, "the daemon that was starting is the one that runs");
}

/// The end of a program was written down 250 ms after it, whether or not the daemon had caught up by then.
#[tokio::test]
async fn a_daemon_far_behind_drops_nothing_when_the_program_ends() {
    const BYTES: u64 = 60_000_000;
    let config = Some("[sessions]\nring_bytes = 67108864\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let id = waiting_program(&daemon, &format!("head -c {BYTES} /dev/zero | tr '\\0' x; exit 3")).await;
    let old = daemon.daemon_pid().unwrap();
    signal(old, libc::SIGSTOP);
    go(&daemon);
    until_no_programs(&daemon).await;
    signal(old, libc::SIGCONT);

    let row = daemon.until_row(&id, "the end to be told", |row| row["state"] == "ended").await;
    assert_eq!(row["exit"]["code"], 3);
    assert_eq!(row["offset"], BYTES + 7);
}

/// The keeper let go of a session before its end was on the disk.
#[tokio::test]
async fn an_end_that_was_told_is_never_forgotten() {
    const MANY: u32 = 30;
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    let mut ids = Vec::new();
    for code in 0..MANY {
        let body =
            json!({"command": ["/bin/bash", "-c", format!("{WAIT}exit {code}")], "cwd": daemon.home()});
        ids.push(daemon.create(body).await);
        client.join(code, &ids[code as usize]).await;
        client.until_shown(code, "began").await;
    }
    // The daemon dies at the first word of an end, while the others are being written.
    go(&daemon);
    client
        .until_all("an exit to be told", |client| client.views.values().any(|view| view.exit.is_some()))
        .await;
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;

    for (code, id) in ids.iter().enumerate() {
        let row = daemon.until_row(id, "the end", |row| row["state"] == "ended").await;
        assert_eq!((&row["exit"]["code"], &row["exit"]["reason"]), (&json!(code), &json!("exited")), "{row}");
    }
}

#[tokio::test]
async fn a_program_killed_by_a_signal_reports_the_signal() {
    let daemon = Daemon::start().await;
    for number in [libc::SIGTERM, libc::SIGKILL, libc::SIGUSR1] {
        let id = daemon.run(&format!("kill -{number} $$")).await;
        let row = daemon.until_row(&id, "the program to end", |row| row["exited"] == true).await;
        assert_eq!((&row["exit"]["code"], &row["exit"]["signal"]), (&Value::Null, &json!(number)), "{row}");
        assert_eq!(row["exit"]["reason"], "exited");
    }
}

#[tokio::test]
async fn an_end_that_nobody_saw_is_unknown() {
    let home = tempfile::tempdir().unwrap();
    let options = || Options { home: Some(home.path().to_owned()), ..Options::default() };
    let daemon = Daemon::with(options()).await;
    let id = daemon.run("echo before the lights went out; sleep 1000").await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "lights went out").await;
    // Keeper and daemon at once: nobody is left to see the program go.
    drop(daemon);

    let daemon = Daemon::with(options()).await;
    let row = daemon.row(&id).await;
    assert_eq!((&row["state"], &row["exited"]), (&json!("ended"), &json!(true)), "{row}");
    let exit = &row["exit"];
    assert_eq!((&exit["code"], &exit["signal"]), (&Value::Null, &Value::Null), "never taken for success");
    assert_eq!(exit["reason"], "redeployed");
}

// ---- receipts ----------------------------------------------------------------------------------

#[tokio::test]
async fn a_receipt_counts_what_was_kept() {
    let daemon = Daemon::start().await;
    let body = json!({"command": ["/bin/bash", "-c",
        format!("stty -opost; {WAIT}head -c 5000 /dev/zero | tr '\\0' y; touch done; sleep 1000")],
        "cwd": daemon.home(), "label": "a build"});
    let id = daemon.create(body).await;
    let path = format!("/api/sessions/{id}/recording.txt");
    until("the journal to have the beginning", || async {
        (daemon.get(&path).await.1 == "began\n").then_some(())
    })
    .await;
    let old = daemon.daemon_pid().unwrap();
    signal(old, libc::SIGSTOP);
    go(&daemon);
    until("the program to have printed", || async { daemon.home().join("done").exists().then_some(()) })
        .await;
    let killed = Utc::now();
    signal(old, libc::SIGKILL);
    daemon.until_back(old).await;

    let receipt = receipt(&daemon, &id).await;
    assert_eq!(receipt["cause"], "the daemon was killed by signal 9");
    assert_eq!(receipt["label"], "a build");
    assert_eq!((&receipt["bytes_kept"], &receipt["bytes_lost"]), (&json!(5000), &json!(0)), "{receipt}");
    assert_eq!(receipt["offset"], 6);
    assert!(killed <= at(&receipt["down_at"]) && at(&receipt["down_at"]) <= at(&receipt["back_at"]));
    assert_eq!(daemon.row(&id).await["receipt"], receipt);
}

/// The journal vanishes with the daemon; the ring has only the newest bytes.
#[tokio::test]
async fn a_receipt_counts_what_was_lost() {
    const RING: u64 = 65_536;
    const BYTES: u64 = 300_000;
    let config = Some(format!("[sessions]\nring_bytes = {RING}\n"));
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let id = daemon.run(&format!("stty -opost; head -c {BYTES} /dev/zero | tr '\\0' z; sleep 1000")).await;
    daemon.until_row(&id, "all output", |row| row["offset"] == BYTES).await;
    let path = format!("/api/sessions/{id}/recording.txt");
    until("the journal to have it all", || async {
        let journaled = daemon.get(&path).await.1;
        (journaled.as_str()?.matches('z').count() as u64 == BYTES).then_some(())
    })
    .await;
    let old = daemon.daemon_pid().unwrap();
    signal(old, libc::SIGSTOP);
    std::fs::remove_dir_all(daemon.home().join(".coda/sessions").join(&id).join("journal")).unwrap();
    signal(old, libc::SIGKILL);
    daemon.until_back(old).await;

    let receipt = receipt(&daemon, &id).await;
    let (kept, lost) = (receipt["bytes_kept"].as_u64().unwrap(), receipt["bytes_lost"].as_u64().unwrap());
    assert_eq!(kept + lost, BYTES, "{receipt}");
    assert!(kept <= RING && lost >= BYTES - RING, "{receipt}");
    assert_eq!(receipt["offset"], lost);
    let text = daemon.text(&path).await;
    assert_eq!(text.matches('z').count() as u64, kept, "what was kept is in the new journal");
}

// ---- the daemon is replaced --------------------------------------------------------------------

async fn restart_replaces_only_the_daemon(restart: impl AsyncFn(&Daemon)) {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    says(&mut client, 1, "mine=kept-$((6*7)); echo set-$mine", "set-kept-42").await;
    let (keeper, old, shell) = (daemon.keeper_pid(), daemon.daemon_pid().unwrap(), daemon.programs());

    restart(&daemon).await;
    client.until_gone().await;
    assert_eq!(client.shutting_down.as_ref().map(|frame| &frame["restart"]), Some(&json!(true)));
    assert_eq!(client.close_code, Some(1012));

    daemon.until_back(old).await;
    while !client.resume(&daemon).await {}
    says(&mut client, 1, "echo still-$mine", "still-kept-42").await;
    assert_eq!(client.views[&1].snapshots, 1, "the resumed viewer missed nothing");
    assert_eq!((daemon.keeper_pid(), daemon.programs()), (keeper, shell));
    let receipt = receipt(&daemon, &id).await;
    assert_eq!(receipt["cause"], "the daemon was restarted on request");
    assert_eq!(receipt["bytes_lost"], 0);
}

#[tokio::test]
async fn a_hangup_to_the_keeper_replaces_only_the_daemon() {
    restart_replaces_only_the_daemon(async |daemon| daemon.signal(libc::SIGHUP)).await;
}

#[tokio::test]
async fn a_restart_by_an_admin_replaces_only_the_daemon() {
    restart_replaces_only_the_daemon(async |daemon| {
        assert_eq!(daemon.post("/api/admin/restart", json!({})).await.0, 200);
    })
    .await;
}

/// With nothing to write down, the daemon was gone before its links had said why.
#[tokio::test]
async fn a_client_without_sessions_is_told_of_a_restart() {
    let daemon = Daemon::start().await;
    for round in 0..20 {
        let old = daemon.daemon_pid().unwrap();
        let mut client = daemon.connect().await;
        client.say(json!({"type": "heartbeat", "session_ids": []})).await;
        client.until_all("the link to be up", |client| client.heartbeats == 1).await;
        daemon.signal(libc::SIGHUP);
        client.until_gone().await;
        assert!(client.shutting_down.is_some(), "round {round}");
        assert_eq!(client.close_code, Some(1012), "round {round}");
        daemon.until_back(old).await;
    }
}

// ---- everything ends ---------------------------------------------------------------------------

#[tokio::test]
async fn the_end_is_told_to_clients_and_shells_and_is_listed_afterwards() {
    let home = tempfile::tempdir().unwrap();
    let options = || Options { home: Some(home.path().to_owned()), ..Options::default() };
    let mut daemon = Daemon::with(options()).await;
    let body = json!({"label": "a goodbye", "cwd": home.path(), "command": ["/bin/bash", "-c",
        "trap 'echo goodbye; echo bye > hup; exit 3' HUP; echo ready; while :; do sleep 0.05; done"]});
    let id = daemon.create(body).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "ready").await;

    daemon.signal(libc::SIGTERM);
    client.until_gone().await;
    assert_eq!(client.shutting_down.as_ref().map(|frame| &frame["restart"]), Some(&json!(false)));
    assert_eq!(client.views[&1].exit.as_ref().map(|exit| &exit["code"]), Some(&json!(3)));
    assert_eq!(daemon.until_ended().await, Some(0));
    assert_eq!(std::fs::read_to_string(home.path().join("hup")).unwrap(), "bye\n");

    let daemon = Daemon::with(options()).await;
    let row = daemon.row(&id).await;
    assert_eq!((&row["state"], &row["label"]), (&json!("ended"), &json!("a goodbye")), "{row}");
    assert_eq!(row["exit"]["code"], 3);
    let mut client = daemon.connect().await;
    let view = client.join(1, &id).await;
    assert_eq!(view.errors, Vec::<Value>::new());
    let view = client.until(1, "the exit to be told", |view| view.exit.is_some()).await;
    assert!(view.shown().contains("ready") && view.shown().contains("goodbye"), "{}", view.shown());
    assert_eq!(view.exit.unwrap()["code"], 3);
}

/// Some of many ends were still being written when the daemon left, and were unknown afterwards.
#[tokio::test]
async fn the_end_of_many_sessions_is_written_down_for_each() {
    const MANY: i32 = 40;
    let home = tempfile::tempdir().unwrap();
    let options = || Options { home: Some(home.path().to_owned()), ..Options::default() };
    let mut daemon = Daemon::with(options()).await;
    let mut ids = Vec::new();
    for code in 0..MANY {
        let script = format!("trap 'exit {code}' HUP; touch up-{code}; while :; do sleep 0.5; done");
        let body = json!({"command": ["/bin/bash", "-c", script], "cwd": home.path()});
        ids.push(daemon.create(body).await);
    }
    for code in 0..MANY {
        let up = home.path().join(format!("up-{code}"));
        until("the program to be up", || async { up.exists().then_some(()) }).await;
    }
    daemon.signal(libc::SIGTERM);
    assert_eq!(daemon.until_ended().await, Some(0));

    let daemon = Daemon::with(options()).await;
    let (_, rows) = daemon.get("/api/sessions").await;
    let codes: Vec<Value> = rows.as_array().unwrap().iter().map(|row| row["exit"]["code"].clone()).collect();
    assert_eq!(codes, (0..MANY).map(|code| json!(code)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_program_that_ignores_hangup_and_term_ends_with_the_rest() {
    let home = tempfile::tempdir().unwrap();
    let options = || Options { home: Some(home.path().to_owned()), ..Options::default() };
    let mut daemon = Daemon::with(options()).await;
    let id = daemon.run("trap '' HUP TERM; echo deaf; while :; do sleep 0.5; done").await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "deaf").await;
    let program = daemon.programs()[0];

    daemon.signal(libc::SIGTERM);
    assert_eq!(daemon.until_ended().await, Some(0));
    assert!(!Path::new(&format!("/proc/{program}")).exists());

    let daemon = Daemon::with(options()).await;
    assert_eq!(daemon.row(&id).await["exit"]["signal"], libc::SIGKILL);
}

// ---- small programs, and no init ---------------------------------------------------------------

#[tokio::test]
async fn a_very_short_program_is_complete_at_its_end() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    for round in 0..200u32 {
        let said = format!("said in round {round}");
        let id = daemon.create(json!({"command": ["/usr/bin/printf", said]})).await;
        let view = client.join_as(round, &id, json!({"from": 0})).await;
        assert_eq!(view.errors, Vec::<Value>::new());
        let view = client.until(round, "the exit to be told", |view| view.exit.is_some()).await;
        assert_eq!(view.exit.as_ref().unwrap()["code"], 0);
        assert!(view.shown().contains(&said), "round {round}: {:?}", view.shown());
        assert_eq!(daemon.row(&id).await["offset"], said.len());
        assert_eq!(daemon.text(&format!("/api/sessions/{id}/recording.txt")).await.trim_end(), said);
        client.leave(round).await;
        assert_eq!(daemon.post("/api/session/close", json!({"session_id": id})).await.0, 200);
    }
}

#[tokio::test]
async fn the_keeper_as_the_first_process_reaps_orphans() {
    let allowed = Command::new("unshare").args(["--pid", "--fork", "--mount-proc", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must allow `unshare --pid`");
        return eprintln!("skipped: `unshare --pid --fork --mount-proc` is not allowed here");
    }
    let home = tempfile::tempdir().unwrap();
    let mut outside = Command::new("unshare")
        .args(["--pid", "--fork", "--mount-proc", "--kill-child", env!("CARGO_BIN_EXE_coda"), "serve"])
        .args(["--bind", "127.0.0.1:0", "--home"])
        .arg(home.path())
        .env_remove("DATABRICKS_HOST")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(outside.stdout.take().unwrap()), &mut line)
        .unwrap();
    let url = line.split(" ready at ").nth(1).unwrap().trim();
    let (base, token) = url.split_once("/?token=").unwrap();
    let keeper = children(outside.id() as i32)[0];
    let before = children(keeper);

    // The orphan waits for a file, so that it can be seen as a child of the keeper before it ends.
    let script = "setsid bash -c 'echo > orphan; until [ -e go ]; do sleep 0.05; done' & \
        until [ -e orphan ]; do sleep 0.01; done";
    let body = json!({"command": ["/bin/bash", "-c", script], "cwd": home.path()});
    let http = reqwest::Client::new();
    let answer =
        http.post(format!("{base}/api/session")).bearer_auth(token).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    until("the orphan to be the keeper's, and its parent gone", || async {
        let new = children(keeper).into_iter().filter(|pid| !before.contains(pid)).count();
        (home.path().join("orphan").exists() && new == 1).then_some(())
    })
    .await;
    std::fs::write(home.path().join("go"), "").unwrap();
    until("the orphan to be reaped", || async { (children(keeper) == before).then_some(()) }).await;

    signal(keeper, libc::SIGTERM);
    let ended = until("the first process to end", || {
        let ended = outside.try_wait().unwrap();
        async move { ended }
    })
    .await;
    assert_eq!(ended.code(), Some(0));
}
