//! A viewer that falls behind harms nobody, and a program that asks gets one answer.

use std::time::Duration;

use serde_json::json;

use coda::domain::screen::Screen;
use coda::domain::size::Size;

use crate::support::{Client, Daemon, Options, View, until};

const WINDOW: u64 = 256 * 1024;
const MIB: u64 = 1024 * 1024;

/// A daemon that gives up viewers after two seconds.
async fn impatient() -> Daemon {
    let config = Some("[sessions]\nviewer_timeout_seconds = 2\n".to_owned());
    Daemon::with(Options { config, ..Options::default() }).await
}

/// Memory of a process, in bytes.
fn resident(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Hears until the server ends the connection; its close code.
async fn until_cut_off(client: &mut Client) -> Option<u16> {
    while client.hear().await {}
    client.close_code
}

/// Types and sees it happen, once.
async fn round_trip(client: &mut Client, channel: u32, number: usize) {
    client.type_line(channel, &format!("echo trip''-{number}.")).await;
    client.until_shown(channel, &format!("trip-{number}.")).await;
}

#[tokio::test]
async fn a_client_that_stops_reading_costs_no_memory_and_nobody_else() {
    let daemon = impatient().await;
    let flood = daemon.shell().await;
    let calm = daemon.shell().await;
    let mut stopped = daemon.connect().await;
    let mut typing = daemon.connect().await;
    stopped.join(1, &flood).await;
    typing.join(1, &calm).await;
    for number in 0..10 {
        round_trip(&mut typing, 1, number).await;
    }
    let pid = daemon.daemon_pid().unwrap();
    let before = resident(pid);
    let line = "x".repeat(78);
    stopped.type_line(1, &format!("yes {line}")).await;

    // From here on nobody reads that socket.
    let mut number = 10;
    let mut most = before;
    while daemon.row(&flood).await["offset"].as_u64().unwrap() < 100 * MIB {
        round_trip(&mut typing, 1, number).await;
        number += 1;
        most = most.max(resident(pid));
    }
    let growth = most.saturating_sub(before) / MIB;
    assert!(growth <= 32, "grew by {growth} MiB from {} MiB", before / MIB);
    daemon.until_row(&flood, "the viewer to be given up", |row| row["viewers"] == 0).await;

    // Acknowledging now would reset the connection before its last frame is read.
    stopped.acknowledges = false;
    assert_eq!(until_cut_off(&mut stopped).await, Some(1013));
    stopped.acknowledges = true;
    let had = stopped.views[&1].offset();
    assert!(had <= WINDOW + 64 * 1024, "{had}");
    assert!(stopped.resume(&daemon).await);
    let mut other = daemon.connect().await;
    other.join(1, &flood).await;
    other.input(1, b"\x03").await;
    other.type_line(1, "echo the''-marker").await;
    other.until_shown(1, "the-marker").await;
    let view = stopped.until_shown(1, "the-marker").await;
    assert!(view.snapshots >= 1, "what it missed was skipped");
    assert_eq!(daemon.daemon_pid(), Some(pid));
}

/// Acknowledging blindly opens the window, but not the socket.
#[tokio::test]
async fn a_client_that_acknowledges_without_reading_costs_no_memory() {
    let daemon = impatient().await;
    let id = daemon.run("read -r; exec yes $(printf '%078d' 0)").await;
    let mut liar = daemon.connect().await;
    liar.acknowledges = false;
    liar.join(1, &id).await;
    let pid = daemon.daemon_pid().unwrap();
    let before = resident(pid);
    liar.type_line(1, "").await;
    let mut most = before;
    while daemon.row(&id).await["offset"].as_u64().unwrap() < 50 * MIB {
        // The socket may be full or gone by now.
        let ack = liar.try_say(json!({"type": "ack", "channel": 1, "offset": u64::MAX}));
        let _ = tokio::time::timeout(Duration::from_millis(20), ack).await;
        most = most.max(resident(pid));
    }
    let growth = most.saturating_sub(before) / MIB;
    assert!(growth <= 32, "grew by {growth} MiB from {} MiB", before / MIB);
    daemon.until_row(&id, "the viewer to be given up", |row| row["viewers"] == 0).await;
}

#[tokio::test]
async fn a_viewer_that_never_acknowledges_gets_a_window_and_is_cut_off() {
    let daemon = impatient().await;
    let id = daemon.run("read -r; exec yes").await;
    let mut silent = daemon.connect().await;
    silent.acknowledges = false;
    silent.join_as(1, &id, json!({"from": 0})).await;
    silent.type_line(1, "").await;
    assert_eq!(until_cut_off(&mut silent).await, Some(1013));
    assert_eq!(silent.views[&1].output.len() as u64, WINDOW);
    daemon.until_row(&id, "no viewers", |row| row["viewers"] == 0).await;
    let mut other = daemon.connect().await;
    assert!(other.join(1, &id).await.owner, "who was cut off owns nothing");
}

#[tokio::test]
async fn acknowledging_opens_the_window_again() {
    let daemon = Daemon::start().await;
    // Less than the ring holds, so that nothing is skipped.
    let id = daemon.run("read -r; seq 120000; read -r").await;
    let mut client = daemon.connect().await;
    client.acknowledges = false;
    client.join_as(1, &id, json!({"from": 0})).await;
    client.type_line(1, "").await;
    let mut acked = 0;
    for step in [1, 1000, WINDOW, 100_000] {
        client.until(1, "a full window", |view| view.offset() == acked + WINDOW).await;
        // A heartbeat comes after whatever was still on its way.
        let heartbeats = client.heartbeats;
        client.say(json!({"type": "heartbeat"})).await;
        client.until_all("the heartbeat", |client| client.heartbeats > heartbeats).await;
        assert_eq!(client.views[&1].offset(), acked + WINDOW, "and no byte more");
        acked = (acked + step).min(client.views[&1].offset());
        client.say(json!({"type": "ack", "channel": 1, "offset": acked})).await;
    }
    client.until(1, "a full window", |view| view.offset() == acked + WINDOW).await;
}

/// What a terminal shows that was fed all this.
fn screen(view: &View) -> String {
    let size = Size { rows: view.rows as u16, cols: view.cols as u16 };
    let mut screen = Screen::new(size, 1000);
    screen.feed(&view.snapshot);
    screen.feed(&view.output);
    screen.text()
}

/// Drawn a screen, slow to acknowledge it, and then told only what has changed on it.
#[tokio::test]
async fn a_slow_viewer_of_a_busy_screen_gets_differences() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut slow = daemon.connect().await;
    slow.join_as(1, &id, json!({"differences": true})).await;
    slow.acknowledges = false;
    let busy = r#"BEGIN { for (i = 0; ; i++) printf "\033[H\033[2Kframe %d\r\n\033[2K\033[3%dm%078d\033[m", i, i % 8, i }"#;
    slow.type_line(1, &format!("clear; awk '{busy}'")).await;
    let ahead =
        |offset: u64| daemon.until_row(&id, "output", move |row| row["offset"].as_u64().unwrap() > offset);
    // Out of the ring: the first acknowledgement brings a snapshot, the later ones a difference each.
    slow.until(1, "a window of output", |view| view.output.len() as u64 >= WINDOW / 2).await;
    ahead(4 * MIB).await;
    for round in 0..5 {
        let at = slow.views[&1].offset();
        slow.say(json!({"type": "ack", "channel": 1, "offset": at})).await;
        let view = slow.until(1, "to catch up", |view| view.snapshots > 1 && view.base > at).await;
        assert_eq!((view.snapshots, view.differences), (2, round), "{} bytes", view.output.len());
        ahead(view.offset() + 64 * 1024).await;
    }
    slow.acknowledges = true;
    let at = slow.views[&1].offset();
    slow.say(json!({"type": "ack", "channel": 1, "offset": at})).await;
    slow.input(1, b"\x03").await;
    slow.type_line(1, "echo the''-end").await;
    // The prompt comes by itself, later.
    let over = |view: &View| screen(view).contains("the-end\nbash");
    let seen = screen(&slow.until(1, "the prompt after the end", over).await);
    let mut fresh = daemon.connect().await;
    fresh.join(1, &id).await;
    assert_eq!(screen(&fresh.until(1, "the prompt after the end", over).await), seen);
}

#[tokio::test]
async fn a_slow_viewer_of_one_session_does_not_slow_its_other_viewers() {
    let daemon = Daemon::start().await;
    let id = daemon.run("read -r; seq 300000; echo t''he-end; read -r").await;
    let (mut slow, mut quick) = (daemon.connect().await, daemon.connect().await);
    slow.acknowledges = false;
    slow.join_as(1, &id, json!({"mode": "read"})).await;
    quick.join(1, &id).await;
    quick.type_line(1, "").await;
    quick.until_shown(1, "the-end").await;
    // Only now does it read and acknowledge.
    slow.acknowledges = true;
    let view = slow.until_shown(1, "the-end").await;
    assert!(view.snapshots >= 2, "one when it came, one when it had fallen out of the ring");
}

#[tokio::test]
async fn a_program_nobody_watches_gets_its_questions_answered() {
    let daemon = Daemon::start().await;
    for (question, end, answer) in [
        ("\\e[6n", "R", "[3;5"),
        ("\\e[5n", "n", "[0"),
        ("\\e[c", "c", "[?"),
        ("\\e[>c", "c", "[>"),
        ("\\e[?2004$p", "y", "[?2004;2$"),
        ("\\e]11;?\\a", "b", "]11;rg"),
    ] {
        let script = format!(
            "stty raw -echo; printf '\\e[3;5H{question}'; IFS= read -rsd {end} -t 30 answer; \
             printf 'answer<%s>' \"${{answer#$'\\e'}}\"; read -r"
        );
        let id = daemon.run(&script).await;
        let expected = format!("answer<{answer}");
        let attach = || daemon.post("/api/session/attach", json!({"session_id": id}));
        until(&format!("the answer to {question}"), || async {
            let (_, screen) = attach().await;
            screen["output"][0].as_str().unwrap().contains(&expected).then_some(())
        })
        .await;
    }
}

/// Asks where the cursor is and says whether anybody answered, after it was told to go.
const ASK: &str = "stty -echo; printf ready; while [ ! -e go ]; do sleep 0.05; done; stty raw; printf '\\e[6n'; \
    if IFS= read -rsd R -t 2 answer; then printf answered; else printf silence; fi; read -r";

#[tokio::test]
async fn a_writer_answers_for_itself() {
    let daemon = Daemon::start().await;
    let body = json!({"command": ["/bin/bash", "-c", ASK], "cwd": daemon.home()});
    let id = daemon.create(body).await;
    let mut writer = daemon.connect().await;
    writer.join(1, &id).await;
    writer.until_shown(1, "ready").await;
    std::fs::write(daemon.home().join("go"), "").unwrap();
    writer.until(1, "the outcome", |view| view.shown().contains("silence")).await;
    assert!(!writer.views[&1].shown().contains("answered"));
}

#[tokio::test]
async fn the_daemon_answers_where_only_readers_watch() {
    let daemon = Daemon::start().await;
    let body = json!({"command": ["/bin/bash", "-c", ASK], "cwd": daemon.home()});
    let id = daemon.create(body).await;
    let mut reader = daemon.connect().await;
    reader.join_as(1, &id, json!({"mode": "read"})).await;
    reader.until_shown(1, "ready").await;
    std::fs::write(daemon.home().join("go"), "").unwrap();
    reader.until_shown(1, "answered").await;
}
