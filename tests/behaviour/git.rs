//! Git in the sessions: passwords from the server, settings that are nobody else's, hooks that stay as they are.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;
use workspace::Workspace;

use crate::support::*;

const SECRET: &str = "forge-1f9a3c-not-to-be-seen";

/// Git as it runs in a session with this home, and nothing of the machine's own settings.
fn git(home: &Path, directory: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(directory).env_clear();
    git.env("HOME", home).env("PATH", std::env::var_os("PATH").unwrap());
    git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    git
}

async fn run(home: &Path, directory: &Path, arguments: &[&str]) -> Ran {
    ended(git(home, directory, arguments)).await
}

fn new_home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_owned();
    (home, path)
}

/// A daemon that gives `SECRET` to `hosts` and tells git so.
async fn daemon(home: &Path, hosts: &str) -> Daemon {
    let environment =
        [("GIT_TOKEN", SECRET), ("GIT_TOKEN_HOST", hosts), ("APP_OWNER_EMAIL", "ann.lee@x.com")];
    Daemon::with(Options {
        home: Some(home.to_owned()),
        config: Some("[git]\nconfigure = \"always\"\n".to_owned()),
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ..Options::default()
    })
    .await
}

async fn until_configured(home: &Path) {
    until("git to be told", || async {
        let found = run(home, home, &["config", "user.email"]).await;
        (found.out == "ann.lee@x.com\n").then_some(())
    })
    .await;
}

/// A bare repository with one commit, to be cloned.
async fn forge(root: &Path, home: &Path) {
    let bare = root.join("repo.git");
    run(home, root, &["init", "-q", "--bare", "-b", "main", bare.to_str().unwrap()]).await.well();
    run(home, &bare, &["config", "http.receivepack", "true"]).await.well();
    let tree = root.join("tree");
    run(home, root, &["init", "-q", "-b", "main", tree.to_str().unwrap()]).await.well();
    let author = ["-c", "user.name=a", "-c", "user.email=a@x.com"];
    let commit = [&author[..], &["commit", "-q", "--allow-empty", "-m", "first"]].concat();
    run(home, &tree, &commit).await.well();
    run(home, &tree, &["push", "-q", bare.to_str().unwrap(), "main"]).await.well();
}

async fn asked(home: &Path, operation: &str, input: &str) -> Ran {
    coda_reading(home, &["git-credential", operation], input.as_bytes()).await
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path()).filter(|path| !path.is_symlink());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// P-30, B-40, B-43: the token was in the environment of the server and of every terminal, where any program found it.
#[tokio::test]
async fn a_private_repository_is_cloned_and_pushed_to_and_nobody_sees_the_token() {
    let (_home, home) = new_home();
    let root = tempfile::tempdir().unwrap();
    forge(root.path(), &home).await;
    let server = GitServer::start(root.path(), "x-access-token", SECRET).await;
    let daemon = daemon(&home, &format!("http://{}", server.host)).await;
    until_configured(&home).await;
    std::fs::create_dir(home.join("projects")).unwrap();
    let script = format!(
        "cd ~/projects && GIT_TERMINAL_PROMPT=0 git clone -q {} work && cd work && git commit -q --allow-empty \
         -m 'from a session' && GIT_TERMINAL_PROMPT=0 git push -q origin HEAD:main; echo ended with $?; env; sleep 600",
        server.url("repo.git")
    );
    let id = daemon.run(&script).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    let shown = client.until_shown(1, "TERM=").await.shown();
    assert!(shown.contains("ended with 0") && !shown.contains(SECRET), "{shown}");
    let log = run(&home, &root.path().join("repo.git"), &["log", "--format=%an <%ae> %s"]).await.well();
    assert_eq!(log, "Ann Lee <ann.lee@x.com> from a session\na <a@x.com> first\n");
    assert!(server.shown.lock().unwrap().len() >= 2, "it was asked for");

    let processes = [vec![daemon.keeper_pid(), daemon.daemon_pid().unwrap()], daemon.programs()].concat();
    for pid in processes {
        for file in ["environ", "cmdline"] {
            let seen = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&seen).contains(SECRET), "{file} of {pid}");
        }
    }
    assert!(!daemon.log().contains(SECRET));
    for path in files(&home) {
        let text = std::fs::read(&path).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&text).contains(SECRET), "{}", path.display());
    }
}

/// The helper that came before answered every host whose name held the configured one, and every host at all when none
/// was configured.
#[tokio::test]
async fn only_the_configured_host_gets_the_token() {
    let (_home, home) = new_home();
    let daemon = daemon(&home, "git.example, git.example:8443").await;
    let given = |name: &str| format!("username={name}\npassword={SECRET}\n");
    for (operation, input, expected) in [
        ("get", "protocol=https\nhost=git.example\n\n", given("x-access-token")),
        (
            "get",
            "protocol=https\nhost=GIT.example:8443\npath=a/b\nwwwauth[]=Basic\n\n",
            given("x-access-token"),
        ),
        ("get", "protocol=https\nhost=git.example\nusername=ann\n", given("ann")),
        ("get", "protocol=http\nhost=git.example\n\n", String::new()),
        ("get", "protocol=https\nhost=git.example.evil\n\n", String::new()),
        ("get", "protocol=https\nhost=mygit.example\n\n", String::new()),
        ("get", "protocol=https\nhost=git.example:444\n\n", String::new()),
        ("get", "protocol=https\nhost=github.com\n\n", String::new()),
        ("get", "protocol=https\nhost=evil\nhost=git.example\n\n", String::new()),
        ("get", "", String::new()),
        ("store", "protocol=https\nhost=git.example\nusername=a\npassword=b\n\n", String::new()),
        ("erase", "protocol=https\nhost=git.example\n\n", String::new()),
        ("approve", "protocol=https\nhost=git.example\n\n", String::new()),
    ] {
        let ran = asked(&home, operation, input).await;
        assert_eq!(
            (ran.code, ran.out.as_str(), ran.err.as_str()),
            (Some(0), expected.as_str(), ""),
            "{input:?}"
        );
    }
    // The next daemon has it, too.
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;
    assert_eq!(
        asked(&home, "get", "protocol=https\nhost=git.example\n\n").await.out,
        given("x-access-token")
    );
}

/// The workspace's token is another one every few minutes, so git is given the one of the moment. Whose it is commits,
/// unless somebody has said who does.
#[tokio::test]
async fn the_workspace_s_own_host_gets_the_token_of_the_lease_and_its_person_commits() {
    let (_home, home) = new_home();
    let workspace = Workspace::start();
    let ann = workspace.person("ann.lee@example.com");
    let host = workspace.url().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    let environment = [
        ("DATABRICKS_HOST", workspace.url()),
        ("DATABRICKS_TOKEN", ann.token.as_str()),
        ("PAT_ROTATION_INTERVAL", "2"),
        ("PAT_TOKEN_LIFETIME", "120"),
    ];
    let _daemon = Daemon::with(Options {
        home: Some(home.clone()),
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ..Options::default()
    })
    .await;
    let request = format!("protocol=http\nhost={host}\n\n");
    let given = async || {
        let out = asked(&home, "get", &request).await.well();
        out.lines().find_map(|line| line.strip_prefix("password=").map(str::to_owned))
    };
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let another = async || given().await.filter(|token| !seen.contains(token));
        let token = until("another token of the lease", &another).await;
        assert!(workspace.is_live(&token), "git is given what counts");
        seen.insert(token);
    }
    for other in [format!("protocol=https\nhost={host}\n\n"), format!("protocol=http\nhost=x.{host}\n\n")] {
        assert_eq!(asked(&home, "get", &other).await.well(), "", "{other}");
    }
    until("the person of the lease to be told to git", || async {
        let email = run(&home, &home, &["config", "user.email"]).await.out;
        (email.trim() == "ann.lee@example.com").then_some(())
    })
    .await;
    assert_eq!(run(&home, &home, &["config", "user.name"]).await.well().trim(), "Ann Lee");
    // Git itself knows whom to ask.
    let filled = ended_reading(git(&home, &home, &["credential", "fill"]), request.as_bytes()).await.well();
    let password = filled.lines().find_map(|line| line.strip_prefix("password=")).unwrap();
    assert!(workspace.is_live(password));
}

#[tokio::test]
async fn without_a_token_or_a_server_there_is_no_answer_and_no_error() {
    let (_home, home) = new_home();
    let request = "protocol=https\nhost=github.com\n\n";
    let ran = asked(&home, "get", request).await;
    assert_eq!((ran.code, ran.out, ran.err), (Some(0), String::new(), String::new()));
    let _daemon = Daemon::with(Options { home: Some(home.clone()), ..Options::default() }).await;
    let ran = asked(&home, "get", request).await;
    assert_eq!((ran.code, ran.out, ran.err), (Some(0), String::new(), String::new()));
    assert!(!home.join(".gitconfig").exists(), "on somebody's own machine git is told nothing unasked");
}

#[tokio::test]
async fn a_token_is_given_through_the_socket_file_only() {
    let (_home, home) = new_home();
    let daemon = daemon(&home, "git.example").await;
    for path in ["/api/local/git-credential", "/api/local/post-commit", "/api/%6cocal/git-credential"] {
        let (status, answer) = daemon.post(path, json!({"protocol": "https", "host": "git.example"})).await;
        assert_eq!((status, &answer["code"]), (403, &json!("not_local")), "{path}: {answer}");
        assert!(!answer.to_string().contains(SECRET));
    }
}

/// B-55: `.gitconfig` was written anew at each start.
#[tokio::test]
async fn what_people_set_themselves_stays_and_wins() {
    let (_home, home) = new_home();
    let mine =
        "# mine\r\n[user]\n\tname = Somebody\n[alias]\n  st = status ; short\n[core]\n\thooksPath = /mine\n";
    std::fs::write(home.join(".gitconfig"), mine).unwrap();
    for _ in 0..2 {
        let _daemon = daemon(&home, "git.example").await;
        until_configured(&home).await;
    }
    let text = std::fs::read_to_string(home.join(".gitconfig")).unwrap();
    let ours = home.join(".coda/git/config");
    assert_eq!(text, format!("[include]\n\tpath = \"{}\"\n{mine}", ours.display()));
    for (key, expected) in
        [("user.name", "Somebody"), ("user.email", "ann.lee@x.com"), ("core.hooksPath", "/mine")]
    {
        assert_eq!(run(&home, &home, &["config", key]).await.out.trim(), expected);
    }
    let all = run(&home, &home, &["config", "--get-all", "credential.https://git.example.helper"]).await.out;
    assert!(
        all.starts_with("!'/") && all.contains("'git-credential' '--home'") && all.lines().count() == 1,
        "{all}"
    );

    std::fs::write(home.join(".gitconfig"), "[user\nbroken").unwrap();
    let daemon = daemon(&home, "git.example").await;
    daemon.until_logged("git cannot read").await;
    assert_eq!(std::fs::read_to_string(home.join(".gitconfig")).unwrap(), "[user\nbroken");
}

/// All hooks that git knows and that run in a repository.
const HOOKS: [&str; 21] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "pre-push",
    "pre-receive",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "reference-transaction",
    "push-to-checkout",
    "pre-auto-gc",
    "post-rewrite",
];

/// Does with git what runs hooks; what they said of themselves.
async fn exercise(home: &Path, folder: &Path) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let (said, template) = (folder.join("said"), folder.join("template"));
    std::fs::create_dir_all(template.join("hooks")).unwrap();
    for name in HOOKS.iter().filter(|name| !matches!(**name, "proc-receive" | "push-to-checkout")) {
        use std::os::unix::fs::PermissionsExt;
        let reads = if name.contains("re-receive") || *name == "pre-push" { "cat >/dev/null; " } else { "" };
        let refuses = if *name == "commit-msg" { "grep -q refused \"$1\" && exit 7; " } else { "" };
        let script =
            format!("#!/bin/sh\n{reads}echo \"{name} $#\" >> '{}'\n{refuses}exit 0\n", said.display());
        let path = template.join("hooks").join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let steps = r#"
        set -e
        export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@x
        export GIT_AUTHOR_DATE='2001-01-01 00:00:00 +0000' GIT_COMMITTER_DATE='2001-01-01 00:00:00 +0000'
        git init -q -b main --template=template work; git init -q --bare -b main --template=template bare
        cd work; echo 1 > f; git add f; git commit -q -m one
        git commit -q --allow-empty -m refused && exit 1
        git checkout -q -b side; echo 2 > g; git add g; git commit -q -m two
        git checkout -q main; echo 3 > h; git add h; git commit -q -m three; git merge -q side -m merged
        git commit -q --amend -m amended; git checkout -q -b third HEAD~1; echo 4 > i; git add i; git commit -q -m four
        git rebase -q side; git format-patch -q -1 --stdout > ../patch; git checkout -q main; git am -q ../patch
        git push -q ../bare main; git worktree add -q ../linked side; cd ../linked; git commit -q --allow-empty -m five
    "#;
    let as_git_does = git(home, folder, &[]);
    let mut bash = Command::new("bash");
    bash.arg("-c").arg(steps).current_dir(folder).env_clear();
    bash.envs(as_git_does.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
    bash.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    ended(bash).await.well();
    std::fs::read_to_string(said).unwrap()
}

/// B-55: a global place for hooks put those of the repositories out of force.
#[tokio::test]
async fn every_hook_of_a_repository_runs_as_without_us() {
    let (_bare, bare) = new_home();
    let alone = exercise(&bare, &bare.join("projects/place")).await;
    let (_home, home) = new_home();
    let _daemon = daemon(&home, "git.example").await;
    until_configured(&home).await;
    let with_us = exercise(&home, &home.join("projects/place")).await;
    assert_eq!(with_us, alone);
    for name in
        HOOKS.iter().filter(|name| !matches!(**name, "proc-receive" | "push-to-checkout" | "pre-auto-gc"))
    {
        assert!(alone.lines().any(|line| line.split(' ').next() == Some(*name)), "{name} ran: {alone}");
    }
}

/// The next fact of this name that the server tells.
async fn until_moved(client: &mut Client, repository: &Path) {
    let path = repository.canonicalize().unwrap();
    let is =
        |event: &Value| event["event"]["name"] == "repository.moved" || event["name"] == "repository.moved";
    client
        .until_all("the commit to be noticed", |client| {
            let of = |event: &&Value| is(event) && event.to_string().contains(path.to_str().unwrap());
            client.events.iter().any(|event| of(&event))
        })
        .await;
    client.events.clear();
}

#[tokio::test]
async fn a_commit_is_noticed_whatever_hooks_there_are() {
    let (_home, home) = new_home();
    let home = home.canonicalize().unwrap();
    let daemon = daemon(&home, "git.example").await;
    until_configured(&home).await;
    let mut client = daemon.connect().await;
    let id = daemon.run("sleep 600").await;
    client.join(1, &id).await;
    let work = home.join("projects/work");
    std::fs::create_dir_all(&work).unwrap();
    run(&home, &work, &["init", "-q", "-b", "main"]).await.well();
    let commit = ["commit", "-q", "--allow-empty", "--no-verify", "-m", "x"];
    run(&home, &work, &commit).await.well();
    until_moved(&mut client, &work).await;
    // As husky does.
    run(&home, &work, &["config", "core.hooksPath", ".husky/_"]).await.well();
    run(&home, &work, &commit).await.well();
    until_moved(&mut client, &work).await;
    let linked = home.join("projects/team/linked");
    run(&home, &work, &["worktree", "add", "-q", linked.to_str().unwrap()]).await.well();
    until_moved(&mut client, &linked).await;
    run(&home, &linked, &commit).await.well();
    until_moved(&mut client, &linked).await;
}

#[tokio::test]
async fn a_hook_may_tell_of_a_commit_and_is_never_in_the_way() {
    let (_home, home) = new_home();
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = elsewhere.path().canonicalize().unwrap();
    run(&home, &elsewhere, &["init", "-q", "-b", "main"]).await.well();
    let hook = || {
        let mut hook = command(&home, &["hook", "post-commit"]);
        hook.current_dir(&elsewhere);
        ended(hook)
    };
    let ran = hook().await;
    assert_eq!((ran.code, ran.out, ran.err), (Some(0), String::new(), String::new()), "no server");
    let daemon = daemon(&home, "git.example").await;
    let mut client = daemon.connect().await;
    let id = daemon.run("sleep 600").await;
    client.join(1, &id).await;
    let ran = hook().await;
    assert_eq!((ran.code, ran.out, ran.err), (Some(0), String::new(), String::new()));
    until_moved(&mut client, &elsewhere).await;
}
