//! Terminals over plain requests: every byte once, for everyone, also beside WebSockets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Daemon, Options, TOKEN, children, until};

/// A client that polls with offsets and keeps what it got.
struct Poller<'a> {
    daemon: &'a Daemon,
    session: String,
    text: String,
    offset: u64,
}

impl<'a> Poller<'a> {
    fn from_the_start(daemon: &'a Daemon, session: &str) -> Poller<'a> {
        Poller { daemon, session: session.to_owned(), text: String::new(), offset: 0 }
    }

    async fn poll(&mut self) -> Value {
        let body = json!({"session_id": self.session, "offset": self.offset, "wait_ms": 5000});
        let (status, answer) = self.daemon.post("/api/output", body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["from"].as_u64().unwrap(), self.offset, "nothing is left out");
        self.text.push_str(answer["output"].as_str().unwrap());
        self.offset = answer["offset"].as_u64().unwrap();
        answer
    }

    async fn until_exited(&mut self) -> Value {
        loop {
            let answer = self.poll().await;
            if answer["exited"] == true {
                return answer["exit"].clone();
            }
        }
    }
}

async fn with(config: &str) -> Daemon {
    Daemon::with(Options { config: Some(config.to_owned()), ..Options::default() }).await
}

/// Polls without an offset, as the clients of old do, until the text is there.
async fn poll_until(daemon: &Daemon, session: &str, client: &str, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let body = json!({"session_id": session, "client": client, "wait_ms": 5000});
        let (status, answer) = daemon.post("/api/output", body).await;
        assert_eq!(status, 200, "{answer}");
        text.push_str(answer["output"].as_str().unwrap());
        assert!(answer["exited"] != true || text.contains(wanted), "it ended without {wanted:?}: {text:?}");
    }
    text
}

#[tokio::test]
async fn the_same_offset_gives_the_same_answer() {
    let daemon = Daemon::start().await;
    let id = daemon.run("echo one; echo two; read -r line").await;
    let mut poller = Poller::from_the_start(&daemon, &id);
    while !poller.text.contains("two") {
        poller.poll().await;
    }
    for offset in [0, 3, poller.offset] {
        let (_, answer) = daemon.post("/api/output", json!({"session_id": id, "offset": offset})).await;
        assert_eq!(answer["output"], poller.text[offset as usize..], "from {offset}");
        assert_eq!(answer["offset"], poller.offset);
        assert_eq!(answer["exited"], false);
    }
}

#[tokio::test]
async fn an_offset_behind_the_end_is_refused_by_name() {
    let daemon = Daemon::start().await;
    let id = daemon.run("echo hello").await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    let (status, answer) = daemon.post("/api/output", json!({"session_id": id, "offset": 1000})).await;
    assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("is 7"), "{answer}");
}

/// B-08: two viewers that polled shared one buffer, which the first of them emptied, so each saw parts.
#[tokio::test]
async fn two_clients_without_offsets_each_get_everything() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    for number in 0..5 {
        let input = json!({"session_id": id, "input": format!("echo n''{number}.\n")});
        assert_eq!(daemon.post("/api/input", input).await.0, 200);
        let seen = format!("n{number}.");
        let left = poll_until(&daemon, &id, "left", &seen).await;
        let right = poll_until(&daemon, &id, "right", &seen).await;
        assert_eq!(left.matches(&seen).count(), 1, "{left:?}");
        assert_eq!(right.matches(&seen).count(), 1, "{right:?}");
    }
}

/// B-05: a page in the background asked only to stay alive, and the answer that it threw away had emptied the buffer.
/// P-09: a heartbeat leaves the output alone.
#[tokio::test]
async fn a_heartbeat_takes_no_output() {
    let daemon = Daemon::start().await;
    let id = daemon.run("echo precious; read -r line").await;
    daemon.until_row(&id, "output", |row| row["offset"] == 10).await;
    let (status, answer) = daemon.post("/api/heartbeat", json!({"session_id": id})).await;
    assert_eq!((status, answer), (200, json!({"status": "ok", "timeout_warning": false})));
    assert_eq!(poll_until(&daemon, &id, "page", "precious").await, "precious\r\n");
    assert_eq!(daemon.post("/api/heartbeat", json!({"session_id": "nobody"})).await.0, 404);
}

/// B-03: `exited` was never set, and the id vanished from the batch: a pane hung silently. Here the exit comes with
/// the last of the output, and again to whoever asks later.
#[tokio::test]
async fn a_poller_learns_the_exit_with_the_last_output() {
    let daemon = Daemon::start().await;
    let id = daemon.run("head -c 700000 /dev/zero | tr '\\0' x; exit 3").await;
    let mut poller = Poller::from_the_start(&daemon, &id);
    let exit = poller.until_exited().await;
    assert_eq!(poller.text.len(), 700_000);
    assert_eq!((exit["code"].as_i64(), exit["reason"].as_str()), (Some(3), Some("exited")));
    let asked = json!({"session_ids": [id], "offsets": {id.as_str(): poller.offset}});
    let (_, batch) = daemon.post("/api/output-batch", asked).await;
    assert_eq!(batch["outputs"][&id]["exited"], true);
    assert_eq!(batch["outputs"][&id]["exit"]["code"], 3);
}

/// B-06: each read was decoded by itself, so characters at its edges became U+FFFD.
#[tokio::test]
async fn characters_are_never_cut() {
    let daemon = Daemon::start().await;
    let id = daemon.run("for i in {1..600}; do printf '€%.0s' {1..100}; done").await;
    let mut poller = Poller::from_the_start(&daemon, &id);
    poller.until_exited().await;
    assert_eq!(poller.text, "€".repeat(60_000));
}

/// B-07 and B-12: what came between making a session and looking at it was thrown away, and so was the history.
/// B-11: the past was bounded by pieces, not bytes, and lost without a word.
#[tokio::test]
async fn what_left_the_ring_comes_from_the_journal() {
    let daemon = with("[sessions]\nring_bytes = 65536\n").await;
    let id = daemon.run("seq 1 60000; read -r line").await;
    let mut poller = Poller::from_the_start(&daemon, &id);
    while !poller.text.contains("60000\r\n") {
        poller.poll().await;
    }
    let expected: String = (1..=60_000).map(|number| format!("{number}\r\n")).collect();
    assert!(poller.text == expected);
    let mut late = Poller::from_the_start(&daemon, &id);
    daemon.post("/api/input", json!({"session_id": id, "input": "\n"})).await;
    late.until_exited().await;
    assert!(late.text.starts_with(&expected));
}

/// B-04: output came by the socket and by polling, and was shown twice. Attaching and then polling shows it once.
#[tokio::test]
async fn polling_goes_on_where_attaching_ended() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let said = json!({"session_id": id, "input": "echo fir''st\n"});
    daemon.post("/api/input", said).await;
    until("the first line on the screen", || async {
        let (_, attached) = daemon.post("/api/session/attach", json!({"session_id": id})).await;
        attached["output"][0].as_str().unwrap().contains("first").then_some(())
    })
    .await;
    daemon.post("/api/input", json!({"session_id": id, "input": "echo sec''ond\n"})).await;
    let mut text = String::new();
    while !text.contains("second") {
        let (_, answer) = daemon.post("/api/output", json!({"session_id": id, "wait_ms": 5000})).await;
        text.push_str(answer["output"].as_str().unwrap());
    }
    assert!(!text.contains("first"), "{text:?}");
}

/// P-29: the batch's contract.
#[tokio::test]
async fn a_batch_answers_for_each() {
    let daemon = Daemon::start().await;
    let (status, answer) = daemon.post("/api/output-batch", json!({"session_ids": []})).await;
    assert_eq!((status, answer), (200, json!({"outputs": {}, "missing": [], "shutting_down": false})));
    let one = daemon.run("echo one; read -r line").await;
    let two = daemon.run("echo two; read -r line").await;
    for id in [&one, &two] {
        daemon.until_row(id, "output", |row| row["offset"] == 5).await;
    }
    let (_, answer) = daemon.post("/api/output-batch", json!({"session_ids": [one, two, "nobody"]})).await;
    let texts: BTreeMap<&str, &Value> = answer["outputs"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, output)| (id.as_str(), &output["output"]))
        .collect();
    assert_eq!(texts, BTreeMap::from([(one.as_str(), &json!("one\r\n")), (two.as_str(), &json!("two\r\n"))]));
    assert_eq!(answer["missing"], json!(["nobody"]));
    for body in [json!({}), json!({"session_ids": null}), json!({"session_ids": vec!["x"; 201]})] {
        let (status, answer) = daemon.post("/api/output-batch", body).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{answer}");
    }
}

/// B-22: behind a slow proxy each key cost two round trips. B-09: answers had no numbers and came in any order.
#[tokio::test]
async fn typing_brings_its_echo_along() {
    let daemon = Daemon::start().await;
    let id = daemon.run("stty raw -echo; printf ready; exec cat").await;
    poll_until(&daemon, &id, "page", "ready").await;
    let asked = json!({"session_id": id, "client": "page", "input": "x", "wait_ms": 50});
    let (status, answer) = daemon.post("/api/input", asked).await;
    assert_eq!((status, answer["status"].as_str()), (200, Some("ok")));
    let mut echo = answer["output"].as_str().unwrap().to_owned();
    if echo.is_empty() {
        // The machine was busy for longer than the wait.
        echo = poll_until(&daemon, &id, "page", "x").await;
    }
    assert_eq!(echo, "x");
    let (status, answer) =
        daemon.post("/api/input", json!({"session_id": id, "input": "y", "wait_ms": 51})).await;
    assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{answer}");
}

/// B-19: what the program did not take was thrown away, or blocked the server.
#[tokio::test]
async fn input_that_finds_no_room_is_refused_and_the_rest_arrives() {
    let daemon = Daemon::start().await;
    let count = daemon.home().join("count");
    let script = format!(
        "stty raw -echo; printf ready; until [ -s {0} ]; do sleep 0.05; done; head -c $(cat {0}) | wc -c",
        count.display()
    );
    let id = daemon.run(&script).await;
    poll_until(&daemon, &id, "page", "ready").await;
    let piece = "0123456789abcdef".repeat(4096);
    let mut taken = 0;
    let refused = loop {
        let (status, answer) = daemon.post("/api/input", json!({"session_id": id, "input": piece})).await;
        if status != 200 {
            break (status, answer);
        }
        taken += piece.len();
        assert!(taken <= 4 * 1024 * 1024, "there is a bound");
    };
    assert_eq!((refused.0, refused.1["code"].as_str()), (503, Some("input_full")), "{}", refused.1);
    std::fs::write(&count, taken.to_string()).unwrap();
    poll_until(&daemon, &id, "page", &taken.to_string()).await;
}

#[tokio::test]
async fn an_ended_session_takes_no_input() {
    let daemon = Daemon::start().await;
    let id = daemon.run("exit 0").await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    let (status, answer) = daemon.post("/api/input", json!({"session_id": id, "input": "x"})).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("session_ended")), "{answer}");
    assert_eq!(daemon.post("/api/input", json!({"session_id": "nobody", "input": "x"})).await.0, 404);
}

/// B-15: sizes were not checked, so a wrong one was a page of HTML with status 500.
#[tokio::test]
async fn a_size_is_checked_and_set() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    for (cols, rows) in [
        (json!(70_000), json!(24)),
        (json!(80), json!(0)),
        (json!("wide"), json!(24)),
        (json!(1.5), json!(1)),
    ] {
        let asked = json!({"session_id": id, "cols": cols, "rows": rows});
        let (status, answer) = daemon.post("/api/resize", asked).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{answer}");
    }
    let (status, _) = daemon.post("/api/resize", json!({"session_id": id, "cols": 91, "rows": 31})).await;
    assert_eq!(status, 200);
    daemon.post("/api/input", json!({"session_id": id, "input": "stty size\n"})).await;
    poll_until(&daemon, &id, "page", "31 91").await;
    assert_eq!(
        daemon.post("/api/resize", json!({"session_id": "nobody", "cols": 80, "rows": 24})).await.0,
        404
    );
}

/// B-10: with "shutting down" a page dropped its panes although the server would be back. B-18: a worker that went
/// took every terminal with it. A poller with an offset misses nothing when the daemon is killed.
#[tokio::test]
async fn a_poller_outlives_the_daemon() {
    let daemon = Daemon::start().await;
    let id = daemon.run("seq 1 1000; read -r line; seq 1001 2000").await;
    let mut poller = Poller::from_the_start(&daemon, &id);
    while !poller.text.contains("1000\r\n") {
        assert_eq!(poller.poll().await["shutting_down"], false);
    }
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;
    daemon.post("/api/input", json!({"session_id": id, "input": "\n"})).await;
    poller.until_exited().await;
    let text = poller.text.replacen("\r\n\r\n", "\r\n", 1);
    assert!(text == (1..=2000).map(|number| format!("{number}\r\n")).collect::<String>(), "{text:?}");
}

/// Ten clients that poll and ten that watch, on one session under load: the same bytes.
#[tokio::test]
async fn everyone_ends_with_the_same_bytes() {
    let daemon = Daemon::start().await;
    let id = daemon.run("read -r line; seq 1 150000").await;
    let mut viewers = Vec::new();
    for _ in 0..10 {
        let mut viewer = daemon.connect().await;
        viewer.join(1, &id).await;
        viewers.push(viewer);
    }
    daemon.post("/api/input", json!({"session_id": id, "input": "\n"})).await;
    let watching = futures_util::future::join_all(viewers.iter_mut().map(|viewer| async {
        let view = viewer.until(1, "the end", |view| view.exit.is_some()).await;
        (view.base, String::from_utf8(view.output).unwrap())
    }));
    let polling = futures_util::future::join_all((0..10).map(|_| async {
        let mut poller = Poller::from_the_start(&daemon, &id);
        poller.until_exited().await;
        poller.text
    }));
    let (seen, polled) = tokio::join!(watching, polling);
    let expected: String = std::iter::once("\r\n".to_owned())
        .chain((1..=150_000).map(|number| format!("{number}\r\n")))
        .collect();
    assert!(polled.iter().all(|text| *text == expected));
    for (base, text) in seen {
        // A viewer that fell out of the ring was drawn the screen and goes on from there.
        assert!(text == expected[base as usize..], "from {base}");
    }
}

/// B-02: ending ran twice and closed somebody else's connection. B-14: closing took three seconds, whatever the shell
/// did, and only the shell itself was signalled.
#[tokio::test]
async fn closing_is_idempotent_and_ends_the_whole_group() {
    let daemon = Daemon::start().await;
    let id = daemon.run("sleep 1000 & sleep 1000 & wait").await;
    let shell = until("the shell", || async { daemon.programs().first().copied() }).await;
    let sleepers = until("its children", || async { Some(children(shell)).filter(|it| it.len() == 2) }).await;
    let close = || daemon.post("/api/session/close", json!({"session_id": id}));
    let answers = tokio::join!(close(), close(), close());
    for (status, answer) in [answers.0, answers.1, answers.2] {
        assert_eq!((status, answer["status"].as_str()), (200, Some("ok")), "{answer}");
    }
    let gone = |pid: &i32| !std::path::Path::new(&format!("/proc/{pid}/status")).exists();
    until("everyone to be gone", || async { sleepers.iter().all(gone).then_some(()) }).await;
    assert_eq!(close().await.0, 200);
}

#[tokio::test]
async fn a_session_can_be_renamed() {
    let daemon = Daemon::start().await;
    let id = daemon.create(json!({"label": "first", "command": ["/bin/cat"]})).await;
    let rename = |label: &str| daemon.post("/api/session/rename", json!({"session_id": id, "label": label}));
    assert_eq!(rename("second").await.0, 200);
    assert_eq!(daemon.row(&id).await["label"], "second");
    for bad in ["two\nlines", "\u{1b}]0;x\u{7}", &"x".repeat(201)] {
        let (status, answer) = rename(bad).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{answer}");
    }
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;
    assert_eq!(daemon.row(&id).await["label"], "second", "it is written down");
    let nobody = json!({"session_id": "nobody", "label": "x"});
    assert_eq!(daemon.post("/api/session/rename", nobody).await.0, 404);
}

/// B-17: naming the process cost two subprocesses a session. The row has it, and the directory, from /proc.
#[tokio::test]
async fn a_row_names_process_and_directory() {
    let daemon = Daemon::start().await;
    let place = daemon.home().join("place");
    std::fs::create_dir(&place).unwrap();
    let id = daemon.shell().await;
    let typed = format!("cd {} && cat\n", place.display());
    daemon.post("/api/input", json!({"session_id": id, "input": typed})).await;
    let row = daemon.until_row(&id, "cat in the foreground", |row| row["process"] == "cat").await;
    assert_eq!(row["cwd"], place.to_str().unwrap());
    assert_eq!(row["command"], json!(["/bin/bash", "--norc", "--noprofile"]));
}

/// Reads server-sent events until one is as wanted.
async fn until_event(response: &mut reqwest::Response, wanted: &str) -> Value {
    let mut text = String::new();
    loop {
        let found =
            text.split("\n\n").find_map(|event| event.strip_prefix(&format!("event: {wanted}\ndata: ")));
        if let Some(event) = found.and_then(|data| serde_json::from_str(data).ok()) {
            return event;
        }
        let chunk = tokio::time::timeout(crate::support::DEADLINE, response.chunk()).await;
        text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap().unwrap()).unwrap());
    }
}

async fn listen(daemon: &Daemon) -> reqwest::Response {
    let response =
        daemon.request(reqwest::Method::GET, "/api/events").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response
}

#[tokio::test]
async fn events_tell_what_happens() {
    let daemon = Daemon::start().await;
    let mut events = listen(&daemon).await;
    let id = daemon.create(json!({"label": "told", "command": ["/bin/sh", "-c", "exit 7"]})).await;
    let created = until_event(&mut events, "session.created").await;
    assert_eq!(
        (created["session_id"].as_str(), created["label"].as_str()),
        (Some(id.as_str()), Some("told"))
    );
    assert_eq!(until_event(&mut events, "session.ended").await["exit"]["code"], 7);
}

/// B-16: output counted as attention, so what prints for ever was never ended, and the warning could not be seen.
#[tokio::test]
async fn a_session_without_attention_is_warned_and_ended() {
    let daemon = with("[sessions]\nidle_timeout_seconds = 5\n").await;
    let mut events = listen(&daemon).await;
    let id = daemon.run("while :; do echo noise; sleep 0.2; done").await;
    let warning = until_event(&mut events, "session.idle_warning").await;
    assert_eq!(warning["session_id"], id.as_str());
    assert_eq!(daemon.row(&id).await["timeout_warning"], true);
    // P-09: somebody who comes then is told, once, and has saved it.
    let beat = || daemon.post("/api/heartbeat", json!({"session_id": id}));
    assert_eq!(beat().await.1["timeout_warning"], true);
    assert_eq!(beat().await.1["timeout_warning"], false);
    let ended = until_event(&mut events, "session.ended").await;
    assert_eq!(ended["exit"]["reason"], "idle");
}

/// Watching, with nothing typed and nothing printed, is attention enough.
#[tokio::test]
async fn a_watched_session_is_left_alone() {
    let daemon = with("[sessions]\nidle_timeout_seconds = 5\n").await;
    let mut events = listen(&daemon).await;
    let watched = daemon.run("read -r line").await;
    let mut viewer = daemon.connect().await;
    viewer.join(1, &watched).await;
    let alone = daemon.run("read -r line").await;
    let ended = until_event(&mut events, "session.ended").await;
    assert_eq!(ended["session_id"], alone.as_str());
    assert_eq!(daemon.row(&watched).await["exited"], false);
}
