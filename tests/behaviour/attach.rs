//! Viewers: what they see, who owns the size, how they come back, what remains when a session is over.

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Options, View, until};

/// Types a line that only its output, never its echo, shows as `mark`.
async fn mark(client: &mut Client, channel: u32, mark: &str) {
    let (head, tail) = mark.split_at(1);
    client.type_line(channel, &format!("echo {head}''{tail}")).await;
    client.until_shown(channel, mark).await;
}

fn error(view: &View) -> (&str, &str) {
    let error = view.errors.last().expect("an error");
    (error["code"].as_str().unwrap(), error["message"].as_str().unwrap())
}

#[tokio::test]
async fn second_viewer_sees_the_same_screen() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let (mut ann, mut bob) = (daemon.connect().await, daemon.connect().await);
    ann.join_as(1, &id, json!({"from": 0})).await;
    mark(&mut ann, 1, "before").await;
    let joined = bob.join(9, &id).await.joined.unwrap();
    assert_eq!((&joined["session_id"], &joined["owner"]), (&json!(id), &json!(false)));
    bob.until_shown(9, "before").await;
    let from = bob.views[&9].base;
    mark(&mut ann, 1, "during").await;
    let seen = bob.until_shown(9, "during").await;
    bob.type_line(9, "echo a''fter").await;
    bob.until_shown(9, "after").await;
    ann.until_shown(1, "after").await;
    let all = ann.until(1, "all of it", |view| view.offset() >= seen.offset()).await;
    assert_eq!(all.base, 0);
    let range = from as usize..seen.offset() as usize;
    assert_eq!(seen.output, all.output[range], "both have the same bytes");
    assert_eq!(daemon.row(&id).await["viewers"], 2);
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let daemon = Daemon::start().await;
    let id = daemon.run("read -r line; echo \"got [$line] at $(stty size)\"; read -r line").await;
    let (mut writer, mut reader) = (daemon.connect().await, daemon.connect().await);
    writer.join(1, &id).await;
    let joined = reader.join_as(1, &id, json!({"mode": "read", "cols": 33, "rows": 11})).await;
    assert_eq!((joined.cols, joined.rows, joined.owner), (80, 24, false), "the true size, not its own");
    reader.type_line(1, "evil").await;
    reader.say(json!({"type": "terminal_input", "channel": 1, "input": "evil\r"})).await;
    reader.say(json!({"type": "terminal_resize", "channel": 1, "cols": 33, "rows": 11})).await;
    let refused = reader.until(1, "three refusals", |view| view.errors.len() == 3).await;
    assert!(refused.errors.iter().all(|error| error["code"] == "read_only"), "{:?}", refused.errors);
    writer.type_line(1, "good").await;
    writer.until_shown(1, "got [good] at 24 80").await;
    let seen = reader.until_shown(1, "got [good] at 24 80").await;
    assert!(seen.resizes.iter().all(|(frame, _)| frame["cols"] == 80 && frame["owner"] == false));
}

#[tokio::test]
async fn a_reader_alone_leaves_the_size_as_it_is() {
    let daemon = Daemon::start().await;
    let body = json!({"command": ["/bin/bash", "-c", "read -r; stty size; read -r"], "rows": 20, "cols": 70});
    let id = daemon.create(body).await;
    let mut reader = daemon.connect().await;
    let joined = reader.join_as(1, &id, json!({"mode": "read", "cols": 33, "rows": 11})).await;
    assert_eq!((joined.cols, joined.rows, joined.owner), (70, 20, false));
    let row = daemon.row(&id).await;
    assert_eq!((&row["cols"], &row["rows"]), (&json!(70), &json!(20)));
}

#[tokio::test]
async fn the_most_recently_active_writer_owns_the_size() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let (mut ann, mut bob) = (daemon.connect().await, daemon.connect().await);
    assert!(ann.join(1, &id).await.owner, "the first writer owns it");
    ann.type_line(1, "stty size").await;
    ann.until_shown(1, "24 80").await;

    let joined = bob.join_as(1, &id, json!({"cols": 100, "rows": 30})).await;
    assert_eq!((joined.owner, joined.cols, joined.rows), (false, 80, 24), "coming takes nothing");

    bob.type_line(1, "stty size").await;
    bob.until_shown(1, "30 100").await;
    let lost = ann.until(1, "the loss of the size", |view| view.cols == 100).await;
    assert!(!lost.owner);
    assert!(bob.until(1, "the size", |view| view.cols == 100).await.owner);

    ann.say(json!({"type": "terminal_resize", "channel": 1, "cols": 90, "rows": 28})).await;
    ann.until(1, "the size by resizing", |view| view.owner && view.cols == 90).await;
    bob.until(1, "the loss of the size", |view| !view.owner && view.cols == 90 && view.rows == 28).await;

    bob.type_line(1, "stty size").await;
    ann.until(1, "the loss of the size", |view| !view.owner && view.cols == 100).await;
    bob.leave(1).await;
    let back = ann.until(1, "the size back", |view| view.owner && view.cols == 90).await;
    assert_eq!(back.rows, 28, "the size it asked for");
    for (frame, at) in &back.resizes {
        assert_eq!(frame["offset"].as_u64(), Some(*at), "told exactly where it applies");
    }
    ann.type_line(1, "echo size $(stty size)").await;
    ann.until_shown(1, "size 28 90").await;
}

#[tokio::test]
async fn a_connection_that_ends_gives_the_size_back() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let (mut ann, mut bob) = (daemon.connect().await, daemon.connect().await);
    ann.join(1, &id).await;
    bob.join_as(1, &id, json!({"cols": 100, "rows": 30})).await;
    bob.type_line(1, "true").await;
    ann.until(1, "the loss of the size", |view| view.cols == 100 && !view.owner).await;
    drop(bob);
    ann.until(1, "the size back", |view| view.owner && view.cols == 80).await;
    daemon.until_row(&id, "one viewer", |row| row["viewers"] == 1 && row["cols"] == 80).await;
}

#[tokio::test]
async fn an_impossible_size_is_refused_by_its_limit() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    let sizes = [(0, 24), (80, 0), (70_000, 24), (80, 70_000), (1001, 24), (-1, 24)];
    for (number, (cols, rows)) in sizes.into_iter().enumerate() {
        client.say(json!({"type": "terminal_resize", "channel": 1, "cols": cols, "rows": rows})).await;
        let view = client.until(1, "a refusal", |view| view.errors.len() > number).await;
        let (code, message) = error(&view);
        assert!(code == "invalid" && message.contains("between 1 and 1000"), "{message}");

        let joined = client.join_as(2, &id, json!({"cols": cols, "rows": rows})).await;
        assert_eq!((error(&joined).0, joined.joined.as_ref()), ("invalid", None));

        let (status, answer) = daemon.post("/api/session", json!({"cols": cols, "rows": rows})).await;
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{answer}");
        assert!(answer["error"].as_str().unwrap().contains("between 1 and 1000"), "{answer}");
    }
    client.type_line(1, "stty size").await;
    client.until_shown(1, "24 80").await;
    for (cols, rows) in [(1, 1), (1000, 1000), (80, 24)] {
        client.say(json!({"type": "terminal_resize", "channel": 1, "cols": cols, "rows": rows})).await;
        daemon.until_row(&id, "the size", |row| row["cols"] == cols && row["rows"] == rows).await;
    }
    assert_eq!(daemon.get("/api/sessions").await.1.as_array().unwrap().len(), 1, "nothing was created");
}

#[tokio::test]
async fn mistakes_on_channels_are_errors_that_name_them() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    let join = json!({"type": "join_session", "channel": 1, "session_id": id, "cols": 80, "rows": 24});
    client.say(join).await;
    let twice = client.until(1, "a refusal", |view| !view.errors.is_empty()).await;
    assert_eq!(error(&twice).0, "invalid");
    mark(&mut client, 1, "still-joined").await;

    let unknown = client.join(2, "no-such-session").await;
    assert_eq!((error(&unknown).0, unknown.joined.as_ref()), ("session_not_found", None));
    assert!(client.join(2, &id).await.joined.is_some(), "the channel is free after a refusal");

    for (number, frame) in [
        json!({"type": "leave_session", "channel": 7}),
        json!({"type": "terminal_resize", "channel": 7, "cols": 80, "rows": 24}),
        json!({"type": "terminal_input", "channel": 7, "input": "x"}),
    ]
    .into_iter()
    .enumerate()
    {
        client.say(frame).await;
        client.until_all("a refusal", |client| client.errors.len() > number).await;
        let error = client.errors.last().unwrap();
        assert_eq!((&error["code"], &error["channel"]), (&json!("invalid"), &json!(7)));
    }
    client.input(7, b"x").await;
    client.until_all("a refusal", |client| client.errors.len() == 4).await;
    client.say(json!({"type": "nonsense"})).await;
    client.until_all("a refusal", |client| client.errors.len() == 5).await;
    assert_eq!(client.errors[4]["channel"], Value::Null);
    client.say(json!({"type": "heartbeat", "session_ids": []})).await;
    client.until_all("a heartbeat", |client| client.heartbeats == 1).await;
}

#[tokio::test]
async fn a_link_carries_so_many_channels() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    for channel in 0..256 {
        assert!(client.join_as(channel, &id, json!({"mode": "read"})).await.joined.is_some());
    }
    assert_eq!(error(&client.join(256, &id).await).0, "limit");
    client.leave(0).await;
    assert!(client.join(256, &id).await.joined.is_some());
}

#[tokio::test]
async fn resuming_goes_on_with_the_next_byte() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let (mut ann, mut bob) = (daemon.connect().await, daemon.connect().await);
    ann.join_as(1, &id, json!({"from": 0})).await;
    bob.join(1, &id).await;
    mark(&mut bob, 1, "first").await;
    bob.leave(1).await;
    mark(&mut ann, 1, "second").await;
    let all = ann.views[&1].output.clone();
    for from in [0, 1, all.len() / 2, all.len() - 1, all.len()] {
        let joined = bob.join_as(2, &id, json!({"from": from, "mode": "read"})).await;
        assert_eq!((joined.offset(), joined.snapshots), (from as u64, 0));
        let end = all.len() as u64;
        let view = bob.until(2, "the rest", |view| view.offset() >= end).await;
        assert_eq!(view.output[..all.len() - from], all[from..], "what follows {from}");
        assert_eq!(view.snapshots, 0);
        bob.leave(2).await;
    }
}

#[tokio::test]
async fn an_offset_that_is_not_there_gives_a_snapshot() {
    let config = Some("[sessions]\nring_bytes = 65536\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let id = daemon.shell().await;
    let (mut ann, mut bob) = (daemon.connect().await, daemon.connect().await);
    ann.join(1, &id).await;
    mark(&mut ann, 1, "early").await;
    for from in [1_000_000, u64::MAX] {
        let view = bob.join_as(1, &id, json!({"from": from})).await;
        let view = if view.snapshots > 0 { view } else { bob.until_shown(1, "early").await };
        assert_eq!(view.snapshots, 1, "beyond the end");
        assert_eq!(view.joined.unwrap()["offset"], view.base);
        bob.leave(1).await;
    }
    ann.type_line(1, "seq 100000; echo l''ate").await;
    ann.until_shown(1, "late").await;
    let view = bob.join_as(1, &id, json!({"from": 10})).await;
    assert!(view.joined.unwrap()["offset"].as_u64().unwrap() > 500_000);
    let view = bob.until(1, "the screen", |view| view.snapshots == 1).await;
    assert!(view.shown().contains("99999") && view.shown().contains("late"));
    mark(&mut bob, 1, "and-on").await;
}

#[tokio::test]
async fn attaching_over_http_returns_the_screen() {
    let daemon = Daemon::start().await;
    let id = daemon.create(json!({"label": "mine", "command": ["/bin/bash", "--norc", "--noprofile"]})).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    mark(&mut client, 1, "there").await;
    let attach = || daemon.post("/api/session/attach", json!({"session_id": id}));
    let answer = until("the screen", || async {
        let (status, answer) = attach().await;
        assert_eq!(status, 200, "{answer}");
        answer["output"][0].as_str().unwrap().contains("there").then_some(answer)
    })
    .await;
    assert_eq!((&answer["session_id"], &answer["label"]), (&json!(id), &json!("mine")));
    assert_eq!((&answer["process"], &answer["exited"]), (&json!("bash"), &json!(false)));
    assert!(answer["offset"].as_u64().unwrap() > 0 && answer["exit"].is_null());
    let (status, answer) = daemon.post("/api/session/attach", json!({"session_id": "no-such"})).await;
    assert_eq!((status, &answer["code"]), (404, &json!("session_not_found")));
}

#[tokio::test]
async fn a_late_viewer_gets_screen_and_exit() {
    let daemon = Daemon::start().await;
    let id = daemon.run("printf 'last words'; exit 7").await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    for from in [Value::Null, json!(0), json!(10)] {
        let mut client = daemon.connect().await;
        client.join_as(1, &id, json!({"from": from})).await;
        let view = client.until(1, "the exit", |view| view.exit.is_some()).await;
        let exit = view.exit.as_ref().unwrap();
        let shape = (&exit["code"], &exit["signal"], &exit["reason"]);
        assert_eq!(shape, (&json!(7), &Value::Null, &json!("exited")));
        if from != 10 {
            assert!(view.shown().contains("last words"), "{}", view.shown());
        }
        assert!(!view.owner, "nobody owns the size of what is over");
        client.type_line(1, "hello?").await;
        client.say(json!({"type": "heartbeat"})).await;
        client.until_all("a heartbeat", |client| client.heartbeats == 1).await;
    }
    let (_, answer) = daemon.post("/api/session/attach", json!({"session_id": id})).await;
    assert_eq!((&answer["exited"], &answer["exit"]["code"]), (&json!(true), &json!(7)));
    assert!(answer["output"][0].as_str().unwrap().contains("last words"));
}

#[tokio::test]
async fn a_viewer_hears_of_the_exit_after_the_last_byte() {
    let daemon = Daemon::start().await;
    let id = daemon.run("read -r; seq 20000; kill -KILL $$").await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.type_line(1, "").await;
    let view = client.until(1, "the exit", |view| view.exit.is_some()).await;
    assert!(view.text().trim_end().ends_with("20000"), "all output came before");
    let exit = view.exit.unwrap();
    assert_eq!((&exit["code"], &exit["signal"]), (&Value::Null, &json!(9)));
}

#[tokio::test]
async fn closing_a_running_session_ends_it_with_that_reason() {
    let daemon = Daemon::start().await;
    let file = daemon.home().join("pid");
    let id = daemon.run(&format!("echo $$ > {}; exec sleep 1000", file.display())).await;
    let read = || async { std::fs::read_to_string(&file).ok()?.trim().parse::<i32>().ok() };
    let pid = until("the program to say who it is", read).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    let (status, answer) = daemon.post("/api/session/close", json!({"session_id": id})).await;
    assert_eq!((status, answer), (200, json!({"status": "ok"})));
    let exit = client.until(1, "the exit", |view| view.exit.is_some()).await.exit.unwrap();
    assert_eq!(exit["reason"], "closed");
    let row = daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    assert_eq!(
        (&row["state"], &row["exit"]["reason"]),
        (&json!("ended"), &json!("closed")),
        "it stays listed"
    );
    let gone = || async { (!std::path::Path::new(&format!("/proc/{pid}")).exists()).then_some(()) };
    until("the program to be gone", gone).await;
}

#[tokio::test]
async fn dismissing_an_ended_session_tells_its_viewers() {
    let daemon = Daemon::start().await;
    let id = daemon.run("echo over").await;
    let (mut ann, mut bob) = (daemon.connect().await, daemon.connect().await);
    ann.join(1, &id).await;
    bob.join_as(5, &id, json!({"mode": "read"})).await;
    for (client, channel) in [(&mut ann, 1), (&mut bob, 5)] {
        client.until(channel, "the exit", |view| view.exit.is_some()).await;
    }
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    daemon.post("/api/session/close", json!({"session_id": id})).await;
    for (client, channel) in [(&mut ann, 1), (&mut bob, 5)] {
        client.until(channel, "the dismissal", |view| view.closed).await;
        client
            .until_all("the event", |client| client.events.iter().any(|it| it["name"] == "session.closed"))
            .await;
    }
    assert_eq!(daemon.row(&id).await, Value::Null);
    let again = daemon.post("/api/session/close", json!({"session_id": id})).await;
    assert_eq!(again, (200, json!({"status": "ok", "detail": "session not found"})));
    assert_eq!(
        error(&ann.join(1, &id).await).0,
        "session_not_found",
        "the channel is free, the session gone"
    );
}

/// A viewer that leaves and comes back on the same channel at once used to be given what its predecessor on that
/// channel was still to be told: it counted a size it never had to wait for, or one message less than none, and
/// fell silent or was cut off.
#[tokio::test]
async fn coming_back_on_the_same_channel_starts_afresh() {
    let config = Some("[sessions]\nviewer_timeout_seconds = 2\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let id = daemon.create(json!({"command": ["/bin/bash", "-c", "while :; do echo tick; done"]})).await;
    let mut client = daemon.connect().await;
    client.join(2, &id).await;
    // Never acknowledges; that it is cut off proves that viewers were looked at.
    let mut idler = daemon.connect().await;
    idler.acknowledges = false;
    idler.join_as(1, &id, json!({"mode": "read"})).await;
    let cut_off = tokio::spawn(async move {
        while idler.hear().await {}
        idler.close_code
    });
    client.join(1, &id).await;
    let mut cols = 80;
    while !cut_off.is_finished() {
        cols = 80 + (cols + 1) % 7;
        client.say(json!({"type": "terminal_resize", "channel": 2, "cols": cols, "rows": 24})).await;
        client.leave(1).await;
        client.join(1, &id).await;
    }
    assert_eq!(cut_off.await.unwrap(), Some(1013));
    for cols in [98, 99] {
        client.say(json!({"type": "terminal_resize", "channel": 2, "cols": cols, "rows": 24})).await;
        client.until(1, "the next size", |view| view.cols == cols).await;
        let so_far = client.views[&1].offset();
        client.until(1, "more output", |view| view.offset() > so_far + 64 * 1024).await;
    }
}

/// Leaving before the join was answered used to leave a viewer behind in the session for as long as the
/// connection lasted.
#[tokio::test]
async fn leaving_before_the_join_is_answered_leaves_nobody_behind() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut client = daemon.connect().await;
    for _ in 0..20 {
        let join = json!({"type": "join_session", "channel": 1, "session_id": id, "cols": 80, "rows": 24});
        client.say(join).await;
        client.say(json!({"type": "leave_session", "channel": 1})).await;
    }
    client.join(2, &id).await;
    daemon.until_row(&id, "one viewer", |row| row["viewers"] == 1).await;
    assert!(client.errors.is_empty(), "{:?}", client.errors);
}

/// A program that was over before its start was reported used to be listed as running for good.
#[tokio::test]
async fn a_program_that_ends_at_once_is_over() {
    let daemon = Daemon::start().await;
    let ids = futures_util::future::join_all((0..50).map(|_| daemon.run("exit 3"))).await;
    for id in ids {
        let row = daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
        assert_eq!(row["exit"]["code"], 3);
    }
}
