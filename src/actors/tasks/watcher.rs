//! Looks after one run of a task.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use actix::prelude::*;
use chrono::Utc;
use futures_util::future::LocalBoxFuture;

use super::driver::{Driver, NotLaunched, Sight};
use super::messages::Happened;
use super::prepare::prepare;
use super::registry::Tasks;
use super::settings::TasksSettings;
use crate::domain::tasks::{
    Ending, Evidence, Fact, Found, Pace, PaceRules, Progress, Settled, State, Stop, Task, Way, way,
};
use crate::os::clock;
use crate::os::task_files::{Look, Place, Remains};

/// How long an agent that was ended may take to be gone; the keeper's ladder takes 5 s.
const GONE: Duration = Duration::from_secs(30);
/// Pause before another try to launch.
const AGAIN: Duration = Duration::from_secs(1);
/// Tries before an agent counts as not to be launched.
const TRIES: u32 = 60;

/// One run of a task.
///
/// *Parent* tasks · *Restart* transient, 20 in 60 s · *Owns* the driver, how far the agent's files were read · *Sends
/// to* tasks, sessions · *Lost on crash* nothing: it finds the run again and reads everything from its beginning.
pub struct Watcher {
    settings: TasksSettings,
    tasks: Addr<Tasks>,
    task: Task,
    earlier: Option<Task>,
    make: fn(&TasksSettings, &Task) -> Box<dyn Driver>,
    /// None while it is asked.
    driver: Option<Box<dyn Driver>>,
    pace: Pace,
    progress: Progress,
    place: Place,
    found: Found,
    /// What tells a valid result from another.
    mark: Option<u64>,
    orders: VecDeque<Order>,
    /// What the agent asks and was not answered.
    open: BTreeSet<String>,
    /// Somebody wants it stopped.
    stopped: bool,
    /// What to say of an end that we brought about, and since when.
    ending: Option<(Option<Ending>, Duration)>,
    tries: u32,
}

/// What is to be done with the agent.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) enum Order {
    Stop,
    Answer(Box<Settled>),
}

impl Watcher {
    pub(super) fn new(
        settings: TasksSettings,
        tasks: Addr<Tasks>,
        (task, earlier): (Task, Option<Task>),
        make: fn(&TasksSettings, &Task) -> Box<dyn Driver>,
    ) -> Watcher {
        let rules = PaceRules { timeout: Duration::from_secs(task.order.timeout_s), ..settings.pace };
        let pace = Pace::new(rules, Duration::from_millis(task.run.began_ms), clock::since_start());
        Watcher {
            settings,
            tasks,
            task,
            earlier,
            make,
            driver: None,
            pace,
            progress: Progress::default(),
            place: Place::default(),
            found: Found::Nothing,
            mark: None,
            orders: VecDeque::new(),
            open: BTreeSet::new(),
            stopped: false,
            ending: None,
            tries: 0,
        }
    }

    fn tell(&self, fact: Fact) {
        self.tasks.do_send(Happened { id: self.task.id.clone(), run: self.task.run.number, fact });
    }

    /// Asks the driver something, then goes on; nobody else asks it meanwhile.
    fn ask<T: 'static>(
        &mut self,
        ctx: &mut Context<Self>,
        question: impl for<'a> FnOnce(&'a mut Box<dyn Driver>) -> LocalBoxFuture<'a, T> + 'static,
        then: impl FnOnce(&mut Watcher, T, &mut Context<Watcher>) + 'static,
    ) {
        let Some(mut driver) = self.driver.take() else { return };
        let asking = async move {
            let answer = question(&mut driver).await;
            (driver, answer)
        };
        ctx.spawn(asking.into_actor(self).map(|(driver, answer), act, ctx| {
            act.driver = Some(driver);
            then(act, answer, ctx);
        }));
    }

    /// Finds out how it is with the run.
    fn begin(&mut self, ctx: &mut Context<Self>) {
        self.ask(
            ctx,
            |driver| driver.find(),
            |act, fate, ctx| match way(&act.task, &act.settings.keeper, fate) {
                Way::Launch if act.wants_stop() => {
                    act.over(Ending::NotStarted("it was cancelled".to_owned()), ctx)
                }
                Way::Launch => act.launch(ctx),
                Way::Watch => act.launched(ctx),
                Way::Lost => act.over(Ending::Unseen, ctx),
            },
        );
    }

    fn wants_stop(&self) -> bool {
        self.stopped
            || self.task.cancelling.is_some()
            || self.orders.iter().any(|order| matches!(order, Order::Stop))
    }

    fn launch(&mut self, ctx: &mut Context<Self>) {
        let (settings, task, earlier) = (self.settings.clone(), self.task.clone(), self.earlier.clone());
        let preparing = async move { prepare(&settings, task, earlier).await };
        ctx.spawn(preparing.into_actor(self).map(|prepared, act, ctx| match prepared {
            Ok(launch) => act.ask(
                ctx,
                |driver| driver.launch(launch),
                |act, launched, ctx| match launched {
                    Ok(()) => act.launched(ctx),
                    Err(error) => act.not_launched(error, ctx),
                },
            ),
            Err(error) => act.not_launched(error, ctx),
        }));
    }

    /// It may have been launched all the same: whoever tries again looks first.
    fn not_launched(&mut self, error: NotLaunched, ctx: &mut Context<Self>) {
        self.tries += 1;
        match error {
            NotLaunched::Later(why) if self.tries < TRIES => {
                tracing::info!(task = %self.task.id, why, "a task's agent could not be started yet");
                ctx.run_later(AGAIN, |act, ctx| act.begin(ctx));
            }
            NotLaunched::Later(why) | NotLaunched::Never(why) => self.over(Ending::NotStarted(why), ctx),
        }
    }

    fn launched(&mut self, ctx: &mut Context<Self>) {
        self.task.state = State::Working;
        self.tell(Fact::Started);
        self.go_on(ctx);
    }

    /// Orders first, then a look at the agent, then one at its files, and so on.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        match self.orders.pop_front() {
            Some(Order::Stop) => {
                self.stopped = true;
                self.end(None, ctx);
            }
            Some(Order::Answer(settled)) => {
                let question = settled.question.id.clone();
                self.ask(
                    ctx,
                    |driver| driver.answer(*settled),
                    move |act, answered, ctx| {
                        if let Err(why) = answered {
                            tracing::warn!(task = %act.task.id, why, "an answer did not reach the agent");
                        }
                        act.open.remove(&question);
                        act.tell(Fact::Delivered { question });
                        act.go_on(ctx);
                    },
                );
            }
            None => self.ask(ctx, |driver| driver.look(), Watcher::saw),
        }
    }

    fn saw(&mut self, sight: Sight, ctx: &mut Context<Self>) {
        let now = clock::since_start();
        if sight.active {
            self.pace.active(now);
        }
        for fact in sight.facts {
            match &fact {
                Fact::Asked(question) => drop(self.open.insert(question.id.clone())),
                Fact::GoneOn { question } => drop(self.open.remove(question)),
                _ => {}
            }
            self.tell(fact);
        }
        self.pace.waits(!self.open.is_empty(), now);
        let (files, id, place) = (self.settings.files.clone(), self.task.id.clone(), self.place);
        let looking = tokio::task::spawn_blocking(move || files.look(&id, place));
        ctx.spawn(looking.into_actor(self).map(move |look, act, ctx| {
            if let Ok(look) = look {
                act.read(look);
            }
            act.decide(sight.ending, ctx);
        }));
    }

    fn read(&mut self, look: Look) {
        let now = clock::since_start();
        self.place = look.place;
        if look.anew {
            self.progress = Progress::default();
        }
        if !look.progress.is_empty() {
            self.pace.active(now);
            let steps = self.progress.feed(&look.progress, Utc::now());
            let first = self.progress.steps - steps.len() as u64 + 1;
            (first..).zip(steps).for_each(|(number, step)| self.tell(Fact::Progress { number, step }));
        }
        match look.result {
            Remains::Same => {}
            Remains::Nothing => (self.found, self.mark) = (Found::Nothing, None),
            Remains::There(bytes, mark) => {
                self.found = Found::read(&bytes);
                self.mark = self.found.report().map(|_| mark);
            }
        }
        self.pace.result(self.mark, now);
    }

    fn decide(&mut self, gone: Option<Ending>, ctx: &mut Context<Self>) {
        let now = clock::since_start();
        if let Some(ending) = gone {
            return self.over(ending, ctx);
        }
        match &self.ending {
            Some((_, since)) if now.saturating_sub(*since) > GONE => self.over(Ending::Unseen, ctx),
            Some(_) => self.go_on(ctx),
            None => match self.pace.due(now) {
                Some(Stop::TimedOut) => self.end(Some(Ending::TimedOut), ctx),
                Some(Stop::Idle) => self.end(Some(Ending::Idle), ctx),
                Some(Stop::Busy) => self.end(Some(Ending::Busy), ctx),
                None => self.go_on(ctx),
            },
        }
    }

    /// Ends the agent; `ending`: what to say of it.
    fn end(&mut self, ending: Option<Ending>, ctx: &mut Context<Self>) {
        self.ending.get_or_insert((ending, clock::since_start()));
        self.ask(ctx, |driver| driver.end(), |act, (), ctx| act.go_on(ctx));
    }

    fn over(&mut self, seen: Ending, ctx: &mut Context<Self>) {
        let ours = self.ending.take().and_then(|(ending, _)| ending);
        // It ended with the machine, or nobody knows: its own word counts no more.
        let other_keeper = self.task.run.keeper.as_deref() != Some(self.settings.keeper.as_str());
        let seen = if other_keeper { Ending::Unseen } else { seen };
        let evidence = Evidence {
            ending: ours.unwrap_or(seen),
            result: std::mem::replace(&mut self.found, Found::Nothing),
            heard: self.driver.as_ref().map(|driver| driver.heard()).unwrap_or_default(),
        };
        self.tell(Fact::Ended(Box::new(evidence)));
        ctx.stop();
    }
}

impl Actor for Watcher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.driver = Some((self.make)(&self.settings, &self.task));
        self.begin(ctx);
    }
}

impl Supervised for Watcher {
    fn restarting(&mut self, _: &mut Self::Context) {
        (self.progress, self.place) = (Progress::default(), Place::default());
        (self.found, self.mark, self.ending) = (Found::Nothing, None, None);
        self.open.clear();
        if self.stopped {
            self.orders.push_front(Order::Stop);
        }
    }
}

impl Handler<Order> for Watcher {
    type Result = ();

    fn handle(&mut self, order: Order, _: &mut Self::Context) {
        self.orders.push_back(order);
    }
}
