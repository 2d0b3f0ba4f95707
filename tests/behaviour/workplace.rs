//! What a person has open is kept for their next browser.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Daemon, Options, TOKEN, until};

async fn read(daemon: &Daemon) -> Value {
    let (status, workplace) = daemon.get("/api/workplace").await;
    assert_eq!(status, 200);
    workplace
}

async fn change(daemon: &Daemon, base: u64, layout: Value) -> (u16, Value) {
    daemon.post("/api/workplace", json!({"base": base, "layout": layout})).await
}

async fn at(home: &Path) -> Daemon {
    Daemon::with(Options { home: Some(home.to_owned()), ..Options::default() }).await
}

/// A daemon on the platform, and a request to it in somebody's name.
async fn on_the_platform() -> Daemon {
    let environment = [
        ("DATABRICKS_HOST", "https://workspace.example"),
        ("CODA_AUTH_MODE", "allowlist"),
        ("AUTHORIZED_EMAILS", "ada@example.com,ben@example.com"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Daemon::with(Options { environment, ..Options::default() }).await
}

async fn as_somebody(daemon: &Daemon, who: &str, body: Option<Value>) -> Value {
    let method = if body.is_some() { reqwest::Method::POST } else { reqwest::Method::GET };
    let request = daemon.request(method, "/api/workplace").header("X-Forwarded-Email", who);
    let request = request.header("Origin", format!("http://{}", daemon.address));
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn nothing_is_kept_at_first() {
    let daemon = Daemon::start().await;
    let wanted = json!({"version": 1, "revision": 0, "mode": "tabs", "layout": null, "settings": null});
    assert_eq!(read(&daemon).await, wanted);
}

#[tokio::test]
async fn a_layout_is_kept_over_every_death() {
    let home = tempfile::tempdir().unwrap();
    let mut daemon = at(home.path()).await;
    let layout = json!({"tabs": [{"id": "t1"}], "any": {"thing": [1, 2.5, null, "ü"]}});
    assert_eq!(change(&daemon, 0, layout.clone()).await.0, 200);
    let old = daemon.kill_daemon().await;
    daemon.until_back(old).await;
    assert_eq!(read(&daemon).await["layout"], layout);
    daemon.signal(libc::SIGTERM);
    daemon.until_ended().await;
    let daemon = at(home.path()).await;
    let kept = read(&daemon).await;
    assert_eq!((&kept["layout"], &kept["revision"]), (&layout, &json!(1)));
}

#[tokio::test]
async fn a_change_of_what_was_not_seen_is_answered_with_the_present_one() {
    let daemon = Daemon::start().await;
    assert_eq!(change(&daemon, 0, json!({"by": "first"})).await.0, 200);
    let (status, refused) = change(&daemon, 0, json!({"by": "second"})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("workplace_changed")));
    assert_eq!(refused["workplace"], read(&daemon).await);
    assert_eq!(refused["workplace"]["layout"], json!({"by": "first"}));
    let base = refused["workplace"]["revision"].as_u64().unwrap();
    assert_eq!(change(&daemon, base, json!({"by": "second"})).await.0, 200);
}

#[tokio::test]
async fn of_many_changes_at_once_one_is_kept_and_the_others_are_told() {
    let daemon = Daemon::start().await;
    let changes = (0..20).map(|number| change(&daemon, 0, json!({"by": number})));
    let answers = futures_util::future::join_all(changes).await;
    let kept: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
    assert_eq!(kept.len(), 1);
    assert!(answers.iter().all(|(status, _)| matches!(status, 200 | 409)));
    assert_eq!(read(&daemon).await["layout"], kept[0].1["layout"]);
}

#[tokio::test]
async fn layout_and_settings_are_changed_one_by_one() {
    let daemon = Daemon::start().await;
    assert_eq!(change(&daemon, 0, json!({"tabs": []})).await.0, 200);
    let body = json!({"base": 1, "settings": {"theme": "nord"}});
    assert_eq!(daemon.post("/api/workplace", body).await.0, 200);
    let kept = read(&daemon).await;
    assert_eq!((&kept["layout"], &kept["settings"]), (&json!({"tabs": []}), &json!({"theme": "nord"})));
}

#[tokio::test]
async fn only_objects_of_at_most_256_kib_are_kept() {
    let daemon = Daemon::start().await;
    for wrong in [json!([]), json!("text"), json!(3), json!(null)] {
        let (status, refused) = change(&daemon, 0, wrong).await;
        assert_eq!((status, &refused["code"]), (400, &json!("invalid")));
    }
    assert_eq!(daemon.post("/api/workplace", json!({"layout": {}})).await.0, 400);
    let (status, refused) = change(&daemon, 0, json!({"text": "x".repeat(256 * 1024)})).await;
    assert_eq!((status, &refused["code"]), (413, &json!("too_large")));
    assert_eq!(change(&daemon, 0, json!({"text": "x".repeat(255 * 1024)})).await.0, 200);
}

#[tokio::test]
async fn everybody_has_their_own() {
    let daemon = on_the_platform().await;
    let body = json!({"base": 0, "layout": {"of": "ada"}});
    assert_eq!(as_somebody(&daemon, "ada@example.com", Some(body)).await["revision"], 1);
    assert_eq!(as_somebody(&daemon, "Ada@Example.com", None).await["layout"], json!({"of": "ada"}));
    let bens = as_somebody(&daemon, "ben@example.com", None).await;
    assert_eq!((&bens["revision"], &bens["layout"]), (&json!(0), &Value::Null));
    assert_eq!(as_somebody(&daemon, "eve@example.com", None).await["code"], "forbidden");
}

#[tokio::test]
async fn other_browsers_hear_of_a_change() {
    let daemon = Daemon::start().await;
    let request = daemon.request(reqwest::Method::GET, "/api/events").bearer_auth(TOKEN);
    let mut events = request.send().await.unwrap();
    let hello = events.chunk().await.unwrap().unwrap();
    assert!(hello.starts_with(b"retry:"));
    assert_eq!(change(&daemon, 0, json!({})).await.0, 200);
    let mut heard = String::new();
    while !heard.contains("workplace.changed") {
        heard.push_str(&String::from_utf8_lossy(&events.chunk().await.unwrap().unwrap()));
    }
    assert!(heard.contains("\"revision\":1"), "{heard}");
}

#[tokio::test]
async fn the_first_mode_is_a_setting() {
    let environment = vec![("TERMINAL_MODE".to_owned(), "grid".to_owned())];
    let daemon = Daemon::with(Options { environment, ..Options::default() }).await;
    assert_eq!(read(&daemon).await["mode"], "grid");
}

#[tokio::test]
async fn it_survives_the_death_of_the_store() {
    let daemon = Daemon::start().await;
    assert_eq!(change(&daemon, 0, json!({"a": 1})).await.0, 200);
    assert_eq!(daemon.post("/api/admin/actors/store/crash", json!({})).await.0, 200);
    until("the store to be back", || async {
        (daemon.get("/api/workplace").await.1["layout"] == json!({"a": 1})).then_some(())
    })
    .await;
}
