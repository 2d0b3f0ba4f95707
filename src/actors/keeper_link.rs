//! The daemon's end of the control socket to the keeper.
//!
//! *Parent* root · *Restart* permanent · *Owns* the socket, spawns that wait for their answer · *Sends to*
//! sessions · *Lost on crash* the answers of spawns under way: the sessions they made are adopted by the next
//! daemon.
//!
//! When the keeper is gone so is the reason to run: the process ends.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use actix::prelude::*;
use futures_util::Stream;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::session::Body;
use crate::domain::keeper_frames::{Fact, Kept, Order, Spawn, Status, VERSION, Welcome};
use crate::domain::secret::Secret;
use crate::os::fds;
use crate::os::input_pipe::InputPipe;
use crate::os::ring::Ring;

/// How long a keeper may take to introduce itself.
const HELLO: Duration = Duration::from_secs(10);

/// A session as the keeper handed it over.
pub struct Handed {
    pub kept: Kept,
    pub body: Arc<Body>,
    pub ring: Ring,
}

/// Everything a daemon is given at its start.
pub struct Inheritance {
    pub welcome: Welcome,
    pub listener: OwnedFd,
    pub kick: OwnedFd,
    /// The gateway's listener and the secret of its keys; none from a keeper that has none.
    pub gateway: Option<(OwnedFd, Secret)>,
    pub sessions: Vec<Handed>,
    socket: OwnedFd,
}

/// The keeper could not be understood.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("talk to the keeper: {0}; `coda daemon` is started by `coda serve` only")]
    Io(#[from] io::Error),
    #[error(
        "talk to the keeper: it speaks version {found} of its protocol, this binary {VERSION}; restart `coda serve`"
    )]
    Version { found: u32 },
    #[error("talk to the keeper: it said something unexpected; restart `coda serve`")]
    Unexpected,
}

/// Introduces this daemon on `socket` and takes over what the keeper holds.
pub fn introduce(socket: OwnedFd, release: &str) -> Result<Inheritance, LinkError> {
    let hello = Order::Hello { version: VERSION, release: release.to_owned() };
    fds::send(&socket, &serde_json::to_vec(&hello).map_err(io::Error::from)?, &[])?;
    let mut buffer = Vec::new();
    let (welcome, given) = loop {
        match next(&socket, &mut buffer)? {
            (Fact::Welcome(welcome), given) => break (welcome, given),
            // It ended before the keeper had heard of us; its session is handed over with that status.
            (Fact::Exited { .. }, _) => {}
            _ => return Err(LinkError::Unexpected),
        }
    };
    if welcome.version != VERSION {
        return Err(LinkError::Version { found: welcome.version });
    }
    let [listener, kick] = <[OwnedFd; 2]>::try_from(given).map_err(|_| LinkError::Unexpected)?;
    let (mut sessions, mut gateway) = (Vec::new(), None);
    loop {
        match next(&socket, &mut buffer)? {
            (Fact::Gateway { secret }, given) => {
                gateway = given.into_iter().next().map(|listener| (listener, Secret::new(secret)));
            }
            (Fact::Session(kept), given) => sessions.push(handed(kept, given)?),
            (Fact::Complete {}, _) => break,
            // What ends meanwhile is in `exited` of its session, or is told again below.
            _ => {}
        }
    }
    Ok(Inheritance { welcome, listener, kick, gateway, sessions, socket })
}

/// Waits for one frame, bounded.
fn next(socket: &OwnedFd, buffer: &mut Vec<u8>) -> Result<(Fact, Vec<OwnedFd>), LinkError> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    loop {
        match fds::receive(socket, buffer) {
            Ok(Some(given)) => return Ok((serde_json::from_slice(buffer).map_err(io::Error::from)?, given)),
            Ok(None) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        let deadline = Timespec { tv_sec: HELLO.as_secs() as i64, tv_nsec: 0 };
        if poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&deadline)).map_err(io::Error::from)? == 0 {
            return Err(io::Error::from(io::ErrorKind::TimedOut).into());
        }
    }
}

fn handed(kept: Kept, given: Vec<OwnedFd>) -> Result<Handed, LinkError> {
    let [pty, ring, bell, reader, writer] =
        <[OwnedFd; 5]>::try_from(given).map_err(|_| LinkError::Unexpected)?;
    let ring = Ring::open(std::os::fd::AsFd::as_fd(&ring))?;
    let pipe = InputPipe::from_fds([reader, writer]);
    let body = Arc::new(Body { pid: kept.pid, pty: Arc::new(pty), bell: Arc::new(bell), pipe });
    Ok(Handed { kept, body, ring })
}

/// Say this to the keeper.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Tell(pub Order);

/// Start a program; answers when the keeper has.
#[derive(Debug, Message)]
#[rtype(result = "Result<Handed, SpawnError>")]
pub struct Start(pub Spawn);

#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// In the keeper's words.
    #[error("{0}")]
    Refused(String),
    #[error("the keeper did not answer; try again")]
    Lost,
}

/// A program ended.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Reaped {
    pub id: String,
    pub status: Status,
}

/// The keeper wants this daemon to end.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Drained {
    pub restart: bool,
}

/// Where the keeper's facts go; set once the tree stands.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct Report {
    pub reaped: Recipient<Reaped>,
    pub drain: Recipient<Drained>,
}

pub struct KeeperLink {
    socket: Arc<OwnedFd>,
    report: Option<Report>,
    spawning: HashMap<String, oneshot::Sender<Result<Handed, SpawnError>>>,
}

/// Frames from the keeper.
struct Facts {
    socket: AsyncFd<Arc<OwnedFd>>,
    buffer: Vec<u8>,
}

struct Heard(Fact, Vec<OwnedFd>);

impl Stream for Facts {
    type Item = Heard;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Heard>> {
        let this = &mut *self;
        loop {
            let Ok(mut guard) = ready!(this.socket.poll_read_ready(cx)) else { return Poll::Ready(None) };
            match fds::receive(this.socket.get_ref(), &mut this.buffer) {
                Ok(Some(given)) => match serde_json::from_slice(&this.buffer) {
                    Ok(fact) => return Poll::Ready(Some(Heard(fact, given))),
                    Err(error) => tracing::warn!(%error, "a frame from the keeper could not be read"),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                Ok(None) | Err(_) => return Poll::Ready(None),
            }
        }
    }
}

impl KeeperLink {
    /// The link, and what else was inherited.
    pub fn new(socket: OwnedFd) -> KeeperLink {
        KeeperLink { socket: Arc::new(socket), report: None, spawning: HashMap::new() }
    }

    fn say(&self, order: &Order) -> io::Result<()> {
        let bytes = serde_json::to_vec(order)?;
        match fds::send(&self.socket, &bytes, &[]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait_and_say(&bytes),
            other => other,
        }
    }

    /// The keeper reads at once, always: a full socket means a burst, and the wait for it is short.
    fn wait_and_say(&self, bytes: &[u8]) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let deadline = Timespec { tv_sec: 1, tv_nsec: 0 };
        poll(&mut [PollFd::new(&self.socket, PollFlags::OUT)], Some(&deadline))?;
        fds::send(&self.socket, bytes, &[])
    }
}

impl Inheritance {
    /// The socket, for the link that goes on talking.
    pub fn link(&mut self) -> io::Result<KeeperLink> {
        Ok(KeeperLink::new(self.socket.try_clone()?))
    }
}

impl Actor for KeeperLink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.report.is_some() {
            self.listen(ctx);
        }
    }
}

impl KeeperLink {
    /// Not before somebody can be told: what the keeper says waits in the socket.
    fn listen(&self, ctx: &mut Context<Self>) {
        match fds::watch(self.socket.clone(), Interest::READABLE) {
            Ok(socket) => drop(ctx.add_stream(Facts { socket, buffer: Vec::new() })),
            Err(error) => panic!("the keeper's socket cannot be watched: {error}"),
        }
    }
}

impl Supervised for KeeperLink {}

impl StreamHandler<Heard> for KeeperLink {
    fn handle(&mut self, Heard(fact, given): Heard, _: &mut Self::Context) {
        match fact {
            Fact::Spawned(kept) => {
                let id = kept.id.clone();
                let answer = handed(kept, given).map_err(|error| SpawnError::Refused(error.to_string()));
                self.answer(&id, answer);
            }
            Fact::SpawnFailed { id, error } => self.answer(&id, Err(SpawnError::Refused(error))),
            Fact::Exited { id, status } => {
                if let Some(report) = &self.report {
                    report.reaped.do_send(Reaped { id, status });
                }
            }
            Fact::Drain { restart } => {
                if let Some(report) = &self.report {
                    report.drain.do_send(Drained { restart });
                }
            }
            Fact::Welcome(_)
            | Fact::Gateway { .. }
            | Fact::Session(_)
            | Fact::Complete {}
            | Fact::Unknown => {}
        }
    }

    fn finished(&mut self, _: &mut Self::Context) {
        tracing::error!("the keeper is gone: the daemon ends, and the sessions with it");
        System::current().stop_with_code(1);
    }
}

impl KeeperLink {
    fn answer(&mut self, id: &str, answer: Result<Handed, SpawnError>) {
        if let Some(waiting) = self.spawning.remove(id) {
            let _ = waiting.send(answer);
        }
    }
}

impl Handler<Report> for KeeperLink {
    type Result = ();

    fn handle(&mut self, report: Report, ctx: &mut Self::Context) {
        if self.report.replace(report).is_none() {
            self.listen(ctx);
        }
    }
}

impl Handler<Tell> for KeeperLink {
    type Result = ();

    fn handle(&mut self, Tell(order): Tell, _: &mut Self::Context) {
        if let Err(error) = self.say(&order) {
            tracing::error!(%error, "the keeper cannot be told");
        }
    }
}

impl Handler<Start> for KeeperLink {
    type Result = ResponseFuture<Result<Handed, SpawnError>>;

    fn handle(&mut self, Start(spawn): Start, _: &mut Self::Context) -> Self::Result {
        let (answer, wait) = oneshot::channel();
        let id = spawn.id.clone();
        match self.say(&Order::Spawn(spawn)) {
            Ok(()) => drop(self.spawning.insert(id, answer)),
            Err(error) => {
                drop(answer.send(Err(SpawnError::Refused(format!("the keeper cannot be told: {error}")))))
            }
        }
        Box::pin(async move { wait.await.unwrap_or(Err(SpawnError::Lost)) })
    }
}
