//! Who comes in, who stays outside, and what both are told.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Answer, Client, Daemon, Options, TOKEN, Wire, until};

const BEARER: (&str, &str) = ("Authorization", "Bearer let-me-in");
const COOKIE: (&str, &str) = ("Cookie", "coda=let-me-in");

/// A request to our own address.
async fn ask(daemon: &Daemon, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = [&[("Host", daemon.address.as_str())], headers].concat();
    Wire::to(daemon).await.ask(line, &headers, body).await
}

/// Asks for a WebSocket.
async fn knock(daemon: &Daemon, path: &str, headers: &[(&str, &str)]) -> Answer {
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "coda.v1"),
    ];
    ask(daemon, &format!("GET {path}"), &[&upgrade, headers].concat(), "").await
}

fn own_origin(daemon: &Daemon) -> String {
    format!("http://{}", daemon.address)
}

/// Waits for the line that somebody was refused for this.
async fn audited(daemon: &Daemon, code: &str) -> String {
    until(&format!("an audit line with {code}"), || async {
        let log = daemon.log();
        let code = format!("outcome=\"{code}\"");
        log.lines().find(|line| line.contains(" audit: ") && line.contains(&code)).map(str::to_owned)
    })
    .await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
}

#[tokio::test]
async fn a_socket_opens_with_a_ticket_and_our_origin() {
    let daemon = Daemon::start().await;
    let path = format!("/ws?ticket={}", daemon.ticket().await);
    let answer = knock(&daemon, &path, &[("Origin", &own_origin(&daemon))]).await;
    assert_eq!(answer.status, 101, "{answer:?}");
    assert_eq!(answer.header("sec-websocket-protocol"), Some("coda.v1"));
}

#[tokio::test]
async fn a_foreign_or_missing_origin_opens_no_socket() {
    let daemon = Daemon::start().await;
    let ticket = daemon.ticket().await;
    let path = format!("/ws?ticket={ticket}");
    let longer = format!("{}.evil.example", own_origin(&daemon));
    for origin in ["https://evil.example", "null", "", "http://127.0.0.1:1", &longer] {
        let answer = knock(&daemon, &path, &[BEARER, COOKIE, ("Origin", origin)]).await;
        refused(&answer, 403, "bad_origin");
    }
    refused(&knock(&daemon, &path, &[BEARER, COOKIE]).await, 403, "bad_origin");
    let line = audited(&daemon, "bad_origin").await;
    assert!(line.contains("origin=https://evil.example") && line.contains("subject=\"/ws\""), "{line}");
    let answer = knock(&daemon, &path, &[("Origin", &own_origin(&daemon))]).await;
    assert_eq!(answer.status, 101, "who is refused for its origin spends no ticket");
}

#[tokio::test]
async fn a_cookie_or_bearer_without_a_ticket_opens_no_socket() {
    let daemon = Daemon::start().await;
    let origin = own_origin(&daemon);
    for path in
        ["/ws", "/ws?ticket=", "/ws?ticket=never-issued", "/ws?ticket=let-me-in", "/ws?token=let-me-in"]
    {
        let answer = knock(&daemon, path, &[BEARER, COOKIE, ("Origin", &origin)]).await;
        refused(&answer, 401, "bad_ticket");
    }
    audited(&daemon, "bad_ticket").await;
}

#[tokio::test]
async fn a_ticket_opens_one_socket() {
    let daemon = Daemon::start().await;
    let path = format!("/ws?ticket={}", daemon.ticket().await);
    let origin = own_origin(&daemon);
    assert_eq!(knock(&daemon, &path, &[("Origin", &origin)]).await.status, 101);
    refused(&knock(&daemon, &path, &[("Origin", &origin)]).await, 401, "bad_ticket");
    audited(&daemon, "bad_ticket").await;
}

#[tokio::test]
async fn an_expired_ticket_opens_no_socket() {
    let config = Some("[http]\nticket_seconds = 1\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let (_, answer) = daemon.post("/api/ws-ticket", Value::Null).await;
    assert_eq!(answer["expires_in"], 1);
    let issued = Instant::now();
    let past = || async { (issued.elapsed() > Duration::from_secs(1)).then_some(()) };
    until("the ticket's second to pass", past).await;
    let path = format!("/ws?ticket={}", answer["ticket"].as_str().unwrap());
    let answer = knock(&daemon, &path, &[("Origin", &own_origin(&daemon))]).await;
    refused(&answer, 401, "bad_ticket");
    assert!(answer.body.contains("expired"), "{answer:?}");
    audited(&daemon, "bad_ticket").await;
}

#[tokio::test]
async fn a_foreign_host_is_refused_whatever_it_knows() {
    let daemon = Daemon::start().await;
    let origin = own_origin(&daemon);
    for host in ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""] {
        for (line, body) in [("GET /api/sessions", ""), ("POST /api/session", "{}"), ("GET /", "")] {
            let headers = [("Host", host), BEARER, COOKIE, ("Origin", &origin)];
            let answer = Wire::to(&daemon).await.ask(line, &headers, body).await;
            refused(&answer, 421, "bad_host");
        }
    }
    let ticket = format!("GET /ws?ticket={}", daemon.ticket().await);
    let headers = [("Host", "evil.example"), ("Origin", "http://evil.example"), BEARER];
    refused(&Wire::to(&daemon).await.ask(&ticket, &headers, "").await, 421, "bad_host");
    let line = audited(&daemon, "bad_host").await;
    assert!(line.contains("host=evil.example"), "{line}");
    assert_eq!(daemon.get("/api/sessions").await.1, Value::Array(vec![]), "nothing was created");
}

#[tokio::test]
async fn a_cookie_changes_state_from_our_own_page_only() {
    let daemon = Daemon::start().await;
    let origin = own_origin(&daemon);
    let foreign: [&[(&str, &str)]; 7] = [
        &[],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
    ];
    for headers in foreign {
        for line in ["POST /api/session", "POST /api/ws-ticket", "POST /api/session/close"] {
            refused(&ask(&daemon, line, &[&[COOKIE], headers].concat(), "{}").await, 403, "bad_origin");
        }
    }
    audited(&daemon, "bad_origin").await;
    assert_eq!(daemon.get("/api/sessions").await.1, Value::Array(vec![]), "nothing was created");
    let own: [&[(&str, &str)]; 2] = [&[("Origin", &origin)], &[("Sec-Fetch-Site", "same-origin")]];
    for headers in own {
        let answer = ask(&daemon, "POST /api/ws-ticket", &[&[COOKIE], headers].concat(), "{}").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// The page holds no secret, and it is what says how to sign in.
#[tokio::test]
async fn anyone_may_have_the_page_itself_under_our_own_name() {
    let daemon = Daemon::start().await;
    assert_eq!(ask(&daemon, "GET /", &[], "").await.status, 200);
    refused(&ask(&daemon, "POST /", &[], "").await, 401, "unauthorized");
    refused(&ask(&daemon, "GET /?token=wrong", &[], "").await, 401, "unauthorized");
}

#[tokio::test]
async fn nobody_comes_in_without_the_token() {
    let daemon = Daemon::start().await;
    let strangers: [&[(&str, &str)]; 7] = [
        &[],
        &[("Authorization", "Bearer wrong")],
        &[("Authorization", "let-me-in")],
        &[("Authorization", "Basic let-me-in")],
        &[("Cookie", "coda=wrong")],
        &[("Cookie", "codas=let-me-in")],
        &[("X-Forwarded-Email", "owner@example.com")],
    ];
    let doors = [
        "GET /api/version",
        "GET /api/sessions",
        "GET /api/sessions?token=let-me-in",
        "GET /api/receipts",
        "GET /api/admin/actors",
        "GET /api/sessions/x/recording.txt",
        "POST /api/session",
        "POST /api/session/attach",
        "POST /api/session/close",
        "POST /api/session/readopt",
        "POST /api/ws-ticket",
        "POST /api/admin/restart",
        "POST /api/admin/actors/sessions/crash",
    ];
    let origin = own_origin(&daemon);
    for line in doors {
        for headers in strangers {
            let answer = ask(&daemon, line, &[headers, &[("Origin", &origin)]].concat(), "").await;
            refused(&answer, 401, "unauthorized");
        }
    }
    let line = audited(&daemon, "unauthorized").await;
    assert!(line.contains("peer=\"127.0.0.1\"") && line.contains("detail=\"GET "), "{line}");
}

#[tokio::test]
async fn the_printed_address_gives_the_browser_its_cookie() {
    let daemon = Daemon::start().await;
    let answer = ask(&daemon, "GET /?token=let-me-in", &[], "").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["coda=let-me-in", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.split("; ").any(|has| has == part), "{part} in {cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(ask(&daemon, "GET /api/sessions", &[("Cookie", pair)], "").await.status, 200);
    assert_eq!(ask(&daemon, "GET /", &[("Cookie", pair)], "").await.status, 200);
}

#[tokio::test]
async fn a_wrong_token_in_the_address_gives_nothing() {
    let daemon = Daemon::start().await;
    for path in ["/?token=wrong", "/?token=", "/?token=let-me-in2", "/?token=a&token=let-me-in"] {
        let answer = ask(&daemon, &format!("GET {path}"), &[], "").await;
        refused(&answer, 401, "unauthorized");
        assert_eq!(answer.header("set-cookie"), None);
    }
    audited(&daemon, "unauthorized").await;
    // A browser shows the page, which says what to do.
    let page = ask(&daemon, "GET /?token=wrong", &[("Accept", "text/html,*/*;q=0.8")], "").await;
    assert_eq!((page.status, page.header("set-cookie")), (401, None));
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);
}

#[tokio::test]
async fn another_method_than_the_right_one_is_told_which_is() {
    let daemon = Daemon::start().await;
    for (asked, allowed) in [("GET /api/session", "POST"), ("DELETE /api/sessions", "GET")] {
        let answer = ask(&daemon, asked, &[BEARER], "").await;
        refused(&answer, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allowed));
    }
}

#[tokio::test]
async fn health_is_open_and_says_little() {
    let daemon = Daemon::start().await;
    let answer = Wire::to(&daemon).await.ask("GET /health", &[("Host", "probe.example")], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
}

/// Answers of every kind, refusals and mistakes among them, with what they should be.
async fn answers(daemon: &Daemon) -> Vec<(Answer, u16, &'static str)> {
    let huge = format!("{{\"label\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let origin = own_origin(daemon);
    let session = "POST /api/session";
    let socket = [BEARER, ("Origin", origin.as_str())];
    vec![
        (ask(daemon, "GET /health", &[], "").await, 200, ""),
        (ask(daemon, "GET /api/sessions", &[BEARER], "").await, 200, ""),
        (ask(daemon, "GET /api/sessions", &[], "").await, 401, "unauthorized"),
        (ask(daemon, "POST /api/ws-ticket", &[COOKIE], "").await, 403, "bad_origin"),
        (ask(daemon, "GET /nowhere", &[BEARER], "").await, 404, "not_found"),
        (ask(daemon, "GET /api/nowhere", &[BEARER], "").await, 404, "not_found"),
        (ask(daemon, "GET /../../etc/passwd", &[BEARER], "").await, 404, "not_found"),
        (ask(daemon, "GET /api/sessions/no/recording.txt", &[BEARER], "").await, 404, "session_not_found"),
        (ask(daemon, "GET /api/session", &[BEARER], "").await, 405, "method_not_allowed"),
        (ask(daemon, "POST /health", &[BEARER], "{}").await, 405, "method_not_allowed"),
        (ask(daemon, "DELETE /api/sessions", &[BEARER], "").await, 405, "method_not_allowed"),
        (ask(daemon, session, &[BEARER], "{\"rows\": ").await, 400, "invalid"),
        (ask(daemon, session, &[BEARER], "[]").await, 400, "invalid"),
        (ask(daemon, session, &[BEARER], "{\"rows\": \"many\"}").await, 400, "invalid"),
        (ask(daemon, session, &[BEARER], "{\"rows\": 0}").await, 400, "invalid"),
        (ask(daemon, session, &[BEARER], &huge).await, 413, "too_large"),
        (ask(daemon, "POST /api/session/attach", &[BEARER], "nonsense").await, 400, "invalid"),
        (ask(daemon, "POST /api/session/attach", &[BEARER], "{}").await, 400, "invalid"),
        (ask(daemon, "POST /api/session/attach", &[BEARER], "").await, 400, "invalid"),
        (ask(daemon, "POST /api/session/close", &[BEARER], &huge).await, 413, "too_large"),
        (ask(daemon, "POST /api/admin/actors/x/crash?where=moon", &[BEARER], "").await, 400, "invalid"),
        (ask(daemon, "GET /ws?ticket=a&ticket=b", &socket, "").await, 400, "invalid"),
        (
            ask(daemon, &format!("GET /ws?ticket={}", daemon.ticket().await), &socket, "").await,
            400,
            "invalid",
        ),
        (ask(daemon, "GET /?token=a&token=b", &[BEARER], "").await, 400, "invalid"),
    ]
}

#[tokio::test]
async fn every_error_is_json_with_a_code() {
    let daemon = Daemon::start().await;
    let mut wrong = Vec::new();
    for (number, (answer, status, code)) in answers(&daemon).await.into_iter().enumerate() {
        let json = answer.header("content-type") == Some("application/json");
        let as_expected = answer.status == status && json && (status == 200 || answer.code() == code);
        if !as_expected {
            wrong.push(format!("{number}: want {status} {code:?}, have {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let daemon = Daemon::start().await;
    for (answer, ..) in answers(&daemon).await {
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'none'"), "{answer:?}");
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("permissions-policy", "microphone=(self)"),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn no_secret_reaches_the_log() {
    let config = Some("[log]\nlevel = \"debug\"\n".to_owned());
    let daemon = Daemon::with(Options { config, ..Options::default() }).await;
    let origin = own_origin(&daemon);
    let ticket = daemon.ticket().await;
    let wrong = "a-guess-at-the-token";
    ask(&daemon, "GET /?token=let-me-in", &[], "").await;
    ask(&daemon, &format!("GET /?token={wrong}"), &[], "").await;
    ask(&daemon, "GET /api/sessions?token=let-me-in", &[("Cookie", "coda=a-guess-at-the-token")], "").await;
    ask(&daemon, "POST /api/session", &[COOKIE, ("Origin", "https://evil.example")], "{}").await;
    knock(&daemon, &format!("/ws?ticket={ticket}"), &[BEARER, ("Origin", "https://evil.example")]).await;
    knock(&daemon, &format!("/ws?ticket={ticket}"), &[("Origin", &origin)]).await;
    knock(&daemon, &format!("/ws?ticket={ticket}"), &[("Origin", &origin)]).await;
    let id = daemon.shell().await;
    let mut client = Client::connect(&daemon).await;
    client.join(1, &id).await;
    for code in ["unauthorized", "bad_origin", "bad_ticket"] {
        audited(&daemon, code).await;
    }
    let log = daemon.log();
    for secret in [TOKEN, &ticket, wrong] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
