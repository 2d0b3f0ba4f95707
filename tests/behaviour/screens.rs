//! A snapshot and what follows it show what all bytes show: checked by xterm.js, with the programs people use.

use coda::domain::screen::Widths;
use serde_json::json;

use crate::oracle::{Case, Step, ask};
use crate::support::{Client, Daemon};

const ROWS: u16 = 24;
const COLS: u16 = 80;
/// As the daemon's default.
const SCROLLBACK: usize = 10_000;

/// A shell that is recorded from its first byte, with snapshots taken on the way.
struct Recorder {
    client: Client,
    session: String,
    snapshots: Vec<(u64, Vec<u8>)>,
}

impl Recorder {
    async fn start(daemon: &Daemon, command: &[&str]) -> Recorder {
        let body = json!({"command": command, "rows": ROWS, "cols": COLS, "cwd": daemon.home()});
        let session = daemon.create(body).await;
        let mut client = daemon.connect().await;
        client.join_as(0, &session, json!({"from": 0})).await;
        Recorder { client, session, snapshots: Vec::new() }
    }

    async fn keys(&mut self, keys: &str) {
        self.client.input(0, keys.as_bytes()).await;
    }

    async fn until_output(&mut self, text: &str) {
        self.client.until_shown(0, text).await;
    }

    /// Another viewer comes, sees the screen and goes.
    async fn snapshot(&mut self) {
        let channel = 1 + self.snapshots.len() as u32;
        self.client.join(channel, &self.session).await;
        let view = self.client.until(channel, "a snapshot", |view| view.snapshots == 1).await;
        let offset = view.joined.unwrap()["offset"].as_u64().unwrap();
        self.snapshots.push((offset, view.snapshot));
        self.client.leave(channel).await;
        // What the other viewer has been sent, this one need not have yet.
        self.client.until(0, "the output before the snapshot", |view| view.offset() >= offset).await;
    }

    /// Types `keys` one by one, with a snapshot wherever the program may be by then.
    async fn watch(&mut self, keys: &[&str]) {
        for key in keys {
            let so_far = self.client.views[&0].offset();
            self.keys(key).await;
            self.snapshot().await;
            self.client.until(0, "more output", |view| view.offset() > so_far).await;
            self.snapshot().await;
        }
    }

    /// A comparison for each snapshot.
    fn cases(self, name: &str) -> Vec<Case> {
        let all = &self.client.views[&0].output;
        let case = |(offset, snapshot): &(u64, Vec<u8>)| Case {
            name: format!("{name} at {offset} of {}", all.len()),
            rows: ROWS,
            cols: COLS,
            scrollback: SCROLLBACK,
            widths: Widths::Unicode11,
            want: vec![Step::Bytes(all.clone())],
            have: vec![
                Step::Resize(ROWS, COLS),
                Step::Bytes(snapshot.clone()),
                Step::Bytes(all[*offset as usize..].to_vec()),
            ],
            quiet: 2,
        };
        self.snapshots.iter().map(case).collect()
    }
}

/// Whether the program is there; says so when it is not, and fails where everything must be.
fn has(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()));
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "{program} is not installed");
    if !found {
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}

fn judge(cases: &[Case]) {
    assert!(!cases.is_empty());
    let Some(verdicts) = ask(cases) else { return };
    let wrong: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.void || !verdict.differences.is_empty())
        .map(|verdict| format!("{}: {}", verdict.name, verdict.differences.join("; ")))
        .collect();
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// A text of numbered lines, some longer than the screen is wide.
fn write_text(daemon: &Daemon) {
    let line = |number: usize| format!("{number} {}\n", "äbc 漢字 ".repeat(number % 17));
    std::fs::write(daemon.home().join("text"), (1..400).map(line).collect::<String>()).unwrap();
}

const BASH: &[&str] = &["/bin/bash", "--norc", "--noprofile", "-i"];

#[tokio::test]
async fn a_coloured_prompt_is_restored() {
    let daemon = Daemon::start().await;
    let mut recorder = Recorder::start(&daemon, BASH).await;
    let prompt = r"PS1='\[\e[1;32m\]\u\[\e[0m\]:\[\e[38;5;75m\]\w\[\e[0m\] \[\e[7m\]\$\[\e[0m\] '; cd /tmp";
    recorder.keys(&format!("{prompt}\r")).await;
    recorder.until_output("\x1b[38;5;75m/tmp").await;
    recorder.watch(&["ls -l --color=always /\r", "echo 'ünï 漢字'", "\x1b[D\x1b[D\x1b[D", "\x7f\x7f"]).await;
    // No interrupt: bash (5.2) now and then prints no prompt after one that comes while it draws.
    recorder.watch(&["\x05\x15"]).await;
    recorder.keys("seq 2000; printf '\\e[31;4m'; echo d''one\r").await;
    recorder.snapshot().await;
    recorder.until_output("done").await;
    recorder.snapshot().await;
    recorder.watch(&["clear\r", "echo again\r"]).await;
    judge(&recorder.cases("prompt"));
}

#[tokio::test]
async fn vim_is_restored() {
    if !has("vim") {
        return;
    }
    let daemon = Daemon::start().await;
    write_text(&daemon);
    let mut recorder = Recorder::start(&daemon, BASH).await;
    recorder.keys("echo before; vim -u NONE -N -i NONE -n -c 'set mouse=a ruler hlsearch' text\r").await;
    recorder.until_output("\x1b[?1049h").await;
    recorder
        .watch(&["G", "gg", "/17\r", "n", ":split\r", "\x06", "ihello \x1b[200~pasted\x1b[201~", "\x1b", "V"])
        .await;
    recorder.watch(&["\x1b:syntax on\r", ":vsplit\r", ":qa!\r"]).await;
    recorder.until_output("\x1b[?1049l").await;
    recorder.watch(&["echo after\r"]).await;
    judge(&recorder.cases("vim"));
}

#[tokio::test]
async fn less_is_restored() {
    if !has("less") {
        return;
    }
    let daemon = Daemon::start().await;
    write_text(&daemon);
    let mut recorder = Recorder::start(&daemon, BASH).await;
    recorder.keys("seq 50; LESS= less -M text\r").await;
    recorder.until_output("\x1b[?1049h").await;
    recorder.watch(&[" ", "b", "/漢\r", "G", "y", "\x1b[A", "&17\r", "q"]).await;
    recorder.until_output("\x1b[?1049l").await;
    recorder.watch(&["echo after\r"]).await;
    judge(&recorder.cases("less"));
}

#[tokio::test]
async fn top_is_restored() {
    if !has("top") {
        return;
    }
    let daemon = Daemon::start().await;
    let mut recorder = Recorder::start(&daemon, BASH).await;
    recorder.keys("top -d 0.5\r").await;
    recorder.until_output("PID").await;
    recorder.watch(&["z", "1", "c", "M", "x", "\x1b[B", "h", " ", "q"]).await;
    recorder.watch(&["echo after\r"]).await;
    judge(&recorder.cases("top"));
}
