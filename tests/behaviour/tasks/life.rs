//! From the order to the day when it is forgotten.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::{DONE, Place, id, order, session, text};
use crate::support::{coda, until};

fn log_path(place: &Place) -> String {
    place.home.join("log").display().to_string()
}

#[tokio::test]
async fn thirty_tasks_go_through_five_slots() {
    let place = Place::new("queue = 30");
    let daemon = place.start().await;
    let log = log_path(&place);
    let script = format!("echo + >> {log}; sleep 0.3; echo - >> {log}; {DONE}");
    let mut tasks = Vec::new();
    for _ in 0..30 {
        tasks.push(id(&daemon.hand_over(order(&script)).await));
    }
    let (_, list) = daemon.get("/api/tasks").await;
    let mut places: Vec<u64> =
        list["tasks"].as_array().unwrap().iter().filter_map(|task| task["position"].as_u64()).collect();
    places.sort_unstable();
    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>());
    for task in &tasks {
        daemon.until_task(task, "completed").await;
    }
    let mut running = 0;
    for line in place.log().lines() {
        running += if line == "+" { 1 } else { -1 };
        assert!((0..=5).contains(&running), "{running} at once");
    }
    assert_eq!(place.log().lines().count(), 60);
    let (_, list) = daemon.get("/api/tasks").await;
    assert_eq!(list["counts"]["completed"], 30);
}

/// A7 8: tabs of people took the slots of tasks at the replaced server, and the other way round.
#[tokio::test]
async fn tasks_and_people_have_slots_of_their_own() {
    let place = Place::new("concurrent = 1\nqueue = 1\n[sessions]\nmax_sessions = 1");
    let daemon = place.start().await;
    daemon.shell().await;
    let first = daemon.hand_over(order("sleep 1000")).await;
    daemon.until_task(&id(&first), "running").await;
    let second = daemon.hand_over(order(DONE)).await;
    assert_eq!((text(&second["status"]), &second["position"]), ("queued", &json!(1)));
    let (status, refusal) = daemon.post("/api/tasks", order("x")).await;
    assert_eq!((status, text(&refusal["code"])), (429, "queue_full"), "{refusal}");
    daemon.do_with_task(&id(&first), "cancel", json!({})).await;
    daemon.until_task(&id(&second), "completed").await;
    let (status, _) = daemon.post("/api/session", json!({})).await;
    assert_eq!(status, 429, "and people's own limit stands");
}

#[tokio::test]
async fn who_cancels_ends_all_that_was_started() {
    let place = Place::new("concurrent = 1");
    let daemon = place.start().await;
    let pid_file = place.home.join("pid");
    let script = format!("sleep 1000 & echo $! > {}; wait", pid_file.display());
    let task = daemon.hand_over(order(&script)).await;
    let waiting = daemon.hand_over(order("true")).await;
    let child = until("the child's number", || async {
        std::fs::read_to_string(&pid_file).ok()?.trim().parse::<u32>().ok()
    })
    .await;
    let (_, cancelled) = daemon.do_with_task(&id(&waiting), "cancel", json!({})).await;
    assert_eq!(cancelled["status"], "cancelled", "what has not begun is over at once");
    let (status, cancelling) = daemon.do_with_task(&id(&task), "cancel", json!({})).await;
    assert_eq!((status, &cancelling["cancelling"]), (200, &json!(true)));
    let task = daemon.until_task(&id(&task), "cancelled").await;
    assert_eq!(task["why"], "cancelled by local");
    until("the child to be gone", || async {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    })
    .await;
    let (status, again) = daemon.do_with_task(&id(&task), "cancel", json!({})).await;
    assert_eq!((status, text(&again["status"])), (200, "cancelled"));
}

/// A7 20: agents of the replaced server were sent to look for an earlier result where none could be.
#[tokio::test]
async fn a_task_that_goes_on_from_another_is_given_its_result() {
    let place = Place::new("");
    let daemon = place.start().await;
    let script = r#"finish '{"status": "completed", "summary": "the answer is forty-two"}'"#;
    let first = daemon.hand_over(order(script)).await;
    let next = json!({"prompt": DONE, "previous_session_id": session(&first), "context": {"table": "a.b"}});
    daemon.until_task(&id(&first), "completed").await;
    let second = daemon.hand_over(next).await;
    daemon.until_task(&id(&second), "completed").await;
    let prompt = place.prompt(&id(&second));
    for part in ["PRIOR SESSION:", "the answer is forty-two", &id(&first), "\"table\": \"a.b\""] {
        assert!(prompt.contains(part), "{part}: {prompt}");
    }
    let lost = json!({"prompt": "x", "previous_session_id": "../../x"});
    let (status, refusal) = daemon.post("/api/tasks", lost).await;
    assert_eq!((status, text(&refusal["code"])), (404, "session_not_found"), "{refusal}");
}

#[tokio::test]
async fn an_answer_sets_the_agent_to_work_again() {
    let place = Place::new("");
    let daemon = place.start().await;
    let script = format!(
        r#"if grep -q '^ANSWERS:' "$1"; then {DONE}; else finish '{{"status": "info_needed", "feedback": "which table?"}}'; fi"#
    );
    let task = daemon.hand_over(order(&script)).await;
    let asks = daemon.until_task(&id(&task), "info_needed").await;
    assert_eq!(asks["questions"][0]["what"], "which table?");
    let (status, refusal) =
        daemon.do_with_task(&id(&task), "reply", json!({"decision": "answer", "text": " "})).await;
    assert_eq!(status, 400, "{refusal}");
    let said = json!({"decision": "answer", "text": "main.sales.orders"});
    let (status, answered) = daemon.do_with_task(&id(&task), "reply", said.clone()).await;
    assert_eq!(status, 200, "{answered}");
    let done = daemon.until_task(&id(&task), "completed").await;
    assert_eq!((&done["runs"], done["session_id"] != task["session_id"]), (&json!(2), true));
    assert!(place.prompt(&id(&task)).contains("main.sales.orders"));
    let (status, late) = daemon.do_with_task(&id(&task), "reply", said).await;
    assert_eq!((status, text(&late["code"])), (409, "not_asked"), "{late}");
    assert_eq!(done["receipt"]["answered"][0]["by"], "local", "{done:#}");
}

#[tokio::test]
async fn the_same_order_is_taken_on_once() {
    let place = Place::new("");
    let daemon = place.start().await;
    let log = log_path(&place);
    let keyed = |prompt: &str| json!({"prompt": prompt, "idempotency_key": "k-1"});
    let script = format!("echo ran >> {log}; {DONE}");
    let first = daemon.hand_over(keyed(&script)).await;
    let again = daemon.hand_over(keyed(&script)).await;
    assert_eq!((id(&first), &first["again"], &again["again"]), (id(&again), &json!(false), &json!(true)));
    let (status, refusal) = daemon.post("/api/tasks", keyed("another")).await;
    assert_eq!((status, text(&refusal["code"])), (409, "idempotency_key_taken"), "{refusal}");
    daemon.until_task(&id(&first), "completed").await;
    assert_eq!(daemon.hand_over(keyed(&script)).await["status"], "completed");
    assert_eq!(place.log(), "ran\n");
}

/// A7 9: nothing was ever deleted at the replaced server.
#[tokio::test]
async fn what_is_old_is_forgotten_with_all_there_is_of_it() {
    let place = Place::new("keep_seconds = 1");
    let daemon = place.start().await;
    let task = daemon.hand_over(order(DONE)).await;
    daemon.until_over(&id(&task)).await;
    until("the task to be forgotten", || async {
        (daemon.get(&format!("/api/tasks/{}", id(&task))).await.0 == 404).then_some(())
    })
    .await;
    until("its folder to be gone", || async { (!place.folder(&id(&task)).exists()).then_some(()) }).await;
    daemon.until_row(&session(&task), "its session to be gone", Value::is_null).await;
}

/// A7 10: ids went into paths as they came.
#[tokio::test]
async fn ids_lead_nowhere_and_files_are_the_owners_alone() {
    let place = Place::new("");
    let daemon = place.start().await;
    for bad in ["..%2f..%2fx", "task_..%2f", "x", "task_0123456789abcdef0123456789abcdeF"] {
        let (status, answer) = daemon.get(&format!("/api/tasks/{bad}")).await;
        assert_eq!((status, text(&answer["code"])), (400, "invalid"), "{bad}: {answer}");
    }
    let unknown = format!("/api/tasks/task_{}", "0".repeat(32));
    assert_eq!(text(&daemon.get(&unknown).await.1["code"]), "task_not_found");
    let task = daemon.hand_over(order(DONE)).await;
    daemon.until_over(&id(&task)).await;
    for (name, mode) in [("", 0o700), ("prompt.txt", 0o600), ("status.jsonl", 0o600), ("artifacts", 0o700)] {
        let found = place.folder(&id(&task)).join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
}

/// A5: "replay only" was a matter of one page at the replaced server; every other way let people type into a task.
#[tokio::test]
async fn nobody_types_into_the_session_of_a_task() {
    let place = Place::new("");
    let daemon = place.start().await;
    let task = daemon.hand_over(order("echo ready; read line; echo \"typed $line\"; sleep 1000")).await;
    let session = session(&task);
    let text_of = format!("/api/sessions/{session}/recording.txt");
    until("the agent to be there", || async {
        let (status, text) = daemon.get(&text_of).await;
        (status == 200 && text.as_str().is_some_and(|text| text.contains("ready"))).then_some(())
    })
    .await;
    let (status, refusal) =
        daemon.post("/api/input", json!({"session_id": session, "input": "http\n"})).await;
    assert_eq!((status, text(&refusal["code"])), (409, "read_only"), "{refusal}");
    let mut client = daemon.connect().await;
    client.join(1, &session).await;
    client.input(1, b"socket\n").await;
    let view = client.until(1, "a refusal", |view| !view.errors.is_empty()).await;
    assert_eq!(view.errors[0]["code"], "read_only", "{:?}", view.errors);
    let sent = coda(daemon.home(), &["send", &session, "cli"]).await;
    assert_ne!(sent.code, Some(0), "{sent:?}");
    let (_, size) = daemon.post("/api/resize", json!({"session_id": session, "cols": 33, "rows": 10})).await;
    let row = daemon.row(&session).await;
    assert_ne!(row["cols"], 33, "{size}");
    assert!(!daemon.text(&text_of).await.contains("typed"));
}
