//! Just enough HTTP to ask the daemon for something, on the calling thread.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// How long an answer may take. Only failures reach it.
const DEADLINE: Duration = Duration::from_secs(20);

/// One request on a connection of its own; status and body.
pub fn ask(address: SocketAddr, method: &str, path: &str, token: &str, body: &str) -> Result<(u16, String)> {
    ask_with(address, method, path, &format!("Authorization: Bearer {token}"), body)
}

fn ask_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    header: &str,
    body: &str,
) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{header}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end =
        answer.windows(4).position(|window| window == b"\r\n\r\n").context("an answer without an end")?;
    let head = std::str::from_utf8(&answer[..end])?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    Ok((status, String::from_utf8_lossy(&answer[end + 4..]).into_owned()))
}

/// The same as a person whom the platform names.
pub fn json_as(address: SocketAddr, path: &str, who: &str, body: &Value) -> Result<Value> {
    let header = format!("X-Forwarded-Email: {who}\r\nAuthorization: Bearer x");
    let (status, text) = ask_with(address, "POST", path, &header, &body.to_string())?;
    ensure!(status == 200, "{path}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}

/// The same for JSON; anything but 200 is an error.
pub fn json(address: SocketAddr, method: &str, path: &str, token: &str, body: &Value) -> Result<Value> {
    let (status, text) = ask(address, method, path, token, &body.to_string())?;
    ensure!(status == 200, "{method} {path}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}
