//! Projects and what agents remember are in the workspace, too, and nothing gets lost on the way. Against the emulator
//! of a workspace.

mod instance;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;
use workspace::{Fault, Workspace};

use self::instance::{Hand, Instance, put};
use crate::support::{BINARY, Daemon, coda, ended, until};

const ANN: &str = "ann@example.com";
const PROJECTS: &str = "/Workspace/Users/ann@example.com/projects";
const STATE: &str = "/Workspace/Users/ann@example.com/.state/coda";

fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect()
}

/// The names of what was kept beside.
fn conflicts(files: &BTreeMap<String, String>) -> Vec<String> {
    files.keys().filter(|name| name.contains(".conflict-")).cloned().collect()
}

#[tokio::test]
async fn a_project_is_brought_over_as_it_is_and_changes_follow() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    let notebook = "# Databricks notebook source\nprint(1)";
    for (path, content) in [
        ("app/main.py", "1"),
        ("app/src/ä b.txt", "2"),
        ("app/note.py", notebook),
        ("app/data.ipynb", "{ }"),
        ("app/.gitignore", "*.log\n"),
        ("app/a.log", "ignored"),
        ("app/.git/config", "never"),
    ] {
        instance.put(path, content);
    }
    symlink("/etc/passwd", instance.home().join("projects/app/link")).unwrap();
    let ran = instance.sync("app").await;
    assert!(ran.err.contains("link"), "{ran:?}");
    assert!(ran.well().contains("5 uploaded"));
    let mut expected = files(&[
        ("main.py", "1"),
        ("src/ä b.txt", "2"),
        ("note.py", notebook),
        ("data.ipynb", "{ }"),
        (".gitignore", "*.log\n"),
    ]);
    assert_eq!(instance.there("app").await, expected);

    instance.put("app/main.py", "changed");
    instance.put("app/new/deep.txt", "3");
    fs::remove_dir_all(instance.home().join("projects/app/src")).unwrap();
    let out = instance.sync("app").await.well();
    assert!(out.contains("2 uploaded, 0 downloaded, 1 deleted, 3 unchanged"), "{out}");
    expected.remove("src/ä b.txt");
    expected.extend(files(&[("main.py", "changed"), ("new/deep.txt", "3")]));
    assert_eq!(instance.there("app").await, expected);
    let names: Vec<String> = instance
        .hand
        .list(&format!("{PROJECTS}/app"))
        .await
        .iter()
        .map(|object| object["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect();
    assert!(!names.contains(&"src".to_owned()), "a folder without anything in it goes: {names:?}");
}

/// B-68: the Python daemon started a process for each commit; a rebase was a storm of them.
#[tokio::test]
async fn a_storm_of_commits_is_one_turn_or_two() {
    let workspace = Workspace::start();
    let instance = Instance::every([3, 1], &workspace, &[], None).await;
    for number in 0..100 {
        instance.put("app/main.py", &number.to_string());
        assert_eq!(instance.committed("app").await, 202);
    }
    instance.until_row("project", "app", |row| row["standing"] == "idle" && row["finished"] != 0).await;
    let row = instance.row("project", "app").await.unwrap();
    assert!(row["finished"].as_u64().unwrap() <= 2, "{row}");
    assert_eq!(instance.there("app").await, files(&[("main.py", "99")]));
}

#[tokio::test]
async fn what_changed_on_both_sides_is_kept_on_both_names() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    instance.put("app/both", "base");
    instance.put("app/theirs", "base");
    instance.put("app/gone", "base");
    instance.sync("app").await.well();
    instance.put("app/both", "ours");
    fs::remove_file(instance.home().join("projects/app/gone")).unwrap();
    for name in ["both", "theirs", "gone"] {
        instance.hand.write(&format!("{PROJECTS}/app/{name}"), &format!("{name} by hand")).await;
    }
    let ran = instance.sync("app").await;
    assert!(ran.err.contains("kept beside") && ran.err.contains("left there"), "{ran:?}");
    ran.well();
    let there = instance.there("app").await;
    let kept = conflicts(&there);
    assert_eq!(kept.len(), 1, "{there:?}");
    assert_eq!(there[&kept[0]], "both by hand");
    assert_eq!(
        (&*there["both"], &*there["theirs"], &*there["gone"]),
        ("ours", "theirs by hand", "gone by hand")
    );
    assert_eq!(
        instance.read("app/theirs").as_deref(),
        Some("base"),
        "nothing is changed under a running agent"
    );
}

/// B-68: instances with one identity wrote over each other.
#[tokio::test]
async fn two_instances_of_one_person_do_not_overwrite_each_other() {
    let workspace = Workspace::start();
    let first = Instance::with(&workspace, &[("CODA_INSTANCE_NAME", "w-1")], None).await;
    let second = Instance::with(&workspace, &[("CODA_INSTANCE_NAME", "w-2")], None).await;
    for (instance, content) in [(&first, "1"), (&second, "2")] {
        instance.put("app/x", content);
        instance.sync("app").await.well();
    }
    for (name, content) in [("w-1", "1"), ("w-2", "2")] {
        let at = format!("/Workspace/Users/{ANN}/coda/{name}/projects/app");
        assert_eq!(first.hand.files(&at).await, files(&[("x", content)]));
    }
    // Those that nobody told apart share a place; the other's content is kept beside.
    let third = Instance::start(&workspace).await;
    let fourth = Instance::start(&workspace).await;
    for (instance, content) in [(&third, "3"), (&fourth, "4")] {
        instance.put("app/x", content);
        instance.sync("app").await.well();
    }
    let there = third.there("app").await;
    assert_eq!((&*there["x"], &*there[&conflicts(&there)[0]]), ("4", "3"));
}

#[tokio::test]
async fn a_project_is_restored_and_says_why_not() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    let hand = &instance.hand;
    for (path, content) in
        [("app/a", "1"), ("app/b/run.sh", "#!/bin/sh\n"), ("app/.git/hooks/post-commit", "evil")]
    {
        hand.write(&format!("{PROJECTS}/{path}"), content).await;
    }
    let out = instance.coda(&["restore", "app"]).await.well();
    assert!(out.contains("2 downloaded"), "{out}");
    assert_eq!(
        (instance.read("app/a").as_deref(), instance.read("app/.git/hooks/post-commit")),
        (Some("1"), None)
    );

    for outside in ["../x", "/etc", ".."] {
        assert_eq!(instance.coda(&["restore", outside]).await.code, Some(2), "{outside}");
    }
    assert_eq!(instance.coda(&["sync", "/etc"]).await.code, Some(2));
    instance.put("app/a", "mine");
    let refused = instance.coda(&["restore", "app"]).await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert_eq!(instance.read("app/a").as_deref(), Some("mine"));
    hand.write(&format!("{PROJECTS}/app/a"), "theirs").await;
    instance.coda(&["restore", "app", "--force"]).await.well();
    let kept = fs::read_dir(instance.home().join("projects/app")).unwrap().flatten();
    let kept = kept.map(|entry| entry.path()).find(|path| path.to_string_lossy().contains(".conflict-"));
    assert_eq!(fs::read_to_string(kept.unwrap()).unwrap(), "mine");
    assert_eq!(instance.read("app/a").as_deref(), Some("theirs"));
    let nothing = instance.coda(&["restore", "missing"]).await;
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
    assert!(nothing.err.contains("nothing at"), "{nothing:?}");
}

#[tokio::test]
async fn wsync_is_coda_sync_and_takes_the_project_of_the_directory() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    instance.put("app/x/y", "1");
    let link = instance.home().join("wsync");
    symlink(BINARY, &link).unwrap();
    let mut command = tokio::process::Command::new(link);
    command.env("CODA_HOME", instance.home()).current_dir(instance.home().join("projects/app/x"));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).kill_on_drop(true);
    assert!(ended(command).await.well().contains("app"), "the project, not the directory in it");
    assert_eq!(instance.there("app").await, files(&[("x/y", "1")]));
}

/// B-69: what was restored overwrote what was newer here.
#[tokio::test]
async fn what_agents_and_shells_remember_comes_back_on_a_new_machine_and_overwrites_nothing() {
    let workspace = Workspace::start();
    let hand = Hand::of(&workspace);
    let memory = ".claude/projects/p/memory";
    for (path, content) in [
        (".bash_history", "old\n"),
        (".bashrc", "evil"),
        (".claude/projects/p/memory/note.md", "old"),
        (".claude/projects/p/memory/new.md", "from the last one"),
    ] {
        hand.write(&format!("{STATE}/{path}"), content).await;
    }
    let home = tempfile::tempdir().unwrap();
    put(&home.path().join(memory).join("note.md"), "newer");
    put(&home.path().join(".bash_history"), "now\n");
    let instance = Instance::with(&workspace, &[], Some(home.path().to_owned())).await;
    until("what was there has come", || async {
        home.path().join(memory).join("new.md").exists().then_some(())
    })
    .await;
    until("both histories are there", || async {
        let there = hand.files(STATE).await;
        (there[".bash_history"] == "old\nnow\n" && there[&format!("{memory}/note.md")] == "newer")
            .then_some(())
    })
    .await;
    let read = |path: &str| fs::read_to_string(home.path().join(path)).ok();
    assert_eq!(read(".bash_history").as_deref(), Some("old\nnow\n"));
    assert_eq!(read(&format!("{memory}/note.md")).as_deref(), Some("newer"));
    assert_eq!(read(".bashrc"), None);
    let there = hand.files(STATE).await;
    let kept = conflicts(&there);
    assert_eq!(kept.len(), 1, "{there:?}");
    assert_eq!(there[&kept[0]], "old");
    drop(instance);
}

/// B-68: what was under way at a redeployment was lost.
#[tokio::test]
async fn what_was_written_last_is_there_after_the_end() {
    let workspace = Workspace::start();
    let mut instance = Instance::every([3_600, 3_600], &workspace, &[], None).await;
    instance.until_row("state", "state", |row| row["last_success"].is_string()).await;
    put(&instance.home().join(".claude/projects/p/memory/last.md"), "last words");
    // A commit that waits, too.
    instance.put("app/main.py", "1");
    assert_eq!(instance.committed("app").await, 202);
    instance.daemon.signal(libc::SIGTERM);
    assert_eq!(instance.daemon.until_ended().await, Some(0));
    let there = instance.hand.files(STATE).await;
    assert_eq!(there.get(".claude/projects/p/memory/last.md").map(String::as_str), Some("last words"));
    assert_eq!(instance.there("app").await, files(&[("main.py", "1")]));
}

#[tokio::test]
async fn a_daemon_killed_in_the_middle_leaves_no_torn_file_and_no_false_conflict() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    let content = |number: usize| format!("{number}\n").repeat(20_000);
    for number in 0..60 {
        instance.put(&format!("app/{number}"), &content(number));
    }
    workspace.fault(Fault::on("POST /api/2.0/workspace-files/*").always().delay(20));
    instance.committed("app").await;
    until("some files are there", || async { (instance.there("app").await.len() > 10).then_some(()) }).await;
    let old = instance.daemon.kill_daemon().await;
    for (name, found) in instance.there("app").await {
        assert!(found == content(name.parse().unwrap()), "{name} is torn");
    }
    workspace.clear_faults();
    until("another daemon", || async { instance.daemon.daemon_pid().filter(|pid| *pid != old) }).await;
    // What was sent before the kill has changed here since: it is still known to be ours.
    instance.put("app/0", "changed");
    until("it is done", || async { (instance.sync("app").await.code == Some(0)).then_some(()) }).await;
    let there = instance.there("app").await;
    assert_eq!((there.len(), &*there["0"]), (60, "changed"), "{:?}", conflicts(&there));
}

#[tokio::test]
async fn a_flaky_workspace_gets_everything_in_the_end() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    let flaky = || Fault::on("* /api/2.0/workspace*").always();
    workspace.fault(flaky().chance(0.05).error(500, "INTERNAL_ERROR", "not now"));
    workspace.fault(flaky().chance(0.05).after_handler().reset());
    workspace.fault(flaky().chance(0.03).rate_limited(workspace::RetryAfter::Absent));
    let mut expected = BTreeMap::new();
    for number in 0..80 {
        instance.put(&format!("app/{}/{number}", number % 7), &number.to_string());
        expected.insert(format!("{}/{number}", number % 7), number.to_string());
    }
    instance.committed("app").await;
    instance.until_row("project", "app", |row| row["last_success"].is_string()).await;
    workspace.clear_faults();
    assert_eq!(instance.there("app").await, expected);
}

#[tokio::test]
async fn many_small_files_are_brought_over() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    for number in 0..2_000 {
        instance.put(&format!("app/{}/{number}", number % 40), &number.to_string());
    }
    assert_eq!(instance.committed("app").await, 202);
    let row = instance.until_row("project", "app", |row| row["last_success"].is_string()).await;
    assert_eq!((&row["uploaded"], &row["kept"]["count"]), (&json!(2_000), &json!(0)), "{row}");
    let out = instance.sync("app").await.well();
    assert!(out.contains("0 uploaded") && out.contains("2000 unchanged"), "{out}");
}

#[tokio::test]
async fn the_status_says_what_is_wrong_and_what_was_left_out() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    instance.put("app/fine", "1");
    instance.put("app/refused", "1");
    instance.put("app/ blank", "1");
    fs::File::create(instance.home().join("projects/app/large")).unwrap().set_len(11 << 20).unwrap();
    let refuse = Fault::on("POST /api/2.0/workspace-files/*refused*").always();
    workspace.fault(refuse.error(403, "PERMISSION_DENIED", "this folder is read-only"));
    let ran = instance.sync("app").await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("read-only"), "{ran:?}");
    let row = instance.row("project", "app").await.unwrap();
    assert!(row["error"].as_str().unwrap().contains("read-only") && row["last_success"].is_null(), "{row}");
    assert_eq!(
        (&row["again"], &row["failed"]["count"], &row["skipped"]["count"]),
        (&json!(false), &json!(1), &json!(2))
    );
    assert!(row["skipped"].to_string().contains("10 MiB"), "{row}");
    workspace.clear_faults();
    instance.sync("app").await.well();
    let row = instance.row("project", "app").await.unwrap();
    assert!(row["error"].is_null() && row["last_success"].is_string(), "{row}");
    assert_eq!(instance.status().await["user"], ANN);
}

/// What is on both sides and nobody knows of is read; what cannot be read stays as it is, and the others go on.
#[tokio::test]
async fn a_file_that_cannot_be_read_over_there_stops_no_other() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    for name in ["a", "b"] {
        instance.hand.write(&format!("{PROJECTS}/app/{name}"), "theirs").await;
        instance.put(&format!("app/{name}"), "ours");
    }
    let read = Fault::on("GET /api/2.0/workspace/export").times(1);
    workspace.fault(read.error(403, "PERMISSION_DENIED", "not for you"));
    let ran = instance.sync("app").await;
    assert!(ran.code == Some(1) && ran.err.contains("not for you"), "{ran:?}");
    let there = instance.there("app").await;
    let of = |there: &BTreeMap<String, String>, content| there.values().filter(|it| *it == content).count();
    assert_eq!((of(&there, "ours"), of(&there, "theirs"), conflicts(&there).len()), (1, 2, 1), "{there:?}");
    instance.sync("app").await.well();
    let there = instance.there("app").await;
    assert_eq!((of(&there, "ours"), of(&there, "theirs"), conflicts(&there).len()), (2, 2, 2), "{there:?}");
}

#[tokio::test]
async fn without_a_workspace_there_is_nothing_to_synchronise_with() {
    let daemon = Daemon::start().await;
    let (status, body) = daemon.get("/api/sync-status").await;
    assert_eq!((status, &body["enabled"]), (200, &json!(false)));
    let (status, body) = daemon.post("/api/sync/project", json!({ "path": daemon.home() })).await;
    assert_eq!((status, &body["code"]), (409, &json!("no_workspace")));
    let ran = coda(daemon.home(), &["sync"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
}

/// Git itself, where it is installed.
#[tokio::test]
async fn a_commit_alone_brings_a_project_over() {
    let workspace = Workspace::start();
    let instance = Instance::start(&workspace).await;
    instance.put("app/main.py", "1");
    let folder = instance.home().join("projects/app");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]);
        let ran = command.args(arguments).current_dir(&folder).env("HOME", instance.home()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    until("the commit is there", || async {
        (instance.there("app").await == files(&[("main.py", "1")])).then_some(())
    })
    .await;
}
