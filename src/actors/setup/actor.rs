//! Holds the graph of the setup.
//!
//! *Parent* root · *Restart* permanent · *Owns* the graph, the output of the steps, the runs of now · *Sends to* events ·
//! *Lost on crash* the runs under way: their steps begin again from their checks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::Utc;
use tokio::sync::watch;

use super::catalogue;
use super::files::Files;
use super::messages::{
    AgentReport, Cancel, Ended, GetAgents, GetSetup, Retry, Save, SetupReport, Skip, Start, StepReport,
};
use super::run::StepRun;
use super::work::{Ground, Voice, Work};
use crate::actors::credentials::{Published as Lease, Standing};
use crate::actors::events::{Events, Published};
use crate::actors::supervisor::{Child, ChildSpec, Reports, supervise};
use crate::config::{AtStart, Config};
use crate::domain::event::Event;
use crate::domain::setup::{Act, Agent, Graph, Node, Now, Refusal, Rules, State, Step, Top, Verdict};
use crate::os::{clock, process, program};

/// How often it looks what is due: a token that has come, a wait that is over.
const TICK: Duration = Duration::from_millis(250);

pub struct SetupSettings {
    pub graph: Graph,
    pub agents: Vec<Agent>,
    pub files: Files,
    /// Which `coda serve` this is.
    pub server: String,
    pub begins: bool,
    pub ground: Arc<Ground>,
    pub lease: watch::Receiver<Lease>,
    pub events: Addr<Events>,
    pub reports: Reports,
}

pub struct Setup {
    settings: SetupSettings,
    graph: Graph,
    voices: BTreeMap<String, Voice>,
    runs: BTreeMap<String, (u64, Child<StepRun>)>,
    /// What listeners were told last.
    told: BTreeMap<String, State>,
    told_top: Option<Top>,
    saving: bool,
    unsaved: bool,
}

impl SetupSettings {
    /// Reads the catalogue: blocks on the disk, before anything runs.
    pub fn of(
        config: &Config,
        ground: Ground,
        lease: watch::Receiver<Lease>,
        events: Addr<Events>,
        reports: Reports,
    ) -> SetupSettings {
        let catalogue = catalogue::read(&config.state_dir());
        let rules = Rules {
            parallel: config.setup.parallel,
            first_wait: Duration::from_secs(config.setup.retry_seconds),
            workspace: !config.platform.is_local(),
        };
        let graph = Graph::new(&catalogue, rules, |step| verdict(config, step));
        let keeper = std::os::unix::process::parent_id().cast_signed();
        SetupSettings {
            graph,
            agents: catalogue.agents,
            files: Files::new(&config.state_dir()),
            server: format!("{keeper}:{}", process::began(keeper).unwrap_or_default()),
            begins: match config.setup.at_start {
                AtStart::Auto => config.platform.is_app,
                AtStart::Yes => true,
                AtStart::No => false,
            },
            ground: Arc::new(ground),
            lease,
            events,
            reports,
        }
    }
}

fn verdict(config: &Config, step: &Step) -> Verdict {
    let Some(toggle) = &step.toggle else { return Verdict::On };
    let said = std::env::var(&toggle.name).ok();
    match toggle.is_on(config.setup.profile, said.as_deref()) {
        Ok(true) => Verdict::On,
        Ok(false) => Verdict::Off(format!("it is switched off ({})", toggle.name)),
        Err(error) => Verdict::Unreadable(error.to_string()),
    }
}

impl Setup {
    pub fn new(settings: SetupSettings) -> Setup {
        let (graph, voices) = (settings.graph.clone(), BTreeMap::new());
        let (runs, told) = (BTreeMap::new(), BTreeMap::new());
        Setup { settings, graph, voices, runs, told, told_top: None, saving: false, unsaved: false }
    }

    /// Finds out how far an earlier daemon was, then begins if it should.
    fn resume(&mut self, ctx: &mut Context<Self>) {
        let (files, server, home) =
            (self.settings.files.clone(), self.settings.server.clone(), self.settings.ground.home.clone());
        let mut graph = self.settings.graph.clone();
        let shelf = self.settings.ground.shelf.clone();
        let read = actix_rt::task::spawn_blocking(move || {
            if let Some(kept) = files.read(&server) {
                for id in graph.resume(kept) {
                    let lost = |node: &Node| !missing(&home, &node.step.produces).is_empty();
                    if graph.node(&id).is_some_and(lost) {
                        graph.undone(&id);
                    }
                }
            }
            shelf.sweep();
            let logs = graph.nodes().iter().map(|node| (node.id().to_owned(), files.log(node.id())));
            let logs: Vec<(String, String)> = logs.collect();
            (graph, logs)
        });
        ctx.wait(read.into_actor(self).map(|read, act, ctx| {
            if let Ok((graph, logs)) = read {
                let begun = graph.has_begun();
                act.graph = graph;
                let kept = logs.into_iter().filter(|_| begun);
                act.voices = kept.map(|(id, log)| (id, Voice::kept(&log))).collect();
            }
            if act.settings.begins && !act.graph.has_begun() {
                act.graph.begin(now());
            }
            act.go_on(ctx);
        }));
    }

    /// Does what is due, and tells what has changed.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        let there = {
            let lease = self.settings.lease.borrow();
            lease.token.is_some() && matches!(lease.standing, Standing::Known { .. })
        };
        self.graph.token_is(there);
        for act in self.graph.due(now()) {
            match act {
                Act::Run { id, run, forced } => self.run(id, run, forced, ctx),
                Act::Stop { id, run } => self.stop(&id, run),
            }
        }
        self.tell(ctx);
    }

    fn run(&mut self, id: String, run: u64, forced: bool, ctx: &mut Context<Self>) {
        let Some(node) = self.graph.node(&id) else { return };
        let (step, first) = (node.step.clone(), node.attempts == 1);
        let voice = self.voices.entry(id.clone()).or_default().clone();
        if first {
            voice.clear();
        } else {
            voice.say(&format!("— try {}", node.attempts));
        }
        let save = ctx.address().recipient();
        let work = Work::new(self.settings.ground.clone(), step, forced, voice, save);
        let child = StepRun { work, id: id.clone(), run, setup: ctx.address() };
        let spec = ChildSpec::temporary(format!("setup:{id}"));
        let child = supervise(spec, &Arbiter::current(), self.settings.reports.clone(), |_| child);
        let (gone, reports) = (child.handle.gone(), self.settings.reports.clone());
        // One that panics says nothing.
        ctx.spawn(gone.into_actor(self).map({
            let id = id.clone();
            move |(), act, ctx| {
                reports.forget(&format!("setup:{id}"));
                act.runs.retain(|other, (number, _)| *other != id || *number != run);
                act.graph.gone(&id, run, now());
                act.go_on(ctx);
            }
        }));
        self.runs.insert(id, (run, child));
    }

    fn stop(&mut self, id: &str, run: u64) {
        if let Some((_, child)) = self.runs.get(id).filter(|(number, _)| *number == run) {
            child.handle.stop();
        }
    }

    /// Facts for listeners, and for the next daemon.
    fn tell(&mut self, ctx: &mut Context<Self>) {
        for node in self.graph.nodes() {
            let before = self.told.insert(node.id().to_owned(), node.state).unwrap_or_default();
            if before == node.state {
                continue;
            }
            self.unsaved = true;
            let (step, state) = (node.id().to_owned(), node.state);
            match state {
                State::Error => tracing::warn!(
                    step,
                    why = node.why.as_deref().unwrap_or_default(),
                    "a step of the setup did not work"
                ),
                state => tracing::info!(step, ?state, "setup"),
            }
            self.settings.events.do_send(Published(Event::SetupStep { step, state }));
        }
        let top = self.graph.top();
        if self.told_top.replace(top).is_some_and(|before| before != top) {
            self.unsaved = true;
            self.settings.events.do_send(Published(Event::SetupChanged {}));
        }
        self.save(ctx);
    }

    /// One write at a time; what changes meanwhile is in the next.
    fn save(&mut self, ctx: &mut Context<Self>) {
        if !self.unsaved || self.saving {
            return;
        }
        (self.unsaved, self.saving) = (false, true);
        let kept = self.graph.kept(&self.settings.server, self.settings.ground.groups.now());
        let over =
            self.graph.nodes().iter().filter(|node| node.state.is_over()).map(|node| node.id().to_owned());
        let logs = over.filter_map(|id| Some((id.clone(), self.voices.get(&id)?.lines().join("\n"))));
        let (files, logs): (Files, Vec<(String, String)>) = (self.settings.files.clone(), logs.collect());
        let written = actix_rt::task::spawn_blocking(move || files.write(&kept, &logs));
        ctx.spawn(written.into_actor(self).map(|_, act, ctx| {
            act.saving = false;
            act.save(ctx);
        }));
    }

    fn changed(&mut self, done: Result<(), Refusal>, ctx: &mut Context<Self>) -> Result<(), Refusal> {
        self.go_on(ctx);
        done
    }
}

fn now() -> Now {
    Now { at: Utc::now(), moment: clock::since_start() }
}

/// Of these products those that are not there.
pub(super) fn missing(home: &Path, products: &[String]) -> Vec<String> {
    let is_there = |product: &String| {
        let path = product.strip_prefix("~/").map_or_else(|| PathBuf::from(product), |rest| home.join(rest));
        let in_bin = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "bin");
        if in_bin { crate::os::shelf::is_program(&path) } else { path.exists() }
    };
    products.iter().filter(|product| !is_there(product)).cloned().collect()
}

impl Actor for Setup {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.resume(ctx);
        ctx.run_interval(TICK, Setup::go_on);
    }
}

impl Supervised for Setup {
    fn restarting(&mut self, _: &mut Self::Context) {
        std::mem::take(&mut self.runs).into_values().for_each(|(_, child)| child.handle.stop());
        self.saving = false;
    }
}

impl Handler<GetSetup> for Setup {
    type Result = MessageResult<GetSetup>;

    fn handle(&mut self, _: GetSetup, _: &mut Self::Context) -> Self::Result {
        let report = |node: &Node| StepReport {
            node: node.clone(),
            log: self.voices.get(node.id()).map(Voice::lines).unwrap_or_default(),
        };
        MessageResult(SetupReport {
            top: self.graph.top(),
            started_at: self.graph.started_at(),
            finished_at: self.graph.finished_at(),
            steps: self.graph.nodes().iter().map(report).collect(),
        })
    }
}

impl Handler<GetAgents> for Setup {
    type Result = ResponseFuture<Vec<AgentReport>>;

    fn handle(&mut self, _: GetAgents, _: &mut Self::Context) -> Self::Result {
        let known = |agent: &Agent| self.graph.node(&agent.id).and_then(|node| node.version.clone());
        let agents: Vec<(Agent, Option<String>)> =
            self.settings.agents.iter().map(|agent| (agent.clone(), known(agent))).collect();
        let ground = self.settings.ground.clone();
        Box::pin(async move {
            let look =
                move || agents.into_iter().map(|(agent, known)| report(&ground, agent, known)).collect();
            actix_rt::task::spawn_blocking(look).await.unwrap_or_default()
        })
    }
}

/// Whether an agent is there. Blocks on the disk.
fn report(ground: &Ground, agent: Agent, known: Option<String>) -> AgentReport {
    let path = program::found(&agent.binary, ground.variable("PATH"));
    let ours = ground.shelf.installed(&agent.binary).filter(|ours| ours.tool == agent.id);
    let version = ours.map(|ours| ours.version).or(known).filter(|_| path.is_some());
    let path = path.map(|path| path.display().to_string());
    let command = ground.agents.command(&agent.id).unwrap_or_else(|| vec![agent.binary]);
    AgentReport { id: agent.id, label: agent.label, path, version, command }
}

impl Handler<Start> for Setup {
    type Result = ();

    fn handle(&mut self, _: Start, ctx: &mut Self::Context) {
        self.graph.begin(now());
        self.unsaved = true;
        self.go_on(ctx);
    }
}

impl Handler<Retry> for Setup {
    type Result = Result<(), Refusal>;

    fn handle(&mut self, Retry(id): Retry, ctx: &mut Self::Context) -> Self::Result {
        let done = self.graph.retry(&id);
        self.changed(done, ctx)
    }
}

impl Handler<Skip> for Setup {
    type Result = Result<(), Refusal>;

    fn handle(&mut self, Skip(id): Skip, ctx: &mut Self::Context) -> Self::Result {
        let done = self.graph.skip(&id, now());
        self.changed(done, ctx)
    }
}

impl Handler<Cancel> for Setup {
    type Result = Result<(), Refusal>;

    fn handle(&mut self, Cancel(id): Cancel, ctx: &mut Self::Context) -> Self::Result {
        let done = self.graph.cancel(&id, now());
        self.changed(done, ctx)
    }
}

impl Handler<Ended> for Setup {
    type Result = ();

    fn handle(&mut self, Ended { id, run, outcome }: Ended, ctx: &mut Self::Context) {
        self.graph.ended(&id, run, outcome, now());
        self.go_on(ctx);
    }
}

impl Handler<Save> for Setup {
    type Result = ();

    fn handle(&mut self, _: Save, ctx: &mut Self::Context) {
        self.unsaved = true;
        self.save(ctx);
    }
}
