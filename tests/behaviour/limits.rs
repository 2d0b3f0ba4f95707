//! How many sessions there may be, and what decides it.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Daemon, Options, TOKEN, until};

async fn with_environment(variables: &[(&str, &str)]) -> Daemon {
    let environment = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Daemon::with(Options { environment, ..Options::default() }).await
}

/// A request for a session that is refused for want of room: its whole answer.
async fn refused(daemon: &Daemon, code: &str) -> Value {
    let (status, answer) = daemon.post("/api/session", json!({})).await;
    assert_eq!((status, &answer["code"]), (429, &json!(code)), "{answer}");
    assert_eq!(answer["error"], answer["message"]);
    assert!(!answer["retry_guidance"].as_str().unwrap().is_empty(), "{answer}");
    answer
}

/// Users once hit the limit with sessions that had ended long ago.
#[tokio::test]
async fn only_running_sessions_count_and_a_slot_comes_back() {
    let daemon = with_environment(&[("MAX_CONCURRENT_SESSIONS", "2")]).await;
    for _ in 0..3 {
        let ended = daemon.run("exit 0").await;
        daemon.until_row(&ended, "the end", |row| row["exited"] == true).await;
    }
    let first = daemon.shell().await;
    daemon.shell().await;

    let answer = refused(&daemon, "BROWSER_SESSION_LIMIT").await;
    assert!(answer["error"].as_str().unwrap().contains("the limit of 2"), "{answer}");
    assert_eq!((&answer["current"], &answer["limit"]), (&json!(2), &json!(2)));
    assert_eq!(
        answer["capacity"]["browser_sessions"],
        json!({"current": 2, "pending": 0, "limit": 2, "accepting": false})
    );
    let request = daemon.request(reqwest::Method::POST, "/api/session").bearer_auth(TOKEN);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "10");

    daemon.post("/api/session/close", json!({"session_id": first})).await;
    daemon.until_row(&first, "its end", |row| row["exited"] == true).await;
    daemon.shell().await;
    refused(&daemon, "BROWSER_SESSION_LIMIT").await;
}

/// Two requests at the same moment once both found the last slot free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_never_get_more_than_the_limit() {
    let daemon = with_environment(&[("MAX_CONCURRENT_SESSIONS", "3")]).await;
    for _ in 0..3 {
        let all = (0..20).map(|_| daemon.post("/api/session", json!({"command": ["/bin/sleep", "600"]})));
        let answers = futures_util::future::join_all(all).await;
        let made: Vec<&Value> =
            answers.iter().filter(|(status, _)| *status == 200).map(|(_, answer)| answer).collect();
        assert_eq!(made.len(), 3);
        assert!(answers.iter().all(|(status, _)| [200, 429].contains(status)));
        for answer in made {
            let id = answer["session_id"].as_str().unwrap();
            daemon.post("/api/session/close", json!({"session_id": id})).await;
            daemon.until_row(id, "its end", |row| row["exited"] == true).await;
        }
    }
}

/// A request that fails for another reason once kept its slot.
#[tokio::test]
async fn a_session_that_cannot_start_takes_no_slot() {
    let daemon = with_environment(&[("MAX_CONCURRENT_SESSIONS", "1")]).await;
    for _ in 0..3 {
        let (status, answer) = daemon.post("/api/session", json!({"command": ["/nowhere"]})).await;
        assert_eq!(status, 400, "{answer}");
    }
    daemon.shell().await;
}

// ---- the container's memory --------------------------------------------------------------------

/// What the container may use, in bytes: a per cent of it is a whole number.
const LIMIT: u64 = 1000 << 20;

/// A container, as its files show it.
struct Container(TempDir);

impl Container {
    fn new(percent: u64) -> Container {
        let container = Container(tempfile::tempdir().unwrap());
        container.write("memory.max", &LIMIT.to_string());
        container.uses(percent);
        container
    }

    fn write(&self, name: &str, text: &str) {
        let next = self.0.path().join("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(next, self.0.path().join(name)).unwrap();
    }

    /// Beside it, a fifth of the memory is page cache.
    fn uses(&self, percent: u64) {
        let cache = LIMIT / 5;
        self.write(
            "memory.stat",
            &format!("anon 1\nactive_file {}\ninactive_file {}\n", cache / 2, cache - cache / 2),
        );
        self.write("memory.current", &(LIMIT / 100 * percent + cache).to_string());
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    async fn daemon(&self) -> Daemon {
        with_environment(&[("CODA_CGROUP_V2_ROOT", self.path().to_str().unwrap())]).await
    }
}

async fn until_percent(daemon: &Daemon, percent: f64) -> Value {
    until("the memory to be seen", || async {
        let (status, capacity) = daemon.get("/api/capacity").await;
        assert_eq!(status, 200);
        (capacity["percent"] == json!(percent)).then_some(capacity)
    })
    .await
}

/// Page cache once counted as used, and a machine with room refused sessions.
#[tokio::test]
async fn short_memory_refuses_until_it_is_really_free_again() {
    let container = Container::new(79);
    let daemon = container.daemon().await;
    daemon.shell().await;

    container.uses(80);
    assert_eq!(until_percent(&daemon, 80.0).await["state"], "pressure");
    let answer = refused(&daemon, "BROWSER_MEMORY_PRESSURE").await;
    assert_eq!((&answer["current"], &answer["limit"]), (&json!(1), &json!(1100)));
    assert_eq!(answer["capacity"]["browser_sessions"]["accepting"], false);
    assert_eq!(answer["capacity"]["percent"], 80.0);

    container.uses(71);
    assert_eq!(until_percent(&daemon, 71.0).await["state"], "pressure", "not yet");
    refused(&daemon, "BROWSER_MEMORY_PRESSURE").await;

    container.uses(70);
    assert_eq!(until_percent(&daemon, 70.0).await["state"], "ok");
    daemon.shell().await;
    container.uses(79);
    until_percent(&daemon, 79.0).await;
    daemon.shell().await;
    daemon.until_logged("memory is free again").await;
}

#[tokio::test]
async fn capacity_has_the_fields_that_clients_know() {
    let container = Container::new(50);
    let daemon = container.daemon().await;
    daemon.shell().await;
    for path in ["/api/capacity", "/api/resource-status"] {
        let (status, capacity) = daemon.get(path).await;
        assert_eq!(status, 200);
        let keys: Vec<&str> = capacity.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = vec![
            "current",
            "limit",
            "percent",
            "telemetry_available",
            "state",
            "observed_at",
            "high_watermark_percent",
            "resume_threshold_percent",
            "reserve_mb",
            "browser_sessions",
            "process_tree_rss_mb",
        ];
        expected.sort_unstable();
        assert_eq!(
            {
                let mut keys = keys;
                keys.sort_unstable();
                keys
            },
            expected
        );
        assert_eq!((&capacity["current"], &capacity["limit"]), (&json!(LIMIT / 2), &json!(LIMIT)));
        assert_eq!((&capacity["state"], &capacity["telemetry_available"]), (&json!("ok"), &json!(true)));
        assert_eq!(
            (&capacity["high_watermark_percent"], &capacity["resume_threshold_percent"]),
            (&json!(80), &json!(70))
        );
        assert_eq!(capacity["reserve_mb"], 125, "an eighth of a small container");
        assert_eq!(
            capacity["browser_sessions"],
            json!({"current": 1, "pending": 0, "limit": 1100, "accepting": true})
        );
        // Keeper, daemon and a shell.
        assert!(capacity["process_tree_rss_mb"].as_f64().unwrap() > 5.0, "{capacity}");
    }
}

/// Without a limit of its own a container has no memory to be short of; the host's never counts.
#[tokio::test]
async fn what_cannot_be_read_refuses_nobody() {
    let container = Container::new(99);
    container.write("memory.max", "max\n");
    let daemon = container.daemon().await;
    daemon.shell().await;
    let (_, capacity) = daemon.get("/api/capacity").await;
    assert_eq!(
        (&capacity["state"], &capacity["telemetry_available"]),
        (&json!("unavailable"), &json!(false))
    );
    assert_eq!(
        (&capacity["current"], &capacity["limit"], &capacity["percent"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(capacity["browser_sessions"]["accepting"], true);
    container.write("memory.max", "garbage");
    daemon.shell().await;
}

/// The part that knows the memory may be broken; sessions start all the same.
#[tokio::test]
async fn a_crash_of_the_capacity_costs_nobody_a_session() {
    let daemon = Daemon::start().await;
    let (status, _) = daemon.post("/api/admin/actors/capacity/crash", json!({})).await;
    assert_eq!(status, 200);
    daemon.shell().await;
    assert_eq!(daemon.get("/api/capacity").await.0, 200);
}

/// What a program's own niceness and that of its scheduling group are.
async fn niceness(daemon: &Daemon) -> (String, Option<String>) {
    let id = daemon.run("nice; cat /proc/self/autogroup 2>/dev/null; echo over; sleep 600").await;
    let text = until("the answer", || async {
        let text = daemon.text(&format!("/api/sessions/{id}/recording.txt")).await;
        text.contains("over").then_some(text)
    })
    .await;
    let group =
        text.lines().find_map(|line| line.split_once(" nice ")).map(|(_, nice)| nice.trim().to_owned());
    (text.lines().next().unwrap().trim().to_owned(), group)
}

/// Programs that print or build with all their might made the screens of all sessions stutter.
#[tokio::test]
async fn programs_stand_behind_the_daemon_as_far_as_one_likes() {
    let ours = rustix::process::getpriority_process(None).unwrap();
    // The kernel lets others than root say it a few times a second only.
    let heard = rustix::process::geteuid().is_root();
    for (asked, config) in [(10, String::new()), (0, "[sessions]\nniceness = 0\n".to_owned())] {
        let daemon = Daemon::with(Options { config: Some(config), ..Options::default() }).await;
        let (own, group) = niceness(&daemon).await;
        assert_eq!(own, (ours + asked).min(19).to_string());
        assert!(group.is_none_or(|group| !heard || group == asked.to_string()), "the group of {asked}");
    }
}
