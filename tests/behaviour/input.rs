//! What is typed arrives: whole, in order, however slowly the program reads.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{Client, DEADLINE, Daemon, View};

const MIB: usize = 1024 * 1024;

/// Bytes of every value, in an order that repeats only after a long while.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 11u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// A session whose terminal takes bytes as they are; it runs `script` in the daemon's home and says `ready` first.
async fn raw(daemon: &Daemon, script: &str) -> String {
    let script = format!("stty raw -echo; printf ready; {script}");
    daemon.create(json!({"command": ["/bin/bash", "-c", script], "cwd": daemon.home()})).await
}

/// Sends what the socket takes and hears what comes, until the client is as wanted.
async fn push_until(
    client: &mut Client,
    frames: &mut VecDeque<Message>,
    what: &str,
    wanted: impl Fn(&Client, &VecDeque<Message>) -> bool,
) {
    let pushing = async {
        while !wanted(client, frames) {
            assert!(client.push(frames).await, "the connection ended while waiting for {what}");
        }
    };
    if tokio::time::timeout(DEADLINE, pushing).await.is_err() {
        let brief = |view: &View| (view.shown().len(), view.exit.clone(), view.closed, view.errors.len());
        let views: Vec<_> = client.views.values().map(brief).collect();
        panic!(
            "waited {DEADLINE:?} for {what}: {} frames left, {views:?}, {:?}",
            frames.len(),
            client.errors
        );
    }
}

/// Pastes `paste` into a raw program and waits for it to say `done`; what it wrote to `file`.
async fn pasted(daemon: &Daemon, script: &str, paste: &[u8], file: &Path) -> Vec<u8> {
    let id = raw(daemon, &format!("{script}; printf done")).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "ready").await;
    let mut frames = Client::pieces(1, paste);
    push_until(&mut client, &mut frames, "the program to be done", |client, _| {
        client.views[&1].shown().contains("done")
    })
    .await;
    std::fs::read(file).unwrap()
}

fn file(daemon: &Daemon) -> PathBuf {
    daemon.home().join("file")
}

#[tokio::test]
async fn a_paste_of_one_mebibyte_arrives_whole() {
    let daemon = Daemon::start().await;
    let paste = bytes(MIB);
    let arrived = pasted(&daemon, "head -c 1048576 > file", &paste, &file(&daemon)).await;
    assert!(arrived == paste, "{} bytes arrived", arrived.len());
}

#[tokio::test]
async fn a_paste_arrives_whole_in_a_program_that_reads_slowly() {
    let daemon = Daemon::start().await;
    let paste = bytes(MIB);
    // A new process for every 4 KiB.
    let script = "for ((i = 0; i < 256; i++)); do head -c 4096; done > file";
    let arrived = pasted(&daemon, script, &paste, &file(&daemon)).await;
    assert!(arrived == paste, "{} bytes arrived", arrived.len());
}

#[tokio::test]
async fn lines_arrive_whole_in_a_terminal_that_echoes() {
    let daemon = Daemon::start().await;
    let lines: String = (0..30_000).map(|number| format!("line {number} of a long paste\n")).collect();
    let script =
        format!("stty -echo icrnl icanon; printf ready; head -c {} > file; printf done", lines.len());
    let id = daemon.create(json!({"command": ["/bin/bash", "-c", script], "cwd": daemon.home()})).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "ready").await;
    client.say(json!({"type": "heartbeat"})).await;
    let mut frames = Client::pieces(1, lines.as_bytes());
    push_until(&mut client, &mut frames, "the program to be done", |client, _| {
        client.views[&1].shown().contains("done")
    })
    .await;
    assert!(std::fs::read(file(&daemon)).unwrap() == lines.as_bytes());
}

#[tokio::test]
async fn a_paste_that_fits_nowhere_waits_and_other_channels_go_on() {
    let daemon = Daemon::start().await;
    let paste = bytes(3 * MIB);
    let script = "while [ ! -e read ]; do sleep 0.05; done; head -c 3145728 > file; printf done";
    let reading = raw(&daemon, script).await;
    let script =
        "while [ ! -e speak ]; do sleep 0.05; done; printf spoken; read -rsn 4 word; printf \"[$word]\"";
    let speaking = raw(&daemon, script).await;
    let mut client = daemon.connect().await;
    client.join(1, &reading).await;
    client.join(2, &speaking).await;
    client.until_shown(1, "ready").await;
    client.until_shown(2, "ready").await;

    let mut frames = Client::pieces(1, &paste);
    let all = frames.len();
    push_until(&mut client, &mut frames, "more to be sent than the session queues", |_, frames| {
        frames.len() < all - 18
    })
    .await;
    std::fs::write(daemon.home().join("speak"), "").unwrap();
    push_until(&mut client, &mut frames, "the other session", |client, _| {
        client.views[&2].shown().contains("spoken")
    })
    .await;
    assert!(!client.views[&1].shown().contains("done"));

    std::fs::write(daemon.home().join("read"), "").unwrap();
    frames.extend(Client::pieces(2, b"word"));
    push_until(&mut client, &mut frames, "both to be done", |client, _| {
        client.views[&1].shown().contains("done") && client.views[&2].shown().contains("[word]")
    })
    .await;
    let arrived = std::fs::read(file(&daemon)).unwrap();
    assert!(arrived == paste, "{} bytes arrived", arrived.len());
}

/// The rest of a paste whose program ended used to keep the whole socket from being read, for good.
#[tokio::test]
async fn a_paste_into_a_program_that_ends_does_not_stop_the_socket() {
    let daemon = Daemon::start().await;
    let ending = raw(&daemon, "while [ ! -e end ]; do sleep 0.05; done").await;
    let other = daemon.shell().await;
    let mut client = daemon.connect().await;
    client.join(1, &ending).await;
    client.join(2, &other).await;
    client.until_shown(1, "ready").await;
    let mut frames = Client::pieces(1, &bytes(3 * MIB));
    let all = frames.len();
    push_until(&mut client, &mut frames, "more to be sent than the session queues", |_, frames| {
        frames.len() < all - 18
    })
    .await;
    std::fs::write(daemon.home().join("end"), "").unwrap();
    push_until(&mut client, &mut frames, "the exit", |client, _| client.views[&1].exit.is_some()).await;
    frames.extend(Client::pieces(2, b"echo still-''here\r"));
    push_until(&mut client, &mut frames, "the other session", |client, _| {
        client.views[&2].shown().contains("still-here")
    })
    .await;
}

/// As above, where the session is dismissed while its input is still being thrown away: its end used to overtake
/// the news of it, and its viewers never heard.
#[tokio::test]
async fn a_paste_into_a_session_that_is_dismissed_does_not_stop_the_socket() {
    let daemon = Daemon::start().await;
    let stuck = raw(&daemon, "sleep 1000").await;
    let other = daemon.shell().await;
    let (mut client, mut closer) = (daemon.connect().await, daemon.connect().await);
    client.join(1, &stuck).await;
    client.join(2, &other).await;
    closer.join(1, &stuck).await;
    client.until_shown(1, "ready").await;
    let mut frames = Client::pieces(1, &bytes(2 * MIB));
    frames.extend(Client::pieces(2, b"echo still-''here\r"));
    push_until(&mut client, &mut frames, "more to be sent than the session queues", |_, frames| {
        frames.len() < 14
    })
    .await;
    daemon.post("/api/session/close", json!({"session_id": stuck})).await;
    closer.until(1, "the exit", |view| view.exit.is_some()).await;
    daemon.until_row(&stuck, "the end", |row| row["exited"] == true).await;
    daemon.post("/api/session/close", json!({"session_id": stuck})).await;
    push_until(&mut client, &mut frames, "the other session", |client, _| {
        client.views[&1].closed && client.views[&2].shown().contains("still-here")
    })
    .await;
}

#[tokio::test]
async fn text_and_binary_input_arrive_in_order() {
    let daemon = Daemon::start().await;
    let lines: Vec<String> = (0..4_000).map(|number| format!("{number} äöü ✓ 漢字\n")).collect();
    let whole = lines.concat();
    let id = raw(&daemon, &format!("head -c {} > file; printf done", whole.len())).await;
    // Something else keeps daemon and socket busy.
    let noise = daemon.run("while :; do echo noise; done").await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.join(2, &noise).await;
    client.until_shown(1, "ready").await;
    let mut frames = VecDeque::new();
    for (number, line) in lines.iter().enumerate() {
        if number % 3 == 0 {
            let frame = json!({"type": "terminal_input", "channel": 1, "input": line});
            frames.push_back(Message::text(frame.to_string()));
        } else {
            // Cut in two, in the middle of a character at that.
            let (head, tail) = line.as_bytes().split_at(line.find('ö').unwrap() + 1);
            frames.extend(Client::pieces(1, head));
            frames.extend(Client::pieces(1, tail));
        }
    }
    push_until(&mut client, &mut frames, "the program to be done", |client, _| {
        client.views[&1].shown().contains("done")
    })
    .await;
    assert!(std::fs::read(file(&daemon)).unwrap() == whole.as_bytes());
}

/// A WebSocket message in pieces of the given sizes; what is left goes into the last.
fn fragments(kind: Data, payload: &[u8], sizes: &[usize]) -> Vec<Message> {
    let mut rest = payload;
    let mut pieces: Vec<&[u8]> = Vec::new();
    for &size in sizes {
        let (piece, after) = rest.split_at(size);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    let last = pieces.len() - 1;
    let frame = |(number, piece): (usize, &&[u8])| {
        let kind = if number == 0 { kind } else { Data::Continue };
        Message::Frame(Frame::message(piece.to_vec(), OpCode::Data(kind), number == last))
    };
    pieces.iter().enumerate().map(frame).collect()
}

#[tokio::test]
async fn fragmented_messages_are_put_together() {
    let daemon = Daemon::start().await;
    let id = raw(&daemon, "head -c 20 > file; printf done").await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "ready").await;
    let text = json!({"type": "terminal_input", "channel": 1, "input": "ä then ✓"}).to_string();
    let binary = [&[1, 1, 0, 0, 0][..], b"and bytes"].concat();
    let cut = text.find('ä').unwrap() + 1;
    let messages = [
        fragments(Data::Text, text.as_bytes(), &[1, 0, cut - 1]),
        vec![Message::Ping(b"between"[..].into())],
        fragments(Data::Binary, &binary, &[0, 3, 2]),
    ];
    for message in messages.concat() {
        client.say_raw(message).await.unwrap();
    }
    client.until_shown(1, "done").await;
    assert_eq!(std::fs::read_to_string(file(&daemon)).unwrap(), "ä then ✓and bytes");
}
