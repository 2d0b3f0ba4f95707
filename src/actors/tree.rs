//! The supervision tree: who is whose child, and what becomes of those that cannot be kept.
//!
//! ```text
//! root
//! ├─ store        the one writer of the database             permanent   own arbiter
//! ├─ journals     writes every session's output to disk      permanent   own arbiter
//! ├─ events       fan-out of facts to pages                  permanent
//! ├─ receipts     what recoveries found                      permanent
//! ├─ credentials  keeps the workspace's token fresh          permanent
//! ├─ owner        finds out whose instance this is           permanent
//! ├─ keeper_link  the socket to the keeper                   permanent
//! ├─ door         tickets for WebSockets                     permanent
//! ├─ recordings   what journals hold                         permanent
//! ├─ capacity     the container's memory                     permanent
//! ├─ panes        shells inside tmux                         permanent
//! ├─ downloads    files for the page                         permanent
//! ├─ uploads      files from the page                        permanent
//! ├─ git          passwords for git, repositories that move  permanent
//! ├─ gateway      the way to models, and what it comes to    permanent
//! ├─ setup        what is installed and configured here      permanent   own arbiter
//! │  └─ setup:<id> …     one run of a step                     temporary
//! ├─ traces       what agents do, for MLflow                 permanent   own arbiter
//! ├─ sync         folders and their copies in the workspace  permanent
//! │  └─ sync.projects, sync.state                            transient   an arbiter of their own
//! ├─ tasks        work that is handed to agents              permanent
//! │  └─ task:<id> …       20 restarts in 60 s, then failed    transient
//! └─ sessions     the registry                               permanent
//!    └─ session:<id> …   20 restarts in 60 s, then failed    transient   one of the workers' arbiters
//! ```
//!
//! A child of the root that cannot be kept takes the daemon with it: the keeper starts another, and no session
//! notices. A session that cannot be kept is marked failed; its program lives on in the keeper.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::watch;

use self::settings::{
    capacity_settings, journal_settings, lease_rules, panes_settings, shell_marks, uploads_settings,
};
use super::agents::Agents;
use super::capacity::Capacity;
use super::credentials::{
    Bearer, Calls, ConfigFile, Credentials, CredentialsSettings, Published, TellOwnerSearch,
};
use super::door::Door;
use super::downloads::Downloads;
use super::events::Events;
use super::gateway::{self, Gateway, GatewaySettings, Way};
use super::git::{Git, GitSettings};
use super::journals::Journals;
use super::keeper_link::{Inheritance, KeeperLink, Report, Tell};
use super::link::LinkSettings;
use super::owner::{AppRecord, OwnerSearch, TokenOwner};
use super::panes::Panes;
use super::receipts::Receipts;
use super::recordings::Recordings;
use super::root::{CloseDoors, Root, SetDrain};
use super::session::SessionSettings;
use super::sessions::{Sessions, SessionsSettings};
use super::setup::{Ground, Setup, SetupSettings};
use super::store::{AuditLog, Prepared, Store};
use super::supervisor::{ChildSpec, Reports, supervise};
use super::sync::{Sync, SyncSettings};
use super::tasks::{Tasks, TasksSettings};
use super::traces::{Tap, Traces, TracesSettings};
use super::uploads::Uploads;
use crate::config::Config;
use crate::databricks::oauth::Machine;
use crate::databricks::{Address, Workspace};
use crate::domain::environment::Environment;
use crate::domain::gateway::Keys;
use crate::domain::idle::IdleRule;
use crate::domain::keeper_frames::Order;
use crate::domain::owner::{Configured, Known, Source};
use crate::domain::size::Size;
use crate::os::random;

/// Messages that may wait for the store before those who ask wait, too: more than the audit entries that may.
const STORE_MAILBOX: usize = 16_384;

/// The same for the tasks: a client each that waits for one of them.
const TASKS_MAILBOX: usize = 1_024;

/// The same for the gateway: more than there may be connections.
const GATEWAY_MAILBOX: usize = 65_536;

/// Calls of models that may wait for being read; what finds no room is counted and forgotten.
const TRACES_MAILBOX: usize = 1_024;

/// The addresses that the way in needs.
#[derive(Clone)]
pub struct Handles {
    pub store: Addr<Store>,
    pub audit: AuditLog,
    pub credentials: Addr<Credentials>,
    pub owner: Addr<OwnerSearch>,
    pub sessions: Addr<Sessions>,
    pub receipts: Addr<Receipts>,
    pub door: Addr<Door>,
    pub recordings: Addr<Recordings>,
    pub capacity: Addr<Capacity>,
    pub panes: Addr<Panes>,
    pub uploads: Addr<Uploads>,
    pub git: Addr<Git>,
    pub gateway: Addr<Gateway>,
    /// None: there is no workspace, so there are no models.
    pub way: Option<Way>,
    pub setup: Addr<Setup>,
    pub sync: Addr<Sync>,
    pub tasks: Addr<Tasks>,
    pub traces: Addr<Traces>,
    pub downloads: Addr<Downloads>,
    pub keeper: Addr<KeeperLink>,
    pub link: LinkSettings,
    pub reports: Reports,
}

/// Starts the tree on the current arbiter; sessions go to `arbiters`, journals and store to ones of
/// their own. `owner`: where it becomes known; `gateway_url`: where agents find the gateway.
pub fn start(
    config: &Config,
    owner: Known,
    (gateway_url, keys): (Option<String>, Keys),
    mut inheritance: Inheritance,
    arbiters: Vec<ArbiterHandle>,
    close_doors: CloseDoors,
) -> std::io::Result<Handles> {
    let reports = Reports::new();
    let root = Root::new(close_doors).start();
    let here = Arbiter::current();
    let spec = |name: &'static str| ChildSpec::permanent(name).parent(&root.clone().recipient());
    let sessions_dir = config.state_dir().join("sessions");

    let prepared = Store::prepare(config.state_dir()).map_err(std::io::Error::other)?;
    let Prepared { store, sessions: records, tasks: kept_tasks, backlog } = prepared;
    let own = Arbiter::new();
    let store =
        supervise(spec("store").mailbox(STORE_MAILBOX), &own.handle(), reports.clone(), move |_| store).addr;
    let audit = AuditLog::new(store.clone(), backlog);
    let link = inheritance.link()?;
    let Inheritance { welcome, kick, sessions: handed, .. } = inheritance;
    let settings = journal_settings(config, &sessions_dir, kick);
    let files = Arbiter::new();
    let journals =
        supervise(spec("journals"), &files.handle(), reports.clone(), move |_| Journals::new(settings)).addr;
    let events = supervise(spec("events"), &here, reports.clone(), |_| Events::default()).addr;
    let kept = Receipts::new(store.clone(), events.clone());
    let receipts = supervise(spec("receipts"), &here, reports.clone(), |_| kept).addr;
    let keeper = supervise(spec("keeper_link"), &here, reports.clone(), |_| link).addr;
    let workspace = workspace(config)?;
    let (published, token) = watch::channel(Published::default());
    let (route, known_route) = watch::channel(None);
    let models = workspace.as_ref().map(|calls| calls.workspace.clone());
    let agents =
        Agents::new(config, gateway_url.clone(), models.clone(), token.clone(), known_route.clone())?;
    let agents = Arc::new(agents);
    let settings = CredentialsSettings {
        rules: lease_rules(config),
        instance: config.platform.instance.clone(),
        unique: random::token().map_err(std::io::Error::other)?,
        kept: welcome.lease.clone(),
        calls: workspace.clone(),
        preset: config.platform.token.clone(),
        targets: vec![Arc::new(ConfigFile(config.home.join(".databrickscfg"))), agents.clone()],
        published,
        keeper: keeper.clone(),
        store: store.clone(),
        events: events.clone(),
    };
    let credentials =
        supervise(spec("credentials"), &here, reports.clone(), |_| Credentials::new(settings)).addr;
    let settings = GitSettings::of(config, token.clone(), events.clone())?;
    let git = supervise(spec("git"), &here, reports.clone(), |_| Git::new(settings)).addr;
    let (bounds, load) = gateway::shared(config);
    let (has_models, writer) = (models.is_some(), random::token().map_err(std::io::Error::other)?);
    let variables = gateway::variables(gateway_url.as_deref(), &keys).map(|all| all.with(agents.templates()));
    let watched = (token.clone(), route, load.clone());
    let settings = GatewaySettings::of(config, gateway_url.clone(), models, writer, watched, store.clone())?;
    let gateway = supervise(spec("gateway").mailbox(GATEWAY_MAILBOX), &here, reports.clone(), |_| {
        Gateway::new(settings)
    })
    .addr;
    let bearer = (Bearer::new(token.clone(), credentials.clone().recipient()), token.clone());
    let lease = token.clone();
    let settings = SyncSettings::of(config, token.clone(), &credentials, events.clone(), reports.clone())?;
    let sync = supervise(spec("sync"), &here, reports.clone(), |_| Sync::new(settings)).addr;
    let (traces, tap) = start_traces(config, &owner, (&token, &credentials), &spec, &reports)?;
    let search = OwnerSearch::new(who_may_know(config, workspace, token), owner);
    let search = supervise(spec("owner"), &here, reports.clone(), |_| search).addr;
    credentials.do_send(TellOwnerSearch(search.clone()));
    let lifetime = Duration::from_secs(config.http.ticket_seconds);
    let door = supervise(spec("door"), &here, reports.clone(), move |_| Door::new(lifetime)).addr;
    let (dir, reading) = (sessions_dir.clone(), journals.clone());
    let recordings =
        supervise(spec("recordings"), &here, reports.clone(), |_| Recordings::new(dir, reading)).addr;

    let environment = Environment::from_parent(std::env::vars_os(), &config.home.display().to_string());
    let links = (credentials.clone(), traces.clone());
    let hands = (agents.one_shots(), environment.get("PATH").unwrap_or_default().to_owned());
    let ground = Ground::of(config, &environment, links, gateway_url, agents.clone())?;
    let settings = SetupSettings::of(config, ground, lease, events.clone(), reports.clone());
    let installers = Arbiter::new();
    let setup =
        supervise(spec("setup"), &installers.handle(), reports.clone(), |_| Setup::new(settings)).addr;
    let settings = capacity_settings(config);
    let capacity = supervise(spec("capacity"), &here, reports.clone(), |_| Capacity::new(settings)).addr;
    let settings = panes_settings(config, &environment);
    let panes = supervise(spec("panes"), &here, reports.clone(), |_| Panes::new(settings)).addr;
    let settings = uploads_settings(config)?;
    let uploads = supervise(spec("uploads"), &here, reports.clone(), |_| Uploads::new(settings)).addr;

    let (home, state) = (config.home.clone(), config.state_dir());
    let downloads =
        supervise(spec("downloads"), &here, reports.clone(), |_| Downloads::new(home, state)).addr;

    let settings = SessionsSettings {
        root: sessions_dir,
        shell: config.sessions.shell.clone(),
        directory: config.sessions.directory.clone(),
        size: Size { rows: config.sessions.rows, cols: config.sessions.cols },
        keeper_features: welcome.features,
        ring_bytes: config.sessions.ring_bytes,
        max_sessions: config.sessions.max_sessions,
        niceness: config.sessions.niceness,
        tmux: config.sessions.tmux,
        environment,
        gateway: variables,
        marks: shell_marks(config),
        session: SessionSettings {
            scrollback_lines: config.sessions.scrollback_lines,
            screen_model: config.sessions.screen_model,
            widths: config.sessions.widths,
            viewer_timeout: Duration::from_secs(config.sessions.viewer_timeout_seconds),
            idle: IdleRule::after_seconds(config.sessions.idle_timeout_seconds),
        },
        arbiters,
        reports: reports.clone(),
        store: store.clone(),
        journals,
        keeper: keeper.clone(),
        events: events.clone(),
        receipts: receipts.clone(),
        capacity: capacity.clone(),
        panes: panes.clone(),
    };
    let sessions = supervise(spec("sessions"), &here, reports.clone(), move |_| {
        Sessions::new(settings, records, handed, welcome.last_death)
    })
    .addr;
    let shared = (store.clone(), sessions.clone());
    let settings = TasksSettings::of(config, kept_tasks, hands, shared, (events.clone(), reports.clone()));
    let tasks =
        supervise(spec("tasks").mailbox(TASKS_MAILBOX), &here, reports.clone(), |_| Tasks::new(settings));
    let tasks = tasks.addr;
    let way =
        || Way::new((bounds, load), keys, sessions.clone(), bearer, known_route, (gateway.clone(), tap));
    let way = has_models.then(way).transpose().map_err(std::io::Error::other)?;
    root.do_send(SetDrain {
        sessions: sessions.clone(),
        events: events.clone(),
        sync: sync.clone(),
        tasks: tasks.clone(),
    });
    keeper.do_send(Report { reaped: sessions.clone().recipient(), drain: root.recipient() });
    let link =
        LinkSettings { sessions: sessions.clone(), events, window: config.sessions.viewer_window_bytes };
    Ok(Handles {
        store,
        audit,
        credentials,
        owner: search,
        sessions,
        receipts,
        door,
        recordings,
        capacity,
        panes,
        uploads,
        git,
        gateway,
        way,
        setup,
        sync,
        tasks,
        traces,
        downloads,
        keeper,
        link,
        reports,
    })
}

/// Traces on an arbiter of their own, and what the gateway gives them.
fn start_traces(
    config: &Config,
    owner: &Known,
    (token, credentials): (&watch::Receiver<Published>, &Addr<Credentials>),
    spec: &dyn Fn(&'static str) -> ChildSpec,
    reports: &Reports,
) -> std::io::Result<(Addr<Traces>, Option<Tap>)> {
    let settings = TracesSettings::of(config, token.clone(), credentials, owner.clone())?;
    let tap = settings.tap();
    let own = Arbiter::new();
    let spec = spec("traces").mailbox(TRACES_MAILBOX);
    let traces = supervise(spec, &own.handle(), reports.clone(), |_| Traces::new(settings)).addr;
    let tap = tap.map(|tap| tap(traces.clone()));
    Ok((traces, tap))
}

/// The workspace, if there is one, and the service principal that the platform gave this app.
fn workspace(config: &Config) -> std::io::Result<Option<Calls>> {
    let Some(host) = &config.platform.databricks_host else { return Ok(None) };
    let address = Address::parse(host).map_err(std::io::Error::other)?;
    let workspace = Workspace::new(address).map_err(std::io::Error::other)?;
    let machine = config.platform.machine.clone();
    let machine = machine.map(|(id, secret)| Machine::new(workspace.clone(), id, secret));
    Ok(Some(Calls { workspace, machine }))
}

/// Who is asked for the owner, the most telling first.
fn who_may_know(
    config: &Config,
    workspace: Option<Calls>,
    token: watch::Receiver<Published>,
) -> Vec<Box<dyn Source>> {
    let mut sources: Vec<Box<dyn Source>> = vec![Box::new(Configured(config.platform.owner_email.clone()))];
    let Some(Calls { workspace, machine }) = workspace else { return sources };
    if let (Some(machine), Some(app)) = (machine, config.platform.app_name.clone()) {
        sources.push(Box::new(AppRecord { workspace, machine, app }));
    }
    sources.push(Box::new(TokenOwner(token)));
    sources
}

/// The keeper may announce `url` now.
pub fn announce(handles: &Handles, url: String) {
    handles.keeper.do_send(Tell(Order::Ready { url }));
}
