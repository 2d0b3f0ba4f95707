//! What is made of an agent's end.

use serde_json::json;

use super::{DONE, Place, id, order, text};
use crate::support::until;

/// Script, status, failure or kinds of doubts.
const ENDS: &[(&str, &str, &str)] = &[
    (r#"finish '{"status": "completed", "summary": "ok"}'"#, "completed", ""),
    // A result that is not left as it should be counts once it is whole.
    (
        r#"printf '{"status": "compl' > "$DIR/result.json"; sleep 0.6; echo '{"status": "completed"}' > "$DIR/result.json""#,
        "completed",
        "",
    ),
    // The agent finds no end, and has nothing more to say.
    (r#"finish '{"status": "completed"}'; sleep 1000"#, "completed", ""),
    (r#"finish '{"status": "completed"}'; exit 3"#, "completed", "exit"),
    (
        r#"finish '{"status": "completed", "errors": ["no tests"], "files_changed": 3}'"#,
        "completed",
        "errors,result",
    ),
    (
        r#"echo '{"type":"result","subtype":"success","is_error":false,"permission_denials":[{"tool_name":"Write"}]}'; finish '{"status": "completed"}'"#,
        "completed",
        "denied",
    ),
    // Refused, and exit 0: A7 3 and every agent there is.
    (
        r#"echo '{"type":"result","subtype":"success","is_error":false,"permission_denials":[{"tool_name":"Write"}]}'"#,
        "failed",
        "denied",
    ),
    (r#"echo 'Error code: 401 - invalid token'"#, "failed", "api_error"),
    (r#"echo '{"type":"turn.failed","error":{"message":"429"}}'; exit 1"#, "failed", "api_error"),
    ("true", "failed", "no_result"),
    (r#"printf '{"status": "compl' > "$DIR/result.json""#, "failed", "no_result"),
    (r#"say completed done; echo completed"#, "failed", "no_result"),
    (r#"mkdir "$DIR/result.json""#, "failed", "no_result"),
    ("exit 9", "failed", "crashed"),
    ("kill -9 $$", "failed", "crashed"),
    (r#"finish '{"status": "failed", "summary": "no such table"}'"#, "failed", "reported"),
    (r#"finish '{"status": "info_needed", "feedback": "which table?"}'"#, "info_needed", ""),
    (r#"finish '{"status": "needs_approval", "feedback": "drop it?"}'"#, "needs_approval", ""),
];

#[tokio::test]
async fn an_end_is_taken_for_what_it_is() {
    let place = Place::new("concurrent = 20\nqueue = 50");
    let daemon = place.start().await;
    let mut tasks = Vec::new();
    for (script, _, _) in ENDS {
        tasks.push(id(&daemon.hand_over(order(script)).await));
    }
    for ((script, status, more), task) in ENDS.iter().zip(tasks) {
        let task = daemon.until_over(&task).await;
        assert_eq!(task["status"], *status, "{script}: {task:#}");
        let doubts = task["doubts"].as_array().unwrap().iter().map(|doubt| text(&doubt["kind"]));
        let found = if *status == "failed" {
            text(&task["failure"]).to_owned()
        } else {
            doubts.collect::<Vec<_>>().join(",")
        };
        assert_eq!(found, *more, "{script}: {task:#}");
        assert_eq!(
            task["questions"].as_array().unwrap().len(),
            usize::from(status.contains("need")),
            "{task:#}"
        );
    }
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_told_of_at_once() {
    let place = Place::new("concurrent = 1");
    place.program("leaves");
    let daemon = place.start().await;
    let (status, refusal) = daemon.post("/api/tasks", json!({"prompt": "x", "agent": "missing"})).await;
    assert_eq!((status, text(&refusal["code"])), (409, "agent_unavailable"), "{refusal}");
    assert!(text(&refusal["error"]).contains("coda setup"), "{refusal}");
    // It was there when the order came.
    let first = daemon.hand_over(json!({"prompt": "sleep 1000"})).await;
    let gone = daemon.hand_over(json!({"prompt": "x", "agent": "leaves"})).await;
    std::fs::remove_file(place.home.join("leaves")).unwrap();
    daemon.do_with_task(&id(&first), "cancel", json!({})).await;
    let task = daemon.until_task(&id(&gone), "failed").await;
    assert_eq!(task["failure"], "not_started", "{task:#}");
    let (status, refusal) = daemon.post("/api/tasks", json!({"prompt": "x", "agent": "vi"})).await;
    assert_eq!((status, text(&refusal["code"])), (400, "agent_unavailable"), "{refusal}");
}

/// What is in `config/agents`, or in a file of one's own, needs no command in `coda.toml`.
#[tokio::test]
async fn an_agent_with_a_file_works_on_tasks() {
    let place = Place::new("");
    let files = place.home.join(".coda/agents");
    std::fs::create_dir_all(&files).unwrap();
    let script = place.home.join("agent.sh").display().to_string();
    let own = format!("[launch]\none_shot = [\"/bin/bash\", {script:?}, \"{{prompt}}\"]\n");
    std::fs::write(files.join("own.toml"), own).unwrap();
    let absent = "[launch]\none_shot = [\"no-such-agent\", \"{prompt}\"]\n";
    std::fs::write(files.join("absent.toml"), absent).unwrap();
    let daemon = place.start().await;
    let task = daemon.hand_over(json!({"prompt": DONE, "agent": "own"})).await;
    daemon.until_task(&id(&task), "completed").await;
    let (status, refusal) = daemon.post("/api/tasks", json!({"prompt": "x", "agent": "absent"})).await;
    assert_eq!((status, text(&refusal["code"])), (409, "agent_unavailable"), "{refusal}");
    let told = text(&refusal["error"]);
    assert!(told.contains("no-such-agent") && told.contains("coda setup"), "{refusal}");
}

/// A7 1, 5: the replaced server saw no progress, so it stopped who was at work, and waited for five minutes for who was
/// not.
#[tokio::test]
async fn time_is_over_for_who_does_nothing_and_not_for_who_works() {
    let place = Place::new("");
    let daemon = place.start().await;
    let idle = daemon.hand_over(json!({"prompt": "sleep 1000", "timeout_s": 1})).await;
    let works = format!("for i in 1 2 3 4 5 6 7 8 9 10; do say execute_$i working; sleep 0.5; done; {DONE}");
    let works = daemon.hand_over(json!({"prompt": works, "timeout_s": 1})).await;
    let idle = daemon.until_task(&id(&idle), "timeout").await;
    assert_eq!(idle["failure"], "timed_out");
    until("progress to be seen", || async {
        let task = daemon.task(&id(&works)).await;
        text(&task["progress"]["step"]).starts_with("execute_").then_some(())
    })
    .await;
    let works = daemon.until_task(&id(&works), "completed").await;
    assert_eq!(works["progress"]["step"], "execute_10", "{works:#}");
    let steps = works["events"].as_array().unwrap().iter().filter(|event| event["what"] == "step").count();
    assert_eq!(steps, 10);
    assert_eq!(works["result"]["summary"], "it is done");
    assert_eq!(works["receipt"]["status"], "completed");
}
