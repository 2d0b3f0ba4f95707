//! No keystroke is lost or doubled, whatever dies.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Daemon, until};

/// A typist that numbers what it types, keeps what is not acknowledged, and sends it again after a reconnect.
/// The daemon is killed thirty times while numbered lines are typed; the program reads each exactly once.
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
    let mut line = 0;
    for _ in 0..KILLS {
        // Long enough for the keeper not to take the daemon for one that cannot start.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(350) {
            line += 1;
            let bytes = format!("line {line}\n").into_bytes();
            client.try_input(1, &bytes).await;
            typed.extend_from_slice(&bytes);
            let _ = tokio::time::timeout(Duration::from_millis(1), client.hear()).await;
        }
        let old = daemon.kill_daemon().await;
        daemon.until_back(old).await;
        client = daemon.connect().await;
        let view = client.join_as(1, &id, join.clone()).await;
        let accepted = view.joined.unwrap()["input"].as_u64().unwrap() as usize;
        assert!(accepted <= typed.len());
        client.try_input(1, &typed[accepted..]).await;
    }
    client
        .until_all("the last acknowledgement", |client| client.views[&1].input_acked == typed.len() as u64)
        .await;
    until("the program to have read it all", || async {
        (std::fs::read(&file).unwrap().len() >= typed.len()).then_some(())
    })
    .await;
    let read = std::fs::read(&file).unwrap();
    let same = read.iter().zip(&typed).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[same.saturating_sub(40)..bytes.len().min(same + 40)]).into_owned()
    };
    assert!(
        read == typed,
        "every line once, in order: {:?} was read where {:?} was typed",
        around(&read),
        around(&typed)
    );
}
