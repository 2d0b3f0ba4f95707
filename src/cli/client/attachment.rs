//! One session, watched and typed to over reconnects.
//!
//! Invariants: output is handed on exactly once and in order, or as a snapshot that stands for all before it; input
//! reaches the program exactly once; [`Attachment::next`] loses nothing when it is dropped half-way.

use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::{sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::api::{Api, AskError};
use super::frames::Heard;
use super::input::InputLedger;
use super::pace::{AckPacer, delay};
use super::socket::Socket;
use crate::domain::exit::Exit;
use crate::domain::frames::{ClientFrame, History, Mode, OutFrame, OutKind};
use crate::domain::size::Size;

/// The one channel that is used.
const CHANNEL: u32 = 1;
/// Input goes out in pieces of this many bytes.
const PIECE: usize = 32 * 1024;
/// A loss that lasts longer is told.
const NOTICED: Duration = Duration::from_secs(1);
/// A server that is not back after so long will not come back: the keeper waits 30 s at most.
const GIVEN_UP: Duration = Duration::from_secs(120);
/// The same before the first connection.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long opening a connection may take.
const OPEN: Duration = Duration::from_secs(10);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What happened.
#[derive(Debug)]
pub enum Happening {
    /// Joined, for the first time or again; the size is the session's.
    Joined {
        size: Size,
        owner: bool,
    },
    /// Output that ends at `end`. Its first `history` bytes came while nobody listened: what they ask must not be
    /// answered.
    Output {
        bytes: Bytes,
        end: u64,
        history: usize,
    },
    /// A part of what draws the screen anew; `end` comes with the last.
    Snapshot {
        bytes: Bytes,
        first: bool,
        end: Option<u64>,
    },
    Resized(Size),
    /// The program ended; all its output was handed on.
    Exited(Exit),
    /// The session was dismissed.
    Closed,
    /// Some input has reached the program.
    Typed,
    /// There has been no connection for a while. What follows the next join draws the screen anew.
    Away,
}

type Opening = Pin<Box<dyn Future<Output = Result<Box<Socket>, AskError>> + Send>>;

enum Line {
    Waiting(Instant),
    Opening(Opening),
    Open(Box<Socket>),
}

enum Turn {
    Open,
    Opened(Result<Box<Socket>, AskError>),
    Heard(Option<Message>),
    Acknowledge,
    Notice,
}

pub struct Attachment {
    api: Api,
    session_id: String,
    mode: Mode,
    size: Size,
    input_id: u64,
    line: Line,
    joined: bool,
    /// Everything before this offset was handed on. None: the next must be a snapshot.
    received: Option<u64>,
    within_snapshot: bool,
    /// Before this offset everything is history.
    head: u64,
    acks: AckPacer,
    typed: InputLedger,
    /// Attempts since the last connection.
    attempt: u32,
    lost_at: Instant,
    ever_joined: bool,
    noticed: bool,
}

impl Attachment {
    pub fn new(api: Api, session_id: String, mode: Mode, size: Size) -> anyhow::Result<Attachment> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random)?;
        Ok(Attachment {
            api,
            session_id,
            mode,
            size,
            // Below 2⁵³, and never 0.
            input_id: (u64::from_le_bytes(random) >> 11).max(1),
            line: Line::Waiting(Instant::now()),
            joined: false,
            received: None,
            within_snapshot: false,
            head: 0,
            acks: AckPacer::default(),
            typed: InputLedger::default(),
            attempt: 0,
            lost_at: Instant::now(),
            ever_joined: false,
            noticed: false,
        })
    }

    /// Input that can be taken now, in bytes.
    pub fn room(&self) -> usize {
        self.typed.room()
    }

    /// Everything typed has reached the program.
    pub fn is_typed(&self) -> bool {
        self.typed.is_empty()
    }

    /// At most [`Attachment::room`] bytes; sent by [`Attachment::next`].
    pub fn input(&mut self, bytes: &[u8]) {
        self.typed.push(bytes);
        self.send_input();
    }

    /// The terminal has this size now; asks to own the session's.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
        if self.joined {
            let (cols, rows) = (size.cols.into(), size.rows.into());
            self.say(&ClientFrame::TerminalResize { channel: CHANNEL, cols, rows });
        }
    }

    /// What was handed on is drawn up to here.
    pub fn drawn(&mut self, offset: u64) {
        self.acks.parsed(offset, Instant::now());
    }

    /// Leaves; what waits to be sent is sent, if that takes no time.
    pub async fn close(mut self) {
        self.say(&ClientFrame::LeaveSession { channel: CHANNEL });
        if let Line::Open(socket) = self.line {
            let _ = timeout(GOODBYE, socket.close()).await;
        }
    }

    /// Waits for the next thing to happen; an error means that it is over.
    pub async fn next(&mut self) -> Result<Happening, AskError> {
        loop {
            let happened = match self.turn().await {
                Turn::Open => {
                    let opening = timeout(OPEN, Socket::open(self.api.clone()));
                    self.line = Line::Opening(Box::pin(async {
                        opening.await.unwrap_or(Err(AskError::Lost)).map(Box::new)
                    }));
                    None
                }
                Turn::Opened(Ok(socket)) => {
                    self.line = Line::Open(socket);
                    self.join();
                    None
                }
                Turn::Opened(Err(error)) => {
                    self.failed(error)?;
                    None
                }
                Turn::Heard(None) => {
                    self.lost();
                    None
                }
                Turn::Heard(Some(Message::Text(text))) => self.hear(&text)?,
                Turn::Heard(Some(Message::Binary(frame))) => self.take(&frame)?,
                Turn::Heard(Some(_)) => None,
                Turn::Acknowledge => {
                    let offset = self.acks.take();
                    self.say(&ClientFrame::Ack { channel: CHANNEL, offset });
                    None
                }
                Turn::Notice => {
                    self.noticed = true;
                    self.received = None;
                    Some(Happening::Away)
                }
            };
            if let Some(happened) = happened {
                return Ok(happened);
            }
        }
    }

    async fn turn(&mut self) -> Turn {
        let notice = (self.ever_joined && !self.noticed).then(|| self.lost_at + NOTICED);
        let due = self.acks.due();
        match &mut self.line {
            Line::Waiting(until) => tokio::select! {
                () = sleep_until((*until).into()) => Turn::Open,
                () = at(notice) => Turn::Notice,
            },
            Line::Opening(opening) => tokio::select! {
                opened = opening => Turn::Opened(opened),
                () = at(notice) => Turn::Notice,
            },
            Line::Open(socket) => tokio::select! {
                message = socket.hear() => Turn::Heard(message),
                () = at(due) => Turn::Acknowledge,
            },
        }
    }

    fn say(&mut self, frame: &ClientFrame) {
        if let Line::Open(socket) = &mut self.line {
            socket.say(frame);
        }
    }

    fn join(&mut self) {
        let typing = self.mode == Mode::Write;
        let frame = ClientFrame::JoinSession {
            channel: CHANNEL,
            session_id: self.session_id.clone(),
            from: self.received,
            cols: self.size.cols.into(),
            rows: self.size.rows.into(),
            mode: self.mode,
            input_id: typing.then_some(self.input_id),
            differences: false,
            history: History::With,
        };
        self.say(&frame);
    }

    fn send_input(&mut self) {
        let Line::Open(socket) = &mut self.line else { return };
        while self.joined {
            let piece = self.typed.take(PIECE);
            if piece.is_empty() {
                return;
            }
            socket.input(CHANNEL, &piece);
        }
    }

    /// The connection is gone, or of no use.
    fn lost(&mut self) {
        if self.joined {
            self.lost_at = Instant::now();
            self.attempt = 0;
            self.noticed = false;
        }
        self.joined = false;
        if std::mem::take(&mut self.within_snapshot) {
            self.received = None;
        }
        self.acks = AckPacer::default();
        self.line = Line::Waiting(Instant::now() + delay(self.attempt));
        self.attempt += 1;
    }

    fn failed(&mut self, error: AskError) -> Result<(), AskError> {
        let most = if self.ever_joined { GIVEN_UP } else { PATIENCE };
        let passing = match &error {
            AskError::NoServer(_) => self.api.is_refusing(),
            AskError::Lost => true,
            AskError::Refused { code, .. } => code == "unavailable",
            AskError::NotOurs(_) | AskError::Garbled(_) => false,
        };
        if !passing {
            return Err(error);
        }
        if self.lost_at.elapsed() > most {
            return Err(self.api.no_server());
        }
        self.lost();
        Ok(())
    }

    fn hear(&mut self, text: &str) -> Result<Option<Happening>, AskError> {
        let heard = serde_json::from_str(text).map_err(|error| AskError::Garbled(error.to_string()))?;
        Ok(match heard {
            Heard::Joined { offset, head, cols, rows, owner, input } => {
                // Else a snapshot follows.
                self.received = self.received.filter(|received| *received == offset);
                self.head = head.unwrap_or(offset);
                self.acks.restart(offset);
                (self.joined, self.ever_joined, self.noticed) = (true, true, false);
                if let Some(reached) = input {
                    self.typed.resume(reached);
                }
                self.send_input();
                Some(Happening::Joined { size: Size { rows, cols }, owner })
            }
            Heard::InputAck { offset } => {
                self.typed.acked(offset);
                Some(Happening::Typed)
            }
            Heard::Resized { cols, rows } => Some(Happening::Resized(Size { rows, cols })),
            Heard::SessionExited { exit } => Some(Happening::Exited(exit)),
            Heard::SessionClosed {} => Some(Happening::Closed),
            Heard::Error { code, message } => return Err(AskError::Refused { code, message }),
            Heard::Other => None,
        })
    }

    fn take(&mut self, frame: &Bytes) -> Result<Option<Happening>, AskError> {
        let parsed = OutFrame::parse(frame).map_err(|error| AskError::Garbled(error.to_string()))?;
        let OutFrame { kind, channel: CHANNEL, offset, payload } = parsed else { return Ok(None) };
        if !self.joined {
            return Ok(None);
        }
        let mut bytes = frame.slice_ref(payload);
        Ok(match kind {
            OutKind::SnapshotPart | OutKind::SnapshotLast => {
                let (first, last) = (!self.within_snapshot, kind == OutKind::SnapshotLast);
                self.within_snapshot = !last;
                self.received = last.then_some(offset);
                Some(Happening::Snapshot { bytes, first, end: self.received })
            }
            OutKind::Output => match self.received.filter(|_| !self.within_snapshot) {
                Some(received) if offset <= received => {
                    let known = (received - offset).min(bytes.len() as u64) as usize;
                    bytes = bytes.slice(known..);
                    let end = received + bytes.len() as u64;
                    self.received = Some(end);
                    let history = self.head.clamp(received, end) - received;
                    let history = history as usize;
                    Some(Happening::Output { bytes, end, history })
                }
                _ => self.begin_anew(),
            },
            OutKind::Difference => self.begin_anew(),
        })
    }

    /// Bytes are missing, which no server should let happen: the next connection begins with a snapshot.
    fn begin_anew(&mut self) -> Option<Happening> {
        self.lost();
        self.received = None;
        None
    }
}

/// Never, when there is no time.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}
