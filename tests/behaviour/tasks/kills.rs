//! Daemons and keepers that die in the middle.

use std::time::Duration;

use serde_json::{Value, json};

use super::{DONE, Place, id, order, session};
use crate::support::{Daemon, TOKEN, signal, until};

/// Hands over until it is taken on; the key makes it one task.
async fn insist(daemon: &Daemon, order: &Value) -> Value {
    until("the task to be taken on", || async {
        let request = daemon.request(reqwest::Method::POST, "/api/tasks").bearer_auth(TOKEN).json(order);
        let answer = request.send().await.ok()?;
        let taken = answer.status().is_success();
        let body: Value = answer.json().await.ok()?;
        taken.then_some(body)
    })
    .await
}

/// A7 6, 7: a restart of the replaced server left tasks running for ever and their slots taken.
#[tokio::test]
async fn ten_kills_lose_no_task_and_launch_none_twice() {
    let place = Place::new("concurrent = 3");
    let daemon = place.start().await;
    let log = place.home.join("log").display().to_string();
    let mut seed = u64::from(std::process::id());
    let mut tasks = Vec::new();
    for round in 0..10 {
        // The keeper waits longer and longer for daemons that live shorter than this.
        tokio::time::sleep(Duration::from_millis(300)).await;
        for number in 0..3 {
            let script = format!("echo $CODA_TASK_ID >> {log}; sleep 0.2; say plan one; {DONE}");
            let order = json!({"prompt": script, "idempotency_key": format!("{round}-{number}")});
            if number < 2 {
                tasks.push(id(&daemon.hand_over(order).await));
                continue;
            }
            // The last one meets the kill.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let moment = Duration::from_millis(seed >> 33 & 0xff);
            let killed = async {
                tokio::time::sleep(moment).await;
                daemon.kill_daemon().await
            };
            let (old, taken) = tokio::join!(killed, insist(&daemon, &order));
            tasks.push(id(&taken));
            daemon.until_back(old).await;
        }
    }
    for task in &tasks {
        let task = daemon.until_task(task, "completed").await;
        assert_eq!(task["doubts"], json!([]), "{task:#}");
    }
    let mut launched: Vec<String> = place.log().lines().map(str::to_owned).collect();
    launched.sort();
    tasks.sort();
    assert_eq!(launched, tasks, "each once");
    let (_, list) = daemon.get("/api/tasks").await;
    assert_eq!((list["counts"]["running"].as_u64(), list["counts"]["queued"].as_u64()), (Some(0), Some(0)));
}

/// An agent that ends while there is no daemon is judged by the next one.
#[tokio::test]
async fn an_end_that_nobody_saw_is_told_by_the_keeper() {
    let place = Place::new("");
    let daemon = place.start().await;
    let go = place.home.join("go");
    let wait = format!("until [ -e {} ]; do sleep 0.01; done", go.display());
    let done = daemon.hand_over(order(&format!("{wait}; {DONE}"))).await;
    let fails = daemon.hand_over(order(&format!("{wait}; exit 4"))).await;
    for task in [&done, &fails] {
        daemon.until_row(&session(task), "the agent to run", |row| row["state"] == "running").await;
        daemon.until_task(&id(task), "running").await;
    }
    let old = daemon.daemon_pid().unwrap();
    signal(old, libc::SIGSTOP);
    std::fs::write(&go, "").unwrap();
    until("the agents to be gone", || async { daemon.programs().is_empty().then_some(()) }).await;
    signal(old, libc::SIGKILL);
    daemon.until_back(old).await;
    let done = daemon.until_task(&id(&done), "completed").await;
    assert_eq!(done["doubts"], json!([]), "{done:#}");
    let fails = daemon.until_task(&id(&fails), "failed").await;
    assert_eq!(fails["failure"], "crashed", "{fails:#}");
}

/// Without its keeper an agent is gone, and its task says so; what had not begun begins.
#[tokio::test]
async fn a_new_machine_says_what_was_interrupted() {
    let place = Place::new("concurrent = 2");
    let daemon = place.start().await;
    let lost = daemon.hand_over(order("sleep 1000")).await;
    let left = daemon.hand_over(order(&format!("{DONE}; say plan x; sleep 1000 & wait"))).await;
    let waits = daemon.hand_over(order(DONE)).await;
    for task in [&lost, &left] {
        daemon.until_task(&id(task), "running").await;
    }
    let result = place.folder(&id(&left)).join("result.json");
    until("the result", || async { result.exists().then_some(()) }).await;
    drop(daemon);
    let daemon = place.start().await;
    let lost = daemon.until_task(&id(&lost), "interrupted").await;
    assert_eq!(lost["doubts"][0]["kind"], "unseen", "{lost:#}");
    let left = daemon.until_task(&id(&left), "completed").await;
    assert_eq!(left["doubts"][0]["kind"], "unseen", "{left:#}");
    daemon.until_task(&id(&waits), "completed").await;
}

/// The same when it is told to end.
#[tokio::test]
async fn a_shutdown_is_no_failure_of_the_agents() {
    let place = Place::new("");
    let mut daemon = place.start().await;
    let task = daemon.hand_over(order("trap 'exit 0' HUP TERM; while true; do sleep 0.05; done")).await;
    daemon.until_task(&id(&task), "running").await;
    daemon.signal(libc::SIGTERM);
    assert_eq!(daemon.until_ended().await, Some(0));
    let daemon = place.start().await;
    daemon.until_task(&id(&task), "interrupted").await;
}

/// An actor that crashes goes on where it was.
#[tokio::test]
async fn crashed_actors_find_their_tasks_again() {
    let place = Place::new("");
    let daemon = place.start().await;
    let (log, go) = (place.home.join("log"), place.home.join("go"));
    let wait = format!("until [ -e {} ]; do sleep 0.01; done", go.display());
    let script = format!("echo ran >> {}; say plan one; {wait}; say plan two; {DONE}", log.display());
    let task = id(&daemon.hand_over(order(&script)).await);
    until("progress", || async { (daemon.task(&task).await["progress"]["message"] == "one").then_some(()) })
        .await;
    for actor in [format!("task:{task}"), "tasks".to_owned(), format!("task:{task}"), "store".to_owned()] {
        let (status, answer) = daemon.post(&format!("/api/admin/actors/{actor}/crash"), json!({})).await;
        assert_eq!(status, 200, "{actor}: {answer}");
        daemon.until_logged(&format!("actor=\"{actor}\"")).await;
    }
    std::fs::write(&go, "").unwrap();
    let done = until("the end", || async {
        // A crash may take an answer with it.
        let (status, task) = daemon.get(&format!("/api/tasks/{task}")).await;
        (status == 200 && task["status"] == "completed").then_some(task)
    })
    .await;
    assert_eq!((&done["doubts"], place.log().as_str()), (&json!([]), "ran\n"), "{done:#}");
    let steps = done["events"].as_array().unwrap().iter().filter(|event| event["what"] == "step").count();
    assert_eq!(steps, 2, "what is read again is not told again: {done:#}");
}
