//! Sessions as recordings: what a player is told before it plays, and the parts it plays.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Daemon, Options, until};

async fn replay(daemon: &Daemon, id: &str) -> Value {
    let (status, answer) = daemon.get(&format!("/api/sessions/{id}/replay")).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// A session that has run this and ended.
async fn ended(daemon: &Daemon, script: &str) -> String {
    let id = daemon.run(script).await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    id
}

async fn cast(daemon: &Daemon, id: &str, query: &str) -> Vec<Value> {
    let text = daemon.text(&format!("/api/sessions/{id}/recording.cast{query}")).await;
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What events of this kind say, in order.
fn said(cast: &[Value], kind: &str) -> Vec<String> {
    let of_kind = cast[1..].iter().filter(|event| event[1] == kind);
    of_kind.map(|event| event[2].as_str().unwrap().to_owned()).collect()
}

fn seconds(cast: &[Value]) -> f64 {
    cast[1..].iter().map(|event| event[0].as_f64().unwrap()).sum()
}

/// Small segments, so that a little output makes several.
fn small_segments(session_bytes: usize) -> Options {
    let config = format!("[journal]\nsegment_bytes = 65536\nsession_bytes = {session_bytes}\n");
    Options { config: Some(config), ..Options::default() }
}

/// Snapshots are asked for between bursts.
const FLOOD: &str = "for part in $(seq 10); do seq -f 'line %.0f of a long text' 6000; sleep 0.2; done";

#[tokio::test]
async fn a_session_is_live_while_it_runs_and_a_recording_when_it_is_over() {
    let daemon = Daemon::start().await;
    let id = daemon.run("echo begun; until [ -e go ]; do sleep 0.01; done; echo over; exit 3").await;
    let answer = until("the output to be recorded", || async {
        let answer = replay(&daemon, &id).await;
        (answer["recording"]["end_offset"] == 7).then_some(answer)
    })
    .await;
    assert_eq!((answer["show"].as_str(), &answer["exit"]), (Some("live"), &Value::Null), "{answer}");

    let row = daemon.row(&id).await;
    fs::write(std::path::Path::new(row["cwd"].as_str().unwrap()).join("go"), "").unwrap();
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    let answer = replay(&daemon, &id).await;
    assert_eq!((answer["show"].as_str(), &answer["exit"]["code"]), (Some("replay"), &json!(3)), "{answer}");
    let recording = &answer["recording"];
    assert_eq!(recording["end_offset"], 13, "{answer}");
    assert_eq!(recording["parts"], json!([{"offset": 0, "at": 0.0}]));
    assert_eq!((&recording["cols"], &recording["rows"]), (&row["cols"], &row["rows"]));
    let cast = cast(&daemon, &id, "").await;
    let length = recording["seconds"].as_f64().unwrap();
    assert!((seconds(&cast) - length).abs() < 1e-6, "{length} and {cast:?}");
    assert_eq!(said(&cast, "o").concat(), "begun\r\nover\r\n");
}

/// The journal takes output a little later than viewers see it: a recording opened at once lacked its last words.
#[tokio::test]
async fn a_recording_has_everything_that_was_seen_before_it_was_opened() {
    let daemon = Daemon::start().await;
    let id = daemon.create(json!({"command": ["/bin/cat"]})).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    for round in 0..20 {
        client.type_line(1, &format!("round-{round}")).await;
        let seen = client.until_shown(1, &format!("round-{round}\r\nround-{round}\r\n")).await;
        let recorded = replay(&daemon, &id).await["recording"]["end_offset"].as_u64().unwrap();
        assert!(recorded >= seen.offset(), "{recorded} of {} in round {round}", seen.offset());
    }
}

#[tokio::test]
async fn a_session_without_a_journal_has_expired_and_an_unknown_one_is_unknown() {
    let daemon = Daemon::start().await;
    let id = ended(&daemon, "echo gone").await;
    fs::remove_dir_all(daemon.home().join(".coda/sessions").join(&id).join("journal")).unwrap();
    let answer = replay(&daemon, &id).await;
    assert_eq!((answer["show"].as_str(), &answer["recording"]), (Some("expired"), &Value::Null), "{answer}");
    for path in ["recording.cast", "recording.txt"] {
        let (status, problem) = daemon.get(&format!("/api/sessions/{id}/{path}")).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")), "{problem}");
    }
    for path in ["replay", "recording.cast?from=0"] {
        let (status, problem) = daemon.get(&format!("/api/sessions/nobody/{path}")).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("session_not_found")), "{problem}");
    }
    let (status, problem) = daemon.get(&format!("/api/sessions/{id}/recording.cast?from=x")).await;
    assert_eq!((status, problem["code"].as_str()), (400, Some("invalid")), "{problem}");
}

#[tokio::test]
async fn the_parts_of_a_recording_are_the_whole_of_it() {
    let daemon = Daemon::with(small_segments(64 << 20)).await;
    let id = ended(&daemon, FLOOD).await;
    let recording = replay(&daemon, &id).await["recording"].clone();
    let parts: Vec<(u64, f64)> = recording["parts"].as_array().unwrap().iter().map(part).collect();
    assert!(parts.len() > 2, "{parts:?}");
    assert!(parts.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1), "{parts:?}");

    let whole = said(&cast(&daemon, &id, "").await, "o").concat();
    assert_eq!(whole.len() as u64, recording["end_offset"].as_u64().unwrap());
    let mut joined = String::new();
    for (index, &(from, at)) in parts.iter().enumerate() {
        let next = parts.get(index + 1);
        let until = next.map_or_else(String::new, |(offset, _)| format!("&until={offset}"));
        let part = cast(&daemon, &id, &format!("?from={from}{until}")).await;
        let mut output = said(&part, "o");
        if index > 0 {
            let snapshot = output.remove(0);
            assert!(snapshot.contains("of a long text"), "part {index} begins with its screen");
        }
        joined.push_str(&output.concat());
        let end = next.map_or(recording["seconds"].as_f64().unwrap(), |(_, at)| *at);
        assert!(at + seconds(&part) <= end + 1e-6, "part {index} ends before the next one begins");
    }
    assert!(joined == whole, "{} and {} bytes", joined.len(), whole.len());
}

fn part(part: &Value) -> (u64, f64) {
    (part["offset"].as_u64().unwrap(), part["at"].as_f64().unwrap())
}

#[tokio::test]
async fn a_recording_whose_beginning_was_let_go_begins_with_a_screen() {
    let daemon = Daemon::with(small_segments(256 << 10)).await;
    let id = ended(&daemon, FLOOD).await;
    let recording = replay(&daemon, &id).await["recording"].clone();
    let (begin, at) = part(&recording["parts"][0]);
    assert!(begin > 0 && at == 0.0, "{recording}");
    let output = said(&cast(&daemon, &id, &format!("?from={begin}")).await, "o");
    assert!(output[0].contains("of a long text"));
    let kept: usize = output[1..].iter().map(String::len).sum();
    assert_eq!(begin + kept as u64, recording["end_offset"].as_u64().unwrap());
}

#[tokio::test]
async fn sizes_pauses_and_commands_have_their_times() {
    let daemon = Daemon::start().await;
    let begin = |line: &str| format!("printf '\\033]133;C;cmdline_url={line}\\007'");
    let script = format!(
        "{}; echo first; printf '\\033]133;D;0\\007'; sleep 2; {}; echo second; printf '\\033]133;D;7\\007'; cat",
        begin("make%%20all"),
        begin("false")
    );
    let id = daemon.run(&script).await;
    let mut client = daemon.connect().await;
    client.join(1, &id).await;
    client.until_shown(1, "second").await;
    client.say(json!({"type": "terminal_resize", "channel": 1, "cols": 101, "rows": 33})).await;
    client.input(1, b"\x04").await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;

    let recording = replay(&daemon, &id).await["recording"].clone();
    let pauses = recording["pauses"].as_array().unwrap();
    assert!(pauses.iter().any(|pause| pause["seconds"].as_f64().unwrap() >= 1.0), "{recording}");
    let commands = recording["commands"].as_array().unwrap();
    let named: Vec<_> =
        commands.iter().map(|it| (it["command"].as_str(), it["exit_code"].as_i64())).collect();
    assert_eq!(named, [(Some("make all"), Some(0)), (Some("false"), Some(7))]);
    let at = |index: usize| commands[index]["at"].as_f64().unwrap();
    assert!(at(1) - at(0) >= 1.0 && at(1) <= recording["seconds"].as_f64().unwrap(), "{recording}");

    let cast = cast(&daemon, &id, "").await;
    assert_eq!(said(&cast, "m"), ["make all", "false"]);
    assert_eq!(said(&cast, "r").last().map(String::as_str), Some("101x33"));
    assert_eq!(said(&cast, "x"), ["0"]);
}

#[tokio::test]
async fn who_looks_back_leaves_a_row_and_a_stranger_sees_nothing() {
    let daemon = Daemon::start().await;
    let id = ended(&daemon, "echo secret").await;
    for path in ["replay", "recording.cast", "recording.txt", "recording.cast?from=0"] {
        let request = daemon.request(reqwest::Method::GET, &format!("/api/sessions/{id}/{path}"));
        assert_eq!(request.send().await.unwrap().status(), 401, "{path}");
    }
    replay(&daemon, &id).await;
    cast(&daemon, &id, "").await;
    cast(&daemon, &id, "?from=0").await;
    let acts = until("both rows", || async {
        let rows = daemon.get("/api/admin/audit").await.1["rows"].clone();
        let of_it = |row: &&Value| row["subject"] == *id && row["outcome"] == "ok";
        let acts: Vec<String> =
            rows.as_array()?.iter().filter(of_it).map(|row| row["act"].to_string()).collect();
        (acts.iter().filter(|act| *act != "\"session.create\"").count() >= 2).then_some(acts)
    })
    .await;
    assert_eq!(acts, ["\"session.export\"", "\"session.replay\"", "\"session.create\""]);
}

#[tokio::test]
async fn readers_that_do_not_read_leave_room_for_nobody_but_hold_no_memory() {
    let daemon = Daemon::with(small_segments(64 << 20)).await;
    let id = ended(&daemon, "yes 'a line of a long text' | head -c 12000000").await;
    let path = format!("/api/sessions/{id}/recording.cast");
    let ask = || daemon.request(reqwest::Method::GET, &path).bearer_auth(crate::support::TOKEN).send();
    let mut stuck = Vec::new();
    let refused = loop {
        let answer = ask().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        stuck.push(answer);
        assert!(stuck.len() <= 16, "there is no bound");
    };
    assert_eq!((stuck.len(), refused.status().as_u16()), (16, 429));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "busy");
    drop(stuck);
    until("room", || async { ask().await.unwrap().status().is_success().then_some(()) }).await;
}
