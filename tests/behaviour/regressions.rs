//! Bugs of the service that CoDA replaces, where no other behaviour shows that they are gone.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Daemon, TOKEN, until};

fn open_files(pid: i32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

async fn screen(daemon: &Daemon, id: &str) -> String {
    let (_, attached) = daemon.post("/api/session/attach", json!({"session_id": id})).await;
    attached["output"][0].as_str().unwrap_or_default().to_owned()
}

/// B-13: a moment after a program left the alternate screen the page was cleared, and with it the shell's own screen.
#[tokio::test]
async fn the_shell_s_screen_comes_back_after_a_full_screen_program() {
    let daemon = Daemon::start().await;
    let script =
        "echo shell; printf '\\e[?1049h\\e[2Jprogram'; read -r l; printf '\\e[?1049l'; echo after; read -r l";
    let id = daemon.run(script).await;
    let mut viewer = daemon.connect().await;
    viewer.join(1, &id).await;
    viewer.until_shown(1, "program").await;
    viewer.type_line(1, "").await;
    viewer.until_shown(1, "after").await;
    until("the shell's screen", || async {
        let shown = screen(&daemon, &id).await;
        (shown.contains("shell") && shown.contains("after") && !shown.contains("program")).then_some(())
    })
    .await;
}

/// B-20: each session leaked a descriptor of its terminal, and a session that had ended stayed a zombie.
#[tokio::test]
async fn sessions_leave_no_descriptor_and_no_zombie_behind() {
    let daemon = Daemon::start().await;
    let pids = [daemon.keeper_pid(), daemon.daemon_pid().unwrap()];
    let round = || async {
        let id = daemon.run("exit 0").await;
        daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
        daemon.post("/api/session/close", json!({"session_id": id})).await;
        daemon.until_row(&id, "nothing", |row| row.is_null()).await;
    };
    round().await;
    let before = pids.map(open_files);
    for _ in 0..20 {
        round().await;
    }
    until("as many descriptors as before", || async {
        let now = pids.map(open_files);
        (now[0] <= before[0] && now[1] <= before[1] + 2).then_some(())
    })
    .await;
    until("no zombie", || async { daemon.programs().is_empty().then_some(()) }).await;
}

/// B-20: a page that goes away sends its last word as text, which was refused with 415.
#[tokio::test]
async fn a_body_is_read_whatever_it_calls_itself() {
    let daemon = Daemon::start().await;
    let id = daemon.run("read -r line").await;
    for kind in
        ["text/plain;charset=UTF-8", "application/json; charset=utf-8", "application/x-www-form-urlencoded"]
    {
        let request = daemon.request(reqwest::Method::POST, "/api/heartbeat").bearer_auth(TOKEN);
        let body = json!({"session_id": id}).to_string();
        let answer = request.header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{kind}");
    }
}

/// B-21: sixteen threads were shared with the sockets that stay open, so a few that waited stopped everyone.
#[tokio::test]
async fn many_that_wait_stop_nobody() {
    let daemon = Daemon::start().await;
    let id = daemon.run("read -r line; echo done").await;
    let waiting = join_all((0..200).map(|number| {
        let asked = json!({"session_id": id, "offset": 0, "wait_ms": 20_000, "client": number.to_string()});
        daemon.post("/api/output", asked)
    }));
    let others = async {
        for _ in 0..20 {
            assert_eq!(daemon.get("/api/sessions").await.0, 200);
        }
        daemon.post("/api/input", json!({"session_id": id, "input": "\n"})).await
    };
    let (waited, typed) = tokio::join!(waiting, others);
    assert_eq!(typed.0, 200);
    assert!(waited.iter().all(|(status, answer)| *status == 200 && answer["offset"].as_u64() > Some(0)));
}

/// P-25, and the promise "the viewer's address always works": it came from a memory of the last request, so it was not
/// there before the first, and gone after a restart. Here each answer has it, and it leads to the session.
#[tokio::test]
async fn a_new_session_says_where_to_look_at_it() {
    let daemon = Daemon::start().await;
    let (_, made) = daemon.post("/api/session", json!({"command": ["/bin/cat"]})).await;
    let id = made["session_id"].as_str().unwrap();
    let expected = format!("{}#tabs={id}&active={id}", daemon.url("/"));
    assert_eq!(made["viewer_url"], expected);
    let request = daemon.request(reqwest::Method::POST, "/api/session").bearer_auth(TOKEN);
    let forged = request.header("x-forwarded-host", "evil.example").send().await.unwrap();
    assert!(!forged.text().await.unwrap().contains("evil"), "no proxy is believed on somebody's machine");
}

/// B-26: a page kept looking after sessions that were over, and that was an error.
#[tokio::test]
async fn looking_after_what_has_ended_is_no_error() {
    let daemon = Daemon::start().await;
    let id = daemon.run("exit 0").await;
    daemon.until_row(&id, "the end", |row| row["exited"] == true).await;
    assert_eq!(daemon.post("/api/heartbeat", json!({"session_id": id})).await.0, 200);
    assert_eq!(daemon.post("/api/resize", json!({"session_id": id})).await.0, 200);
    let mut viewer = daemon.connect().await;
    viewer.say(json!({"type": "heartbeat", "session_ids": [id, "nobody"]})).await;
    viewer.join(1, &id).await;
}
