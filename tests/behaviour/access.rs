//! Who may do what on the platform, and the trail that everybody leaves.

use serde_json::{Value, json};

use crate::support::{Answer, Daemon, Options, Wire, until};

const ANN: (&str, &str) = ("X-Forwarded-Email", "Ann@Example.com");
const LEE: (&str, &str) = ("X-Forwarded-Email", "lee@example.com");
const ADA: (&str, &str) = ("X-Forwarded-Email", "ada@example.com");
const BOB: (&str, &str) = ("X-Forwarded-Email", "bob@example.com");
/// What a program says that the proxy has let through: it needs no Origin.
const PROGRAM: (&str, &str) = ("Authorization", "Bearer from-the-workspace");

fn platform(variables: &[(&str, &str)]) -> Options {
    let host = [("DATABRICKS_HOST", "https://workspace.invalid")];
    let environment = [&host, variables].concat();
    let environment =
        environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Options { environment, ..Options::default() }
}

/// Ann's, with Lee on the list and Ada as an admin.
async fn anns() -> Daemon {
    Daemon::with(platform(&[
        ("APP_OWNER_EMAIL", " Ann@example.COM "),
        ("AUTHORIZED_EMAILS", "kim@example.com, LEE@example.com"),
        ("CODA_ADMINS", "ada@example.com"),
    ]))
    .await
}

async fn ask(daemon: &Daemon, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = [&[("Host", daemon.address.as_str())], headers].concat();
    Wire::to(daemon).await.ask(line, &headers, body).await
}

async fn knock(daemon: &Daemon, ticket: &str, headers: &[(&str, &str)]) -> Answer {
    let origin = format!("http://{}", daemon.address);
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "coda.v1"),
        ("Origin", &origin),
    ];
    let line = format!("GET /ws?ticket={ticket}");
    ask(daemon, &line, &[&upgrade[..], headers].concat(), "").await
}

async fn ticket(daemon: &Daemon, who: (&str, &str)) -> String {
    let answer = ask(daemon, "POST /api/ws-ticket", &[who, PROGRAM], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    body(&answer)["ticket"].as_str().unwrap().to_owned()
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// The newest rows of the trail, as an admin sees them.
async fn trail(daemon: &Daemon, query: &str) -> Value {
    let answer = ask(daemon, &format!("GET /api/admin/audit{query}"), &[ADA], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    body(&answer)
}

/// Waits for a row with these fields.
async fn row(daemon: &Daemon, fields: Value) -> Value {
    until(&format!("a row with {fields}"), || async {
        let answer = ask(daemon, "GET /api/admin/audit?limit=1000", &[ADA], "").await;
        // A daemon that begins or ends may not answer yet, or any more.
        let rows = if answer.status == 503 { json!({"rows": []}) } else { body(&answer) };
        let fits = |row: &Value| fields.as_object().unwrap().iter().all(|(name, value)| row[name] == *value);
        rows["rows"].as_array().unwrap().iter().find(|row| fits(row)).cloned()
    })
    .await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
    assert!(!answer.body.to_lowercase().contains("ann"), "nobody is told whose app it is: {answer:?}");
}

/// What there is behind the door, one address of each kind.
const ADDRESSES: [&str; 7] = [
    "GET /",
    "GET /index.html",
    "GET /api/sessions",
    "GET /api/app-state",
    "POST /api/session",
    "POST /api/ws-ticket",
    "GET /api/admin/actors",
];

/// B-30: by default, whoever had an account in the workspace got a shell that held the owner's token. B-32: and who
/// had none was still told the owner's address, when tokens change, and what the setup printed.
#[tokio::test]
async fn the_owner_comes_in_and_nobody_else() {
    let daemon = Daemon::with(platform(&[("APP_OWNER_EMAIL", "ann@example.com")])).await;
    for line in ADDRESSES {
        let answer = ask(&daemon, line, &[ANN, PROGRAM], "").await;
        assert_eq!(answer.status, 200, "{line}: {answer:?}");
        refused(&ask(&daemon, line, &[BOB, PROGRAM], "").await, 403, "forbidden");
        refused(&ask(&daemon, line, &[PROGRAM], "").await, 401, "unauthorized");
        refused(&ask(&daemon, line, &[("Cookie", "coda=let-me-in")], "").await, 401, "unauthorized");
    }
    let health = ask(&daemon, "GET /health", &[], "").await;
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
}

#[tokio::test]
async fn each_of_the_identity_headers_counts_and_two_names_are_none() {
    let daemon = anns().await;
    let status = async |headers: &[(&str, &str)]| ask(&daemon, "GET /api/sessions", headers, "").await.status;
    for name in ["X-Forwarded-Email", "X-Forwarded-User", "X-Databricks-User-Email"] {
        assert_eq!(status(&[(name, "ANN@example.com")]).await, 200, "{name}");
        assert_eq!(status(&[(name, "bob@example.com")]).await, 403, "{name}");
        assert_eq!(status(&[(name, "  ")]).await, 401, "{name}");
    }
    assert_eq!(status(&[("X-Forwarded-Email", ""), ("X-Forwarded-User", "ann@example.com")]).await, 200);
    assert_eq!(status(&[ANN, ("X-Forwarded-User", "8731")]).await, 200);
    assert_eq!(status(&[BOB, ("X-Forwarded-User", "ann@example.com")]).await, 403);
    refused(&ask(&daemon, "GET /api/sessions", &[BOB, ANN], "").await, 403, "forbidden");
    refused(&ask(&daemon, "GET /api/sessions", &[ANN, BOB], "").await, 403, "forbidden");
    assert_eq!(status(&[("X-Forwarded-Email", "ann@example.com, bob@example.com")]).await, 403);
    row(&daemon, json!({"act": "deny", "identity": "(unclear)"})).await;
}

#[tokio::test]
async fn the_list_gives_sessions_and_the_admins_list_gives_health() {
    let daemon = anns().await;
    for (who, page, sessions, admin) in [(ANN, 200, 200, 200), (LEE, 200, 200, 403), (ADA, 200, 403, 200)] {
        assert_eq!(ask(&daemon, "GET /", &[who], "").await.status, page, "{who:?}");
        assert_eq!(ask(&daemon, "GET /api/sessions", &[who], "").await.status, sessions, "{who:?}");
        assert_eq!(ask(&daemon, "POST /api/session", &[who, PROGRAM], "").await.status, sessions, "{who:?}");
        // However it is spelled, as long as the router takes it.
        for path in ["/api/admin/actors", "/api/%61dmin/actors", "/%61pi/admin/audit"] {
            assert_eq!(
                ask(&daemon, &format!("GET {path}"), &[who], "").await.status,
                admin,
                "{who:?} {path}"
            );
        }
    }
    refused(&ask(&daemon, "POST /api/admin/restart", &[LEE, PROGRAM], "").await, 403, "forbidden");
    let crash = "POST /api/admin/actors/store/crash";
    refused(&ask(&daemon, crash, &[LEE, PROGRAM], "").await, 403, "forbidden");
}

#[tokio::test]
async fn in_the_mode_of_the_workspace_everybody_has_sessions_and_nobody_is_admin() {
    let daemon = Daemon::with(platform(&[("CODA_AUTH_MODE", "workspace")])).await;
    assert_eq!(ask(&daemon, "GET /api/sessions", &[BOB], "").await.status, 200);
    refused(&ask(&daemon, "GET /api/admin/audit", &[BOB], "").await, 403, "forbidden");
    refused(&ask(&daemon, "GET /api/sessions", &[], "").await, 401, "unauthorized");
    daemon.until_logged("whoever has an account").await;
}

/// What was asked of a daemon that was still reading its files was turned away as if it had no owner.
#[tokio::test]
async fn a_new_daemon_knows_the_owner_before_it_answers() {
    let daemon = Daemon::with(platform(&[("APP_OWNER_EMAIL", "ann@example.com")])).await;
    for _ in 0..5 {
        let old = daemon.kill_daemon().await;
        daemon.until_another(old).await;
        assert_eq!(ask(&daemon, "GET /api/sessions", &[ANN], "").await.status, 200);
    }
}

/// B-33: while the owner was unknown, anybody could configure a token; and an empty name counted as an answer.
#[tokio::test]
async fn while_the_owner_is_unknown_nobody_has_a_session() {
    for owner in ["", "   "] {
        let variables = [("APP_OWNER_EMAIL", owner), ("AUTHORIZED_EMAILS", "lee@example.com")];
        let daemon = Daemon::with(platform(&variables)).await;
        for who in [ANN, LEE, BOB] {
            refused(&ask(&daemon, "GET /api/sessions", &[who], "").await, 403, "owner_unknown");
            refused(&ask(&daemon, "POST /api/session", &[who, PROGRAM], "").await, 403, "owner_unknown");
            refused(&ask(&daemon, "GET /", &[who], "").await, 403, "owner_unknown");
        }
        refused(
            &ask(&daemon, "GET /api/sessions", &[("X-Forwarded-Email", owner)], "").await,
            401,
            "unauthorized",
        );
        let health = ask(&daemon, "GET /health", &[], "").await;
        assert_eq!(health.status, 200, "the platform must not take it for dead");
    }
    let variables = [("CODA_AUTH_MODE", "allowlist"), ("DATABRICKS_APP_AUTHORIZED_EMAIL", "Lee@Example.com")];
    let daemon = Daemon::with(platform(&variables)).await;
    assert_eq!(ask(&daemon, "GET /api/sessions", &[LEE], "").await.status, 200, "a list needs no owner");
    refused(&ask(&daemon, "GET /api/sessions", &[ANN], "").await, 403, "forbidden");
}

/// B-31: the socket's list of origins was empty, which let every page in.
#[tokio::test]
async fn a_socket_on_the_platform_needs_a_ticket_of_somebody_who_may() {
    let daemon = anns().await;
    assert_eq!(knock(&daemon, &ticket(&daemon, ANN).await, &[ANN]).await.status, 101);
    assert_eq!(knock(&daemon, &ticket(&daemon, ANN).await, &[]).await.status, 101, "a proxy may add nothing");
    assert_eq!(knock(&daemon, &ticket(&daemon, LEE).await, &[LEE]).await.status, 101);
    refused(&knock(&daemon, &ticket(&daemon, ANN).await, &[LEE]).await, 403, "forbidden");
    refused(&knock(&daemon, &ticket(&daemon, ANN).await, &[BOB]).await, 403, "forbidden");
    refused(&knock(&daemon, "guessed", &[ANN]).await, 401, "bad_ticket");
    refused(&knock(&daemon, "", &[ANN]).await, 401, "bad_ticket");
    let line = format!("GET /ws?ticket={}", ticket(&daemon, ANN).await);
    let foreign = [ANN, ("Origin", "https://evil.example")];
    refused(&ask(&daemon, &line, &foreign, "").await, 403, "bad_origin");
    let refusals =
        json!({"act": "ticket", "identity": "ann@example.com", "outcome": "bad_ticket", "count": 2});
    row(&daemon, refusals).await;
}

#[tokio::test]
async fn behind_the_proxy_its_name_is_ours() {
    let daemon = anns().await;
    let posting = |origin| [ANN, ("X-Forwarded-Host", "app.example"), ("Origin", origin)];
    let line = "POST /api/ws-ticket";
    assert_eq!(ask(&daemon, line, &posting("https://app.example"), "").await.status, 200);
    refused(&ask(&daemon, line, &posting("https://evil.example"), "").await, 403, "bad_origin");
    refused(&ask(&daemon, line, &[ANN], "").await, 403, "bad_origin");
}

#[tokio::test]
async fn behind_tls_browsers_are_told_to_stay_there() {
    let daemon = anns().await;
    let secure = [ANN, ("X-Forwarded-Proto", "https")];
    for (line, headers) in
        [("GET /", &secure[..]), ("GET /health", &secure[1..]), ("GET /api/sessions", &secure[1..])]
    {
        let answer = ask(&daemon, line, headers, "").await;
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{answer:?}");
    }
    assert_eq!(ask(&daemon, "GET /", &[ANN], "").await.header("strict-transport-security"), None);
}

#[tokio::test]
async fn a_mode_that_does_not_exist_stops_the_start() {
    let home = tempfile::tempdir().unwrap();
    let mut serve = std::process::Command::new(env!("CARGO_BIN_EXE_coda"));
    serve.args(["serve", "--bind", "127.0.0.1:0", "--home"]).arg(home.path());
    let ended = serve.env("CODA_AUTH_MODE", "everybody").output().unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    for word in ["CODA_AUTH_MODE", "everybody", "owner", "allowlist", "workspace"] {
        assert!(said.contains(word), "{word} in {said}");
    }
}

#[tokio::test]
async fn who_comes_in_is_told_whose_app_it_is() {
    let daemon = anns().await;
    let state = body(&ask(&daemon, "GET /api/app-state", &[LEE], "").await);
    assert_eq!(state["app_owner"], "ann@example.com");
    assert!(state["owner_resolved_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{state}");
    for none in ["last_rotation_time", "last_rotation_iso", "last_token_id"] {
        assert_eq!(state.get(none), Some(&Value::Null), "{none}");
    }
    let local = Daemon::start().await;
    assert_eq!(local.get("/api/app-state").await.1["app_owner"], Value::Null);
}

#[tokio::test]
async fn every_privileged_act_leaves_a_row() {
    let daemon = anns().await;
    let post = async |path: &str, who, sent: Value| {
        ask(&daemon, &format!("POST {path}"), &[who, PROGRAM], &sent.to_string()).await
    };
    let made = body(&post("/api/session", LEE, json!({"label": "build"})).await);
    let id = made["session_id"].as_str().unwrap();
    post("/api/session/rename", LEE, json!({"session_id": id, "label": "test"})).await;
    post("/api/session/readopt", ANN, json!({"session_id": id})).await;
    post("/api/session", LEE, json!({"cwd": "/nowhere/at/all"})).await;
    post("/api/session/close", ANN, json!({"session_id": id})).await;
    post("/api/session/close", ANN, json!({"session_id": "never was"})).await;
    post("/api/admin/actors/door/crash", ADA, json!({})).await;
    post("/api/admin/actors/nobody/crash", ADA, json!({})).await;
    for (who, act, subject, outcome) in [
        ("lee@example.com", "session.create", id, "ok"),
        ("lee@example.com", "session.rename", id, "ok"),
        ("ann@example.com", "session.readopt", id, "invalid"),
        ("lee@example.com", "session.create", "", "invalid"),
        ("ann@example.com", "session.close", id, "ok"),
        ("ada@example.com", "admin.crash", "door", "ok"),
        ("ada@example.com", "admin.crash", "nobody", "not_found"),
    ] {
        let row =
            row(&daemon, json!({"identity": who, "act": act, "subject": subject, "outcome": outcome})).await;
        assert_eq!((row["peer"].as_str(), row["count"].as_u64()), (Some("127.0.0.1"), Some(1)), "{row}");
    }
    let old = daemon.daemon_pid().unwrap();
    post("/api/admin/restart", ADA, json!({})).await;
    until("another daemon", || async { daemon.daemon_pid().filter(|&pid| pid != old) }).await;
    let kept = json!({"identity": "ada@example.com", "act": "admin.restart", "outcome": "ok"});
    row(&daemon, kept).await;
}

/// A scanner that is refused again and again must not fill the disk with that.
#[tokio::test]
async fn refusals_of_one_kind_share_a_row() {
    let daemon = anns().await;
    let scanner = [BOB, ("X-Real-Ip", "203.0.113.9")];
    for number in 0..50 {
        ask(&daemon, &format!("GET /wp-admin/{number}.php?token=secret-{number}"), &scanner, "").await;
    }
    let wanted = json!({"act": "deny", "identity": "bob@example.com", "peer": "203.0.113.9"});
    let row = row(&daemon, wanted).await;
    let rows = trail(&daemon, "").await;
    let denials = rows["rows"].as_array().unwrap().iter().filter(|row| row["act"] == "deny");
    let (mut count, mut shared) = (0, 0);
    for denial in denials {
        count += denial["count"].as_u64().unwrap();
        shared += 1;
    }
    // A minute may have ended in between.
    assert!(count == 50 && shared <= 2, "{rows}");
    assert!(row["subject"].as_str().unwrap().starts_with("/wp-admin/"), "{row}");
    assert!(!rows.to_string().contains("secret-") && !daemon.log().contains("secret-"), "{rows}");
}

#[tokio::test]
async fn the_trail_is_read_page_by_page() {
    let daemon = anns().await;
    for label in ["a", "b", "c", "d", "e"] {
        let sent = json!({"label": label, "command": ["/bin/true"]}).to_string();
        let made = ask(&daemon, "POST /api/session", &[ANN, PROGRAM], &sent).await;
        assert_eq!(made.status, 200, "{made:?}");
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = trail(&daemon, &query).await;
        seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["number"].as_u64().unwrap()));
        let Some(next) = page["next"].as_u64() else { break };
        query = format!("?limit=2&before={next}");
    }
    assert!(seen.len() >= 5 && seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    for query in ["?limit=0", "?limit=1001", "?limit=many", "?before=-1"] {
        let answer = ask(&daemon, &format!("GET /api/admin/audit{query}"), &[ADA], "").await;
        refused(&answer, 400, "invalid");
    }
}

/// B-42: a limit of ten requests a second was added, which swallowed keystrokes, and removed again. Whoever types fast
/// and polls is not slowed down, and leaves no trail of it.
#[tokio::test]
async fn nobody_types_too_fast() {
    let daemon = Daemon::start().await;
    let id = daemon.create(json!({"command": ["/bin/cat"]})).await;
    for _ in 0..300 {
        let (typed, answer) = daemon.post("/api/input", json!({"session_id": id, "input": "x"})).await;
        assert_eq!(typed, 200, "{answer}");
        assert_eq!(daemon.post("/api/output", json!({"session_id": id})).await.0, 200);
    }
    let (_, trail) = daemon.get("/api/admin/audit").await;
    let acts: Vec<_> = trail["rows"].as_array().unwrap().iter().map(|row| row["act"].clone()).collect();
    assert_eq!(acts, ["session.create"]);
}
