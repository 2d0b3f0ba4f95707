//! The keeper's loop.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::process::{WaitOptions, WaitStatus};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use zeroize::Zeroizing;

use super::daemon::Daemon;
use super::held::Held;
use super::timers::{Due, Timers};
use crate::domain::keeper_frames::{Fact, Order, STARTS_LATER, Status, VERSION, Welcome};
use crate::os::{process, ring};

const SIGNALS: u64 = 0;
const KICK: u64 = 1;
const CONTROL: u64 = 2;
const FIRST_SESSION: u64 = 16;

/// How long a daemon may take to stop for a restart.
const RESTART_DRAIN: Duration = Duration::from_secs(3);
/// The whole of a shutdown: 5 s of ladder, 5 s for the daemon to write it all down.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// What the keeper is given at its start.
pub struct Setup {
    /// Bound and listening.
    pub listener: OwnedFd,
    /// The same for the gateway of the models, with the secret of its keys: both outlive the daemons.
    pub gateway: Option<(OwnedFd, Zeroizing<String>)>,
    /// The program to run as the daemon, and its arguments.
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub access_token: String,
    /// Secrets from our environment, for each daemon, by the names of their variables.
    pub secrets: BTreeMap<String, String>,
    pub release: String,
}

pub(super) struct Keeper {
    setup: Setup,
    pub(super) epoll: OwnedFd,
    signals: std::os::unix::net::UnixStream,
    pub(super) kick: OwnedFd,
    pub(super) daemon: Daemon,
    pub(super) sessions: HashMap<u64, Held>,
    pub(super) tokens: HashMap<String, u64>,
    pub(super) next_token: u64,
    pub(super) timers: Timers,
    lease: Option<Zeroizing<String>>,
    pub(super) open_files: Option<u64>,
    announced: bool,
    pub(super) stopping: bool,
    done: bool,
}

/// Runs until a signal ends it; sessions and daemon have ended when it returns.
pub fn run(setup: Setup) -> io::Result<()> {
    let mut keeper = Keeper::new(setup)?;
    keeper.start_daemon();
    let mut events = Vec::with_capacity(256);
    while !keeper.done {
        events.clear();
        let timeout = keeper.timers.next().map(timespec);
        match epoll::wait(&keeper.epoll, rustix::buffer::spare_capacity(&mut events), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            let (token, flags) = (event.data.u64(), event.flags);
            keeper.handle(token, flags);
        }
        while let Some(due) = keeper.timers.pop() {
            keeper.due(due);
        }
    }
    Ok(())
}

fn timespec(duration: Duration) -> rustix::event::Timespec {
    rustix::event::Timespec {
        tv_sec: duration.as_secs() as i64,
        // Rounded up to a millisecond, so that a timer is due when its time is over.
        tv_nsec: i64::from(duration.subsec_nanos()).max(1_000_000),
    }
}

impl Keeper {
    fn new(setup: Setup) -> io::Result<Keeper> {
        let (signals, signals_in) = std::os::unix::net::UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGCHLD] {
            let pipe = NumberedPipe::new(signals_in.try_clone()?, signal);
            // SAFETY: the handler makes one non-blocking write and touches nothing else.
            unsafe { signal_hook::low_level::register(signal, move || pipe.write()) }?;
        }
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let kick = ring::eventfd()?;
        epoll::add(&epoll, &signals, EventData::new_u64(SIGNALS), EventFlags::IN)?;
        epoll::add(&epoll, &kick, EventData::new_u64(KICK), EventFlags::IN)?;
        Ok(Keeper {
            daemon: Daemon::new(setup.program.clone(), setup.arguments.clone()),
            setup,
            epoll,
            signals,
            kick,
            sessions: HashMap::new(),
            tokens: HashMap::new(),
            next_token: FIRST_SESSION,
            timers: Timers::default(),
            lease: None,
            open_files: process::raise_open_files(),
            announced: false,
            stopping: false,
            done: false,
        })
    }

    fn handle(&mut self, token: u64, flags: EventFlags) {
        match token {
            SIGNALS => self.on_signals(),
            KICK => self.on_kick(),
            CONTROL => self.on_control(flags),
            token => self.turn(token),
        }
    }

    fn due(&mut self, due: Due) {
        match due {
            Due::StartDaemon => self.start_daemon(),
            Due::KillDaemon(generation) if generation == self.daemon.generation => self.daemon.kill(),
            Due::KillDaemon(_) => {}
            Due::Ladder(token) => self.climb(token),
            Due::Idle(token) => self.idle(token),
            Due::HungUp(token) => self.turn(token),
            Due::GiveUp => {
                tracing::warn!("shutting down took too long: the daemon is killed");
                self.daemon.kill();
                self.done = true;
            }
        }
    }

    // ---- signals -------------------------------------------------------------------------------

    fn on_signals(&mut self) {
        let mut buffer = [0u8; 64];
        while let Ok(count) = io::Read::read(&mut self.signals, &mut buffer) {
            if count == 0 {
                break;
            }
            for &signal in &buffer[..count] {
                match i32::from(signal) {
                    SIGCHLD => self.reap(),
                    SIGHUP => self.restart_daemon(),
                    _ => self.stop(),
                }
            }
        }
    }

    fn restart_daemon(&mut self) {
        if self.stopping || self.daemon.restarting || self.daemon.pid().is_none() {
            return;
        }
        tracing::info!("restarting the daemon");
        self.daemon.restarting = true;
        self.tell(&Fact::Drain { restart: true });
        self.timers.after(RESTART_DRAIN, Due::KillDaemon(self.daemon.generation));
    }

    fn stop(&mut self) {
        if std::mem::replace(&mut self.stopping, true) {
            return;
        }
        tracing::info!(sessions = self.sessions.len(), "shutting down");
        self.tell(&Fact::Drain { restart: false });
        let tokens: Vec<u64> = self.sessions.keys().copied().collect();
        for token in tokens {
            self.climb(token);
        }
        self.timers.after(SHUTDOWN, Due::GiveUp);
        self.finish_if_stopped();
    }

    pub(super) fn finish_if_stopped(&mut self) {
        let alive = self.sessions.values().any(|held| held.status.is_none());
        if self.stopping && !alive && self.daemon.pid().is_none() {
            self.done = true;
        }
    }

    // ---- children ------------------------------------------------------------------------------

    fn reap(&mut self) {
        while let Ok(Some((pid, how))) = rustix::process::wait(WaitOptions::NOHANG) {
            let pid = pid.as_raw_nonzero().get();
            if self.daemon.pid() == Some(pid) {
                self.daemon_ended(Some(how));
            } else if let Some(token) = self.token_of(pid) {
                self.session_ended(token, how);
            }
        }
        self.finish_if_stopped();
    }

    fn token_of(&self, pid: i32) -> Option<u64> {
        let mut found = self.sessions.iter().filter(|(_, held)| held.pid == pid && held.status.is_none());
        found.next().map(|(&token, _)| token)
    }

    fn session_ended(&mut self, token: u64, how: WaitStatus) {
        let Some(held) = self.sessions.get_mut(&token) else {
            return;
        };
        let status = Status { code: how.exit_status(), signal: how.terminating_signal(), at: Utc::now() };
        held.status = Some(status);
        let id = held.id.clone();
        tracing::info!(session = %id, code = ?status.code, signal = ?status.signal, "the program ended");
        self.turn(token);
        self.tell(&Fact::Exited { id, status });
    }

    // ---- the daemon ----------------------------------------------------------------------------

    fn start_daemon(&mut self) {
        if self.stopping || self.daemon.pid().is_some() {
            return;
        }
        if let Err(error) = self.daemon.start() {
            tracing::error!(%error, "the daemon could not be started");
            self.daemon_ended(None);
            return;
        }
        if let Some(control) = self.daemon.control() {
            let _ = epoll::add(&self.epoll, control.socket(), EventData::new_u64(CONTROL), EventFlags::IN);
        }
    }

    fn daemon_ended(&mut self, how: Option<WaitStatus>) {
        // What it still said counts: a session it let go of must not come back.
        self.on_control(EventFlags::IN);
        let wait = self.daemon.ended(how);
        if !self.stopping {
            self.timers.after(wait, Due::StartDaemon);
        }
    }

    pub(super) fn tell(&mut self, fact: &Fact) {
        let Some(control) = self.daemon.control() else {
            return;
        };
        let sent = control.send(fact, &[]);
        self.after_send(sent);
    }

    /// Watches for room when frames wait; a daemon that cannot be told is as good as dead.
    pub(super) fn after_send(&mut self, sent: io::Result<()>) {
        let Some(control) = self.daemon.control() else {
            return;
        };
        if let Err(error) = sent {
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::error!(%error, "the daemon cannot be told: killing it");
            }
            self.daemon.kill();
            return;
        }
        let flags = if control.behind() { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
        let _ = epoll::modify(&self.epoll, control.socket(), EventData::new_u64(CONTROL), flags);
    }

    fn on_control(&mut self, flags: EventFlags) {
        if flags.contains(EventFlags::OUT) {
            let Some(control) = self.daemon.control() else {
                return;
            };
            let sent = control.flush();
            self.after_send(sent);
        }
        loop {
            let Some(control) = self.daemon.control() else {
                return;
            };
            match control.receive() {
                Ok(Some(order)) => self.obey(order),
                Ok(None) => return,
                Err(_) => {
                    // Its end of the socket is closed: it is dying; SIGCHLD tells the rest.
                    let _ = epoll::delete(&self.epoll, control.socket());
                    return;
                }
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Hello { version, release } => {
                tracing::info!(version, %release, "the daemon said hello");
                self.welcome();
            }
            Order::Ready { url } => {
                self.daemon.ready();
                if !std::mem::replace(&mut self.announced, true) {
                    println!("CoDA {} ready at {url}", self.setup.release);
                }
            }
            Order::Spawn(spawn) => self.spawn(&spawn),
            Order::Signal { id, signal } => {
                if let (Some(held), Some(signal)) =
                    (self.held(&id), rustix::process::Signal::from_named_raw(signal))
                    && held.status.is_none()
                {
                    process::signal_group(held.pid, signal);
                }
            }
            Order::End { id } => self.end(&id),
            Order::Forget { id } => self.forget(&id),
            Order::Lease { blob } => self.lease = blob.map(Zeroizing::new),
            Order::Restart {} => self.restart_daemon(),
            Order::Unknown => tracing::warn!("the daemon sent a frame this keeper does not know"),
        }
    }

    fn held(&self, id: &str) -> Option<&Held> {
        self.sessions.get(self.tokens.get(id)?)
    }

    fn welcome(&mut self) {
        let welcome = Fact::Welcome(Welcome {
            version: VERSION,
            release: self.setup.release.clone(),
            access_token: self.setup.access_token.clone(),
            secrets: self.setup.secrets.clone(),
            generation: self.daemon.generation,
            last_death: self.daemon.last_death.clone(),
            lease: self.lease.as_ref().map(|lease| lease.to_string()),
            features: vec![STARTS_LATER.to_owned()],
        });
        let Some(control) = self.daemon.control() else {
            return;
        };
        let mut sent = control.send(&welcome, &[self.setup.listener.as_fd(), self.kick.as_fd()]);
        if let Some((listener, secret)) = &self.setup.gateway {
            let fact = Fact::Gateway { secret: secret.to_string() };
            sent = sent.and_then(|()| control.send(&fact, &[listener.as_fd()]));
        }
        for held in self.sessions.values() {
            sent = sent.and_then(|()| control.send(&Fact::Session(held.kept()), &held.fds()));
        }
        sent = sent.and_then(|()| control.send(&Fact::Complete {}, &[]));
        self.after_send(sent);
        if self.stopping {
            self.tell(&Fact::Drain { restart: false });
        }
    }
}

/// Writes its signal's number into the loop's socket, from within a signal handler.
struct NumberedPipe {
    stream: std::os::unix::net::UnixStream,
    number: u8,
}

impl NumberedPipe {
    fn new(stream: std::os::unix::net::UnixStream, signal: i32) -> NumberedPipe {
        let _ = stream.set_nonblocking(true);
        NumberedPipe { stream, number: signal as u8 }
    }

    fn write(&self) {
        let _ = rustix::io::write(&self.stream, &[self.number]);
    }
}
