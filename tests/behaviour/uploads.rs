//! Files from the page: whole or not at all, under a harmless name, within a quota.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{Daemon, Options, TOKEN, Wire, until};

const BOUNDARY: &str = "----boundary7";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06";

/// The form a page would send.
fn form(field: &str, name: Option<&str>, content: &[u8]) -> Vec<u8> {
    let name = name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"{name}\r\nContent-Type: text/html\r\n\r\n"
    );
    [head.as_bytes(), content, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

async fn send(daemon: &Daemon, body: Vec<u8>) -> (u16, Value) {
    let request = daemon.request(reqwest::Method::POST, "/api/upload").bearer_auth(TOKEN);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let response = request.header("content-type", kind).body(body).send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

async fn upload(daemon: &Daemon, name: &str, content: &[u8]) -> (u16, Value) {
    send(daemon, form("file", Some(name), content)).await
}

fn is_problem(answer: &(u16, Value), status: u16, code: &str, text: &str) {
    assert_eq!((answer.0, &answer.1["code"]), (status, &json!(code)), "{}", answer.1);
    assert!(answer.1["error"].as_str().is_some_and(|error| error.contains(text)), "{}", answer.1);
}

/// Everything in the folder, received or being received.
fn files(daemon: &Daemon) -> Vec<String> {
    let Ok(entries) = fs::read_dir(daemon.home().join("uploads")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn with_config(text: &str) -> Daemon {
    Daemon::with(Options { config: Some(text.to_owned()), ..Options::default() }).await
}

#[tokio::test]
async fn a_file_arrives_whole_and_an_image_is_known_by_content() {
    let daemon = Daemon::start().await;
    let large: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    for (name, content, kind, media_type) in [
        ("photo.txt", PNG, "image", "image/png"),
        ("photo.png", b"<svg onload=alert(1)>", "file", "application/octet-stream"),
        ("empty", b"", "file", "application/octet-stream"),
        ("large.bin", &large, "file", "application/octet-stream"),
    ] {
        let (status, answer) = upload(&daemon, name, content).await;
        assert_eq!(status, 200, "{answer}");
        let path = PathBuf::from(answer["path"].as_str().unwrap());
        assert!(fs::read(&path).unwrap() == content, "{name}");
        assert_eq!(path.parent().unwrap(), daemon.home().join("uploads"));
        let stored = path.file_name().unwrap().to_str().unwrap();
        let (digits, rest) = stored.split_once('_').unwrap();
        assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{stored}");
        assert_eq!((rest, &answer["name"]), (name, &json!(name)));
        assert_eq!(answer["bytes"], content.len());
        assert_eq!((&answer["kind"], &answer["media_type"]), (&json!(kind), &json!(media_type)));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::metadata(daemon.home().join("uploads")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(files(&daemon).len(), 4);
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let daemon = Daemon::start().await;
    let before = fs::read_dir(daemon.home()).unwrap().count();
    let names = [
        "../../../etc/cron.d/x",
        "..\\\\..\\\\x",
        "/etc/passwd",
        "....//x",
        "..",
        ".ssh",
        "-rf",
        "a\u{202e}gnp.exe",
        "con.txt",
        "%2e%2e%2fx",
        "~",
    ];
    for name in names {
        let (status, answer) = upload(&daemon, name, b"x").await;
        assert_eq!(status, 200, "{name:?}: {answer}");
        let path = Path::new(answer["path"].as_str().unwrap());
        assert_eq!(path.parent().unwrap(), daemon.home().join("uploads"), "{name:?}");
        assert!(path.is_file(), "{name:?}");
    }
    is_problem(&upload(&daemon, "\u{1}\u{7f}", b"x").await, 400, "invalid", "cannot be read");
    let long = upload(&daemon, &"x".repeat(1_000), b"x").await;
    assert_eq!(long.0, 200, "{}", long.1);
    assert_eq!(files(&daemon).len(), names.len() + 1);
    assert_eq!(fs::read_dir(daemon.home()).unwrap().count(), before + 1, "nothing else appeared");
}

#[tokio::test]
async fn what_is_no_file_is_said() {
    let daemon = Daemon::start().await;
    is_problem(&send(&daemon, form("other", Some("x"), b"x")).await, 400, "invalid", "no file provided");
    is_problem(&send(&daemon, form("file", Some(""), b"x")).await, 400, "invalid", "no name");
    is_problem(&send(&daemon, form("file", None, b"x")).await, 400, "invalid", "no name");
    is_problem(&send(&daemon, Vec::new()).await, 400, "invalid", "form");
    is_problem(&send(&daemon, b"no form at all".to_vec()).await, 400, "invalid", "form");
    is_problem(
        &daemon.post("/api/upload", json!({"file": "x"})).await,
        400,
        "invalid",
        "multipart/form-data",
    );
    let torn = form("file", Some("x"), b"half of");
    is_problem(&send(&daemon, torn[..torn.len() - 20].to_vec()).await, 400, "invalid", "form");
    until("nothing to be left", || async { files(&daemon).is_empty().then_some(()) }).await;
    assert_eq!(upload(&daemon, "x", b"x").await.0, 200);
}

/// Another site's page could once make a browser send a form here.
#[tokio::test]
async fn another_sites_page_cannot_upload() {
    let daemon = Daemon::start().await;
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = daemon.request(reqwest::Method::POST, "/api/upload").header("content-type", kind);
    let request = request.header("cookie", format!("coda={TOKEN}")).header("origin", "https://evil.example");
    assert_eq!(request.body(form("file", Some("x"), b"x")).send().await.unwrap().status(), 403);
    assert!(files(&daemon).is_empty());
}

#[tokio::test]
async fn a_file_too_large_is_refused_and_leaves_nothing() {
    let daemon = with_config("[uploads]\nmax_bytes = 100000\n").await;
    assert_eq!(upload(&daemon, "fits", &[7; 100_000]).await.0, 200);
    is_problem(&upload(&daemon, "over", &[7; 100_001]).await, 413, "too_large", "100000 bytes");
    is_problem(&upload(&daemon, "far over", &[7; 5_000_000]).await, 413, "too_large", "100000 bytes");
    // Nobody has said how long it is.
    let pieces = form("file", Some("endless"), &[7; 5_000_000]);
    let pieces: Vec<_> = pieces.chunks(10_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let request = daemon.request(reqwest::Method::POST, "/api/upload").bearer_auth(TOKEN).body(body);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let response = request.header("content-type", kind).send().await.unwrap();
    assert_eq!(response.status(), 413);
    until("only the first to be there", || async { (files(&daemon).len() == 1).then_some(()) }).await;
}

/// Half a file was once left behind for ever.
#[tokio::test]
async fn a_client_that_leaves_midway_leaves_nothing() {
    let daemon = Daemon::start().await;
    let body = form("file", Some("x"), &[7; 200_000]);
    let head = format!(
        "POST /api/upload HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n",
        daemon.address,
        body.len()
    );
    for _ in 0..8 {
        let mut wire = Wire::to(&daemon).await;
        wire.0.write_all(head.as_bytes()).await.unwrap();
        wire.0.write_all(&body[..150_000]).await.unwrap();
        until("the file to begin", || async { (!files(&daemon).is_empty()).then_some(()) }).await;
        drop(wire);
        until("it to be gone", || async { files(&daemon).is_empty().then_some(()) }).await;
    }
    assert_eq!(upload(&daemon, "x", b"x").await.0, 200, "its turn came back");
}

#[tokio::test]
async fn beyond_the_quota_nothing_is_taken_and_nothing_removed() {
    let daemon = with_config("[uploads]\nmax_bytes = 100000\nquota_bytes = 250000\n").await;
    fs::create_dir(daemon.home().join("uploads")).unwrap();
    fs::write(daemon.home().join("uploads/not-ours"), vec![7; 1_000_000]).unwrap();
    let (_, first) = upload(&daemon, "one", &[7; 90_000]).await;
    assert_eq!(upload(&daemon, "two", &[7; 90_000]).await.0, 200);
    let answer = upload(&daemon, "three", &[7; 90_000]).await;
    is_problem(&answer, 413, "upload_quota", "holds 180000 of 250000 bytes");
    assert_eq!(files(&daemon).len(), 3);
    fs::remove_file(first["path"].as_str().unwrap()).unwrap();
    assert_eq!(upload(&daemon, "three", &[7; 90_000]).await.0, 200);

    // Many at once get no further than one after the other.
    let all = (0..6).map(|_| upload(&daemon, "many", &[7; 40_000]));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1);
}

#[tokio::test]
async fn many_at_once_wait_for_their_turn() {
    let daemon = with_config("[uploads]\nconcurrent = 1\n").await;
    let all = (0..12).map(|_| upload(&daemon, "x", &[7; 300_000]));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(files(&daemon).len(), 12);
}

#[tokio::test]
async fn a_link_in_place_of_the_folder_is_refused() {
    let daemon = Daemon::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), daemon.home().join("uploads")).unwrap();
    is_problem(&upload(&daemon, "x", b"x").await, 500, "internal", "put a folder in its place");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

/// Uploads were once kept for ever.
#[tokio::test]
async fn old_uploads_go_and_other_files_stay() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("uploads");
    fs::create_dir(&folder).unwrap();
    let old = SystemTime::now() - Duration::from_secs(8 * 86_400);
    for name in ["0123abcd_old.png", "notes.txt", "0123ABCD_old.png", "0123abcd_new.png", ".0123abcd.part"] {
        let file = fs::File::create(folder.join(name)).unwrap();
        if !name.contains("new") {
            file.set_modified(old).unwrap();
        }
    }
    let options = Options { home: Some(home.path().to_owned()), ..Options::default() };
    let daemon = Daemon::with(options).await;
    let mut left = until("the old ones to go", || async {
        let left = files(&daemon);
        (left.len() == 3).then_some(left)
    })
    .await;
    left.sort();
    assert_eq!(left, ["0123ABCD_old.png", "0123abcd_new.png", "notes.txt"]);
}
