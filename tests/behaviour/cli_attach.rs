//! `coda attach` in a real terminal: a tmux of its own stands for the person's.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::support::{BINARY, Daemon, coda, command, ended, signal, until};

/// A terminal with a shell, in a tmux server of its own. Dropping it ends both.
struct Terminal {
    server: String,
}

/// None: there is no tmux. That is told, and with `CI=true` it is a failure.
fn has_tmux() -> bool {
    let there = Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "tmux is not installed");
        eprintln!("skipped: tmux is not installed");
    }
    there
}

impl Terminal {
    async fn open(home: &Path) -> Terminal {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let terminal = Terminal { server: format!("coda-test-{}-{number}", std::process::id()) };
        let folder = Path::new(BINARY).parent().unwrap().display();
        let shell = format!(
            "env -u CODA_SESSION_ID -u DATABRICKS_HOST CODA_HOME='{}' PATH=\"{folder}:$PATH\" PS1='outside> ' \
             bash --norc --noprofile",
            home.display()
        );
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "90", "-y", "25", &shell]);
        terminal.until_shown("outside>").await;
        terminal
    }

    #[track_caller]
    fn tmux(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } =
            Command::new("tmux").args(["-L", &self.server]).args(arguments).output().unwrap();
        assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8_lossy(&stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.keys(&["Enter"]);
    }

    fn shown(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// What the terminal says of itself, such as `alternate_on`.
    fn said(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", format]).trim().to_owned()
    }

    async fn until_shown(&self, text: &str) -> String {
        self.until(&format!("{text:?} on the terminal"), |shown| shown.contains(text)).await
    }

    async fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let shown = async {
            until(what, || {
                last = self.shown();
                let found = wanted(&last).then(|| last.clone());
                async move { found }
            })
            .await
        };
        shown.await
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let shown = Command::new("tmux").args(["-L", &self.server, "capture-pane", "-p"]).output();
            eprintln!("---- the terminal ----\n{}", String::from_utf8_lossy(&shown.unwrap().stdout));
        }
        let _ = Command::new("tmux").args(["-L", &self.server, "kill-server"]).output();
    }
}

/// A daemon with a shell called `work` that prompts with `inside>`.
async fn with_shell() -> (Daemon, String) {
    let daemon = Daemon::start().await;
    let script = "PS1='inside> ' exec /bin/bash --norc --noprofile";
    let id = daemon.create(json!({"label": "work", "command": ["/bin/bash", "-c", script]})).await;
    (daemon, id)
}

#[tokio::test]
async fn a_session_is_typed_to_resized_left_and_found_again() {
    if !has_tmux() {
        return;
    }
    let (daemon, id) = with_shell().await;
    let terminal = Terminal::open(daemon.home()).await;
    terminal.type_line("echo before");
    terminal.type_line("coda attach work");
    terminal.until_shown("inside>").await;
    terminal.type_line("echo $((40+2)) äö€");
    terminal.until_shown("\n42 äö€\n").await;
    terminal.type_line("stty size");
    terminal.until_shown("\n25 90\n").await;
    terminal.tmux(&["resize-window", "-x", "70", "-y", "20"]);
    daemon.until_row(&id, "the new size", |row| row["rows"] == 20 && row["cols"] == 70).await;
    terminal.type_line("stty size");
    terminal.until_shown("\n20 70\n").await;
    terminal.keys(&["C-]"]);
    terminal.until_shown("[detached from work]").await;
    terminal.type_line("echo I am $((3*3))");
    terminal.until_shown("I am 9").await;
    let above = terminal.tmux(&["capture-pane", "-p", "-S", "-"]);
    assert!(above.contains("\nbefore\n"), "the terminal's own scrollback stays: {above}");
    daemon.until_row(&id, "nobody to watch", |row| row["viewers"] == 0 && row["state"] == "running").await;
    terminal.type_line("clear");
    terminal.type_line(&format!("coda attach {}", &id[..8]));
    let again = terminal.until_shown("\n20 70\n").await;
    assert!(again.contains("42 äö€"), "the screen is there again: {again}");
    terminal.type_line("exit 5");
    terminal.until_shown("[work exited with code 5]").await;
    terminal.type_line("echo code=$?");
    terminal.until_shown("code=5").await;
}

#[tokio::test]
async fn a_terminal_gets_back_every_mode_that_a_program_changed() {
    if !has_tmux() {
        return;
    }
    let (daemon, _) = with_shell().await;
    let terminal = Terminal::open(daemon.home()).await;
    let modes =
        "#{alternate_on}#{cursor_flag}#{mouse_any_flag}#{mouse_sgr_flag}#{keypad_cursor_flag}#{wrap_flag}";
    let before = terminal.said(modes);
    terminal.type_line("coda attach work");
    terminal.until_shown("inside>").await;
    terminal.type_line(
        "printf '\\033[?1049h\\033[?25l\\033[?1003h\\033[?1006h\\033[?2004h\\033[?1h\\033[?7l\\033[5;9r'",
    );
    until("the modes of the program", || async { (terminal.said(modes) == "101110").then_some(()) }).await;
    terminal.keys(&["C-]"]);
    terminal.until_shown("[detached from work]").await;
    assert_eq!(terminal.said(modes), before);
    terminal.type_line("stty -a | grep -c ' icanon.* echo '; coda attach work");
    until("the modes again", || async { (terminal.said(modes) == "101110").then_some(()) }).await;
}

#[tokio::test]
async fn typing_goes_on_when_the_daemon_is_killed() {
    if !has_tmux() {
        return;
    }
    let (daemon, id) = with_shell().await;
    let terminal = Terminal::open(daemon.home()).await;
    terminal.type_line("coda attach work");
    terminal.until_shown("inside>").await;
    terminal.type_line("cat > typed");
    // What comes while the shell still edits its line keeps its returns, in any terminal.
    daemon.until_row(&id, "cat to run", |row| row["process"] == "cat").await;
    let mut expected = String::new();
    for round in 0..3 {
        let old = daemon.kill_daemon().await;
        for number in 0..20 {
            let line = format!("round {round} line {number}");
            terminal.type_line(&line);
            expected.push_str(&line);
            expected.push('\n');
        }
        daemon.until_back(old).await;
    }
    let file = daemon.home().join("typed");
    until("all that was typed", || async {
        (std::fs::read_to_string(&file).unwrap_or_default() == expected).then_some(())
    })
    .await;
    terminal.until_shown("round 2 line 19").await;
    terminal.keys(&["C-d"]);
    terminal.type_line("echo ok $((1+1))");
    terminal.until_shown("ok 2").await;
    daemon.until_row(&id, "one viewer", |row| row["viewers"] == 1).await;
}

#[tokio::test]
async fn whoever_only_watches_changes_nothing() {
    if !has_tmux() {
        return;
    }
    let (daemon, id) = with_shell().await;
    let size = daemon.row(&id).await["cols"].clone();
    let terminal = Terminal::open(daemon.home()).await;
    terminal.type_line("coda attach --read-only work");
    terminal.until_shown("inside>").await;
    terminal.type_line("echo not $((1+1)) typed");
    coda(daemon.home(), &["send", "-e", "work", "echo but $((2+2)) sent"]).await.well();
    let shown = terminal.until_shown("but 4 sent").await;
    assert!(!shown.contains("not"), "{shown}");
    assert_eq!(daemon.row(&id).await["cols"], size);
    terminal.keys(&["C-c"]);
    terminal.until_shown("[detached from work]").await;
}

#[tokio::test]
async fn a_signal_leaves_the_terminal_as_it_was() {
    if !has_tmux() {
        return;
    }
    let (daemon, _) = with_shell().await;
    let terminal = Terminal::open(daemon.home()).await;
    let pid = daemon.home().join("pid");
    let line = format!("sh -c 'echo $$ > {}; exec coda attach --detach-key C-a work'", pid.display());
    terminal.type_line(&line);
    terminal.until_shown("inside>").await;
    terminal.keys(&["C-]"]);
    let pid = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    signal(pid, libc::SIGTERM);
    terminal.until_shown("outside>").await;
    terminal.type_line("echo code=$?; stty -a | grep -c ' icanon'");
    terminal.until_shown("code=143\n1\n").await;
}

#[tokio::test]
async fn a_new_session_is_attached_to_at_once_in_a_terminal() {
    if !has_tmux() {
        return;
    }
    let daemon = Daemon::start().await;
    let terminal = Terminal::open(daemon.home()).await;
    terminal.type_line("coda new --label fresh -- sh -c 'stty size; pwd; read line; exit 4'");
    terminal.until_shown("25 90").await;
    terminal.type_line("go");
    terminal.until_shown("[fresh exited with code 4]").await;
}

#[tokio::test]
async fn a_session_is_not_shown_in_itself_or_without_a_terminal() {
    let (daemon, id) = with_shell().await;
    let mut inside = command(daemon.home(), &["attach", &id]);
    inside.env("CODA_SESSION_ID", &id);
    let ran = ended(inside).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("in itself"), "{ran:?}");
    let ran = coda(daemon.home(), &["attach", &id]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("coda send"), "{ran:?}");
}
