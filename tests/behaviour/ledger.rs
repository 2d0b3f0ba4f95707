//! No byte is lost or doubled, whatever dies.

use std::time::Duration;

use serde_json::json;

use crate::support::{Daemon, Options};

/// A small reproducible source of moments.
struct Moments(u64);

impl Moments {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Fifty kills at random moments: a shell counts at full speed all the while, and the client that resumes by
/// offset, the journal and the shell agree on every byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_no_byte() {
    const KILLS: usize = 50;
    // A ring so large that nobody who comes back within seconds has fallen out of it.
    let config = Some("[sessions]\nring_bytes = 33554432\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let id = daemon
        .create(json!({"command": ["/bin/bash", "-c",
            "stty -opost; i=0; while [ ! -e stop ]; do i=$((i+1)); echo line $i; done; echo last $i"],
            "rows": 24, "cols": 80, "cwd": daemon.home()}))
        .await;
    let mut client = daemon.connect().await;
    client.join_as(1, &id, json!({"from": 0})).await;
    let mut moments = Moments(7);
    for _ in 0..KILLS {
        let wait = Duration::from_millis(moments.next(700));
        let listening = async { while client.hear().await {} };
        let _ = tokio::time::timeout(wait, listening).await;
        let old = daemon.kill_daemon().await;
        daemon.until_back(old).await;
        while !client.resume(&daemon).await {}
    }
    std::fs::write(daemon.home().join("stop"), "").unwrap();
    let view = client.until(1, "the program to end", |view| view.exit.is_some()).await;

    assert_eq!(view.snapshots, 0, "resuming by offset never needed a snapshot");
    let text = String::from_utf8(view.output).unwrap();
    let mut expected = 0u64;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_none() {
            assert_eq!(line, format!("last {expected}"));
        } else {
            expected += 1;
            assert_eq!(line, format!("line {expected}"), "every line once, in order");
        }
    }
    assert!(expected > 1_000, "the shell was printing all the while: {expected} lines");

    let recording = daemon.text(&format!("/api/sessions/{id}/recording.txt")).await;
    assert!(recording == text, "the journal has the same bytes: {} and {}", recording.len(), text.len());

    let (_, receipts) = daemon.get("/api/receipts").await;
    let receipts = receipts["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), KILLS, "a receipt for each");
    assert!(receipts.iter().all(|receipt| receipt["bytes_lost"] == 0));
    assert!(receipts.iter().all(|receipt| receipt["cause"] == "the daemon was killed by signal 9"));
}
