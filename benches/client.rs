//! The client that measures baseline and CoDA alike: blocking, on the calling thread, acknowledging as the page
//! does.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

/// How long anything may take. Only failures reach it.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// The page acknowledges after so many bytes or so much time.
const ACK_BYTES: u64 = 32 * 1024;
const ACK_EVERY: Duration = Duration::from_millis(50);
/// Kinds of frames, and what precedes their payload.
const OUTPUT: u8 = 1;
const SNAPSHOT_PART: u8 = 2;
const SNAPSHOT_LAST: u8 = 3;
const HEADER: usize = 13;
/// Path of the baseline.
const BARE: &str = "/";

/// What a client knows of one channel.
pub struct Channel {
    pub session: String,
    /// Offset after the last byte.
    pub offset: u64,
    pub joined: bool,
    /// Bytes that came as output.
    pub output: u64,
    pub snapshots: u64,
    pub snapshot_bytes: u64,
    /// Everything that came, if it is kept.
    pub kept: Option<Vec<u8>>,
    acknowledges: bool,
    acked: u64,
    acked_at: Instant,
}

impl Channel {
    pub fn new(session: &str, acknowledges: bool) -> Channel {
        Channel {
            session: session.to_owned(),
            offset: 0,
            joined: false,
            output: 0,
            snapshots: 0,
            snapshot_bytes: 0,
            kept: None,
            acknowledges,
            acked: 0,
            acked_at: Instant::now(),
        }
    }

    fn take(&mut self, kind: u8, offset: u64, payload: &[u8]) -> Result<()> {
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(payload);
        }
        match kind {
            OUTPUT => {
                ensure!(offset == self.offset, "output at {offset}, expected {}", self.offset);
                self.offset += payload.len() as u64;
                self.output += payload.len() as u64;
            }
            SNAPSHOT_PART => self.snapshot_bytes += payload.len() as u64,
            SNAPSHOT_LAST => {
                self.snapshot_bytes += payload.len() as u64;
                self.snapshots += 1;
                self.offset = offset;
            }
            other => bail!("a frame of kind {other}"),
        }
        Ok(())
    }

    fn due(&self) -> bool {
        let owed = self.offset.saturating_sub(self.acked);
        self.acknowledges && (owed >= ACK_BYTES || (owed > 0 && self.acked_at.elapsed() >= ACK_EVERY))
    }
}

pub struct Client {
    socket: WebSocket<TcpStream>,
    pub channels: HashMap<u32, Channel>,
}

impl Client {
    /// The baseline: one PTY of its own, channel 1, no acknowledgements.
    pub fn bare(address: SocketAddr) -> Result<Client> {
        let mut client = Client::open(address, BARE)?;
        client.channels.insert(1, Channel::new("", false));
        Ok(client)
    }

    pub fn open(address: SocketAddr, path: &str) -> Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        let headers = request.headers_mut();
        if path != BARE {
            headers.insert("sec-websocket-protocol", "coda.v1".parse()?);
        }
        headers.insert("origin", format!("http://{address}").parse()?);
        let (socket, _) = tokio_tungstenite::tungstenite::client(request, stream)?;
        Ok(Client { socket, channels: HashMap::new() })
    }

    pub fn say(&mut self, frame: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string()))?)
    }

    /// Asks to join, from an offset or by snapshot.
    pub fn ask_to_join(&mut self, number: u32, session: &str, from: Option<u64>) -> Result<()> {
        self.channels.entry(number).or_insert_with(|| Channel::new(session, true)).joined = false;
        let mut join = json!({"type": "join_session", "channel": number, "session_id": session,
            "cols": 80, "rows": 24, "mode": "write"});
        if let Some(from) = from {
            join["from"] = from.into();
        }
        self.say(&join)
    }

    pub fn join(&mut self, number: u32, session: &str, from: Option<u64>) -> Result<()> {
        self.ask_to_join(number, session, from)?;
        self.until(number, |channel| channel.joined && (from.is_some() || channel.snapshots > 0))
    }

    /// Types.
    pub fn input(&mut self, number: u32, bytes: &[u8]) -> Result<()> {
        let mut frame = Vec::with_capacity(5 + bytes.len());
        frame.push(1);
        frame.extend_from_slice(&number.to_le_bytes());
        frame.extend_from_slice(bytes);
        Ok(self.socket.send(Message::binary(frame))?)
    }

    /// Hears until the channel is as wanted.
    pub fn until(&mut self, number: u32, wanted: impl Fn(&Channel) -> bool) -> Result<()> {
        let began = Instant::now();
        while !wanted(&self.channels[&number]) {
            ensure!(began.elapsed() < DEADLINE, "waited {DEADLINE:?} on channel {number}");
            self.hear()?;
        }
        Ok(())
    }

    /// Hears one frame; the number of the channel it was for. None: nothing came in time.
    pub fn hear(&mut self) -> Result<Option<u32>> {
        match self.socket.read() {
            Ok(Message::Binary(frame)) => {
                ensure!(frame.len() >= HEADER, "a frame without a header");
                let number = u32::from_le_bytes(frame[1..5].try_into()?);
                let offset = u64::from_le_bytes(frame[5..HEADER].try_into()?);
                if let Some(channel) = self.channels.get_mut(&number) {
                    channel.take(frame[0], offset, &frame[HEADER..])?;
                    self.acknowledge(number, false)?;
                }
                Ok(Some(number))
            }
            Ok(Message::Text(text)) => self.text(&serde_json::from_str(&text)?),
            Ok(Message::Close(why)) => bail!("the server closed the socket: {why:?}"),
            Ok(_) => Ok(None),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn text(&mut self, frame: &Value) -> Result<Option<u32>> {
        let number = frame["channel"].as_u64().map(|number| number as u32);
        let channel = number.and_then(|number| self.channels.get_mut(&number));
        match (frame["type"].as_str(), channel) {
            (Some("joined"), Some(channel)) => {
                let offset = frame["offset"].as_u64().unwrap_or_default();
                (channel.joined, channel.offset, channel.acked) = (true, offset, offset);
            }
            (Some("error"), _) => bail!("the daemon says {frame}"),
            _ => {}
        }
        Ok(number)
    }

    /// Acknowledges what is due, or all there is.
    pub fn acknowledge(&mut self, number: u32, all: bool) -> Result<()> {
        let Some(channel) = self.channels.get_mut(&number) else { return Ok(()) };
        if !(channel.due() || all && channel.acknowledges) {
            return Ok(());
        }
        (channel.acked, channel.acked_at) = (channel.offset, Instant::now());
        let offset = channel.offset;
        self.say(&json!({"type": "ack", "channel": number, "offset": offset}))
    }

    /// How long one wait for a frame may last.
    pub fn patience(&self, most: Duration) -> Result<()> {
        Ok(self.socket.get_ref().set_read_timeout(Some(most))?)
    }

    /// Hears until the output has come up to `offset`, and no further.
    pub fn until_offset(&mut self, number: u32, offset: u64) -> Result<()> {
        self.until(number, |channel| channel.offset >= offset)?;
        let reached = self.channels[&number].offset;
        ensure!(reached == offset, "output goes on to {reached}, expected {offset}");
        Ok(())
    }
}
