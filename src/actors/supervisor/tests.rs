//! The supervisor against real actors on a real actix system.
//!
//! Nothing sleeps to let something happen: a test waits for the report of it, and every test
//! has [`DEADLINE`].

mod chaos;
mod panics;
mod policy;
mod reports;
mod stopping;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actix::{fut::wrap_future, prelude::*};
use tokio::time::timeout;

use super::*;

/// Far more than any test needs on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs a test inside an actix system.
fn system(test: impl Future<Output = ()>) {
    install_hook();
    System::new().block_on(async {
        timeout(DEADLINE, test).await.expect("a test within its deadline");
    });
}

/// The hooks of a [`Probe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hook {
    Started,
    Restarting,
    Stopping,
    Stopped,
    Dropped,
}

/// What the test and its probe share.
#[derive(Debug, Clone, Default)]
struct Script(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    /// Hooks that were called, in order.
    called: Vec<Hook>,
    /// Hooks that panic at their next call, once each time they are listed.
    panics: Vec<Hook>,
    /// `stopping` answers `Continue` as long as this is set.
    busy: bool,
}

impl Script {
    fn that_panics_in(hooks: &[Hook]) -> Script {
        let script = Script::default();
        script.0.lock().unwrap().panics = hooks.to_vec();
        script
    }

    fn called(&self) -> Vec<Hook> {
        self.0.lock().unwrap().called.clone()
    }

    fn busy(&self, busy: bool) {
        self.0.lock().unwrap().busy = busy;
    }

    fn call(&self, hook: Hook) {
        let mut lines = self.0.lock().unwrap();
        lines.called.push(hook);
        if let Some(at) = lines.panics.iter().position(|panics| *panics == hook) {
            lines.panics.remove(at);
            drop(lines);
            panic!("probe: {hook:?}");
        }
    }
}

/// An actor that tells which hooks it saw and breaks where it is told to.
struct Probe {
    script: Script,
    count: u32,
}

impl Probe {
    fn new(script: Script) -> Probe {
        Probe { script, count: 0 }
    }
}

impl Actor for Probe {
    type Context = Context<Probe>;

    fn started(&mut self, _: &mut Self::Context) {
        self.script.call(Hook::Started);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.script.call(Hook::Stopping);
        if self.script.0.lock().unwrap().busy { Running::Continue } else { Running::Stop }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.script.call(Hook::Stopped);
    }
}

impl Supervised for Probe {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.script.call(Hook::Restarting);
        self.count = 0;
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.script.call(Hook::Dropped);
    }
}

/// Adds one; answers how many since the last restart.
#[derive(Message)]
#[rtype(result = "u32")]
struct Count;

impl Handler<Count> for Probe {
    type Result = u32;

    fn handle(&mut self, _: Count, _: &mut Self::Context) -> u32 {
        self.count += 1;
        self.count
    }
}

/// What a [`Probe`] can be told to do.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
enum Deed {
    Panic,
    PanicInSpawned,
    PanicInTimer,
    /// `ctx.stop()`.
    Stop,
}

impl Handler<Deed> for Probe {
    type Result = ();

    fn handle(&mut self, deed: Deed, ctx: &mut Self::Context) {
        match deed {
            Deed::Panic => panic!("probe: handler"),
            Deed::PanicInSpawned => {
                ctx.spawn(wrap_future(async { panic!("probe: spawned") }));
            }
            Deed::PanicInTimer => {
                ctx.run_later(Duration::from_millis(1), |_, _| panic!("probe: timer"));
            }
            Deed::Stop => ctx.stop(),
        }
    }
}

/// Answers from a future: never, or with a panic at its second poll.
#[derive(Message)]
#[rtype(result = "()")]
enum Later {
    Never,
    Panic,
}

impl Handler<Later> for Probe {
    type Result = ResponseActFuture<Probe, ()>;

    fn handle(&mut self, later: Later, _: &mut Self::Context) -> Self::Result {
        Box::pin(wrap_future(async move {
            match later {
                Later::Never => std::future::pending().await,
                Later::Panic => {
                    tokio::task::yield_now().await;
                    panic!("probe: reply");
                }
            }
        }))
    }
}

/// A probe on this thread's arbiter.
fn start(spec: ChildSpec, reports: &Reports, script: &Script) -> Child<Probe> {
    let script = script.clone();
    supervise(spec, &Arbiter::current(), reports.clone(), |_| Probe::new(script))
}

/// Waits until the reports are as they should be.
async fn until(reports: &Reports, reached: impl Fn(&Reports) -> bool) {
    let mut news = reports.news();
    while !reached(reports) {
        news.changed().await.expect("reports outlive their readers");
    }
}

/// Waits until a child has crashed so often and runs.
async fn recovered(reports: &Reports, name: &str, crashes: u64) -> Row {
    until(reports, |reports| {
        let row = reports.row(name).expect("a row");
        row.state == ChildState::Running && row.crashes == crashes
    })
    .await;
    reports.row(name).expect("a row")
}

/// What happened to a child, as the ring tells it.
fn events(reports: &Reports, name: &str) -> Vec<LifeEvent> {
    let lives = reports.lives_after(0);
    lives.into_iter().filter(|life| &*life.name == name).map(|life| life.what).collect()
}

/// Remembers what it was told.
#[derive(Default)]
struct Parent(Vec<ChildGaveUp>);

impl Actor for Parent {
    type Context = Context<Parent>;
}

impl Handler<ChildGaveUp> for Parent {
    type Result = ();

    fn handle(&mut self, gave_up: ChildGaveUp, _: &mut Self::Context) {
        self.0.push(gave_up);
    }
}

#[derive(Message)]
#[rtype(result = "Vec<ChildGaveUp>")]
struct Told;

impl Handler<Told> for Parent {
    type Result = MessageResult<Told>;

    fn handle(&mut self, _: Told, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.0.clone())
    }
}
