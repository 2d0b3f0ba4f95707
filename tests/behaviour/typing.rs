//! What is typed at a daemon that hangs and is killed arrives once. Not shown here, because it is not so: a piece being
//! written at the very moment of the kill can be lost (docs/protocol.md, "Input").

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Client, Daemon, signal, until};

/// A typist that numbers what it types, keeps what is not acknowledged, and sends it again after a reconnect. Thirty
/// times the daemon hangs, is typed at, and is killed; the program reads every line exactly once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_kills_lose_no_keystroke() {
    const KILLS: usize = 30;
    let daemon = Daemon::start().await;
    let file = daemon.home().join("typed");
    let id = daemon.run(&format!("stty -echo; echo go; exec cat > {}", file.display())).await;
    let mut client = daemon.connect().await;
    let join = json!({"from": 0, "input_id": 4242});
    client.join_as(1, &id, join.clone()).await;
    client.until_shown(1, "go").await;
    let mut typed: Vec<u8> = Vec::new();
    let mut lines = 1..;
    for _ in 0..KILLS {
        // So long that the keeper does not take the daemon for one that cannot start, and waits.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(350) {
            type_lines(&mut client, &mut typed, lines.by_ref().take(10)).await;
            client.until(1, "an acknowledgement", |view| view.input_acked == typed.len() as u64).await;
        }
        let old = until("a daemon", || async { daemon.daemon_pid() }).await;
        signal(old, libc::SIGSTOP);
        until("the daemon to hang", || async { hangs(old).then_some(()) }).await;
        type_lines(&mut client, &mut typed, lines.by_ref().take(100)).await;
        signal(old, libc::SIGKILL);
        daemon.until_back(old).await;
        client = daemon.connect().await;
        let view = client.join_as(1, &id, join.clone()).await;
        let accepted = view.joined.unwrap()["input"].as_u64().unwrap() as usize;
        assert!(accepted <= typed.len());
        client.try_input(1, &typed[accepted..]).await;
    }
    client.until(1, "the last acknowledgement", |view| view.input_acked == typed.len() as u64).await;
    let read = until("the program to have read it all", || async {
        let read = std::fs::read(&file).unwrap();
        // A line that is missing shows in the next one.
        (read.len() >= typed.len() || !typed.starts_with(&read)).then_some(read)
    })
    .await;
    let same = read.iter().zip(&typed).take_while(|(a, b)| a == b).count();
    let here = |bytes: &[u8]| {
        let near = same.saturating_sub(40)..bytes.len().min(same + 40);
        String::from_utf8_lossy(&bytes[near]).into_owned()
    };
    assert!(read == typed, "{:?} was read where {:?} was typed", here(&read), here(&typed));
}

/// Types numbered lines, each a frame of its own; those that a dying connection no longer takes count as typed.
async fn type_lines(client: &mut Client, typed: &mut Vec<u8>, lines: impl Iterator<Item = usize>) {
    for line in lines {
        let bytes = format!("line {line}\n").into_bytes();
        client.try_input(1, &bytes).await;
        typed.extend_from_slice(&bytes);
    }
}

/// Whether every thread of the process is stopped.
fn hangs(pid: i32) -> bool {
    let stopped = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    };
    std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten().all(stopped)
}
