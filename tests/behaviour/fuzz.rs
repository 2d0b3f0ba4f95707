//! Whatever a client sends, nobody else notices.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Daemon, Nonsense, Wire, open};

const NAMES: &[&str] =
    &["type", "channel", "session_id", "from", "cols", "rows", "mode", "offset", "input", "session_ids", "x"];

impl Nonsense {
    fn kind(&mut self) -> &'static str {
        const KINDS: &[&str] = &[
            "join_session",
            "leave_session",
            "terminal_resize",
            "ack",
            "heartbeat",
            "terminal_input",
            "joined",
            "event",
            "nonsense",
        ];
        self.one(KINDS)
    }

    /// A frame of a known type whose fields are right, wrong or missing.
    fn near_miss(&mut self) -> Value {
        let mut frame = json!({"type": self.kind(), "channel": self.below(9), "session_id": "no-such-session",
            "cols": 80, "rows": 24, "offset": 10, "input": "rm -rf", "session_ids": []});
        for _ in 0..self.below(4) {
            let name = self.one(NAMES);
            if self.below(3) == 0 {
                frame.as_object_mut().unwrap().remove(name);
            } else {
                frame[name] = self.value(2, NAMES);
            }
        }
        frame
    }

    fn message(&mut self) -> Message {
        match self.below(10) {
            0 => Message::binary(self.bytes(200)),
            1 => Message::binary(self.bytes(6)),
            2 => Message::binary([vec![1], self.bytes(4)].concat()),
            3 => {
                // Well made, for a channel that never joined.
                let channel = (self.below(1 << 30) as u32).to_le_bytes();
                Message::binary([&[1][..], &channel, &self.bytes(300)].concat())
            }
            4 => Message::text(self.value(3, NAMES).to_string()),
            5 => Message::text(String::from_utf8_lossy(&self.bytes(100)).into_owned()),
            6 => {
                let whole = self.near_miss().to_string();
                let cut = (0..=self.below(whole.len())).rev().find(|&at| whole.is_char_boundary(at));
                Message::text(&whole[..cut.unwrap_or(0)])
            }
            7 => Message::text("[".repeat(self.below(5_000))),
            _ => Message::text(self.near_miss().to_string()),
        }
    }
}

/// Sends this many frames, on as many connections as it takes.
async fn pester(daemon: &Daemon, seed: u64, count: usize) {
    let mut nonsense = Nonsense(seed);
    let mut left = count;
    let origin = format!("http://{}", daemon.address);
    while left > 0 {
        let socket = open(daemon, &daemon.ticket().await, Some(&origin)).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        let sending = async {
            while left > 0 && sink.send(nonsense.message()).await.is_ok() {
                left -= 1;
            }
            let _ = sink.close().await;
        };
        let hearing = async { while stream.next().await.is_some_and(|frame| frame.is_ok()) {} };
        tokio::join!(sending, hearing);
    }
}

/// A client that keeps typing and keeps being answered.
struct Bystander {
    client: Client,
    pid: i32,
    trips: usize,
}

impl Bystander {
    async fn at(daemon: &Daemon) -> Bystander {
        let id = daemon.shell().await;
        let mut client = daemon.connect().await;
        client.join(1, &id).await;
        Bystander { client, pid: daemon.daemon_pid().unwrap(), trips: 0 }
    }

    async fn trip(&mut self) {
        self.trips += 1;
        self.client.type_line(1, &format!("echo trip''-{}.", self.trips)).await;
        self.client.until_shown(1, &format!("trip-{}.", self.trips)).await;
        // What was seen need not be searched again.
        let view = self.client.views.get_mut(&1).unwrap();
        (view.base, view.output) = (view.offset(), Vec::new());
    }

    /// Makes round trips while `others` are at it, and shows afterwards that nothing broke.
    async fn endures(&mut self, daemon: &Daemon, others: impl Future<Output = ()>) {
        tokio::pin!(others);
        loop {
            tokio::select! {
                () = &mut others => break,
                () = self.trip() => {}
            }
        }
        self.client.type_line(1, "").await;
        self.trip().await;
        assert_eq!(daemon.daemon_pid(), Some(self.pid), "the daemon is the same");
        let (_, actors) = daemon.get("/api/admin/actors").await;
        for actor in actors.as_array().unwrap() {
            assert_eq!((&actor["restarts"], &actor["crashes"]), (&json!(0), &json!(0)), "{actor}");
        }
        assert!(self.client.errors.is_empty() && self.client.views[&1].errors.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_malformed_frames_disturb_nobody() {
    let daemon = Daemon::start().await;
    let mut bystander = Bystander::at(&daemon).await;
    let pests = (1..=4).map(|seed| pester(&daemon, seed, 25_000));
    bystander.endures(&daemon, async { drop(futures_util::future::join_all(pests).await) }).await;
    let sessions = daemon.get("/api/sessions").await.1;
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(sessions[0]["viewers"], 1);
}

/// A connection after a valid upgrade, where bytes are sent as they are.
async fn upgraded(daemon: &Daemon) -> Wire {
    let origin = format!("http://{}", daemon.address);
    let headers = [
        ("Host", daemon.address.as_str()),
        ("Origin", &origin),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut wire = Wire::to(daemon).await;
    let line = format!("GET /ws?ticket={}", daemon.ticket().await);
    let answer = wire.try_ask(&line, &headers, "").await;
    assert_eq!(answer.status, 101, "{answer:?}");
    wire
}

/// Bytes that break the WebSocket protocol, or nearly keep it.
fn broken(nonsense: &mut Nonsense) -> Vec<u8> {
    let opcode = nonsense.below(256) as u8;
    let mask = [1, 2, 3, 4];
    match nonsense.below(8) {
        0 => nonsense.bytes(400),
        // Not masked.
        1 => [&[0x82, 5][..], &[1, 1, 0, 0, 0]].concat(),
        // Reserved bits and opcodes.
        2 => [&[opcode, 0x80][..], &mask].concat(),
        // A control frame that is too long, or in pieces.
        3 => [&[0x89, 0xfe, 0x01, 0x00][..], &mask, &[0; 256]].concat(),
        4 => [&[0x09, 0x80][..], &mask].concat(),
        // Lengths far beyond what follows.
        5 => [&[0x82, 0xff][..], &[0x7f, 255, 255, 255, 255, 255, 255, 255], &mask].concat(),
        6 => [&[0x81, 0xff][..], &[255; 8], &mask, &nonsense.bytes(50)].concat(),
        // A continuation of nothing; a close with half a code.
        _ => [&[0x80, 0x80][..], &mask, &[0x88, 0x81], &mask, &[7]].concat(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_protocol_bytes_disturb_nobody() {
    let daemon = Daemon::start().await;
    let mut bystander = Bystander::at(&daemon).await;
    let pests = async {
        let mut nonsense = Nonsense(5);
        for _ in 0..400 {
            let mut wire = upgraded(&daemon).await;
            for _ in 0..=nonsense.below(3) {
                let _ = wire.0.write_all(&broken(&mut nonsense)).await;
            }
        }
    };
    bystander.endures(&daemon, pests).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_breaks_the_protocol_ends_its_link() {
    let daemon = Daemon::start().await;
    let mut bystander = Bystander::at(&daemon).await;
    let frames: [&[u8]; 5] = [
        &[0x82, 5, 1, 1, 0, 0, 0],
        &[0xf2, 0x80, 1, 2, 3, 4],
        &[0x83, 0x80, 1, 2, 3, 4],
        &[0x80, 0x80, 1, 2, 3, 4],
        // Text that is no UTF-8.
        &[0x81, 0x81, 0, 0, 0, 0, 0xff],
    ];
    let pests = async {
        for frame in frames {
            let mut wire = upgraded(&daemon).await;
            wire.0.write_all(frame).await.unwrap();
            let mut rest = Vec::new();
            let ended = tokio::time::timeout(crate::support::DEADLINE, wire.0.read_to_end(&mut rest)).await;
            assert!(ended.is_ok(), "{frame:?} ends the link");
        }
    };
    bystander.endures(&daemon, pests).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_message_ends_its_link_only() {
    const MOST: usize = 1024 * 1024;
    let daemon = Daemon::start().await;
    let mut bystander = Bystander::at(&daemon).await;
    let other = daemon.run("stty raw -echo; exec cat > /dev/null").await;
    let pests = async {
        let header = [1, 1, 0, 0, 0];
        for (size, ends) in [(MOST, false), (MOST + 1, true), (4 * MOST, true)] {
            for text in [false, true] {
                let mut client = daemon.connect().await;
                client.join(1, &other).await;
                let message = if text {
                    Message::text("x".repeat(size))
                } else {
                    Message::binary([&header[..], &vec![b'x'; size - header.len()]].concat())
                };
                let _ = client.say_raw(message).await;
                let _ = client.try_say(json!({"type": "heartbeat"})).await;
                while client.heartbeats == 0 && client.hear().await {}
                assert_eq!(client.heartbeats == 0, ends, "{size} bytes, text: {text}");
            }
        }
    };
    bystander.endures(&daemon, pests).await;
    daemon.until_row(&other, "no viewers", |row| row["viewers"] == 0).await;
}
