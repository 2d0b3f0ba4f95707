//! What is wrong is said in one line, and costs nobody anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Daemon, signal, until};

// ---- a start that cannot be --------------------------------------------------------------------

/// Runs `coda serve` to its end; the exit code and the only line it said.
async fn refused(arguments: &[&str]) -> (i32, String) {
    let mut serve = Command::new(env!("CARGO_BIN_EXE_coda"))
        .arg("serve")
        .args(arguments)
        .env_remove("DATABRICKS_HOST")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = until("coda serve to refuse", || {
        let ended = serve.try_wait().unwrap();
        async move { ended }
    })
    .await;
    let mut said = String::new();
    std::io::Read::read_to_string(&mut serve.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said.lines().count(), 1, "one line: {said:?}");
    assert!(said.starts_with("coda: "), "{said:?}");
    (status.code().unwrap(), said)
}

fn names(said: &str, all: &[&str]) {
    for one in all {
        assert!(said.contains(one), "{said:?} names {one:?}");
    }
}

#[tokio::test]
async fn an_occupied_port_is_said_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let (code, said) = refused(&["--bind", &address, "--home", home.path().to_str().unwrap()]).await;
    assert_eq!(code, 69);
    names(&said, &[&address, "in use", "--bind"]);
}

#[tokio::test]
async fn a_home_that_cannot_be_written_is_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let (home, file) = (dir.path().join("home"), dir.path().join("file"));
    fs::create_dir(&home).unwrap();
    fs::write(home.join(".coda"), "in the way").unwrap();
    fs::write(&file, "in the way").unwrap();
    for home in [home, file] {
        let (code, said) = refused(&["--bind", "127.0.0.1:0", "--home", home.to_str().unwrap()]).await;
        assert_eq!(code, 73);
        names(&said, &[home.join(".coda").to_str().unwrap(), "--home"]);
    }
}

#[tokio::test]
async fn wrong_settings_are_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("my.toml");
    let file = path.to_str().unwrap();
    for (text, said) in [
        ("[http]\nbnid = \"x\"", vec!["`http.bnid`", file, "did you mean `http.bind`"]),
        ("[http]\nworkers = \"four\"", vec!["`http.workers`", "an integer", "a string"]),
        ("[http]\nbind = 8000", vec!["`http.bind`", "a string"]),
        ("[sessions]\nring_bytes = 70000", vec!["`sessions.ring_bytes`", "70000", "power of two"]),
        ("[sessions]\nrows = 0", vec!["`sessions.rows", "between 1 and 1000"]),
        ("[http]\nbind = \"nowhere\"", vec!["`http.bind`", "nowhere", "an IP address and a port"]),
        ("[http", vec![file, "line 1"]),
        ("home = \"\"\n[http]\nworkers = -1", vec![file, "workers"]),
        ("[http]\nallowed_hosts = [1]", vec![file, "allowed_hosts"]),
        ("[log]\nformat = \"xml\"", vec![file, "xml"]),
    ] {
        fs::write(&path, text).unwrap();
        let home = dir.path().to_str().unwrap();
        let (code, line) = refused(&["--config", file, "--home", home]).await;
        assert_eq!(code, 78, "{text}");
        names(&line, &said);
    }
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing.toml");
    for path in [missing.as_path(), dir.path()] {
        let (code, said) = refused(&["--config", path.to_str().unwrap()]).await;
        assert_eq!(code, 78);
        names(&said, &[path.to_str().unwrap(), "--config"]);
    }
    let (code, said) = refused(&["--bind", "localhost"]).await;
    assert_eq!(code, 78);
    names(&said, &["localhost", "an IP address and a port"]);
}

// ---- requests that make no sense ---------------------------------------------------------------

fn is_problem(answer: &(u16, Value), status: u16, code: &str) {
    assert_eq!((answer.0, &answer.1["code"]), (status, &json!(code)), "{}", answer.1);
    assert!(answer.1["error"].as_str().is_some_and(|text| !text.is_empty()), "{}", answer.1);
}

async fn post_text(daemon: &Daemon, path: &str, body: &str) -> (u16, Value) {
    let request = daemon.request(reqwest::Method::POST, path).bearer_auth("let-me-in").body(body.to_owned());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn session_folders(daemon: &Daemon) -> Vec<PathBuf> {
    let entries = fs::read_dir(daemon.home().join(".coda/sessions")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn descriptors(daemon: &Daemon) -> usize {
    fs::read_dir(format!("/proc/{}/fd", daemon.keeper_pid())).unwrap().count()
}

#[tokio::test]
async fn a_session_that_cannot_be_leaves_nothing_behind() {
    let daemon = Daemon::start().await;
    let before = descriptors(&daemon);
    let many: Vec<&str> = vec!["x"; 1001];
    for (body, said) in [
        (json!({"rows": 0}), "between 1 and 1000"),
        (json!({"rows": -1}), "between 1 and 1000"),
        (json!({"cols": 70000}), "between 1 and 1000"),
        (json!({"cols": 1e30}), "expected i64"),
        (json!({"rows": "24"}), "expected i64"),
        (json!({"cwd": "/no/such/place"}), "/no/such/place"),
        (json!({"cwd": "/etc/passwd"}), "/etc/passwd"),
        (json!({"cwd": "/tmp\0"}), "NUL"),
        (json!({"command": ["/no/such/program"]}), "/no/such/program"),
        (json!({"command": ["/etc/passwd"]}), "/etc/passwd"),
        (json!({"command": [""]}), "start"),
        (json!({"command": ["/bin/echo", "a\0b"]}), "NUL"),
        (json!({"command": "bash"}), "sequence"),
        (json!({"command": many}), "1000 arguments"),
        (json!({"command": ["/bin/echo", "x".repeat(40_000)]}), "32768 bytes"),
        (json!({"label": 5}), "string"),
        (json!({"label": "x".repeat(201)}), "200 characters"),
        (json!([]), "the body"),
        (json!(null), "the body"),
    ] {
        let answer = daemon.post("/api/session", body.clone()).await;
        is_problem(&answer, 400, "invalid");
        let error = answer.1["error"].as_str().unwrap();
        assert!(error.contains(said), "{error:?} says {said:?} of {body}");
    }
    for broken in ["{", "{\"rows\": }", "rows=3", "\u{0}", "{\"rows\": 24} more"] {
        is_problem(&post_text(&daemon, "/api/session", broken).await, 400, "invalid");
    }
    let large = format!("{{\"label\": \"{}\"}}", "x".repeat(2 << 20));
    is_problem(&post_text(&daemon, "/api/session", &large).await, 413, "too_large");

    until("everything to be cleared away", || async { session_folders(&daemon).is_empty().then_some(()) })
        .await;
    assert_eq!(daemon.get("/api/sessions").await.1, json!([]));
    assert_eq!(daemon.programs(), Vec::<i32>::new());
    assert_eq!(descriptors(&daemon), before, "the keeper holds nothing of them");
    let id = daemon.run("exit 0").await;
    daemon.until_row(&id, "a good session to work", |row| row["exited"] == true).await;
}

#[tokio::test]
async fn an_unknown_session_has_the_right_code_everywhere() {
    let daemon = Daemon::start().await;
    for id in ["nobody", "", "../../etc", "00000000-0000-0000-0000-000000000000"] {
        let body = json!({"session_id": id});
        is_problem(&daemon.post("/api/session/attach", body.clone()).await, 404, "session_not_found");
        is_problem(&daemon.post("/api/session/readopt", body.clone()).await, 404, "session_not_found");
        let closed = daemon.post("/api/session/close", body).await;
        assert_eq!(closed, (200, json!({"status": "ok", "detail": "session not found"})));
        let mut client = daemon.connect().await;
        let view = client.join(7, id).await;
        assert_eq!(
            (&view.errors[0]["code"], &view.errors[0]["channel"]),
            (&json!("session_not_found"), &json!(7))
        );
    }
    for name in ["recording.cast", "recording.txt"] {
        is_problem(&daemon.get(&format!("/api/sessions/nobody/{name}")).await, 404, "session_not_found");
        let answer = daemon.get(&format!("/api/sessions/..%2F..%2Fetc/{name}")).await;
        is_problem(&answer, 404, "session_not_found");
    }
    for path in ["attach", "readopt", "close"] {
        let path = format!("/api/session/{path}");
        is_problem(&daemon.post(&path, json!({})).await, 400, "invalid");
        is_problem(&daemon.post(&path, json!({"session_id": 5})).await, 400, "invalid");
        is_problem(&post_text(&daemon, &path, "{").await, 400, "invalid");
        is_problem(&post_text(&daemon, &path, "").await, 400, "invalid");
    }
    is_problem(&daemon.get("/api/nothing").await, 404, "not_found");
}

/// A session that was dismissed while its end was being written left its folder behind, and came back as an ended one
/// with the next daemon; its viewers were not told.
#[tokio::test]
async fn closing_ends_then_dismisses_then_does_nothing() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let body = json!({"session_id": id});
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.type_line(1, "echo up-$((6*7))").await;
    client.until_shown(1, "up-42").await;
    for _ in 0..3 {
        assert_eq!(daemon.post("/api/session/close", body.clone()).await, (200, json!({"status": "ok"})));
        if daemon.row(&id).await["state"] != "running" {
            break;
        }
    }
    let view = client.until(1, "the session to end", |view| view.exit.is_some() || view.closed).await;
    if let Some(exit) = view.exit {
        assert_eq!((&exit["signal"], &exit["reason"]), (&json!(libc::SIGHUP), &json!("closed")));
    }
    daemon.post("/api/session/close", body.clone()).await;
    client.until(1, "the session to be dismissed", |view| view.closed).await;
    assert_eq!(daemon.row(&id).await, Value::Null);
    until("its folder to be gone", || async { session_folders(&daemon).is_empty().then_some(()) }).await;
    for _ in 0..2 {
        let (status, answer) = daemon.post("/api/session/close", body.clone()).await;
        assert_eq!((status, &answer["detail"]), (200, &json!("session not found")));
    }
}

// ---- a disk that is full -----------------------------------------------------------------------

/// What the daemon may write to any one file, in bytes.
fn limit_files(pid: i32, bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: reads one structure that lives through the call, writes none.
    let done = unsafe { libc::prlimit(pid, libc::RLIMIT_FSIZE, &limit, std::ptr::null_mut()) };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

#[tokio::test]
async fn a_full_disk_costs_the_journal_but_no_session() {
    const MISSED: usize = 200_000;
    let daemon = Daemon::start().await;
    let script = format!(
        "stty -opost; echo before; until [ -e one ]; do sleep 0.01; done; head -c {MISSED} /dev/zero | tr '\\0' m; \
         until [ -e two ]; do sleep 0.01; done; echo; echo after; sleep 1000"
    );
    let body = json!({"command": ["/bin/bash", "-c", script], "cwd": daemon.home(), "rows": 24, "cols": 80});
    let id = daemon.create(body).await;
    let path = format!("/api/sessions/{id}/recording");
    let mut client = daemon.connect().await;
    client.join_as(1, &id, json!({"from": 0})).await;
    until("the journal to have the beginning", || async {
        (daemon.get(&format!("{path}.txt")).await.1 == "before\n").then_some(())
    })
    .await;

    let pid = daemon.daemon_pid().unwrap();
    limit_files(pid, 0);
    fs::write(daemon.home().join("one"), "").unwrap();
    let view = client.until(1, "all output", |view| view.output.len() == 7 + MISSED).await;
    assert!(view.output[7..].iter().all(|&byte| byte == b'm'));
    daemon.until_row(&id, "the gap to be counted", |row| row["journal_gap"] == MISSED).await;
    // A full disk is when a shell is wanted most.
    let other = daemon.run("echo made on a full disk; exit 2").await;
    let row = daemon.until_row(&other, "a new session to end", |row| row["exited"] == true).await;
    assert_eq!(row["exit"]["code"], 2);

    limit_files(pid, libc::RLIM_INFINITY);
    fs::write(daemon.home().join("two"), "").unwrap();
    client.until_shown(1, "after\n").await;
    let text = until("the journal to go on", || async {
        let text = daemon.text(&format!("{path}.txt")).await;
        text.contains("after").then_some(text)
    })
    .await;
    assert_eq!(text, format!("before\n[{MISSED} bytes of output are missing]\n\nafter\n"));
    let cast = daemon.text(&format!("{path}.cast")).await;
    assert!(cast.contains(&format!("{MISSED} bytes of output are missing")), "{cast}");
    assert_eq!(daemon.row(&id).await["journal_gap"], MISSED);
    assert_eq!(client.views[&1].snapshots, 0);
    let rows = daemon.get("/api/admin/actors").await.1;
    assert!(rows.as_array().unwrap().iter().all(|row| row["crashes"] == 0), "{rows}");
    assert_eq!(daemon.daemon_pid(), Some(pid), "nothing died of it");
    for message in ["the journal cannot be written", "the journal can be written again"] {
        daemon.until_logged(message).await;
    }
}

// ---- files that somebody else wrote ------------------------------------------------------------

fn session_dir(daemon: &Daemon, id: &str) -> PathBuf {
    daemon.home().join(".coda/sessions").join(id)
}

/// A session whose program has ended, whose end is on the disk, and which the keeper has let go of.
async fn ended(daemon: &Daemon, script: &str) -> String {
    let before = descriptors(daemon);
    let id = daemon.run(script).await;
    daemon.until_row(&id, "the end", |row| row["state"] == "ended").await;
    until("the keeper to let go", || async { (descriptors(daemon) == before).then_some(()) }).await;
    id
}

fn segment(daemon: &Daemon, id: &str) -> PathBuf {
    let entries = fs::read_dir(session_dir(daemon, id).join("journal")).unwrap();
    let mut segments: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    segments.sort();
    segments.pop().unwrap()
}

/// Gives a segment a format version nobody knows yet; its content from then on.
fn make_newer(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
    bytes[8..10].copy_from_slice(&77u16.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[..header - 4]);
    bytes[header - 4..header].copy_from_slice(&checksum.to_le_bytes());
    fs::write(path, &bytes).unwrap();
    bytes
}

/// Whether a file with this content lies somewhere below.
fn lies_below(dir: &Path, content: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() { lies_below(&path, content) } else { fs::read(&path).unwrap() == content }
    })
}

/// Kills the daemon, and lets `meanwhile` happen before the next one looks.
async fn kill_and(daemon: &Daemon, meanwhile: impl FnOnce()) {
    let old = daemon.daemon_pid().unwrap();
    signal(old, libc::SIGSTOP);
    meanwhile();
    signal(old, libc::SIGKILL);
    daemon.until_back(old).await;
}

async fn until_journaled(daemon: &Daemon, id: &str, text: &str) {
    until(&format!("the journal to have {text:?}"), || async {
        let recording = daemon.get(&format!("/api/sessions/{id}/recording.txt")).await.1;
        recording.as_str()?.contains(text).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_newer_journal_of_a_running_session_is_set_aside() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.type_line(1, "mine=kept-$((6*7)); echo set-$mine").await;
    until_journaled(&daemon, &id, "set-kept-42").await;
    let mut content = Vec::new();
    kill_and(&daemon, || content = make_newer(&segment(&daemon, &id))).await;

    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "set-kept-42").await;
    client.type_line(1, "echo still-$mine").await;
    client.until_shown(1, "still-kept-42").await;
    until_journaled(&daemon, &id, "still-kept-42").await;
    assert_eq!(daemon.row(&id).await["receipt"]["bytes_lost"], 0, "the ring had it all");
    assert!(lies_below(&session_dir(&daemon, &id), &content), "not a byte of it was changed");
    assert_ne!(fs::read(segment(&daemon, &id)).unwrap(), content, "another journal goes on");
    daemon.until_logged("version is 77").await;
    daemon.until_logged("set aside").await;
}

#[tokio::test]
async fn a_newer_journal_of_an_ended_session_is_set_aside() {
    let daemon = Daemon::start().await;
    let id = ended(&daemon, "echo old words; exit 3").await;
    let mut content = Vec::new();
    kill_and(&daemon, || content = make_newer(&segment(&daemon, &id))).await;

    let mut client = daemon.connect().await;
    let view = client.join(1, &id).await;
    assert_eq!(view.errors, Vec::<Value>::new());
    let view = client.until(1, "the exit to be told", |view| view.exit.is_some()).await;
    assert_eq!(view.exit.unwrap()["code"], 3);
    assert!(lies_below(&session_dir(&daemon, &id), &content), "not a byte of it was changed");
    daemon.until_logged("version is 77").await;
    daemon.until_logged("set aside").await;
    assert_eq!(daemon.row(&id).await["exit"]["code"], 3);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_left_alone() {
    let daemon = Daemon::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ended(&daemon, "exit 0").await);
    }
    let path = |index: usize| session_dir(&daemon, &ids[index]).join("session.json");
    let newer = fs::read_to_string(path(0)).unwrap().replace("\"version\": 1", "\"version\": 9");
    kill_and(&daemon, || {
        fs::write(path(0), &newer).unwrap();
        fs::write(path(1), "{ \"garbage").unwrap();
    })
    .await;

    // The list is in the database; what lies in the folders is its copy.
    let rows = daemon.get("/api/sessions").await.1;
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    assert_eq!(fs::read_to_string(path(0)).unwrap(), newer);
    assert_eq!(fs::read_to_string(path(1)).unwrap(), "{ \"garbage");
    daemon.until_logged("newer version and is left alone").await;
    daemon.until_logged("cannot be read and is left alone").await;
}

/// The end of a running session was written over a record that this version cannot read.
#[tokio::test]
async fn a_record_that_cannot_be_read_is_not_written_over_when_its_session_ends() {
    let daemon = Daemon::start().await;
    let mut sessions = Vec::new();
    for content in ["{ \"garbage", "{\"version\": 9, \"id\": \"newer\", \"more\": true}"] {
        let id = daemon.shell().await;
        sessions.push((id, content));
    }
    kill_and(&daemon, || {
        for (id, content) in &sessions {
            fs::write(session_dir(&daemon, id).join("session.json"), content).unwrap();
        }
    })
    .await;

    for (id, content) in &sessions {
        let mut client = daemon.connect().await;
        client.join(1, id).await;
        client.type_line(1, "exit 6").await;
        let view = client.until(1, "the exit to be told", |view| view.exit.is_some()).await;
        assert_eq!(view.exit.unwrap()["code"], 6);
        let dir = session_dir(&daemon, id);
        until("the end to be written", || async {
            fs::read_to_string(dir.join("session.json")).unwrap().contains("\"exited\"").then_some(())
        })
        .await;
        assert!(lies_below(&dir, content.as_bytes()), "what somebody else wrote is still there");
    }
}

#[tokio::test]
async fn a_torn_end_of_a_journal_costs_only_itself() {
    let daemon = Daemon::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ended(&daemon, "echo the first line; exit 5").await);
    }
    kill_and(&daemon, || {
        let tear = |id: &str, by: u64| {
            let file = fs::OpenOptions::new().write(true).open(segment(&daemon, id)).unwrap();
            file.set_len(file.metadata().unwrap().len() - by).unwrap();
        };
        tear(&ids[0], 1);
        tear(&ids[1], 9);
        let mut bytes = fs::read(segment(&daemon, &ids[2])).unwrap();
        bytes.extend_from_slice(b"what a power cut leaves behind\0\0\0\0");
        fs::write(segment(&daemon, &ids[2]), bytes).unwrap();
    })
    .await;

    for id in &ids {
        let text = daemon.text(&format!("/api/sessions/{id}/recording.txt")).await;
        assert_eq!(text, "the first line\n");
        let mut client = daemon.connect().await;
        client.join(1, id).await;
        let view = client.until(1, "the exit to be told", |view| view.exit.is_some()).await;
        assert!(view.shown().contains("the first line"), "{:?}", view.shown());
        assert_eq!(view.exit.unwrap()["code"], 5, "the record beside the journal knows");
    }
}
