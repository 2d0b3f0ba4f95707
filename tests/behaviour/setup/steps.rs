//! How steps go: what they need, when they are tried again, and what outlives a daemon.

use serde_json::json;
use workspace::Workspace;

use super::{Machine, script, step_of};
use crate::support::{Daemon, Wire, until};

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn a_step_without_its_product_has_failed() {
    let machine = Machine::new().await;
    machine.steps(&script("idle", "true", "retries = 0\nproduces = [\"~/made\"]"));
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("idle", "error").await;
    assert_eq!(step["error"], "it ended well, but ~/made is not there");
}

#[tokio::test]
async fn what_fails_is_tried_again_and_what_needs_it_goes_on_when_it_is_mended() {
    let machine = Machine::new().await;
    let count = "echo x >> tries; test -e mended || { echo 'token dapi0123456789abcdef0123456789'; exit 3; }; touch made";
    let after = script("after", "touch after", "needs = [\"first\"]\nproduces = [\"~/after\"]");
    machine.steps(&(script("first", count, "retries = 2\nproduces = [\"~/made\"]") + &after));
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("first", "error").await;
    assert_eq!((&step["attempts"], &step["retry"]), (&3.into(), &true.into()));
    let error = step["error"].as_str().unwrap();
    assert!(error.contains("sh ended with exit status: 3: token dapi****"), "{error}");
    assert_eq!(std::fs::read_to_string(machine.home.join("tries")).unwrap().lines().count(), 3);
    let after = daemon.until_step("after", "skipped").await;
    assert!(after["reason"].as_str().unwrap().contains("needs \"first\""), "{after:#}");
    let (status, refused) = daemon.order("retry", "after").await;
    assert_eq!((status, &refused["code"]), (409, &json!("step_blocked")));
    std::fs::write(machine.home.join("mended"), "").unwrap();
    assert_eq!(daemon.order("retry", "first").await.0, 200);
    until("both are done", || async {
        let setup = daemon.setup().await;
        let is_done = |id: &str| step_of(&setup, id)["state"] == "complete";
        (is_done("first") && is_done("after")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_right_already_is_skipped_fast() {
    let machine = Machine::new().await;
    machine.steps(&script("made", "echo x >> made", "produces = [\"~/made\"]"));
    std::fs::write(machine.home.join("made"), "mine").unwrap();
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("made", "skipped").await;
    assert_eq!(step["reason"], "what it makes is there");
    assert_eq!(std::fs::read_to_string(machine.home.join("made")).unwrap(), "mine");
}

/// P-21: a step starts without the secrets of the instance, with the home and the path that sessions have.
#[tokio::test]
async fn a_step_starts_with_a_clean_environment() {
    let mut machine = Machine::new().await;
    for (name, value) in [
        ("DATABRICKS_CLIENT_ID", "app-id"),
        ("DATABRICKS_CLIENT_SECRET", "app-secret"),
        ("MY_API_TOKEN", "leaked"),
        ("HTTPS_PROXY", "http://ann:pw@127.0.0.1:9"),
        ("NO_PROXY", "127.0.0.1"),
    ] {
        machine.set(name, value);
    }
    machine.steps(&script("look", "env > seen", "produces = [\"~/seen\"]"));
    let daemon = machine.start().await;
    daemon.begin().await;
    daemon.until_step("look", "complete").await;
    let seen = std::fs::read_to_string(machine.home.join("seen")).unwrap();
    let home = machine.home.display();
    assert!(
        seen.contains(&format!("\nHOME={home}\n")) || seen.starts_with(&format!("HOME={home}\n")),
        "{seen}"
    );
    assert!(seen.contains(&format!("PATH={home}/.local/bin:")), "{seen}");
    assert!(seen.contains("https_proxy=http://ann:pw@127.0.0.1:9"), "what fetches needs its proxy: {seen}");
    for secret in ["app-secret", "app-id", "leaked"] {
        assert!(!seen.contains(secret), "{seen}");
    }
}

/// A daemon that is killed in the middle of a step leaves nothing running, and the next one does the step again.
#[tokio::test]
async fn a_killed_daemon_goes_on_where_it_was() {
    let machine = Machine::new().await;
    let first = script("first", "echo x >> firsts; touch first", "produces = [\"~/first\"]");
    let slow = "echo $$ >> pids; echo x >> slows; test -e go || sleep 1000; touch slow";
    let slow = script("slow", slow, "needs = [\"first\"]\nproduces = [\"~/slow\"]");
    machine.steps(&(first + &slow));
    let daemon = machine.start().await;
    daemon.begin().await;
    let pids = machine.home.join("pids");
    let pid = until("the step runs", || async {
        std::fs::read_to_string(&pids).ok()?.lines().next()?.parse::<i32>().ok()
    })
    .await;
    // What is to be killed was written down.
    let state = machine.home.join(".coda/setup/state.json");
    until("the state is kept", || async {
        std::fs::read_to_string(&state).ok().filter(|text| text.contains(&pid.to_string())).map(drop)
    })
    .await;
    let old = daemon.kill_daemon().await;
    std::fs::write(machine.home.join("go"), "").unwrap();
    daemon.until_back(old).await;
    let step = daemon.until_step("slow", "complete").await;
    assert_eq!(step["attempts"], 1, "the interrupted try does not count");
    until("the former program is gone", || async { (!alive(pid)).then_some(()) }).await;
    let lines = |name: &str| std::fs::read_to_string(machine.home.join(name)).unwrap().lines().count();
    assert_eq!((lines("firsts"), lines("slows")), (1, 2), "what was done is not done again");
}

fn alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

/// On the platform it begins by itself; what needs no token does not wait for one.
#[tokio::test]
async fn a_token_that_arrives_starts_what_waited_for_it() {
    let workspace = Workspace::start();
    let ann = workspace.person(ANN);
    let mut machine = Machine::new().await;
    machine.set("DATABRICKS_HOST", workspace.url());
    machine.set("DATABRICKS_APP_NAME", "ann-1");
    machine.set("APP_OWNER_EMAIL", ANN);
    machine.steps("[[step]]\nid = \"dbcli\"\nretries = 0\n[[step]]\nid = \"micro\"\nretries = 0\n");
    let daemon = machine.start().await;
    let status = async || -> serde_json::Value {
        let answer = ask(&daemon, "GET /api/setup-status", "").await;
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"))
    };
    until("it waits for the token", || async {
        let setup = status().await;
        let waits = step_of(&setup, "databricks");
        (waits["state"] == "waiting_for_token" && setup["status"] != "running").then_some(waits)
    })
    .await;
    let setup = status().await;
    assert_eq!(step_of(&setup, "databricks")["status"], "pending", "as clients of old know it");
    for id in ["git", "gateway"] {
        assert_eq!(step_of(&setup, id)["status"], "complete", "{}", step_of(&setup, id));
    }
    let answer = ask(&daemon, "POST /api/configure-pat", &json!({"token": ann.token}).to_string()).await;
    assert!(answer.contains(ANN), "{answer}");
    until("both are done", || async {
        let setup = status().await;
        let done = |id: &str| step_of(&setup, id)["state"] == "complete";
        (done("databricks") && done("credentials")).then_some(())
    })
    .await;
    let log = step_of(&status().await, "credentials")["log"].to_string();
    assert!(log.contains("it is the token of ann@example.com"), "{log}");
}

async fn ask(daemon: &Daemon, line: &str, body: &str) -> String {
    let headers = [
        ("Host", daemon.address.as_str()),
        ("X-Forwarded-Email", ANN),
        ("Authorization", "Bearer from-the-workspace"),
        ("Content-Type", "application/json"),
    ];
    Wire::to(daemon).await.ask(line, &headers, body).await.body
}

#[tokio::test]
async fn repositories_are_cloned_once_and_one_that_fails_holds_no_other_up() {
    let mut machine = Machine::new().await;
    let list = format!("--upload-pack=x, {}/nothing.git", machine.registry.url);
    machine.set("GIT_REPOS", &list);
    std::fs::create_dir_all(machine.home.join("projects/there")).unwrap();
    machine.steps("[[step]]\nid = \"git-clone\"\nretries = 0\n");
    let daemon = machine.start().await;
    daemon.begin().await;
    let step = daemon.until_step("git-clone", "error").await;
    let error = step["error"].as_str().unwrap();
    assert!(error.contains("\"--upload-pack=x\" in GIT_REPOS is no repository"), "{error}");
    assert!(error.contains("nothing: git ended with"), "{error}");
    assert!(!machine.home.join("projects/nothing").exists());
    machine.assert_tidy();
}

#[tokio::test]
async fn projects_that_come_along_are_copied_once() {
    let machine = Machine::new().await;
    let bundled = machine.home.join("bundled");
    std::fs::create_dir_all(bundled.join("lesson/src")).unwrap();
    std::fs::write(bundled.join("lesson/src/a.py"), "print(1)").unwrap();
    let daemon = machine.start_with(&format!("projects = {:?}", bundled.display().to_string())).await;
    daemon.begin().await;
    daemon.until_step("projects", "complete").await;
    let file = machine.home.join("projects/lesson/src/a.py");
    assert!(machine.home.join("projects/lesson/.git").exists());
    std::fs::write(&file, "mine").unwrap();
    daemon.until_settled().await;
    daemon.begin().await;
    daemon.until_step("projects", "skipped").await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn a_step_that_breaks_is_a_failed_try() {
    a_crash_while_it_waits("setup:slow/crash?where=timer").await;
}

#[tokio::test]
async fn a_step_is_taken_up_again_when_the_setup_breaks() {
    a_crash_while_it_waits("setup/crash").await;
}

/// A step waits for ever in its first try, and finishes in its second.
async fn a_crash_while_it_waits(crash: &str) {
    let machine = Machine::new().await;
    let waits = "test -e go || { touch waits; sleep 1000; }; touch slow";
    machine.steps(&script("slow", waits, "produces = [\"~/slow\"]"));
    let daemon = machine.start().await;
    daemon.begin().await;
    until("the step to wait", || async { machine.home.join("waits").exists().then_some(()) }).await;
    std::fs::write(machine.home.join("go"), "").unwrap();
    let (status, body) = daemon.post(&format!("/api/admin/actors/{crash}"), json!({})).await;
    assert_eq!(status, 200, "{body}");
    daemon.until_step("slow", "complete").await;
}
