//! Requests byte by byte, for what no well-behaved client would send.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::daemon::Daemon;
use super::wait::DEADLINE;

/// A connection that says exactly what it is told to.
pub struct Wire(pub TcpStream);

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The `code` of an error, after checking that it is one in full.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let body: Value = serde_json::from_str(&self.body).expect("an error is JSON");
        assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        body["code"].as_str().expect("an error has a code").to_owned()
    }
}

impl Wire {
    pub async fn to(daemon: &Daemon) -> Wire {
        Wire(TcpStream::connect(&daemon.address).await.unwrap())
    }

    /// Sends a request line with these headers, `Host` among them, and hears the answer.
    pub async fn ask(mut self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_ask(line, headers, body).await
    }

    pub async fn try_ask(&mut self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{line} HTTP/1.1\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        request.push_str(body);
        // Whoever is refused early need not take the whole body.
        let _ = self.0.write_all(request.as_bytes()).await;
        tokio::time::timeout(DEADLINE, self.answer()).await.expect("an answer in time")
    }

    async fn answer(&mut self) -> Answer {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            assert!(self.0.read_buf(&mut bytes).await.unwrap() > 0, "the answer has an end");
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut answer = Answer { status: head[9..12].parse().unwrap(), head, body: String::new() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + 4 + length {
            assert!(self.0.read_buf(&mut bytes).await.unwrap() > 0, "the body is as long as it says");
        }
        answer.body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
        answer
    }
}
