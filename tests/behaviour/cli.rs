//! The same sessions from a terminal: what the subcommands do, say and end with.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::support::{Daemon, Options, Ran, coda, coda_reading, command, ended, until};

impl Daemon {
    fn coda(&self, arguments: &[&str]) -> impl Future<Output = Ran> + use<> {
        coda(self.home(), arguments)
    }

    async fn new_session(&self, arguments: &[&str]) -> String {
        let ran = self.coda(&[&["new", "--detach"], arguments].concat()).await;
        ran.well().trim().to_owned()
    }

    /// Waits until the session shows this, through the command line.
    async fn until_captured(&self, id: &str, text: &str) -> String {
        until(&format!("{text:?} on the screen"), || async {
            let shown = self.coda(&["capture", id]).await.well();
            shown.contains(text).then_some(shown)
        })
        .await
    }
}

const SHELL: [&str; 4] = ["--", "/bin/bash", "--norc", "--noprofile"];

#[tokio::test]
async fn sessions_are_listed_for_people_and_for_programs() {
    let daemon = Daemon::start().await;
    assert!(daemon.coda(&["ls"]).await.well().contains("coda new"));
    let id = daemon.new_session(&["--label", "build", "--", "sleep", "1000"]).await;
    let table = daemon.coda(&["ls"]).await.well();
    let line = table.lines().nth(1).unwrap();
    for word in ["build", &id[..8], "running", "sleep"] {
        assert!(line.contains(word), "{word} in {table}");
    }
    let rows: Value = serde_json::from_str(&daemon.coda(&["ls", "--json"]).await.well()).unwrap();
    assert_eq!(rows[0]["session_id"], id.as_str());
}

#[tokio::test]
async fn a_new_session_is_as_it_was_asked_for() {
    let daemon = Daemon::start().await;
    let dir = daemon.home().join("a place");
    std::fs::create_dir(&dir).unwrap();
    let script = "pwd; stty size; echo \"$1\"; sleep 1000";
    let place = dir.to_str().unwrap();
    let id = daemon
        .new_session(&[
            "--cwd", place, "--size", "91x17", "-l", "x", "--", "sh", "-c", script, "sh", "--label",
        ])
        .await;
    let shown = daemon.until_captured(&id, "--label").await;
    assert!(shown.contains(place) && shown.contains("17 91"), "{shown}");
    let wrong = daemon.coda(&["new", "--size", "0x0"]).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let wrong = daemon.coda(&["new", "--", "/no/such/program"]).await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.err.starts_with("coda: ") && wrong.out.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn a_session_is_named_by_label_id_or_the_beginning_of_its_id() {
    let daemon = Daemon::start().await;
    let first = daemon.new_session(&["--label", "twin", "--", "sleep", "1000"]).await;
    let second = daemon.new_session(&["--label", "twin", "--", "sleep", "1000"]).await;
    daemon.coda(&["capture", &first]).await.well();
    daemon.coda(&["capture", &first[..13]]).await.well();
    let both = daemon.coda(&["capture", "twin"]).await;
    assert_eq!(both.code, Some(67), "{both:?}");
    assert!(both.err.contains(&first) && both.err.contains(&second), "{both:?}");
    let none = daemon.coda(&["capture", "nobody"]).await;
    assert_eq!(none.code, Some(67), "{none:?}");
    assert!(none.err.contains("coda ls"), "{none:?}");
    daemon.coda(&["kill", &second]).await.well();
    daemon.coda(&["capture", "twin"]).await.well();
}

#[tokio::test]
async fn what_is_sent_is_typed_and_what_is_shown_is_captured() {
    let daemon = Daemon::start().await;
    let id = daemon.new_session(&[&["--size", "40x5"], &SHELL[..]].concat()).await;
    daemon.coda(&["send", "--enter", &id, "printf", "'\\033[31m%s\\033[m\\n'", "red"]).await.well();
    daemon.until_captured(&id, "\nred\n").await;
    let input = "echo from $((40+2))\r";
    coda_reading(daemon.home(), &["send", &id, "-"], input.as_bytes()).await.well();
    daemon.until_captured(&id, "from 42").await;
    daemon.coda(&["send", "--keys", &id, "cat", "Enter"]).await.well();
    daemon.coda(&["send", "--keys", &id, "typed", "Enter", "C-d"]).await.well();
    daemon.coda(&["send", "-e", &id, "seq 20; echo last"]).await.well();
    daemon.until_captured(&id, "\nlast\n").await;
    let lines = daemon.coda(&["capture", "--lines", "9", &id]).await.well();
    assert!(lines.contains("15\n16\n17\n18\n19\n20\nlast\n") && lines.lines().count() == 9, "{lines}");
    let html = daemon.coda(&["capture", "--format", "html", "--lines", "100", &id]).await.well();
    assert!(html.starts_with("<pre") && html.contains("<span") && html.contains("red"), "{html}");
    let ansi = daemon.coda(&["capture", "--format", "ansi", &id]).await.well();
    assert!(ansi.contains("\x1b[2J") && ansi.contains("last"), "{ansi:?}");
    let wrong = daemon.coda(&["capture", "--format", "ansi", "--lines", "3", &id]).await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
}

#[tokio::test]
async fn an_ended_session_can_be_captured_and_not_typed_to() {
    let daemon = Daemon::start().await;
    let id = daemon.new_session(&["--", "sh", "-c", "echo its last words; exit 3"]).await;
    assert_eq!(daemon.coda(&["wait", "--exit", &id]).await.code, Some(3));
    assert!(daemon.coda(&["capture", &id]).await.well().contains("its last words"));
    let (status, _) = daemon.get(&format!("/api/sessions/{id}/screen?lines=0")).await;
    assert_eq!(status, 400);
    let (status, _) = daemon.get("/api/sessions/nobody/screen").await;
    assert_eq!(status, 404);
    let sent = daemon.coda(&["send", &id, "hello"]).await;
    assert_eq!(sent.code, Some(1), "{sent:?}");
}

#[tokio::test]
async fn what_is_sent_arrives_once_though_the_daemon_is_killed() {
    let daemon = Daemon::start().await;
    let file = daemon.home().join("typed");
    let script = format!("stty -echo; echo go; exec cat > '{}'", file.display());
    let id = daemon.run(&script).await;
    daemon.until_captured(&id, "go").await;
    let text: String = (0..60_000).map(|line| format!("line {line}\n")).collect();
    let sending = coda_reading(daemon.home(), &["send", &id], text.as_bytes());
    let killing = async {
        for _ in 0..2 {
            let old = daemon.kill_daemon().await;
            daemon.until_back(old).await;
        }
    };
    let (sent, ()) = tokio::join!(sending, killing);
    sent.well();
    until("everything in the file", || async {
        (std::fs::metadata(&file).unwrap().len() >= text.len() as u64).then_some(())
    })
    .await;
    assert!(std::fs::read_to_string(&file).unwrap() == text, "not what was sent");
}

#[tokio::test]
async fn waiting_for_the_end_gives_the_programs_code() {
    let daemon = Daemon::start().await;
    let id = daemon.new_session(&["--", "sh", "-c", "read line; exit 7"]).await;
    let waiting = daemon.coda(&["wait", "--exit", &id]);
    let ending = daemon.coda(&["send", "-e", &id, "now"]);
    let (waited, _) = tokio::join!(waiting, ending);
    assert_eq!(waited.code, Some(7), "{waited:?}");
    let id = daemon.new_session(&["--", "sh", "-c", "kill -9 $$"]).await;
    assert_eq!(daemon.coda(&["wait", "--exit", &id]).await.code, Some(137));
}

#[tokio::test]
async fn waiting_ends_when_the_session_is_quiet_or_says_it() {
    let daemon = Daemon::start().await;
    let id = daemon.new_session(&SHELL).await;
    daemon.coda(&["wait", "--idle", "0.3", &id]).await.well();
    daemon.coda(&["wait", "--pattern", "[$#]$", &id]).await.well();
    let waiting = daemon.coda(&["wait", "--pattern", "^done in [0-9]+ s$", "--timeout", "50", &id]);
    let saying = daemon.coda(&["send", "-e", &id, "printf '\\033[1mdone\\033[m in %d s\\n' 42"]);
    let (waited, _) = tokio::join!(waiting, saying);
    waited.well();
    let late = daemon.coda(&["wait", "--pattern", "never said", "--timeout", "0.2", &id]).await;
    assert_eq!(late.code, Some(124), "{late:?}");
    let waiting = daemon.coda(&["wait", "--pattern", "never said", &id]);
    let ending = daemon.coda(&["send", "-e", &id, "exit"]);
    let (waited, _) = tokio::join!(waiting, ending);
    assert_eq!(waited.code, Some(65), "{waited:?}");
    let wrong = daemon.coda(&["wait", &id]).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let wrong = daemon.coda(&["wait", "--pattern", "(", &id]).await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
}

#[tokio::test]
async fn waiting_outlives_the_daemon() {
    let daemon = Daemon::start().await;
    let id = daemon.new_session(&["--", "sh", "-c", "read line; echo it is $line; sleep 1000"]).await;
    let waiting = daemon.coda(&["wait", "--pattern", "it is there", &id]);
    let doing = async {
        daemon.until_row(&id, "the waiting to begin", |row| row["viewers"] == 1).await;
        let old = daemon.kill_daemon().await;
        daemon.until_back(old).await;
        daemon.coda(&["send", "-e", &id, "there"]).await.well();
    };
    let (waited, ()) = tokio::join!(waiting, doing);
    waited.well();
}

#[tokio::test]
async fn killing_ends_a_program_and_forgetting_takes_it_off_the_list() {
    let daemon = Daemon::start().await;
    let first = daemon.new_session(&["--label", "one", "--", "sleep", "1000"]).await;
    let second = daemon.new_session(&["--", "sleep", "1000"]).await;
    let wrong = daemon.coda(&["kill", "one", "nobody"]).await;
    assert_eq!(wrong.code, Some(67), "{wrong:?}");
    assert_eq!(daemon.row(&first).await["state"], "running", "all or nothing");
    daemon.coda(&["kill", "one", &second]).await.well();
    for id in [&first, &second] {
        let row = daemon.row(id).await;
        assert_eq!((row["state"].as_str(), row["exit"]["reason"].as_str()), (Some("ended"), Some("closed")));
    }
    let again = daemon.coda(&["kill", "one"]).await;
    assert!(again.err.contains("--forget"), "{again:?}");
    again.well();
    assert!(!daemon.row(&first).await.is_null(), "an ended session stays listed");
    daemon.coda(&["kill", "--forget", "one"]).await.well();
    assert!(daemon.row(&first).await.is_null());
    let third = daemon.new_session(&["--", "sleep", "1000"]).await;
    daemon.coda(&["kill", "--forget", &third]).await.well();
    assert!(daemon.row(&third).await.is_null());
}

// ---- the socket file -----------------------------------------------------------------------------

fn socket(home: &Path) -> std::path::PathBuf {
    home.join(".coda/coda.sock")
}

/// Asks through the socket file, and gives the status.
async fn ask(daemon: &Daemon, request: &str) -> u16 {
    let mut stream = UnixStream::connect(socket(daemon.home())).await.unwrap();
    let request = format!("{request}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer[9..12].parse().unwrap()
}

#[tokio::test]
async fn the_socket_file_is_for_programs_of_its_owner() {
    let daemon = Daemon::start().await;
    let metadata = std::fs::metadata(socket(daemon.home())).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let above = std::fs::metadata(daemon.home().join(".coda")).unwrap();
    assert_eq!(above.permissions().mode() & 0o777, 0o700);
    assert_eq!(ask(&daemon, "GET /api/sessions HTTP/1.1\r\nHost: localhost\r\n").await, 200);
    assert_eq!(ask(&daemon, "POST /api/session HTTP/1.1\r\nHost: anything\r\n").await, 200);
    for browser in ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Origin: http://localhost"]
    {
        let request = format!("POST /api/session HTTP/1.1\r\nHost: localhost\r\n{browser}\r\n");
        assert!([401, 403].contains(&ask(&daemon, &request).await), "{browser}");
    }
}

#[tokio::test]
async fn commands_wait_until_a_killed_daemon_is_back() {
    let daemon = Daemon::start().await;
    let id = daemon.new_session(&["--", "sleep", "1000"]).await;
    // More in a row, and the keeper would wait longer than the command does.
    for _ in 0..2 {
        let old = daemon.kill_daemon().await;
        assert!(daemon.coda(&["ls"]).await.well().contains(&id[..8]));
        daemon.until_back(old).await;
    }
}

#[tokio::test]
async fn without_a_server_commands_say_how_to_start_one() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &["ls"][..],
        &["new", "-d"],
        &["capture", "x"],
        &["wait", "--exit", "x"],
        &["kill", "x"],
        &["send", "x", "y"],
    ] {
        let ran = coda(home.path(), arguments).await;
        assert_eq!(ran.code, Some(68), "{ran:?}");
        assert!(ran.err.contains("start it with `coda serve`"), "{ran:?}");
    }
    let options = Options { home: Some(home.path().to_owned()), ..Options::default() };
    let mut daemon = Daemon::with(options).await;
    daemon.coda(&["ls"]).await.well();
    daemon.signal(libc::SIGTERM);
    assert_eq!(daemon.until_ended().await, Some(0));
    assert!(!socket(home.path()).exists(), "a server that ends takes its socket file away");
    assert_eq!(coda(home.path(), &["ls"]).await.code, Some(68));
}

#[tokio::test]
async fn a_home_too_deep_for_a_socket_is_told() {
    let home = tempfile::tempdir().unwrap();
    let deep = home.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let daemon = Daemon::with(Options { home: Some(deep), ..Options::default() }).await;
    daemon.until_logged("no local command line").await;
    let ran = daemon.coda(&["ls"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("choose a shorter --home"), "{ran:?}");
    let (status, _) = daemon.get("/api/sessions").await;
    assert_eq!(status, 200, "everything else works");
}

// ---- doctor and the distribution -------------------------------------------------------------------

async fn doctor(home: &Path, env: &[(&str, &str)]) -> (Ran, Value) {
    let mut command = command(home, &["doctor", "--json"]);
    command.env("CODA_BIND", "127.0.0.1:0").envs(env.iter().copied());
    let ran = ended(command).await;
    let said = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    (ran, said)
}

fn level<'a>(said: &'a Value, check: &str) -> &'a str {
    let checks = said["checks"].as_array().unwrap();
    let found = checks.iter().find(|found| found["check"] == check);
    found.unwrap_or_else(|| panic!("{check} in {said:#}"))["level"].as_str().unwrap()
}

#[tokio::test]
async fn the_doctor_finds_a_running_server_and_what_a_killed_one_left() {
    let home = tempfile::tempdir().unwrap();
    let (ran, said) = doctor(home.path(), &[]).await;
    assert_eq!((ran.code, level(&said, "server")), (Some(0), "warn"), "{ran:?}");
    let options = Options { home: Some(home.path().to_owned()), ..Options::default() };
    let daemon = Daemon::with(options).await;
    let (ran, said) = doctor(home.path(), &[]).await;
    assert_eq!((ran.code, &said["ok"]), (Some(0), &json!(true)), "{ran:?}");
    for check in ["settings", "state", "socket", "server", "terminals", "shell"] {
        assert_eq!(level(&said, check), "ok", "{said:#}");
    }
    // Keeper first, then the daemon: nobody tidies up.
    drop(daemon);
    let (ran, said) = doctor(home.path(), &[]).await;
    assert_eq!((ran.code, level(&said, "socket")), (Some(0), "warn"), "{ran:?}");
    assert!(ran.out.contains("left from a server that was killed"), "{ran:?}");
}

#[tokio::test]
async fn the_doctor_says_what_fails_and_tells_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let secret = "dapi-not-to-be-seen";
    let (ran, said) = doctor(home.path(), &[("DATABRICKS_TOKEN", secret), ("LC_ALL", "POSIX")]).await;
    assert_eq!((level(&said, "databricks"), level(&said, "locale")), ("ok", "warn"));
    assert!(ran.out.contains("DATABRICKS_TOKEN") && !ran.out.contains(secret), "{ran:?}");
    let file = home.path().join("coda.toml");
    std::fs::write(&file, "[sessions]\nshell = \"/no/such/shell\"\n").unwrap();
    let config = [("CODA_CONFIG", file.to_str().unwrap())];
    let (ran, said) = doctor(home.path(), &config).await;
    assert_eq!((ran.code, level(&said, "shell")), (Some(1), "fail"), "{ran:?}");
    std::fs::write(&file, "[sessions]\nshel = \"x\"\n").unwrap();
    let (ran, said) = doctor(home.path(), &config).await;
    assert_eq!((ran.code, level(&said, "settings")), (Some(1), "fail"), "{ran:?}");
    assert!(ran.out.contains("did you mean"), "{ran:?}");
}

#[tokio::test]
async fn completions_and_manual_pages_know_every_subcommand() {
    let dir = tempfile::tempdir().unwrap();
    coda(dir.path(), &["generate", dir.path().to_str().unwrap()]).await.well();
    let help = coda(dir.path(), &["--help"]).await.well();
    let commands = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let commands: Vec<&str> = commands.map_while(|line| line.split_whitespace().next()).collect();
    for expected in ["serve", "ls", "new", "attach", "send", "capture", "wait", "kill", "doctor"] {
        assert!(commands.contains(&expected), "{expected} in {commands:?}");
    }
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    for file in ["completions/coda.bash", "completions/_coda", "completions/coda.fish"] {
        let text = read(file);
        for command in commands.iter().filter(|command| **command != "help") {
            assert!(text.contains(command), "{command} in {file}");
        }
        assert!(!text.contains("daemon"), "{file} offers what is not for people");
    }
    assert!(read("man/coda.1").contains("coda\\-attach(1)"));
    for command in commands.iter().filter(|command| **command != "help") {
        let named = format!("coda\\-{}", command.replace('-', "\\-"));
        assert!(read(&format!("man/coda-{command}.1")).contains(&named), "{command}");
    }
    assert!(!dir.path().join("man/coda-daemon.1").exists());
}
