//! A client that behaves as the page does, and remembers everything.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::daemon::Daemon;
use super::wait::DEADLINE;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a client knows of one channel.
#[derive(Debug, Default, Clone)]
pub struct View {
    pub session_id: String,
    /// Where `output` begins.
    pub base: u64,
    /// Every byte since `base`: contiguous, or the client has panicked.
    pub output: Vec<u8>,
    /// The last snapshot, complete, and what led from there to `base`.
    pub snapshot: Vec<u8>,
    pub snapshots: usize,
    pub differences: usize,
    pub joined: Option<Value>,
    pub cols: u64,
    pub rows: u64,
    pub owner: bool,
    /// Every change of size: the frame, and how far the output was when it came.
    pub resizes: Vec<(Value, u64)>,
    pub exit: Option<Value>,
    pub closed: bool,
    /// Input that has reached the program.
    pub input_acked: u64,
    pub errors: Vec<Value>,
    part: Vec<u8>,
    acked: u64,
}

impl View {
    /// Offset after the last byte.
    pub fn offset(&self) -> u64 {
        self.base + self.output.len() as u64
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    /// Snapshot and output: all that was shown.
    pub fn shown(&self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.snapshot), self.text())
    }
}

pub struct Client {
    socket: Socket,
    pub views: BTreeMap<u32, View>,
    pub events: Vec<Value>,
    /// Errors that name no channel.
    pub errors: Vec<Value>,
    pub shutting_down: Option<Value>,
    pub heartbeats: usize,
    /// Why the server ended the connection.
    pub close_code: Option<u16>,
    /// Off: the client reads but never acknowledges.
    pub acknowledges: bool,
}

/// Opens the socket as a page of the daemon's own origin would.
pub async fn open(daemon: &Daemon, ticket: &str, origin: Option<&str>) -> Result<Socket, Error> {
    let url = format!("ws://{}/ws?ticket={ticket}", daemon.address);
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "coda.v1".parse().unwrap());
    if let Some(origin) = origin {
        headers.insert("origin", origin.parse().unwrap());
    }
    Ok(connect_async(request).await?.0)
}

impl Client {
    pub async fn connect(daemon: &Daemon) -> Client {
        Client::try_connect(daemon).await.expect("the daemon takes the socket")
    }

    /// `None` while there is no daemon to talk to.
    pub async fn try_connect(daemon: &Daemon) -> Option<Client> {
        let request =
            daemon.request(reqwest::Method::POST, "/api/ws-ticket").bearer_auth(super::daemon::TOKEN);
        let answer: Value = request.send().await.ok()?.json().await.ok()?;
        let origin = format!("http://{}", daemon.address);
        let socket = open(daemon, answer["ticket"].as_str()?, Some(&origin)).await.ok()?;
        Some(Client {
            socket,
            views: BTreeMap::new(),
            events: Vec::new(),
            errors: Vec::new(),
            shutting_down: None,
            heartbeats: 0,
            close_code: None,
            acknowledges: true,
        })
    }

    /// A fresh socket that resumes every channel where this one is. False: no daemon answers yet.
    pub async fn resume(&mut self, daemon: &Daemon) -> bool {
        let Some(fresh) = Client::try_connect(daemon).await else { return false };
        self.socket = fresh.socket;
        self.close_code = None;
        let channels: Vec<(u32, String, u64)> = self
            .views
            .iter()
            .map(|(&channel, view)| (channel, view.session_id.clone(), view.offset()))
            .collect();
        for (channel, session_id, from) in channels {
            let view = self.views.get_mut(&channel).unwrap();
            view.joined = None;
            view.part.clear();
            let join = json!({"type": "join_session", "channel": channel, "session_id": session_id,
                "from": from, "cols": view.cols, "rows": view.rows, "mode": "write"});
            if !self.try_say(join).await {
                return false;
            }
        }
        true
    }

    pub async fn try_say(&mut self, frame: Value) -> bool {
        self.socket.send(Message::text(frame.to_string())).await.is_ok()
    }

    pub async fn say(&mut self, frame: Value) {
        assert!(self.try_say(frame).await, "the socket takes the frame");
    }

    pub async fn say_raw(&mut self, message: Message) -> Result<(), Error> {
        self.socket.send(message).await
    }

    /// Joins at 80 × 24 and waits for the answer.
    pub async fn join(&mut self, channel: u32, session_id: &str) -> View {
        self.join_as(channel, session_id, json!({})).await
    }

    /// Joins with other fields than the usual.
    pub async fn join_as(&mut self, channel: u32, session_id: &str, other: Value) -> View {
        let mut frame = json!({"type": "join_session", "channel": channel, "session_id": session_id,
            "cols": 80, "rows": 24, "mode": "write"});
        for (name, value) in other.as_object().unwrap() {
            frame[name] = value.clone();
        }
        self.views.insert(channel, View { session_id: session_id.to_owned(), ..View::default() });
        self.say(frame).await;
        self.until(channel, "the join to be answered", |view| {
            view.joined.is_some() || !view.errors.is_empty()
        })
        .await
    }

    pub async fn leave(&mut self, channel: u32) {
        self.say(json!({"type": "leave_session", "channel": channel})).await;
        self.views.remove(&channel);
    }

    /// Types, in pieces of at most 64 KiB.
    pub async fn input(&mut self, channel: u32, bytes: &[u8]) {
        assert!(self.try_input(channel, bytes).await, "the socket takes input");
    }

    /// False: the connection is gone.
    pub async fn try_input(&mut self, channel: u32, bytes: &[u8]) -> bool {
        for piece in bytes.chunks(64 * 1024 - 5) {
            let mut frame = vec![1u8];
            frame.extend_from_slice(&channel.to_le_bytes());
            frame.extend_from_slice(piece);
            if self.socket.send(Message::binary(frame)).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Input in frames that are still to be sent.
    pub fn pieces(channel: u32, bytes: &[u8]) -> VecDeque<Message> {
        let frame = |piece: &[u8]| {
            let channel = channel.to_le_bytes();
            Message::binary([&[1][..], &channel, piece].concat())
        };
        bytes.chunks(64 * 1024 - 5).map(frame).collect()
    }

    /// Sends the next frame when the socket takes it, or takes in one that came. False: the connection is gone.
    pub async fn push(&mut self, frames: &mut VecDeque<Message>) -> bool {
        let (socket, more) = (&mut self.socket, !frames.is_empty());
        let turn = poll_fn(|cx| match socket.poll_ready_unpin(cx) {
            Poll::Ready(ready) if more => Poll::Ready(Err(ready)),
            _ => {
                let _ = socket.poll_flush_unpin(cx);
                socket.poll_next_unpin(cx).map(Ok)
            }
        });
        match turn.await {
            Ok(message) => self.take(message).await,
            Err(Err(_)) => false,
            Err(Ok(())) => {
                frames.pop_front().is_some_and(|frame| self.socket.start_send_unpin(frame).is_ok())
            }
        }
    }

    pub async fn type_line(&mut self, channel: u32, line: &str) {
        self.input(channel, format!("{line}\r").as_bytes()).await;
    }

    /// Takes one frame in. False: the connection is gone.
    pub async fn hear(&mut self) -> bool {
        let message = self.socket.next().await;
        self.take(message).await
    }

    async fn take(&mut self, message: Option<Result<Message, Error>>) -> bool {
        match message {
            Some(Ok(Message::Text(text))) => self.text_frame(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Binary(frame))) => self.binary_frame(&frame).await,
            Some(Ok(Message::Close(frame))) => {
                self.close_code = frame.map(|frame| frame.code.into());
                return false;
            }
            Some(Err(_)) | None => return false,
            Some(Ok(_)) => {}
        }
        true
    }

    /// Hears until the channel's view is as wanted.
    pub async fn until(&mut self, channel: u32, what: &str, wanted: impl Fn(&View) -> bool) -> View {
        self.until_all(what, |client| client.views.get(&channel).is_some_and(&wanted)).await;
        self.views[&channel].clone()
    }

    pub async fn until_shown(&mut self, channel: u32, text: &str) -> View {
        self.until(channel, &format!("{text:?} to be shown"), |view| view.shown().contains(text)).await
    }

    /// Hears until the server ends the connection.
    pub async fn until_gone(&mut self) {
        let gone = async { while self.hear().await {} };
        if tokio::time::timeout(DEADLINE, gone).await.is_err() {
            panic!("waited {DEADLINE:?} for the connection to end: {:?}", self.tail());
        }
    }

    pub async fn until_all(&mut self, what: &str, wanted: impl Fn(&Client) -> bool) {
        let began = Instant::now();
        while !wanted(self) {
            let left = DEADLINE.saturating_sub(began.elapsed());
            match tokio::time::timeout(left, self.hear()).await {
                Ok(true) => {}
                Ok(false) => panic!("the connection ended while waiting for {what}: {:?}", self.tail()),
                Err(_) => panic!("waited {DEADLINE:?} for {what}: {:?}", self.tail()),
            }
        }
    }

    fn tail(&self) -> Vec<String> {
        let last = |view: &View| {
            view.shown().chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect()
        };
        self.views.values().map(last).collect()
    }

    fn text_frame(&mut self, frame: Value) {
        let channel = frame["channel"].as_u64().map(|channel| channel as u32);
        let view = channel.and_then(|channel| self.views.get_mut(&channel));
        match (frame["type"].as_str().unwrap(), view) {
            ("joined", Some(view)) => {
                let offset = frame["offset"].as_u64().unwrap();
                if offset != view.offset() {
                    // A snapshot follows; what came before is not continued.
                    (view.base, view.output) = (offset, Vec::new());
                }
                view.acked = view.acked.max(view.base);
                (view.cols, view.rows) = (frame["cols"].as_u64().unwrap(), frame["rows"].as_u64().unwrap());
                view.owner = frame["owner"].as_bool().unwrap();
                view.joined = Some(frame);
            }
            ("resized", Some(view)) => {
                (view.cols, view.rows) = (frame["cols"].as_u64().unwrap(), frame["rows"].as_u64().unwrap());
                view.owner = frame["owner"].as_bool().unwrap();
                view.resizes.push((frame, view.offset()));
            }
            ("input_ack", Some(view)) => view.input_acked = frame["offset"].as_u64().unwrap(),
            ("session_exited", Some(view)) => view.exit = Some(frame["exit"].clone()),
            ("session_closed", Some(view)) => view.closed = true,
            ("error", Some(view)) => view.errors.push(frame),
            ("error", None) => self.errors.push(frame),
            ("event", _) => self.events.push(frame),
            ("shutting_down", _) => self.shutting_down = Some(frame),
            ("heartbeat", _) => self.heartbeats += 1,
            _ => {}
        }
    }

    async fn binary_frame(&mut self, frame: &[u8]) {
        let kind = frame[0];
        let channel = u32::from_le_bytes(frame[1..5].try_into().unwrap());
        let offset = u64::from_le_bytes(frame[5..13].try_into().unwrap());
        let payload = &frame[13..];
        // Before it has joined, what comes is for whoever had the channel before.
        let Some(view) = self.views.get_mut(&channel).filter(|view| view.joined.is_some()) else { return };
        match kind {
            1 => {
                assert_eq!(offset, view.offset(), "output is contiguous");
                view.output.extend_from_slice(payload);
            }
            2 | 3 => {
                view.part.extend_from_slice(payload);
                if kind == 3 {
                    view.snapshot = std::mem::take(&mut view.part);
                    view.snapshots += 1;
                    (view.base, view.output) = (offset, Vec::new());
                }
            }
            4 => {
                view.differences += 1;
                view.snapshot.extend_from_slice(&std::mem::take(&mut view.output));
                view.snapshot.extend_from_slice(payload);
                view.base = offset;
            }
            other => panic!("a frame of kind {other}"),
        }
        let parsed = view.offset();
        if self.acknowledges && (kind >= 3 || parsed - view.acked >= 32 * 1024 || payload.len() < 16 * 1024) {
            view.acked = parsed;
            let _ = self.try_say(json!({"type": "ack", "channel": channel, "offset": parsed})).await;
        }
    }
}
