//! What is typed arrives once, whenever the daemon is killed.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Client, Daemon, until};

/// A typist that numbers what it types, keeps what is not acknowledged, and sends it again after a reconnect.
struct Typist {
    client: Client,
    session: String,
    typed: Vec<u8>,
    lines: std::ops::RangeFrom<usize>,
}

impl Typist {
    async fn start(daemon: &Daemon, command: &str) -> Typist {
        let session = daemon.run(command).await;
        let mut client = daemon.connect().await;
        client.join_as(1, &session, Typist::join()).await;
        client.until_shown(1, "go").await;
        Typist { client, session, typed: Vec::new(), lines: 1.. }
    }

    fn join() -> serde_json::Value {
        json!({"from": 0, "input_id": 4242})
    }

    /// Types numbered lines, each frame so many, until `end`; those that a dying connection no longer takes count as
    /// typed.
    async fn type_until(&mut self, end: Instant, lines: usize) {
        while Instant::now() < end {
            let frame: String =
                self.lines.by_ref().take(lines).map(|line| format!("line {line}\n")).collect();
            self.client.try_input(1, frame.as_bytes()).await;
            self.typed.extend_from_slice(frame.as_bytes());
            let _ = tokio::time::timeout(Duration::from_millis(1), self.client.hear()).await;
        }
    }

    async fn come_back(&mut self, daemon: &Daemon) {
        self.client = daemon.connect().await;
        let view = self.client.join_as(1, &self.session, Typist::join()).await;
        let accepted = view.joined.unwrap()["input"].as_u64().unwrap() as usize;
        assert!(accepted <= self.typed.len(), "more is accepted than was typed");
        self.client.try_input(1, &self.typed[accepted..]).await;
    }

    /// The program has read every line exactly once.
    async fn check(mut self, file: &Path) {
        let all = self.typed.len() as u64;
        self.client.until(1, "the last acknowledgement", |view| view.input_acked == all).await;
        let typed = &self.typed;
        let read = until("the program to have read it all", || async {
            let read = std::fs::read(file).unwrap();
            // A line that is missing shows in the next one.
            (read.len() >= typed.len() || !typed.starts_with(&read)).then_some(read)
        })
        .await;
        let same = read.iter().zip(typed).take_while(|(a, b)| a == b).count();
        let here = |bytes: &[u8]| {
            let near = same.saturating_sub(40)..bytes.len().min(same + 40);
            String::from_utf8_lossy(&bytes[near]).into_owned()
        };
        assert!(read == *typed, "{:?} was read where {:?} was typed", here(&read), here(typed));
    }
}

/// How long the keeper must have seen a daemon alive so as not to take it for one that cannot start, and more.
fn a_while() -> Instant {
    let jitter = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
    Instant::now() + Duration::from_millis(350) + Duration::from_micros(jitter * 50)
}

/// Killed at random moments amid typing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_kills_lose_no_keystroke() {
    let daemon = Daemon::start().await;
    let file = daemon.home().join("typed");
    let program = format!("stty -echo; echo go; exec cat > {}", file.display());
    let mut typist = Typist::start(&daemon, &program).await;
    for _ in 0..30 {
        typist.type_until(a_while(), 1).await;
        let old = daemon.kill_daemon().await;
        daemon.until_back(old).await;
        typist.come_back(&daemon).await;
    }
    typist.check(&file).await;
}

/// The same into a program that reads slowly, so that the terminal is full and takes input in pieces.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_of_what_waits_for_a_slow_program() {
    let daemon = Daemon::start().await;
    let file = daemon.home().join("typed");
    let slowly = "while dd bs=4000 count=1 status=none; do sleep 0.002; done";
    let program = format!("stty raw -echo; echo go; {{ {slowly}; }} > {}", file.display());
    let mut typist = Typist::start(&daemon, &program).await;
    for _ in 0..10 {
        typist.type_until(a_while(), 100).await;
        let old = daemon.kill_daemon().await;
        daemon.until_back(old).await;
        typist.come_back(&daemon).await;
    }
    typist.check(&file).await;
}
