//! An answer as it goes on the wire: chunk by chunk, held at gates, slow, cut off; and the eye that sees how it ends.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, rt};
use bytes::Bytes;
use futures_util::stream;

use crate::answer::Answer;
use crate::log::End;
use crate::reply::Frame;
use crate::server::{Shared, Socket};
use crate::turn::{How, Turn};

/// By then actix has written what it had; a body that fails at once takes even the head with it.
const FLUSHED: Duration = Duration::from_millis(50);

/// What is going to happen, in frames.
#[derive(Debug)]
pub struct Play {
    pub headers: Vec<(String, String)>,
    pub frames: Vec<Frame>,
    /// Before the head.
    head_gates: Vec<String>,
    /// Before the frame of that index.
    gates: Vec<(usize, String)>,
    pub cut: Option<(usize, How)>,
    delay: Duration,
    /// Bytes on the wire at once; 0: a frame.
    shard: usize,
    /// The head says how long the body is.
    pub is_sized: bool,
}

impl Play {
    pub fn new(frames: Vec<Frame>, turn: &Turn) -> Play {
        let chunks: Vec<usize> =
            frames.iter().enumerate().filter(|(_, frame)| frame.is_chunk).map(|(at, _)| at).collect();
        // Beyond the last chunk is what closes the answer.
        let closing = chunks.last().map_or(0, |last| last + 1);
        let nth = |number: usize| chunks.get(number).copied().unwrap_or(closing);
        let (head, rest): (Vec<_>, Vec<_>) = turn.gates.iter().partition(|gate| gate.before == 0);
        Play {
            headers: Vec::new(),
            head_gates: head.into_iter().map(|gate| gate.name.clone()).collect(),
            gates: rest.into_iter().map(|gate| (nth(gate.before - 1), gate.name.clone())).collect(),
            cut: turn.cut.map(|cut| (nth(cut.after), cut.how)),
            delay: Duration::from_millis(turn.pace.delay_ms),
            shard: turn.pace.shard,
            frames,
            is_sized: false,
        }
    }
}

/// Tells the log how a request goes on. Dropped before its end, the client has left.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    number: u64,
    ended: bool,
}

impl Watch {
    pub fn new(shared: Arc<Shared>, number: u64) -> Watch {
        Watch { shared, number, ended: false }
    }

    fn status(&self, status: u16) {
        self.shared.world().log.change(self.number, |entry| entry.status = status);
        self.shared.ring();
    }

    fn sent(&self, bytes: usize, is_chunk: bool) {
        self.shared.world().log.change(self.number, |entry| {
            entry.bytes += bytes;
            entry.chunks += usize::from(is_chunk);
        });
        self.shared.ring();
    }

    /// Waits until the gate is open.
    async fn pass(&self, gate: &str) {
        loop {
            let rung = self.shared.rung();
            let open = self.shared.world().gates.is_open(gate);
            let waits_at = (!open).then(|| gate.to_owned());
            let mut is_new = false;
            self.shared.world().log.change(self.number, |entry| {
                is_new = entry.waits_at != waits_at;
                entry.waits_at = waits_at;
            });
            if is_new {
                self.shared.ring();
            }
            if open {
                return;
            }
            rung.await;
        }
    }

    fn end(&mut self, end: End) {
        self.ended = true;
        self.shared.world().log.change(self.number, |entry| {
            entry.end = end;
            entry.waits_at = None;
        });
        self.shared.ring();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.ended {
            self.end(End::Left);
        }
    }
}

pub fn plain(answer: Answer) -> HttpResponse {
    builder(answer.status, &answer.headers).body(answer.body)
}

/// An answer that is there at once.
pub fn at_once(answer: Answer, mut watch: Watch) -> HttpResponse {
    watch.status(answer.status);
    watch.sent(answer.body.len(), false);
    watch.end(End::Whole);
    plain(answer)
}

/// Sends a RST in place of an answer.
pub fn nothing(request: &HttpRequest, mut watch: Watch) -> HttpResponse {
    reset(socket(request).as_deref());
    watch.end(End::Cut);
    HttpResponse::Ok().streaming(stream::once(async { Err::<Bytes, _>(ended()) }))
}

pub async fn play(request: &HttpRequest, play: Play, watch: Watch) -> HttpResponse {
    for gate in &play.head_gates {
        watch.pass(gate).await;
    }
    watch.status(200);
    let mut head = builder(200, &play.headers);
    let length: usize = play.frames.iter().map(|frame| frame.bytes.len()).sum();
    let is_sized = play.is_sized;
    let player = Player { socket: socket(request), play, watch, at: 0, rest: Bytes::new() };
    let pieces = Box::pin(stream::unfold(player, Player::step));
    if is_sized { head.body(SizedStream::new(length as u64, pieces)) } else { head.streaming(pieces) }
}

struct Player {
    socket: Option<Arc<Socket>>,
    play: Play,
    watch: Watch,
    /// The next frame.
    at: usize,
    /// What is left of the last one.
    rest: Bytes,
}

type Piece = Result<Bytes, std::io::Error>;

impl Player {
    async fn step(mut self) -> Option<(Piece, Player)> {
        if !self.rest.is_empty() {
            // Actix writes what it has when it is told to wait.
            tokio::task::yield_now().await;
            return self.shard(false);
        }
        let gates: Vec<String> =
            self.play.gates.iter().filter(|(at, _)| *at == self.at).map(|(_, name)| name.clone()).collect();
        for gate in gates {
            self.watch.pass(&gate).await;
        }
        if let Some((at, how)) = self.play.cut
            && at == self.at
        {
            return self.cut(how).await;
        }
        let Some(frame) = self.play.frames.get(self.at).cloned() else {
            self.watch.end(End::Whole);
            return None;
        };
        if frame.is_chunk && !self.play.delay.is_zero() {
            rt::time::sleep(self.play.delay).await;
        }
        self.at += 1;
        self.rest = frame.bytes;
        self.shard(frame.is_chunk)
    }

    fn shard(mut self, is_chunk: bool) -> Option<(Piece, Player)> {
        let size = if self.play.shard == 0 { self.rest.len() } else { self.play.shard.min(self.rest.len()) };
        let piece = self.rest.split_to(size);
        self.watch.sent(piece.len(), is_chunk);
        Some((Ok(piece), self))
    }

    async fn cut(mut self, how: How) -> Option<(Piece, Player)> {
        if how != How::End {
            rt::time::sleep(FLUSHED).await;
        }
        if how == How::Reset {
            reset(self.socket.as_deref());
        }
        self.watch.end(End::Cut);
        match how {
            How::End | How::Error => None,
            How::Reset | How::Close => Some((Err(ended()), self)),
        }
    }
}

fn ended() -> std::io::Error {
    std::io::Error::other("the script: the connection ends here")
}

fn socket(request: &HttpRequest) -> Option<Arc<Socket>> {
    request.conn_data::<Arc<Socket>>().cloned()
}

/// Sends a RST: on Linux, connecting a socket to nowhere drops what it was connected to.
fn reset(socket: Option<&Socket>) {
    if let Some(socket) = socket
        && let Err(error) = rustix::net::connect_unspec(&socket.0)
    {
        eprintln!("model_gateway: the connection could not be reset: {error}");
    }
}

fn builder(status: u16, headers: &[(String, String)]) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    for (name, value) in headers {
        builder.insert_header((name.as_str(), value.as_str()));
    }
    builder
}
