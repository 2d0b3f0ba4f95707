//! The screen first, and the lines above it when the viewer asks.

use coda::domain::screen::{Screen, Widths};
use coda::domain::size::Size;
use serde_json::json;

use crate::oracle::{Case, Step, ask};
use crate::support::{Client, Daemon, Options, View};

/// As `Client::join` asks for.
const SIZE: Size = Size { rows: 24, cols: 80 };
const SCROLLBACK: usize = 10_000;

/// A session that has printed 5,000 lines and waits, and a client of its daemon.
async fn printed(daemon: &Daemon) -> (Client, String) {
    let script = "for i in $(seq 5000); do echo \"line $i of the text\"; done; printf 'the end'; cat";
    let session = daemon.run(script).await;
    let mut client = daemon.connect().await;
    client.join(0, &session).await;
    client.until_shown(0, "the end").await;
    (client, session)
}

/// What a terminal has that was drawn the snapshot and what followed.
fn drawn(view: &View) -> Screen {
    let mut screen = Screen::new(SIZE, SCROLLBACK);
    screen.feed(view.shown().as_bytes());
    screen
}

#[tokio::test]
async fn the_screen_comes_alone_and_its_history_when_asked() {
    let daemon = Daemon::start().await;
    let (mut client, session) = printed(&daemon).await;
    client.join_as(1, &session, json!({"history": "after"})).await;
    let first = client.until(1, "the screen", |view| view.snapshots == 1).await;
    assert!(first.snapshot.len() < 8 * 1024, "{} bytes", first.snapshot.len());
    assert!(drawn(&first).text().ends_with("line 5000 of the text\nthe end"));
    assert_eq!(drawn(&first).scrollback_text(), "");

    let mut above = 0;
    for (bytes, snapshots) in [(16 * 1024, 2), (64 * 1024, 3)] {
        client.say(json!({"type": "history", "channel": 1, "bytes": bytes})).await;
        let view = client.until(1, "some history", |view| view.snapshots == snapshots).await;
        assert!(view.snapshot.len() <= bytes);
        assert_eq!(drawn(&view).text(), drawn(&first).text());
        let lines = drawn(&view).scrollback_text().lines().count();
        assert!(lines > 2 * above, "{lines} lines after {above}");
        above = lines;
    }

    client.say(json!({"type": "history", "channel": 1})).await;
    let view = client.until(1, "all history", |view| view.snapshots == 4).await;
    let scrollback = drawn(&view).scrollback_text();
    assert!(scrollback.starts_with("line 1 of the text\n"), "{:?}", scrollback.lines().next());

    client.input(1, b"goes on\n").await;
    client.until(1, "what follows", |view| drawn(view).text().contains("goes on")).await;
}

#[tokio::test]
async fn history_comes_amid_a_flood_and_nothing_is_missing() {
    let daemon = Daemon::start().await;
    let session =
        daemon.run("i=0; while [ $i -lt 60000 ]; do echo $i; i=$((i+1)); done; echo done; cat").await;
    let mut client = daemon.connect().await;
    client.join_as(1, &session, json!({"history": "after"})).await;
    for snapshots in 1..5 {
        client.until(1, "a snapshot", |view| view.snapshots >= snapshots).await;
        client.say(json!({"type": "history", "channel": 1})).await;
    }
    let view = client.until(1, "the end", |view| view.shown().contains("done")).await;
    let screen = drawn(&view);
    let text = format!("{}\n{}", screen.scrollback_text(), screen.text());
    let numbers: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a line is missing or twice");
    assert_eq!(numbers.last(), Some(&59_999));
}

#[tokio::test]
async fn history_of_a_channel_that_has_joined_nothing_is_refused() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    client.say(json!({"type": "history", "channel": 9})).await;
    client
        .until_all("a refusal", |client| client.errors.iter().any(|error| error["code"] == "invalid"))
        .await;
}

/// What viewers must use to count columns is told, and the model counts so: xterm.js agrees.
#[tokio::test]
async fn clusters_are_counted_as_the_setting_says() {
    let text = "👩\u{200d}💻 ✔\u{fe0f} 🇩🇪 각\u{11a8} e\u{301} שָׁלוֹם";
    for (config, widths) in
        [("", Widths::Unicode11), ("[sessions]\nwidths = \"graphemes\"\n", Widths::Graphemes)]
    {
        let daemon = Daemon::with(Options { config: Some(config.to_owned()), ..Options::default() }).await;
        let script = format!("for i in 1 2 3 4 5 6 7 8; do printf '{text}|'; done; cat");
        let command = ["/bin/bash", "-c", &script];
        let session = daemon.create(json!({"command": command, "rows": SIZE.rows, "cols": SIZE.cols})).await;
        let mut client = daemon.connect().await;
        let all = client.join_as(0, &session, json!({"from": 0})).await;
        assert_eq!(all.joined.unwrap()["widths"], json!(widths));
        client.until(0, "all of it", |view| view.text().matches('|').count() == 8).await;
        client.join(1, &session).await;
        let late = client.until(1, "a snapshot", |view| view.snapshots == 1).await;
        let case = Case {
            name: format!("{widths:?}"),
            rows: SIZE.rows,
            cols: SIZE.cols,
            scrollback: SCROLLBACK,
            widths,
            want: vec![Step::Bytes(client.views[&0].output.clone())],
            have: vec![Step::Resize(SIZE.rows, SIZE.cols), Step::Bytes(late.snapshot)],
            quiet: 2,
        };
        let Some(verdicts) = ask(&[case]) else { return };
        assert_eq!(verdicts[0].differences, Vec::<String>::new(), "{widths:?}");
    }
}

/// A rebuilt screen has counted from another beginning: what a viewer was drawn before the crash was once compared
/// with it all the same.
#[tokio::test]
async fn what_a_viewer_was_drawn_before_a_crash_is_no_measure_after_it() {
    let daemon = Daemon::start().await;
    let id = daemon.shell().await;
    let mut slow = daemon.connect().await;
    slow.join_as(1, &id, json!({"differences": true})).await;
    let frames = "for i in $(seq 20000); do printf '\\rframe %d' $i; done; echo e''nd";
    slow.type_line(1, &format!("echo rea''dy; read -r; {frames}")).await;
    slow.until_shown(1, "ready").await;
    // Drawn a screen, which it does not acknowledge until much more has come.
    slow.acknowledges = false;
    slow.say(json!({"type": "history", "channel": 1})).await;
    let at = slow.until(1, "a screen", |view| view.snapshots == 2).await.offset();
    let path = format!("/api/admin/actors/session:{id}/crash?where=handler");
    assert_eq!(daemon.post(&path, json!({})).await.0, 200);
    daemon.until_row(&id, "to be recovered", |row| !row["receipt"].is_null()).await;
    slow.type_line(1, "").await;
    daemon.until_row(&id, "output", move |row| row["offset"].as_u64().unwrap() > at + 64 * 1024).await;
    slow.acknowledges = true;
    slow.say(json!({"type": "ack", "channel": 1, "offset": at})).await;
    let view = slow.until_shown(1, "end").await;
    assert_eq!(view.differences, 0);
    assert!(drawn(&view).text().contains("frame 20000"));
}
