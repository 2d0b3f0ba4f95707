//! Commands, their status and their directories, from shells whose files nobody edits.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Options, until};

/// A daemon whose home has these files.
async fn with_files(files: &[(&str, &str)], config: Option<&str>) -> (tempfile::TempDir, Daemon) {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(home.path().join(name), text).unwrap();
    }
    let options = Options {
        home: Some(home.path().to_owned()),
        config: config.map(str::to_owned),
        ..Options::default()
    };
    let daemon = Daemon::with(options).await;
    (home, daemon)
}

async fn commands(daemon: &Daemon, id: &str) -> Vec<Value> {
    let (status, answer) = daemon.get(&format!("/api/sessions/{id}/commands")).await;
    assert_eq!(status, 200, "{answer}");
    answer["commands"].as_array().unwrap().clone()
}

/// Waits until so many commands are listed and the last one has ended.
async fn until_ended(daemon: &Daemon, id: &str, count: usize) -> Vec<Value> {
    until(&format!("{count} commands to have ended"), || async {
        let commands = commands(daemon, id).await;
        assert!(commands.len() <= count, "more than {count} commands: {commands:#?}");
        let ended = commands.iter().filter(|command| !command["ended_at"].is_null()).count();
        (ended == count).then_some(commands)
    })
    .await
}

/// A shell at its first prompt, which says `ready$`.
async fn shell(daemon: &Daemon, command: &[&str]) -> (String, Client) {
    let id = daemon.create(json!({"command": command, "rows": 24, "cols": 100})).await;
    let mut client = daemon.connect().await;
    client.join_as(1, &id, json!({"from": 0})).await;
    client.until_shown(1, "ready$").await;
    (id, client)
}

fn lines(commands: &[Value]) -> Vec<&str> {
    commands.iter().map(|command| command["command"].as_str().unwrap_or("-")).collect()
}

fn codes(commands: &[Value]) -> Vec<Option<i64>> {
    commands.iter().map(|command| command["exit_code"].as_i64()).collect()
}

/// What every shell must tell: lines, codes, directories, places, and what it must not say.
async fn tells_everything(daemon: &Daemon, id: &str, client: &mut Client) {
    let dir = daemon.home().join("a b;é");
    fs::create_dir(&dir).unwrap();
    for line in [
        "echo fir''st; true",
        "(exit 3)",
        "",
        "cd 'a b;é'",
        "for i in 1 2\rdo echo \"in $i\"\rdone",
        " echo hidd''en",
        "echo st=$? é",
    ] {
        client.type_line(1, line).await;
    }
    let told = until_ended(daemon, id, 6).await;
    let multi = told[3]["command"].as_str().unwrap();
    assert!(multi.starts_with("for i in 1 2") && multi.contains("do echo \"in $i\""), "{multi}");
    assert_eq!(
        [lines(&told[..3]), lines(&told[4..])].concat(),
        ["echo fir''st; true", "(exit 3)", "cd 'a b;é'", "-", "echo st=$? é"],
    );
    assert_eq!(codes(&told), [Some(0), Some(3), Some(0), Some(0), Some(0), Some(0)]);
    assert!(told.iter().all(|command| command["trusted"] == true), "{told:#?}");
    assert_eq!(told[2]["cwd"], daemon.home().to_str().unwrap());
    assert_eq!(told[5]["cwd"], dir.to_str().unwrap());
    assert!(told.iter().all(|command| command["duration"].as_f64().unwrap() >= 0.0));

    // Offsets lead to the output.
    let end = told[5]["end_offset"].as_u64().unwrap();
    let view = client.until(1, "the output of all", |view| view.offset() >= end).await;
    let output = |command: &Value| {
        let [begin, end] = ["offset", "end_offset"].map(|at| command[at].as_u64().unwrap() - view.base);
        String::from_utf8_lossy(&view.output[begin as usize..end as usize]).into_owned()
    };
    assert!(output(&told[0]).starts_with("first\r\n"), "{:?}", output(&told[0]));
    assert!(output(&told[4]).starts_with("hidden\r\n"), "{:?}", output(&told[4]));

    client.type_line(1, "sleep 1000").await;
    until("the sleep to be listed", || async { (commands(daemon, id).await.len() == 7).then_some(()) }).await;
    // Before the program has the terminal an interrupt is the shell's.
    daemon.until_row(id, "the sleep to run", |row| row["process"] == "sleep").await;
    client.input(1, b"\x03").await;
    client.until(1, "the interrupt to end it", |view| view.text().contains("^C")).await;
    let told = until_ended(daemon, id, 7).await;
    assert_eq!((told[6]["exit_code"].as_i64(), &told[6]["command"]), (Some(130), &json!("sleep 1000")));
    client.type_line(1, "env | grep -c -e CODA_SHELL -e __coda").await;
    let told = until_ended(daemon, id, 8).await;
    assert_eq!(told[7]["exit_code"], 1, "a child inherits nothing of it");
}

#[tokio::test]
async fn bash_tells_its_commands() {
    let files = [(".bashrc", "PS1='ready$ '; HISTCONTROL=ignoreboth")];
    let (_home, daemon) = with_files(&files, None).await;
    let (id, mut client) = shell(&daemon, &[]).await;
    tells_everything(&daemon, &id, &mut client).await;
    client.type_line(1, "history | grep -c coda_").await;
    client.type_line(1, "history | grep -c coda_").await;
    let told = until_ended(&daemon, &id, 10).await;
    let again = ["history | grep -c coda_"; 2];
    assert_eq!(lines(&told[8..]), again, "a line that the history does not keep twice is told twice");
    assert_eq!(daemon.row(&id).await["process"], "bash");
    // Ended sessions, too, also for a daemon that has never seen them run.
    client.type_line(1, "exit 5").await;
    client.until(1, "the exit to be told", |view| view.exit.is_some()).await;
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;
    let told = until_ended(&daemon, &id, 11).await;
    assert_eq!((lines(&told[10..]), codes(&told[10..])), (vec!["exit 5"], vec![None]));
}

#[tokio::test]
async fn zsh_tells_its_commands() {
    let installed = std::process::Command::new("zsh").arg("--version").output().is_ok();
    if !installed {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "zsh is not installed");
        eprintln!("skipped: zsh is not installed");
        return;
    }
    let files = [
        (".zshenv", "export FROM_ENV=1"),
        (".zshrc", "PS1='ready$ '; setopt hist_ignore_space; precmd() { PS1='ready$ ' }"),
    ];
    let (_home, daemon) = with_files(&files, None).await;
    let (id, mut client) = shell(&daemon, &["zsh"]).await;
    tells_everything(&daemon, &id, &mut client).await;
    client.type_line(1, "[[ -z ${ZDOTDIR-} && $FROM_ENV == 1 ]]").await;
    assert_eq!(codes(&until_ended(&daemon, &id, 9).await[8..]), [Some(0)], "its own files were read");
}

#[tokio::test]
async fn a_login_bash_reads_what_it_would_have_read() {
    let files = [
        (".bash_profile", "FROM=profile; . ~/.bashrc"),
        (".bashrc", "PS1='ready$ '; FROM=$FROM+rc"),
        (".bash_logout", "echo logged out"),
    ];
    let (_home, daemon) = with_files(&files, None).await;
    let (id, mut client) = shell(&daemon, &["/bin/bash", "-l"]).await;
    client
        .type_line(
            1,
            "[ $FROM = profile+rc ] && shopt -q login_shell && ! shopt -qo posix && [ -z \"$ENV\" ]",
        )
        .await;
    assert_eq!(codes(&until_ended(&daemon, &id, 1).await), [Some(0)]);
    client.type_line(1, "logout").await;
    client.until_shown(1, "logged out").await;
}

/// What people put into their files: prompts made anew each time, arrays, strict modes, traps, aliases.
#[tokio::test]
async fn files_of_all_kinds_keep_working() {
    for (kind, rc, shown) in [
        ("array", "PROMPT_COMMAND=('echo \"[pc $?]\"' 'PS1=\"ready\\$ \"'); PS0='<ps0>'", "[pc 3]"),
        ("string", "PROMPT_COMMAND='echo \"[pc $?]\"; PS1=\"ready\\$ \"'; PS0='<ps0>'", "[pc 3]"),
        ("exported", "export PROMPT_COMMAND='echo \"[pc $?]\"' PS1='ready$ ' PS0='<ps0>'", "[pc 3]"),
        (
            "strict",
            "set -u; PS1='ready$ '; PS0='<ps0>'; alias printf='echo no' local='echo no'; IFS=_",
            "ready$",
        ),
        ("in the prompt", "PS1='<$?> ready$ '; PS0='<ps0>'", "<3> ready$"),
        (
            "traps",
            "PS1='ready$ '; PS0='<ps0>'; trap 'D=$BASH_COMMAND' DEBUG; trap 'echo \"[err $?]\"' ERR",
            "[err 3]",
        ),
    ] {
        let (_home, daemon) = with_files(&[(".bashrc", rc)], None).await;
        let (id, mut client) = shell(&daemon, &["/bin/bash"]).await;
        client.type_line(1, "(exit 3)").await;
        let told = until_ended(&daemon, &id, 1).await;
        assert_eq!((lines(&told), codes(&told)), (vec!["(exit 3)"], vec![Some(3)]), "{kind}");
        client.type_line(1, "bash --norc; PROMPT_COMMAND='echo replaced'").await;
        client.until(1, "the inner shell", |view| view.text().matches("<ps0>").count() >= 2).await;
        client.type_line(1, "echo in''side; exit 4").await;
        let view = client.until_shown(1, "inside").await;
        for wanted in [shown, "<ps0>"] {
            assert!(view.text().contains(wanted), "{kind}: {wanted} in {:?}", view.text());
        }
        client.until_shown(1, "replaced").await;
        for wrong in ["not found", "unbound", "no \\e]", "invalid"] {
            assert!(!client.views[&1].text().contains(wrong), "{kind}: {:?}", client.views[&1].text());
        }
        let listed = || async { Some(commands(&daemon, &id).await).filter(|told| told.len() > 1) };
        let told = until("the second command in the list", listed).await;
        assert_eq!(told.len(), 2, "a shell inside is not marked: {kind}: {told:#?}");
    }
}

/// `set -e` in a start-up file ended the shell before its first prompt.
#[tokio::test]
async fn a_shell_that_ends_at_errors_does_not_end_at_ours() {
    let (_home, daemon) = with_files(&[(".bashrc", "PS1='ready$ '; set -eu")], None).await;
    let (id, mut client) = shell(&daemon, &["/bin/bash"]).await;
    client.type_line(1, "! true").await;
    client.type_line(1, "echo go''es on").await;
    client.until_shown(1, "goes on").await;
    assert_eq!(codes(&until_ended(&daemon, &id, 2).await), [Some(1), Some(0)]);
}

#[tokio::test]
async fn a_directory_made_anew_is_entered_and_one_that_is_gone_is_left() {
    let (_home, daemon) = with_files(&[(".bashrc", "PS1='ready$ '")], None).await;
    let repo = daemon.home().join("repo/sub");
    fs::create_dir_all(&repo).unwrap();
    let (id, mut client) = shell(&daemon, &["/bin/bash"]).await;
    client.type_line(1, "cd repo/sub").await;
    until_ended(&daemon, &id, 1).await;
    fs::remove_dir(&repo).unwrap();
    fs::create_dir(&repo).unwrap();
    fs::write(repo.join("fresh"), "").unwrap();
    client.type_line(1, "true").await;
    client.type_line(1, "ls").await;
    client.until_shown(1, "fresh").await;
    assert!(!client.views[&1].text().contains("is gone"));
    fs::remove_dir_all(daemon.home().join("repo")).unwrap();
    client.type_line(1, "true").await;
    let said = format!("coda: {} is gone; now in {}\r\n", repo.display(), daemon.home().display());
    client.until_shown(1, &said).await;
    client.type_line(1, "pwd").await;
    let told = until_ended(&daemon, &id, 5).await;
    assert_eq!(told[4]["cwd"], daemon.home().to_str().unwrap());
}

#[tokio::test]
async fn a_file_with_marks_in_it_is_not_trusted() {
    let (_home, daemon) = with_files(&[(".bashrc", "PS1='ready$ '")], None).await;
    let hostile =
        "\x1b]133;D;0\x07\x1b]133;A\x07\x1b]133;C;cmdline_url=rm%20-rf\x07x\x1b]133;D;0;coda=00\x07";
    fs::write(daemon.home().join("hostile"), hostile).unwrap();
    let (id, mut client) = shell(&daemon, &["/bin/bash"]).await;
    client.type_line(1, "cat hostile; (exit 7)").await;
    let told = until_ended(&daemon, &id, 2).await;
    assert_eq!(lines(&told), ["cat hostile; (exit 7)", "rm -rf"]);
    assert_eq!(
        (codes(&told)[0], &told[0]["trusted"], &told[1]["trusted"]),
        (Some(7), &json!(true), &json!(false))
    );
}

#[tokio::test]
async fn commands_come_in_pages() {
    let (_home, daemon) = with_files(&[(".bashrc", "PS1='ready$ '")], None).await;
    let (id, mut client) = shell(&daemon, &["/bin/bash"]).await;
    for number in 0..5 {
        client.type_line(1, &format!(": {number}")).await;
    }
    until_ended(&daemon, &id, 5).await;
    let path = format!("/api/sessions/{id}/commands");
    let newest = daemon.get(&format!("{path}?limit=2")).await.1;
    assert_eq!(lines(newest["commands"].as_array().unwrap()), [": 3", ": 4"]);
    let older = daemon.get(&format!("{path}?limit=10&before={}", newest["before"])).await.1;
    assert_eq!(lines(older["commands"].as_array().unwrap()), [": 0", ": 1", ": 2"]);
    assert_eq!(older["before"], Value::Null);
    assert_eq!(daemon.get("/api/sessions/nobody/commands").await.0, 404);
    assert_eq!(daemon.get(&format!("{path}?limit=x")).await.0, 400);
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let config = "[sessions]\nshell_integration = false";
    let (_home, daemon) = with_files(&[(".bashrc", "PS1='ready$ '")], Some(config)).await;
    let (id, mut client) = shell(&daemon, &["/bin/bash"]).await;
    client.type_line(1, "echo do''ne").await;
    let view = client.until_shown(1, "done").await;
    assert!(!view.text().contains("\x1b]133"), "{:?}", view.text());
    assert_eq!(commands(&daemon, &id).await, Vec::<Value>::new());
    assert!(!daemon.home().join(".coda/shell").exists());
}
