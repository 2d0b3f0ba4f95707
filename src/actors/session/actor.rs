//! A session's state, and how it starts.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use super::activity::Watched;
use super::feed::{Body, Feed};
use super::input::{Queued, Typed};
use super::messages::{Describe, Description, Heritage, Inherit, InputId, Relabel, Since};
use super::place::{Place, foreground};
use super::pollers::Poller;
use super::viewers::Viewer;
use crate::actors::events::Events;
use crate::actors::journals::Journals;
use crate::actors::keeper_link::KeeperLink;
use crate::actors::receipts::Receipts;
use crate::domain::exit::{Exit, Reason};
use crate::domain::idle::IdleRule;
use crate::domain::keeper_frames::{Death, Status};
use crate::domain::prologue::prologue;
use crate::domain::receipt::Receipt;
use crate::domain::screen::{Screen, Widths};
use crate::domain::size::Size;
use crate::domain::size_owner::SizeOwner;
use crate::os::process;

/// One session, running or ended.
///
/// *Parent* sessions · *Restart* transient, 20 in 60 s · *Owns* the screen, the viewers' places, queued input ·
/// *Sends to* journals, links, keeper_link, sessions · *Lost on crash* nothing: the screen is rebuilt from the
/// journal and the ring, viewers and queued input stay.
pub struct Session {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) settings: SessionSettings,
    pub(super) addrs: SessionAddrs,
    pub(super) feed: Arc<Feed>,
    /// None: the program is gone.
    pub(super) body: Option<Arc<Body>>,
    /// None until it is rebuilt.
    pub(super) screen: Option<Screen>,
    /// The screen has everything before this offset.
    pub(super) fed: u64,
    pub(super) size: Size,
    /// Its program is the agent of a task: people watch, and nobody types or says how large it is.
    pub(super) is_task: bool,
    pub(super) viewers: Vec<Viewer>,
    pub(super) owner: SizeOwner,
    pub(super) input: VecDeque<Queued>,
    pub(super) typed: HashMap<InputId, Typed>,
    pub(super) acking: bool,
    pub(super) blocked: bool,
    /// So much of the first in the queue is in the pipe.
    pub(super) in_pipe: usize,
    pub(super) journal: Progress,
    pub(super) pace: Pace,
    pub(super) status: Option<Status>,
    /// Why we end the program.
    pub(super) ending: Option<Reason>,
    pub(super) finishing: bool,
    /// Output behind this offset is not waited for any more.
    pub(super) overdue: Option<u64>,
    pub(super) exit: Option<Exit>,
    /// Who waits until the journal has everything before an offset.
    pub(super) draining: Vec<(u64, tokio::sync::oneshot::Sender<()>)>,
    pub(super) last_input: Instant,
    pub(super) last_output: Instant,
    pub(super) last_watched: Instant,
    pub(super) sweeping: bool,
    /// It was told that the session will be ended for want of attention.
    pub(super) idle_warned: bool,
    pub(super) pollers: Vec<Poller>,
    /// Polls that wait for news.
    pub(super) awaiting: Vec<tokio::sync::oneshot::Sender<()>>,
    pub(super) shutting_down: bool,
    pub(super) place: Place,
    pub(super) activity: Watched,
    /// Its folder.
    pub(super) files: PathBuf,
    pub(super) receipt: Option<Receipt>,
    pub(super) origin: Origin,
    pub(super) crashed: Option<chrono::DateTime<chrono::Utc>>,
}

/// How far the journal is.
pub(super) struct Progress {
    /// Offset up to which it was asked to take.
    pub asked: u64,
    /// It has everything before this.
    pub taken: u64,
    /// It has not answered yet.
    pub busy: bool,
    /// A timer will ask for the rest.
    pub timer: bool,
    /// A timer will ask again if there is no answer.
    pub watched: bool,
    pub gap: u64,
    /// When the last segment was begun.
    pub rolled: Instant,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress {
            asked: 0,
            taken: 0,
            busy: false,
            timer: false,
            watched: false,
            gap: 0,
            rolled: Instant::now(),
        }
    }
}

/// When viewers are woken.
pub(super) struct Pace {
    pub last_wake: Instant,
    pub timer: bool,
    /// The rest of the output waits for the next turn.
    pub continuing: bool,
    /// A timer looks for more output; the keeper need not ring.
    pub napping: bool,
    /// When and at which offset the flow was measured last.
    pub measured: (Instant, u64),
    /// There was much output then.
    pub flooding: bool,
}

impl Default for Pace {
    fn default() -> Pace {
        let now = Instant::now();
        Pace {
            last_wake: now,
            timer: false,
            continuing: false,
            napping: false,
            measured: (now, 0),
            flooding: false,
        }
    }
}

/// What a session was made for: a new program, or one that outlived a daemon.
#[derive(Debug, Clone)]
pub enum Origin {
    Created,
    /// The daemon before this one died like this.
    Adopted(Option<Death>),
    /// Its actor was given up and somebody asked to try again.
    Readopted,
    /// Only its journal is left.
    Ended,
}

#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    pub scrollback_lines: usize,
    /// Off only to measure what the screen costs: it then stays empty.
    pub screen_model: bool,
    pub widths: Widths,
    pub viewer_timeout: Duration,
    /// None: sessions are never ended for want of attention.
    pub idle: Option<IdleRule>,
}

/// What a session is made of.
pub struct SessionParts {
    pub id: String,
    pub label: String,
    pub settings: SessionSettings,
    pub addrs: SessionAddrs,
    /// The session's folder.
    pub files: PathBuf,
    pub feed: Arc<Feed>,
    /// None: the program is gone.
    pub body: Option<Arc<Body>>,
    pub size: Size,
    /// Nobody types into it.
    pub is_task: bool,
    pub origin: Origin,
    /// How the program ended while no daemon looked.
    pub status: Option<Status>,
    /// How the session ended, long ago.
    pub exit: Option<Exit>,
}

/// Whom a session talks to.
#[derive(Clone)]
pub struct SessionAddrs {
    pub journals: Addr<Journals>,
    pub keeper: Addr<KeeperLink>,
    pub events: Addr<Events>,
    pub receipts: Addr<Receipts>,
    pub ended: Recipient<Ended>,
    pub moved: Recipient<Moved>,
}

/// The program is gone and everything is written down; the registry may let go of the body.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Ended {
    pub id: String,
    pub exit: Exit,
    pub offset: u64,
}

/// The program works in another directory.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Moved {
    pub id: String,
    pub cwd: String,
}

impl Session {
    pub fn new(parts: SessionParts) -> Session {
        let SessionParts {
            id,
            label,
            settings,
            addrs,
            files,
            feed,
            body,
            size,
            is_task,
            origin,
            status,
            exit,
        } = parts;
        let now = Instant::now();
        Session {
            id,
            label,
            settings,
            addrs,
            feed,
            body,
            screen: None,
            fed: 0,
            size,
            is_task,
            viewers: Vec::new(),
            owner: SizeOwner::default(),
            input: VecDeque::new(),
            typed: HashMap::new(),
            acking: false,
            blocked: false,
            in_pipe: 0,
            journal: Progress::default(),
            pace: Pace::default(),
            status,
            ending: None,
            finishing: false,
            overdue: None,
            exit,
            draining: Vec::new(),
            last_input: now,
            last_output: now,
            last_watched: now,
            sweeping: false,
            idle_warned: false,
            pollers: Vec::new(),
            awaiting: Vec::new(),
            shutting_down: false,
            place: Place::default(),
            activity: Watched::default(),
            files,
            receipt: None,
            origin,
            crashed: None,
        }
    }

    pub(super) fn running(&self) -> bool {
        self.body.is_some()
    }
}

impl Actor for Session {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if !self.viewers.is_empty() {
            self.sweep_regularly(ctx);
        }
        self.watch_idleness(ctx);
        self.recover(ctx);
    }
}

impl Supervised for Session {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.crashed = Some(chrono::Utc::now());
        self.screen = None;
        self.forget_drawn();
        self.blocked = false;
        self.acking = false;
        self.finishing = false;
        self.sweeping = false;
        self.awaiting.clear();
        self.place = Place::default();
        self.activity.forget_writers();
        self.journal = Progress::default();
        self.pace = Pace::default();
    }
}

impl Handler<Describe> for Session {
    type Result = Description;

    fn handle(&mut self, _: Describe, _: &mut Self::Context) -> Description {
        let watched = if self.viewers.is_empty() { self.last_watched.elapsed() } else { Duration::ZERO };
        let since = Since { output: self.last_output.elapsed(), input: self.last_input.elapsed(), watched };
        let rule = self.settings.idle.filter(|_| self.running());
        Description {
            size: self.size,
            title: self.screen.as_ref().map(|screen| screen.title().to_owned()).unwrap_or_default(),
            process: self.body.as_deref().map(foreground).and_then(process::name_of),
            cwd: self.cwd(),
            bells: self.screen.as_ref().map_or(0, Screen::bells),
            since,
            ends_in: rule.map(|rule| rule.timeout().saturating_sub(self.unattended())),
            idle_warning: self.idle_warned,
            offset: self.feed.published(),
            viewers: self.viewers.len(),
            exit: self.exit.clone(),
            receipt: self.receipt.clone(),
            journal_gap: self.journal.gap,
            activity: self.activity.all.current(chrono::Utc::now()),
        }
    }
}

impl Handler<Inherit> for Session {
    type Result = ResponseActFuture<Self, Heritage>;

    fn handle(&mut self, _: Inherit, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.with_screen().map(|(), act, _| {
            let drawn = act.screen.as_ref().zip(act.exit.as_ref());
            let prologue = drawn.map(|(screen, exit)| prologue(screen, exit).into());
            let heritage = Heritage { prologue, cwd: act.cwd(), size: Some(act.size) };
            act.rest_unwatched();
            heritage
        }))
    }
}

impl Handler<Relabel> for Session {
    type Result = ();

    fn handle(&mut self, Relabel(label): Relabel, _: &mut Self::Context) {
        self.label = label;
    }
}
