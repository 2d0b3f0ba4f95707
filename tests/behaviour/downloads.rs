//! Files for the page: those of home, to be stored and never to be shown.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{Daemon, TOKEN};

async fn fetch(daemon: &Daemon, path: &str) -> reqwest::Response {
    let encoded: String = path.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let address = format!("/api/download?path={encoded}");
    daemon.request(reqwest::Method::GET, &address).bearer_auth(TOKEN).send().await.unwrap()
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn a_file_of_home_comes_whole_and_only_to_be_stored() {
    let daemon = Daemon::start().await;
    let content: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let path = daemon.home().join("naïve \"page\".html");
    fs::write(&path, &content).unwrap();
    for wanted in [path.to_str().unwrap(), "~/naïve \"page\".html", "naïve \"page\".html"] {
        let response = fetch(&daemon, wanted).await;
        assert_eq!(response.status(), 200, "{wanted}");
        assert_eq!(header(&response, "content-type"), "application/octet-stream");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert_eq!(header(&response, "content-length"), "3000000");
        let disposition = header(&response, "content-disposition");
        assert!(disposition.starts_with("attachment; filename=\"na_ve__page_.html\""), "{disposition}");
        assert!(disposition.contains("filename*=UTF-8''na%C3%AFve%20%22page%22.html"), "{disposition}");
        assert!(response.bytes().await.unwrap() == content);
    }
    fs::write(daemon.home().join("empty"), "").unwrap();
    assert_eq!(fetch(&daemon, "empty").await.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn nothing_outside_of_home_is_to_be_had() {
    let daemon = Daemon::start().await;
    symlink("/etc/passwd", daemon.home().join("link")).unwrap();
    symlink("/", daemon.home().join("root")).unwrap();
    let state = daemon.home().join(".coda");
    assert!(state.is_dir());
    fs::write(state.join("secret"), "x").unwrap();
    for (wanted, status, code) in [
        ("/etc/passwd", 403, "outside_home"),
        ("../../../../../../etc/passwd", 403, "outside_home"),
        ("link", 403, "outside_home"),
        ("root/etc/passwd", 403, "outside_home"),
        (".coda/secret", 403, "outside_home"),
        ("/dev/zero", 403, "outside_home"),
        ("", 400, "invalid"),
        ("no-such-file", 404, "not_found"),
    ] {
        let response = fetch(&daemon, wanted).await;
        assert_eq!(response.status(), status, "{wanted}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], code, "{wanted}: {body}");
    }
}

#[tokio::test]
async fn a_stranger_gets_nothing() {
    let daemon = Daemon::start().await;
    fs::write(daemon.home().join("mine"), "x").unwrap();
    let request = daemon.request(reqwest::Method::GET, "/api/download?path=mine");
    assert_eq!(request.send().await.unwrap().status(), 401);
}
