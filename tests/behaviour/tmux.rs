//! Sessions inside tmux: they outlive even the keeper, and tmux stays out of sight.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Daemon, Options, until};

/// A home whose tmux server ends with it. None where tmux is not installed; with `CI=true` that is a failure.
struct Home(TempDir);

impl Home {
    fn new() -> Option<Home> {
        let found = Command::new("tmux").arg("-V").output().is_ok();
        assert!(found || std::env::var("CI").as_deref() != Ok("true"), "tmux is not installed");
        if !found {
            eprintln!("skipped: tmux is not installed");
        }
        found.then(|| Home(tempfile::tempdir().unwrap()))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    async fn daemon(&self) -> Daemon {
        let home = Some(self.path().to_owned());
        let config = Some("[sessions]\ntmux = true\nshell = \"/bin/bash\"\n".to_owned());
        std::fs::write(self.path().join(".bashrc"), "PS1='$ '\n").unwrap();
        Daemon::with(Options { home, config, ..Options::default() }).await
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let socket = self.path().join(".coda/tmux/socket");
        let output = Command::new("tmux").arg("-S").arg(socket).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

async fn create(daemon: &Daemon, body: Value) -> (String, Value, bool) {
    let (status, answer) = daemon.post("/api/session", body).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["session_id"].as_str().unwrap().to_owned();
    (id, answer["pane_id"].clone(), answer["reattached"].as_bool().unwrap())
}

async fn panes(daemon: &Daemon) -> Value {
    let (status, answer) = daemon.get("/api/tmux-sessions").await;
    assert_eq!(status, 200);
    answer["sessions"].clone()
}

async fn until_panes(daemon: &Daemon, wanted: Value) {
    until(&format!("panes {wanted}"), || async { (panes(daemon).await == wanted).then_some(()) }).await;
}

#[tokio::test]
async fn plain_shells_get_numbers_and_are_listed() {
    let Some(home) = Home::new() else { return };
    let daemon = home.daemon().await;
    assert_eq!(panes(&daemon).await, json!([]));
    let all = futures_util::future::join_all((0..3).map(|_| create(&daemon, json!({})))).await;
    let mut numbers: Vec<u64> = all.iter().map(|(_, pane, _)| pane.as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2], "nobody gets another's");
    assert!(all.iter().all(|(_, _, reattached)| !reattached));
    let (seventh, pane, _) = create(&daemon, json!({"pane_id": 7})).await;
    assert_eq!(pane, 7);
    let (command, pane, _) = create(&daemon, json!({"command": ["/bin/sleep", "600"]})).await;
    assert_eq!(pane, Value::Null, "a command runs as it is");
    until_panes(&daemon, json!([0, 1, 2, 7])).await;

    let (_, active) = daemon.get("/api/active-sessions").await;
    let active = active["sessions"].as_array().unwrap();
    assert_eq!(active.len(), 5);
    assert!(active.contains(&json!({"session_id": seventh, "pane_id": 7, "alive": true})));
    assert!(active.contains(&json!({"session_id": command, "pane_id": null, "alive": true})));

    let (status, answer) = daemon.post("/api/session", json!({"pane_id": 10_000})).await;
    assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{answer}");
    let (status, answer) = daemon.post("/api/session", json!({"cwd": "/nowhere"})).await;
    assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{answer}");
}

/// tmux once took a row for its status line, a key from every agent, and the scrollback from the page.
#[tokio::test]
async fn tmux_takes_no_row_no_key_and_no_second_screen() {
    let Some(home) = Home::new() else { return };
    let daemon = home.daemon().await;
    let (id, ..) = create(&daemon, json!({"rows": 24, "cols": 80})).await;
    let mut client = daemon.connect().await;
    client.join_as(1, &id, json!({"rows": 24, "cols": 80})).await;
    client.type_line(1, "echo size $(stty size)").await;
    client.until_shown(1, "size 24 80").await;
    client.type_line(1, "cat -v").await;
    // The key that tmux has by default, and another that would then mean "detach".
    client.input(1, b"\x02d-\x02\r").await;
    let view = client.until_shown(1, "^Bd-^B").await;
    assert!(!view.shown().contains("\x1b[?1049h"), "no second screen");
    assert!(!view.shown().contains("[detached"), "still there");
}

/// The evaluation that once rejected tmux found that it did not even survive a worker's death.
#[tokio::test]
async fn a_shell_outlives_the_keeper() {
    let Some(home) = Home::new() else { return };
    let daemon = home.daemon().await;
    let (id, ..) = create(&daemon, json!({})).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.type_line(1, "KEPT=still; cd /usr/lib; echo rea''dy").await;
    client.until_shown(1, "ready").await;
    drop(daemon);

    let daemon = home.daemon().await;
    until_panes(&daemon, json!([0])).await;
    let (id, pane, reattached) = create(&daemon, json!({"pane_id": 0})).await;
    assert_eq!((pane, reattached), (json!(0), true));
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.type_line(1, "echo $KEPT in $PWD").await;
    let view = client.until_shown(1, "still in /usr/lib").await;
    assert!(!view.shown().contains("cd ~"), "nothing is typed into the shell");
}

#[tokio::test]
async fn closing_ends_what_runs_in_tmux() {
    let Some(home) = Home::new() else { return };
    let daemon = home.daemon().await;
    let (first, ..) = create(&daemon, json!({})).await;
    create(&daemon, json!({"pane_id": 10})).await;
    create(&daemon, json!({"pane_id": 1})).await;
    until_panes(&daemon, json!([0, 1, 10])).await;
    daemon.post("/api/session/close", json!({"session_id": first})).await;
    let row = daemon.until_row(&first, "its end", |row| row["exited"] == true).await;
    until_panes(&daemon, json!([1, 10])).await;
    assert_eq!(row["exit"]["reason"], "closed");
    assert_eq!(row["exit"]["code"], Value::Null, "the client's code says nothing of the shell's");
}

/// A server that was started in a directory which is gone could once start no shell any more; the remedy was to type
/// `cd` into whatever ran there.
#[tokio::test]
async fn a_directory_that_is_gone_hurts_nobody_else() {
    let Some(home) = Home::new() else { return };
    let daemon = home.daemon().await;
    let gone = home.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let (id, ..) = create(&daemon, json!({"cwd": gone})).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.type_line(1, "echo in $PWD").await;
    client.until_shown(1, "/gone").await;
    std::fs::remove_dir(&gone).unwrap();
    let server: u32 = home.tmux(&["display-message", "-p", "#{pid}"]).parse().unwrap();
    let directory: PathBuf = std::fs::read_link(format!("/proc/{server}/cwd")).unwrap();
    assert_eq!(directory, home.path().canonicalize().unwrap());
    let (id, ..) = create(&daemon, json!({"cwd": "/usr"})).await;
    client.join(2, &id).await;
    client.type_line(2, "echo in $PWD").await;
    client.until_shown(2, "in /usr").await;
}

#[tokio::test]
async fn without_tmux_sessions_start_all_the_same() {
    let environment =
        vec![("TMUX_ENABLED".to_owned(), "true".to_owned()), ("PATH".to_owned(), "/nonexistent".to_owned())];
    let daemon = Daemon::with(Options { environment, ..Options::default() }).await;
    daemon.until_logged("tmux is not on the PATH").await;
    let (id, pane, reattached) = create(&daemon, json!({"pane_id": 3})).await;
    assert_eq!((pane, reattached), (json!(3), false));
    assert_eq!(panes(&daemon).await, json!([]));
    assert_eq!(daemon.row(&id).await["process"], "bash");
}
