//! A link's state, and what it does with a client's frames.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use actix::prelude::*;
use actix_http::ws::Item;
use actix_web_actors::ws::{self, CloseCode, CloseReason, Message as WsMessage, WebsocketContext};
use bytes::{Bytes, BytesMut};

use super::channel::Channel;
use super::gate::Gate;
use crate::actors::events::{Events, Listen, Published, ShuttingDown};
use crate::actors::session::{InputId, Join, Joined, Leave, Resize, Session, Start, ToViewer};
use crate::actors::sessions::{Attend, Find, Sessions};
use crate::domain::access::Identity;
use crate::domain::event::Event;
use crate::domain::frames::{ClientFrame, History, InputFrame, MAX_IN, Mode, ServerFrame, close};
use crate::domain::size::Size;
use crate::domain::size_owner::ViewerId;

/// Most channels on one link.
const CHANNELS: usize = 256;

/// One page's WebSocket.
///
/// *Parent* its connection · *Restart* temporary: the client comes back and resumes · *Owns* the socket, the
/// cursors of its channels · *Sends to* sessions · *Lost on crash* the connection.
///
/// Its timers stop while its client does not read, so it has none: how long a client may be silent is the
/// session's and the kernel's business.
pub struct Link {
    pub(super) identity: Identity,
    pub(super) settings: LinkSettings,
    pub(super) gate: Gate,
    pub(super) channels: HashMap<u32, Channel>,
    /// Channels whose join is under way, with what was told meanwhile.
    joining: HashMap<u32, (ViewerId, Vec<ToViewer>)>,
    fragments: BytesMut,
    fragments_are_text: bool,
    /// Channels that keep the gate closed.
    pub(super) waiting: HashSet<u32>,
}

#[derive(Clone)]
pub struct LinkSettings {
    pub sessions: Addr<Sessions>,
    pub events: Addr<Events>,
    /// Bytes a channel may have unacknowledged.
    pub window: u64,
}

/// What a client says when it joins a session.
struct Wanted {
    channel: u32,
    session_id: String,
    from: Option<u64>,
    size: Size,
    mode: Mode,
    input_id: Option<InputId>,
    differences: bool,
    history: History,
}

/// Names viewers uniquely within this process.
static NEXT_VIEWER: AtomicU64 = AtomicU64::new(1);

pub(super) type Context<A> = WebsocketContext<A>;

impl Link {
    pub fn new(identity: Identity, settings: LinkSettings, gate: Gate) -> Link {
        Link {
            identity,
            settings,
            gate,
            channels: HashMap::new(),
            joining: HashMap::new(),
            fragments: BytesMut::new(),
            fragments_are_text: false,
            waiting: HashSet::new(),
        }
    }

    pub(super) fn say(&self, frame: &ServerFrame, ctx: &mut Context<Self>) {
        ctx.text(frame.text());
    }

    pub(super) fn refuse(
        &self,
        channel: Option<u32>,
        code: &'static str,
        message: impl Into<String>,
        ctx: &mut Context<Self>,
    ) {
        self.say(&ServerFrame::Error { channel, code, message: message.into() }, ctx);
    }

    fn text_frame(&mut self, text: &str, ctx: &mut Context<Self>) {
        match ClientFrame::parse(text) {
            Ok(ClientFrame::JoinSession {
                channel,
                session_id,
                from,
                cols,
                rows,
                mode,
                input_id,
                differences,
                history,
            }) => match Size::new(rows, cols) {
                Ok(size) => {
                    let input_id = input_id.filter(|&id| id != 0);
                    let wanted =
                        Wanted { channel, session_id, from, size, mode, input_id, differences, history };
                    self.join(wanted, ctx);
                }
                Err(error) => self.refuse(Some(channel), "invalid", error.to_string(), ctx),
            },
            Ok(ClientFrame::History { channel, bytes }) => self.want_history(channel, bytes, ctx),
            Ok(ClientFrame::LeaveSession { channel }) => self.leave(channel, ctx),
            Ok(ClientFrame::TerminalResize { channel, cols, rows }) => match Size::new(rows, cols) {
                Ok(size) => self.resize(channel, size, ctx),
                Err(error) => self.refuse(Some(channel), "invalid", error.to_string(), ctx),
            },
            Ok(ClientFrame::Ack { channel, offset }) => self.ack(channel, offset, ctx),
            Ok(ClientFrame::Heartbeat { session_ids }) => {
                if !session_ids.is_empty() {
                    self.settings.sessions.do_send(Attend(session_ids));
                }
                self.say(&ServerFrame::Heartbeat {}, ctx);
            }
            Ok(ClientFrame::TerminalInput { channel, input }) => {
                self.input(channel, Bytes::from(input.into_bytes()), ctx);
            }
            Err(error) => self.refuse(None, "invalid", error.to_string(), ctx),
        }
    }

    fn binary_frame(&mut self, frame: &Bytes, ctx: &mut Context<Self>) {
        match InputFrame::parse(frame) {
            Ok(InputFrame { channel, input }) => {
                let input = frame.slice_ref(input);
                self.input(channel, input, ctx);
            }
            Err(error) => self.refuse(None, "invalid", error.to_string(), ctx),
        }
    }

    fn join(&mut self, wanted: Wanted, ctx: &mut Context<Self>) {
        let Wanted { channel, session_id, from, size, mode, input_id, differences, history } = wanted;
        if self.channels.len() + self.joining.len() >= CHANNELS {
            return self.refuse(Some(channel), "limit", format!("a link carries {CHANNELS} channels"), ctx);
        }
        if self.channels.contains_key(&channel) || self.joining.contains_key(&channel) {
            let what = format!("channel {channel} is in use; leave it first");
            return self.refuse(Some(channel), "invalid", what, ctx);
        }
        let viewer = NEXT_VIEWER.fetch_add(1, Ordering::Relaxed);
        self.joining.insert(channel, (viewer, Vec::new()));
        let sessions = self.settings.sessions.clone();
        let to = ctx.address().recipient();
        let joining = async move {
            let session = sessions.send(Find(session_id.clone())).await.ok().flatten()?;
            let joined = session
                .send(Join { viewer, to, channel, from, size, mode, input_id, differences, history })
                .await
                .ok()?;
            Some((session_id, session, joined))
        };
        ctx.spawn(joining.into_actor(self).map(move |found, act, ctx| match found {
            Some((_, session, _)) if !act.is_joining(channel, viewer) => session.do_send(Leave { viewer }),
            Some((session_id, session, joined)) => {
                act.joined(channel, session_id, session, (mode, differences), joined, ctx);
            }
            None if !act.is_joining(channel, viewer) => {}
            None => {
                act.joining.remove(&channel);
                let what = "there is no such session; look it up at /api/sessions";
                act.refuse(Some(channel), "session_not_found", what, ctx);
            }
        }));
    }

    /// Whether the join of this viewer is still wanted.
    fn is_joining(&self, number: u32, viewer: ViewerId) -> bool {
        self.joining.get(&number).is_some_and(|(joining, _)| *joining == viewer)
    }

    fn joined(
        &mut self,
        number: u32,
        session_id: String,
        session: Addr<Session>,
        (mode, differences): (Mode, bool),
        joined: Joined,
        ctx: &mut Context<Self>,
    ) {
        let Some((viewer, told)) = self.joining.remove(&number) else { return };
        let mode = if joined.read_only { Mode::Read } else { mode };
        let (offset, drawn) = match &joined.start {
            Start::At(offset) => (*offset, None),
            Start::Snapshot(snapshot) => (snapshot.offset, Some(snapshot.offset)),
        };
        let Size { rows, cols } = joined.size;
        self.say(
            &ServerFrame::Joined {
                channel: number,
                session_id: session_id.clone(),
                offset,
                head: Some(joined.feed.published()),
                cols,
                rows,
                label: joined.label,
                owner: joined.owner,
                input: joined.input,
                widths: joined.widths,
            },
            ctx,
        );
        let channel = Channel {
            session_id,
            session,
            viewer,
            mode,
            feed: joined.feed,
            cell: joined.cell,
            sent: offset,
            acked: offset,
            drawn: drawn.filter(|_| differences),
            differences,
            heard: joined.marks,
            marks: Default::default(),
            resyncing: false,
            wanted: None,
            exit: joined.exit.map(|exit| (offset, exit)),
            exit_told: false,
            held: Default::default(),
        };
        if let Start::Snapshot(snapshot) = joined.start {
            self.send_snapshot(number, &snapshot, ctx);
        }
        self.channels.insert(number, channel);
        for fact in told {
            self.hear(fact, ctx);
        }
        self.pump(number, ctx);
    }

    fn leave(&mut self, number: u32, ctx: &mut Context<Self>) {
        if self.joining.remove(&number).is_some() {
            // The session hears of it when it has answered the join.
            return;
        }
        match self.channels.remove(&number) {
            Some(channel) => channel.session.do_send(Leave { viewer: channel.viewer }),
            None => self.refuse(Some(number), "invalid", "this channel has joined no session", ctx),
        }
        self.let_in(number);
    }

    fn resize(&mut self, number: u32, size: Size, ctx: &mut Context<Self>) {
        match self.channels.get(&number) {
            Some(channel) if channel.mode == Mode::Write => {
                channel.session.do_send(Resize { viewer: channel.viewer, size });
            }
            Some(_) => self.refuse(Some(number), "read_only", "this viewer may only read", ctx),
            None => self.refuse(Some(number), "invalid", "this channel has joined no session", ctx),
        }
    }

    /// Joins the pieces of a fragmented message; too large a one ends the link.
    fn fragment(&mut self, item: Item, ctx: &mut Context<Self>) {
        let (bytes, last) = match item {
            Item::FirstText(bytes) | Item::FirstBinary(bytes) if !self.fragments.is_empty() => {
                self.fragments.clear();
                (bytes, false)
            }
            Item::FirstText(bytes) => {
                self.fragments_are_text = true;
                (bytes, false)
            }
            Item::FirstBinary(bytes) => {
                self.fragments_are_text = false;
                (bytes, false)
            }
            Item::Continue(bytes) => (bytes, false),
            Item::Last(bytes) => (bytes, true),
        };
        if self.fragments.len() + bytes.len() > MAX_IN {
            return self.end(CloseCode::Size, "a message may have 1 MiB", ctx);
        }
        self.fragments.extend_from_slice(&bytes);
        if last {
            let whole = self.fragments.split().freeze();
            if !self.fragments_are_text {
                self.binary_frame(&whole, ctx);
            } else if let Ok(text) = std::str::from_utf8(&whole) {
                self.text_frame(text, ctx);
            } else {
                self.refuse(None, "invalid", "a text frame must be UTF-8", ctx);
            }
        }
    }

    pub(super) fn end(&self, code: CloseCode, why: &str, ctx: &mut Context<Self>) {
        ctx.close(Some(CloseReason { code, description: Some(why.to_owned()) }));
        ctx.stop();
    }
}

impl Actor for Link {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        tracing::debug!(identity = %self.identity, "a link is up");
        let address = ctx.address();
        self.settings
            .events
            .do_send(Listen { events: address.clone().recipient(), shutdown: address.recipient() });
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        for channel in self.channels.values() {
            channel.session.do_send(Leave { viewer: channel.viewer });
        }
    }
}

impl StreamHandler<Result<WsMessage, ws::ProtocolError>> for Link {
    fn handle(&mut self, message: Result<WsMessage, ws::ProtocolError>, ctx: &mut Self::Context) {
        match message {
            Ok(WsMessage::Text(text)) => self.text_frame(&text, ctx),
            Ok(WsMessage::Binary(frame)) => self.binary_frame(&frame, ctx),
            Ok(WsMessage::Continuation(item)) => self.fragment(item, ctx),
            Ok(WsMessage::Ping(payload)) => ctx.pong(&payload),
            Ok(WsMessage::Pong(_) | WsMessage::Nop) => {}
            Ok(WsMessage::Close(reason)) => {
                ctx.close(reason);
                ctx.stop();
            }
            Err(error) => {
                tracing::debug!(%error, "a client broke the WebSocket protocol");
                self.end(CloseCode::Protocol, "the frame is not valid", ctx);
            }
        }
    }
}

impl Handler<ToViewer> for Link {
    type Result = ();

    fn handle(&mut self, fact: ToViewer, ctx: &mut Self::Context) {
        match self.joining.get_mut(&fact.channel) {
            Some((viewer, told)) if *viewer == fact.viewer => told.push(fact),
            Some(_) => {}
            None => self.hear(fact, ctx),
        }
    }
}

impl Handler<Published> for Link {
    type Result = ();

    fn handle(&mut self, Published(event): Published, ctx: &mut Self::Context) {
        if let Event::SessionFailed { session_id, .. } = &event {
            self.let_go(session_id);
        }
        self.say(&ServerFrame::Event(event), ctx);
    }
}

impl Handler<ShuttingDown> for Link {
    type Result = ();

    fn handle(&mut self, ShuttingDown { restart }: ShuttingDown, ctx: &mut Self::Context) {
        self.say(&ServerFrame::ShuttingDown { restart }, ctx);
        if restart {
            self.end(CloseCode::Other(close::RESTARTING), "restarting", ctx);
        }
    }
}
