//! What agents do is told to MLflow, in the background. Against the emulator of a workspace, and against a real server.

mod place;
mod real;

use serde_json::Value;
use workspace::{Effect, Fault};

use crate::gateway::Place;
use place::{EXPERIMENT, do_turns, expected, told};

fn answer_of(document: &Value) -> String {
    told(document)[0].1.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn nothing_is_traced_unless_somebody_turns_it_on() {
    let place = Place::with(&[], "").await;
    let session = place.session().await;
    place.prompt(&session, "hello").await;
    let traces = place.traces().await;
    assert_eq!((&traces["enabled"], &traces["server"]), (&Value::Bool(false), &Value::Null), "{traces}");
    assert!(!place.spool().exists());
    assert!(!place.workspace.asked().iter().any(|line| line.contains("mlflow")));
}

#[tokio::test]
async fn turns_of_three_agents_land_and_are_read_back() {
    let place = Place::traced().await;
    let session = place.session().await;
    do_turns(&place, &session).await;
    let traces = place.until_traces("three traces to land", |traces| traces["landed"] == 3).await;
    assert_eq!(
        (&traces["experiment"], &traces["waiting"]),
        (&Value::from(EXPERIMENT), &Value::from(0)),
        "{traces}"
    );
    let last = &traces["last_landed"];
    assert_eq!(
        (&last["session_id"], &last["agent"]),
        (&Value::from(session.session.as_str()), &Value::from("gemini"))
    );
    let documents = place.documents();
    for agent in ["claude", "codex", "gemini"] {
        assert!(
            documents.iter().any(|document| told(document) == expected(agent)),
            "{agent}: {documents:#?}"
        );
    }
    let read = place.workspace.asked();
    let read = read.iter().filter(|line| line.ends_with("/credentials-for-data-download")).count();
    assert_eq!(read, 3, "each was read back");
}

#[tokio::test]
async fn contents_are_left_out_where_they_are_not_wanted() {
    let place =
        Place::with(&[("MLFLOW_TRACING_ENABLED", "true"), ("PROXY_TRACE_CONTENT", "false")], "").await;
    let session = place.session().await;
    place.prompt(&session, "a plan that nobody shall read").await;
    place.until_traces("the trace to land", |traces| traces["landed"] == 1).await;
    let text = format!("{:?} {:?}", place.documents(), place.workspace.requests());
    assert!(text.contains("bytes more") && !text.contains("nobody shall read"), "{text}");
}

#[tokio::test]
async fn a_stuck_mlflow_delays_no_agent() {
    let place = Place::traced().await;
    let stuck = Fault { delay_ms: 600_000, times: None, ..Fault::on("* /api/2.0/mlflow/*") };
    place.workspace.fault(stuck);
    let session = place.session().await;
    for prompt in ["one", "two", "three"] {
        // Would take minutes if it waited.
        place.prompt(&session, prompt).await;
    }
    let traces = place.until_traces("three traces wait", |traces| traces["waiting"] == 3).await;
    assert_eq!(traces["landed"], 0, "{traces}");
}

#[tokio::test]
async fn what_has_not_landed_outlives_the_daemon_and_lands_later() {
    let place = Place::traced().await;
    let broken = Fault { times: None, ..Fault::on("* /api/3.0/mlflow/*") };
    let broken = broken.effect(Effect::Html { status: 503 });
    let number = place.workspace.fault(broken);
    let session = place.session().await;
    place.prompt(&session, "before the end").await;
    place.until_traces("the trace waits", |traces| traces["waiting"] == 1).await;
    let old = place.daemon.kill_daemon().await;
    place.daemon.until_another(old).await;
    let traces = place.until_traces("the trace still waits", |traces| traces["waiting"] == 1).await;
    assert_eq!(traces["landed"], 0, "{traces}");
    assert!(place.workspace.remove_fault(number));
    place.until_traces("the trace to land", |traces| traces["landed"] == 1).await;
    let answers: Vec<String> = place.documents().iter().map(answer_of).collect();
    assert_eq!(answers, ["answer to before the end"]);
    assert_eq!(std::fs::read_dir(place.spool()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_waits_is_bounded_and_the_oldest_go() {
    let place = Place::with(&[("MLFLOW_TRACING_ENABLED", "true")], "[traces]\nspool_max_traces = 2\n").await;
    let broken = Fault { times: None, ..Fault::on("* /api/2.0/mlflow/*") };
    let number = place.workspace.fault(broken.effect(Effect::Html { status: 503 }));
    let session = place.session().await;
    for prompt in ["one", "two", "three", "four"] {
        place.prompt(&session, prompt).await;
    }
    place
        .until_traces("two were dropped", |traces| traces["dropped_traces"] == 2 && traces["waiting"] == 2)
        .await;
    assert!(place.workspace.remove_fault(number));
    place.until_traces("the rest to land", |traces| traces["waiting"] == 0 && traces["landed"] == 2).await;
    // The first was on its way and is not taken back.
    let answers: Vec<String> = place.documents().iter().map(answer_of).collect();
    assert!(answers.contains(&"answer to four".to_owned()), "{answers:?}");
}
