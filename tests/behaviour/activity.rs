//! What goes on in a session is said by its programs and its agents' hooks, and is in its row.

use serde_json::{Value, json};

use crate::support::{BINARY, Client, Daemon, coda_reading, until};

async fn until_activity(daemon: &Daemon, id: &str, state: Option<&str>) -> Value {
    let row =
        daemon.until_row(id, &format!("{state:?}"), |row| row["activity"]["state"].as_str() == state).await;
    row["activity"].clone()
}

/// A session in which each file that is made in its home is run as a script.
async fn obedient(daemon: &Daemon) -> String {
    daemon.run("n=0; while :; do [ -e say-$n ] && { . ./say-$n; n=$((n+1)); }; sleep 0.02; done").await
}

fn say(daemon: &Daemon, number: u32, script: &str) {
    let (draft, path) = (daemon.home().join("draft"), daemon.home().join(format!("say-{number}")));
    std::fs::write(&draft, script).unwrap();
    std::fs::rename(draft, path).unwrap();
}

fn hook(payload: &Value) -> String {
    format!("printf '%s' '{payload}' | {BINARY} hook agent > hook-said 2>&1; echo $? >> hook-codes")
}

/// Each has ended well.
async fn until_hooks_ended(daemon: &Daemon, count: usize) {
    let read = || std::fs::read_to_string(daemon.home().join("hook-codes")).unwrap_or_default();
    until("the hooks to end", || async { (read() == "0\n".repeat(count)).then_some(()) }).await;
}

fn has_heard(client: &Client, id: &str, state: &Value) -> bool {
    client.events.iter().any(|event| {
        event["name"] == "session.activity" && event["session_id"] == *id && event["activity"] == *state
    })
}

#[tokio::test]
async fn a_program_says_that_it_waits_and_everybody_hears_it() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    let id = obedient(&daemon).await;
    assert_eq!(daemon.row(&id).await["activity"], Value::Null);
    // "Bash: rm -r build" in base64.
    say(&daemon, 0, r"printf '\033]7501;state=blocked:kind=permission:msg=QmFzaDogcm0gLXIgYnVpbGQ=\033\\'");
    client.until_all("the event", |client| has_heard(client, &id, &json!("needs_approval"))).await;
    let activity = until_activity(&daemon, &id, Some("needs_approval")).await;
    assert_eq!(
        (&activity["source"], &activity["evidence"]),
        (&json!("program"), &json!("Bash: rm -r build"))
    );
    // What it said is said to the daemon after this one, too.
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;
    until_activity(&daemon, &id, Some("needs_approval")).await;
    // The prompt of a shell: whoever was at work is gone.
    say(&daemon, 1, r"printf '\033]133;A\033\\'");
    until_activity(&daemon, &id, None).await;
}

#[tokio::test]
async fn hooks_of_an_agent_are_heard_and_outlive_the_daemon() {
    let daemon = Daemon::start().await;
    let id = obedient(&daemon).await;
    let asks = json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": "git push"}});
    say(&daemon, 0, &hook(&asks));
    let activity = until_activity(&daemon, &id, Some("needs_approval")).await;
    assert_eq!((&activity["source"], &activity["evidence"]), (&json!("hook"), &json!("Bash: git push")));
    until_hooks_ended(&daemon, 1).await;
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;
    let again = until_activity(&daemon, &id, Some("needs_approval")).await;
    assert_eq!(again["since"], activity["since"], "it has waited since then");
    say(&daemon, 1, &hook(&json!({"hook_event_name": "PostToolUse", "tool_name": "Bash"})));
    until_activity(&daemon, &id, Some("working")).await;
    say(&daemon, 2, &hook(&json!({"hook_event_name": "Stop", "last_assistant_message": "Pushed."})));
    let done = until_activity(&daemon, &id, Some("done")).await;
    assert_eq!(done["evidence"], "Pushed.");
    assert!(done["waited_seconds"].as_f64().unwrap() > 0.0, "{done}");
    say(&daemon, 3, &hook(&json!({"hook_event_name": "SessionEnd"})));
    until_activity(&daemon, &id, None).await;
    until_hooks_ended(&daemon, 4).await;
    assert_eq!(std::fs::read(daemon.home().join("hook-said")).unwrap(), b"", "agents obey what hooks print");
}

#[tokio::test]
async fn an_end_leaves_nobody_waiting() {
    let daemon = Daemon::start().await;
    let id = obedient(&daemon).await;
    say(&daemon, 0, r"printf '\033]7501;state=working\033\\'");
    until_activity(&daemon, &id, Some("working")).await;
    say(&daemon, 1, "exit 3");
    let row = daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    assert_eq!(row["activity"], Value::Null);
}

/// An agent is never held up by its hooks, or told anything by them.
#[tokio::test]
async fn a_hook_that_nobody_hears_ends_well_and_says_nothing() {
    let home = tempfile::tempdir().unwrap();
    for input in ["{\"hook_event_name\": \"Stop\"}", "no json", ""] {
        let ran = coda_reading(home.path(), &["hook", "agent"], input.as_bytes()).await;
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""), "{input}");
    }
    let daemon = Daemon::start().await;
    let hook = json!({"session_id": "nobody", "payload": {"hook_event_name": "Stop"}});
    let refused = until("an answer", || async {
        let (status, answer) = daemon.post("/api/local/agent-hook", hook.clone()).await;
        Some((status, answer["code"].clone()))
    })
    .await;
    assert_eq!(refused, (403, json!("not_local")));
}
