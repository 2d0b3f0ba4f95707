//! What crashes is restarted alone, and nobody who looks at a session notices.

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Options, until};

/// Prints numbered lines until the file `stop` is there, then `last <n>`.
const COUNT: &str =
    "stty -opost; i=0; while [ ! -e stop ]; do i=$((i+1)); echo line $i; done; echo last $i; sleep 1000";

async fn actor(daemon: &Daemon, name: &str) -> Value {
    let (status, rows) = daemon.get("/api/admin/actors").await;
    assert_eq!(status, 200);
    rows.as_array().unwrap().iter().find(|row| row["name"] == name).cloned().unwrap_or(Value::Null)
}

async fn order_crash(daemon: &Daemon, name: &str, place: &str) {
    let (status, answer) =
        daemon.post(&format!("/api/admin/actors/{name}/crash?where={place}"), json!({})).await;
    assert_eq!(status, 200, "{answer}");
}

/// Crashes an actor and waits until it runs again.
async fn crash(daemon: &Daemon, name: &str, place: &str) {
    let before = actor(daemon, name).await;
    let crashes = if place == "started" { 2 } else { 1 };
    order_crash(daemon, name, place).await;
    if place == "started" {
        order_crash(daemon, name, "handler").await;
    }
    until(&format!("{name} to run again after a crash in {place}"), || async {
        let row = actor(daemon, name).await;
        let count = |field: &str| row[field].as_u64().unwrap() - before[field].as_u64().unwrap();
        (row["state"] == "running" && count("crashes") >= crashes && count("restarts") >= crashes)
            .then_some(())
    })
    .await;
}

/// Crashes an actor until it is given up.
async fn storm(daemon: &Daemon, name: &str, given_up: impl AsyncFn() -> bool) {
    until(&format!("{name} to be given up"), || async {
        // It may be gone by now, and with it whoever answers.
        let order = daemon.request(reqwest::Method::POST, &format!("/api/admin/actors/{name}/crash"));
        let _ = order.bearer_auth("let-me-in").send().await;
        given_up().await.then_some(())
    })
    .await;
}

async fn counter(daemon: &Daemon) -> String {
    let body = json!({"command": ["/bin/bash", "-c", COUNT], "cwd": daemon.home(), "rows": 24, "cols": 80});
    daemon.create(body).await
}

fn stop_counting(daemon: &Daemon) {
    std::fs::write(daemon.home().join("stop"), "").unwrap();
}

/// Every line once, in order, to the last.
fn check_count(text: &str) -> u64 {
    let lines: Vec<&str> = text.lines().collect();
    let (last, counted) = lines.split_last().unwrap();
    for (index, line) in counted.iter().enumerate() {
        assert_eq!(*line, format!("line {}", index + 1));
    }
    assert_eq!(*last, format!("last {}", counted.len()));
    counted.len() as u64
}

async fn until_journaled(daemon: &Daemon, id: &str, text: &str) {
    until("the journal to have the same", || async {
        (daemon.text(&format!("/api/sessions/{id}/recording.txt")).await == text).then_some(())
    })
    .await;
}

fn counted(view: &crate::support::View) -> bool {
    view.output.ends_with(b"\n") && view.text().contains("last ")
}

async fn more(client: &mut Client, channel: u32) {
    let before = client.views[&channel].offset();
    client.until(channel, "more output", |view| view.offset() > before).await;
}

/// A session that is known to be drawn, and a client that has joined it on channel 1.
async fn shell(daemon: &Daemon) -> (String, Client) {
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.type_line(1, "mine=kept-$((6*7)); echo set-$mine").await;
    client.until_shown(1, "set-kept-42").await;
    (id, client)
}

// ---- one session crashes -----------------------------------------------------------------------

#[tokio::test]
async fn a_crash_of_a_session_costs_its_viewers_nothing() {
    let daemon = Daemon::start().await;
    let id = counter(&daemon).await;
    let (neighbour, mut bystander) = shell(&daemon).await;
    let mut client = daemon.connect().await;
    client.join_as(1, &id, json!({"from": 0})).await;
    let name = format!("session:{id}");
    for place in ["handler", "future", "timer", "started"] {
        more(&mut client, 1).await;
        let hearing = async { while client.hear().await {} };
        tokio::select! {
            () = hearing => panic!("the connection ended"),
            () = crash(&daemon, &name, place) => {}
        }
    }
    more(&mut client, 1).await;
    stop_counting(&daemon);
    let view = client.until(1, "the last line", counted).await;

    check_count(&view.text());
    assert_eq!(view.snapshots, 0, "the viewer went on without being redrawn");
    until_journaled(&daemon, &id, &view.text()).await;
    let row = actor(&daemon, &name).await;
    assert_eq!((&row["restarts"], &row["crashes"]), (&json!(5), &json!(5)), "{row}");
    assert!(row["last_panic"].as_str().unwrap().contains("crash on order: started"), "{row}");

    let others = daemon.get("/api/admin/actors").await.1;
    for other in others.as_array().unwrap().iter().filter(|other| other["name"] != *name) {
        assert_eq!((&other["restarts"], &other["crashes"]), (&json!(0), &json!(0)), "{other}");
    }
    bystander.type_line(1, "echo neighbour-$mine").await;
    let view = bystander.until_shown(1, "neighbour-kept-42").await;
    assert_eq!((view.snapshots, view.closed), (1, false));
    assert_eq!(daemon.row(&neighbour).await["receipt"], Value::Null);
}

#[tokio::test]
async fn what_is_typed_around_a_crash_arrives_once_and_in_order() {
    let daemon = Daemon::start().await;
    let (id, mut client) = shell(&daemon).await;
    // Before `cat` runs, the terminal is in readline's hands.
    client.type_line(1, "echo ready-$mine; cat > typed; echo all-$mine").await;
    client.until_shown(1, "ready-kept-42").await;
    let mut typed = String::new();
    for round in 0..120 {
        let line = format!("line {round} of what was typed");
        client.type_line(1, &line).await;
        typed.push_str(&line);
        typed.push('\n');
        if round % 20 == 10 {
            let place = ["handler", "future", "timer"][round / 20 % 3];
            order_crash(&daemon, &format!("session:{id}"), place).await;
        }
    }
    client.input(1, b"\x04").await;
    client.until_shown(1, "all-kept-42").await;
    assert_eq!(std::fs::read_to_string(daemon.home().join("typed")).unwrap(), typed);
}

#[tokio::test]
async fn the_screen_is_right_after_a_crash() {
    let daemon = Daemon::start().await;
    let (id, mut client) = shell(&daemon).await;
    client.type_line(1, "printf '\\e[31mred\\e[0m\\e]0;a title\\a\\e[?2004h'; echo end-$mine").await;
    // The prompt too: nothing more comes by itself.
    let at_rest = |shown: &str| {
        shown.rsplit_once("end-kept-42").is_some_and(|(_, rest)| rest.contains("bash") && rest.ends_with(' '))
    };
    client.until(1, "the prompt after it", |view| at_rest(&view.shown())).await;
    let body = json!({"session_id": id});
    let before = daemon.post("/api/session/attach", body.clone()).await.1;

    crash(&daemon, &format!("session:{id}"), "handler").await;

    let after = daemon.post("/api/session/attach", body).await.1;
    assert_eq!(after["output"], before["output"]);
    assert_eq!(after["offset"], before["offset"]);
    let row = daemon.row(&id).await;
    assert_eq!((&row["title"], &row["viewers"]), (&json!("a title"), &json!(1)), "{row}");
    assert_eq!(row["receipt"]["cause"], "the session's actor crashed and was restarted");
    assert_eq!(row["receipt"]["bytes_lost"], 0);
    let mut second = daemon.connect().await;
    let view = second.join(1, &id).await;
    assert_eq!(view.errors, Vec::<Value>::new());
    second.until_shown(1, "end-kept-42").await;
}

/// The crash took the timer that looks for viewers that have stopped, and nobody wound it up again.
#[tokio::test]
async fn a_viewer_that_stops_is_cut_off_after_a_crash_too() {
    let config = Some("[sessions]\nviewer_timeout_seconds = 2\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let (id, mut client) = shell(&daemon).await;
    crash(&daemon, &format!("session:{id}"), "handler").await;
    client.acknowledges = false;
    client.type_line(1, "echo nobody acknowledges this").await;
    client.until_gone().await;
    assert_eq!(client.close_code, Some(1013));
}

#[tokio::test]
async fn an_ended_session_crashes_and_can_be_seen_as_before() {
    let daemon = Daemon::start().await;
    let id = daemon.run("echo all there is; exit 4").await;
    daemon.until_row(&id, "the end", |row| row["state"] == "ended").await;
    crash(&daemon, &format!("session:{id}"), "handler").await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    let view = client.until(1, "the exit to be told", |view| view.exit.is_some()).await;
    assert!(view.shown().contains("all there is"), "{:?}", view.shown());
    assert_eq!(daemon.row(&id).await["exit"]["code"], 4);
}

// ---- something else crashes --------------------------------------------------------------------

#[tokio::test]
async fn a_crash_of_any_other_actor_stops_no_session() {
    let daemon = Daemon::start().await;
    let id = counter(&daemon).await;
    let mut client = daemon.connect().await;
    client.join_as(1, &id, json!({"from": 0})).await;
    let (_, mut second) = shell(&daemon).await;
    let names = ["sessions", "door", "events", "receipts", "journals", "keeper_link", "recordings"];
    for name in names {
        for place in ["handler", "future", "started"] {
            let hearing = async { while client.hear().await {} };
            tokio::select! {
                () = hearing => panic!("the connection ended with {name}"),
                () = crash(&daemon, name, place) => {}
            }
        }
        more(&mut client, 1).await;
        let new = daemon.run("echo made afterwards; exit 6").await;
        let row = daemon.until_row(&new, "a new session to end", |row| row["exited"] == true).await;
        assert_eq!(row["exit"]["code"], 6, "after a crash of {name}");
        let text = daemon.text(&format!("/api/sessions/{new}/recording.txt")).await;
        assert_eq!(text, "made afterwards\n", "after a crash of {name}");
        second.type_line(1, &format!("echo after-{name}-$mine")).await;
        second.until_shown(1, &format!("after-{name}-kept-42")).await;
        let told = |client: &Client| {
            client.events.iter().any(|event| event["name"] == "session.ended" && event["session_id"] == *new)
        };
        second.until_all("the event of its end", told).await;
    }
    stop_counting(&daemon);
    let view = client.until(1, "the last line", counted).await;
    check_count(&view.text());
    assert_eq!(view.snapshots, 0);
    until_journaled(&daemon, &id, &view.text()).await;
    assert_eq!(daemon.row(&id).await["journal_gap"], 0);
    assert_eq!(daemon.get("/api/receipts").await.1["receipts"], json!([]), "nothing had to be recovered");
}

// ---- restart storms ----------------------------------------------------------------------------

#[tokio::test]
async fn a_session_that_keeps_crashing_is_failed_and_can_be_taken_up_again() {
    let daemon = Daemon::start().await;
    let (id, mut client) = shell(&daemon).await;
    let shells = daemon.programs();
    client
        .type_line(1, "stty -opost; until [ -e go ]; do sleep 0.05; done; seq 1 2000; echo end-$mine")
        .await;
    let name = format!("session:{id}");
    storm(&daemon, &name, async || actor(&daemon, &name).await["state"] == "gaveup").await;

    let row = daemon.until_row(&id, "the session to be failed", |row| row["state"] == "failed").await;
    assert!(row["failure"].as_str().unwrap().contains("crash on order: handler"), "{row}");
    assert_eq!((&row["exited"], &row["exit"]), (&json!(false), &Value::Null));
    let failed = |client: &Client| {
        client.events.iter().any(|event| event["name"] == "session.failed" && event["session_id"] == *id)
    };
    client.until_all("the event of the failure", failed).await;
    assert_eq!(daemon.programs(), shells, "its shell lives on");
    let other = daemon.run("exit 0").await;
    daemon.until_row(&other, "another session to work", |row| row["exited"] == true).await;

    // It prints while nobody listens.
    std::fs::write(daemon.home().join("go"), "").unwrap();
    let (status, answer) = daemon.post("/api/session/readopt", json!({"session_id": id})).await;
    assert_eq!(status, 200, "{answer}");
    let row = daemon.until_row(&id, "the session to run", |row| row["state"] == "running").await;
    assert_eq!(row["failure"], Value::Null);
    client.leave(1).await;
    client.join_as(2, &id, json!({"from": 0})).await;
    let view = client.until_shown(2, "end-kept-42").await;
    assert_eq!(view.base, 0, "the ring has everything since the beginning");
    let numbers: String = (1..=2000).map(|number| format!("{number}\n")).collect();
    assert!(view.text().contains(&numbers), "every line that was printed meanwhile");
    client.type_line(2, "echo still-$mine").await;
    client.until_shown(2, "still-kept-42").await;
    assert_eq!(daemon.programs(), shells);
    let receipt = daemon.row(&id).await["receipt"].clone();
    assert_eq!(receipt["cause"], "the session was taken up again on request");
    assert_eq!(receipt["bytes_lost"], 0);
    assert_eq!(
        daemon.post("/api/session/readopt", json!({"session_id": id})).await.0,
        400,
        "it has not failed"
    );
}

/// What a program printed between the failure of its session and its own end was in no journal.
#[tokio::test]
async fn a_failed_session_whose_program_ends_is_complete_in_the_journal() {
    let daemon = Daemon::start().await;
    let body = json!({"cwd": daemon.home(), "command": ["/bin/bash", "-c",
        "echo began; until [ -e go ]; do sleep 0.05; done; seq 1 2000; exit 8"]});
    let id = daemon.create(body).await;
    let name = format!("session:{id}");
    storm(&daemon, &name, async || actor(&daemon, &name).await["state"] == "gaveup").await;
    daemon.until_row(&id, "the session to be failed", |row| row["state"] == "failed").await;

    std::fs::write(daemon.home().join("go"), "").unwrap();
    let row = daemon.until_row(&id, "the session to be ended", |row| row["state"] == "ended").await;
    assert_eq!(row["exit"]["code"], 8, "{row}");
    let expected: String =
        std::iter::once("began\n".to_owned()).chain((1..=2000).map(|n| format!("{n}\n"))).collect();
    assert_eq!(daemon.text(&format!("/api/sessions/{id}/recording.txt")).await, expected);
    let cast = daemon.text(&format!("/api/sessions/{id}/recording.cast")).await;
    assert!(
        cast.trim_end().ends_with("\"x\",\"8\"]") || cast.trim_end().ends_with("\"x\", \"8\"]"),
        "{cast}"
    );
}

#[tokio::test]
async fn a_root_child_that_keeps_crashing_ends_the_daemon_but_no_session() {
    let daemon = Daemon::start().await;
    let (id, mut client) = shell(&daemon).await;
    let old = daemon.daemon_pid().unwrap();
    let shells = daemon.programs();
    storm(&daemon, "door", async || daemon.daemon_pid() != Some(old)).await;
    daemon.until_back(old).await;

    client.until_gone().await;
    while !client.resume(&daemon).await {}
    client.type_line(1, "echo still-$mine").await;
    client.until_shown(1, "still-kept-42").await;
    assert_eq!(daemon.programs(), shells);
    let receipt = daemon.row(&id).await["receipt"].clone();
    assert_eq!(receipt["cause"], "the daemon exited with code 70");
    assert_eq!(receipt["bytes_lost"], 0);
}

#[tokio::test]
async fn nothing_can_be_crashed_without_being_asked_for() {
    let daemon = Daemon::start().await;
    let (status, answer) = daemon.post("/api/admin/actors/nobody/crash", json!({})).await;
    assert_eq!((status, &answer["code"]), (404, &json!("not_found")), "{answer}");
    let (status, answer) = daemon.post("/api/admin/actors/door/crash?where=everywhere", json!({})).await;
    assert_eq!(status, 400, "{answer}");
}
