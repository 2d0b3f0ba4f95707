//! The agents of this instance: what their files say, and how those get where the agents read them.
//!
//! No actor: steps of the setup and the lease call it, on threads that may block. One of them writes at a time.

mod shipped;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::credentials::{Outcome, Published, Target};
use crate::config::{Config, GatewayMode};
use crate::databricks::{Address, Workspace};
use crate::domain::agents::{Bases, Definition, Mode, Permissions, Place, Server, variables, wishes};
use crate::domain::gateway::{Route, Template, Vendor};
use crate::domain::secret::Secret;
use crate::os::agent_files::{self, Report};

pub use shipped::{definitions, files};

/// How long the workspace may take to say what it serves; then the files are written without knowing.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Agents {
    home: PathBuf,
    program: PathBuf,
    state: PathBuf,
    definitions: Vec<Definition>,
    direct: bool,
    /// Where agents find the gateway.
    url: Option<String>,
    workspace: Option<Workspace>,
    token: watch::Receiver<Published>,
    route: watch::Receiver<Option<Route>>,
    servers: Vec<Server>,
    permissions: Permissions,
    said: Vec<(String, String)>,
    /// What is served, as it was known last.
    served: Mutex<Option<Vec<String>>>,
    writing: Mutex<()>,
}

/// Why an agent was not configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigureError {
    #[error("there is no agent `{0}`; look at the files in .coda/agents")]
    Unknown(String),
    #[error("it is not known yet where the models are; look at `/api/gateway`")]
    NoRoute,
    #[error("there is no token; paste one")]
    NoToken,
    #[error("{0}")]
    Files(String),
}

impl Agents {
    /// Reads the files of agents: blocks on the disk, before anything runs.
    pub fn new(
        config: &Config,
        url: Option<String>,
        workspace: Option<Workspace>,
        token: watch::Receiver<Published>,
        route: watch::Receiver<Option<Route>>,
    ) -> std::io::Result<Agents> {
        let home = std::path::absolute(&config.home)?;
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let mut definitions = definitions(&config.state_dir()).0;
        definitions.retain(|agent| {
            let on = |toggle: &crate::domain::setup::Toggle| {
                toggle.is_on(config.setup.profile, said(&toggle.name).as_deref()).unwrap_or_default()
            };
            agent.toggle.as_ref().is_none_or(on)
        });
        let names = definitions.iter().flat_map(Definition::model_variables);
        let servers = config.agents.servers().into_iter();
        Ok(Agents {
            said: names.filter_map(|name| Some((name.to_owned(), said(name)?))).collect(),
            servers: servers.map(|(name, url)| Server { name: name.to_owned(), url }).collect(),
            permissions: config.agents.permissions.of(config.setup.profile),
            home: home.canonicalize().unwrap_or(home),
            program: std::env::current_exe()?,
            state: config.state_dir(),
            definitions,
            direct: config.gateway.mode == GatewayMode::Direct,
            url,
            workspace,
            token,
            route,
            served: Mutex::default(),
            writing: Mutex::default(),
        })
    }

    /// What agents want every session to be told, in words of the gateway's.
    pub fn templates(&self) -> Vec<Template> {
        let Some(url) = &self.url else { return Vec::new() };
        let place = self.place(Mode::Gateway { url: url.clone() });
        let all = self.definitions.iter().flat_map(|agent| variables(agent, &place));
        all.filter_map(|(name, value)| Template::new(&name, &value).ok()).collect()
    }

    /// How an agent is started, if it is one of these.
    pub fn command(&self, id: &str) -> Option<Vec<String>> {
        let agent = self.definitions.iter().find(|agent| agent.id == id);
        agent.map(|agent| agent.launch.command.clone())
    }

    /// How each agent is asked one thing, with `{prompt}`; those that cannot be are left out.
    pub fn one_shots(&self) -> BTreeMap<String, Vec<String>> {
        let able = self.definitions.iter().filter(|agent| !agent.launch.one_shot.is_empty());
        able.map(|agent| (agent.id.clone(), agent.launch.one_shot.clone())).collect()
    }

    /// Asks what is served. If nobody says so in time, what was known stays.
    pub async fn look(&self) {
        let token = self.token.borrow().token.clone();
        let (Some(workspace), Some(token)) = (&self.workspace, token) else { return };
        let asked = tokio::time::timeout(PATIENCE, workspace.serving_endpoints(&token)).await;
        match asked {
            Ok(Ok(endpoints)) => {
                let names = endpoints.into_iter().filter(|endpoint| endpoint.is_ready());
                let names = names.map(|endpoint| endpoint.name).collect();
                *self.served.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
            }
            Ok(Err(error)) => tracing::warn!(%error, "it is not known what is served"),
            Err(_) => tracing::warn!("it is not known what is served: the workspace takes its time"),
        }
    }

    /// Writes the files of an agent. Blocks on the disk.
    pub fn configure(&self, id: &str) -> Result<Report, ConfigureError> {
        let agent = self.definitions.iter().find(|agent| agent.id == id);
        let agent = agent.ok_or_else(|| ConfigureError::Unknown(id.to_owned()))?;
        let mode = match (&self.url, self.direct) {
            (Some(url), false) => Mode::Gateway { url: url.clone() },
            (_, true) => {
                let token = self.token.borrow().token.clone().ok_or(ConfigureError::NoToken)?;
                self.direct(token).ok_or(ConfigureError::NoRoute)?
            }
            (None, false) => return Err(ConfigureError::NoRoute),
        };
        self.write(agent, mode)
    }

    fn write(&self, agent: &Definition, mode: Mode) -> Result<Report, ConfigureError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let wishes = wishes(agent, &self.place(mode));
        let done = agent_files::configure(&self.home, &self.record(agent), &wishes);
        done.map_err(|error| ConfigureError::Files(error.to_string()))
    }

    fn record(&self, agent: &Definition) -> PathBuf {
        self.state.join("agents").join(format!("{}.json", agent.id))
    }

    fn direct(&self, token: Secret) -> Option<Mode> {
        let route = self.route.borrow().clone()?;
        let bases = Bases {
            anthropic: route.agent_url(Vendor::Anthropic),
            openai: route.agent_url(Vendor::OpenAi),
            gemini: route.agent_url(Vendor::Gemini),
            chat: route.agent_url(Vendor::Mlflow),
        };
        Some(Mode::Direct { bases, token })
    }

    fn place(&self, mode: Mode) -> Place {
        let home = self.home.display().to_string();
        let host = self.workspace.as_ref().map(|workspace| workspace.address().to_string());
        let (skills, instructions) = shipped::words(&self.state);
        Place {
            trusted: vec![home.clone(), format!("{home}/projects")],
            home,
            coda: self.program.display().to_string(),
            host: host.unwrap_or_default(),
            mode,
            served: self.served.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            said: self.said.clone(),
            servers: self.servers.clone(),
            permissions: self.permissions,
            skills,
            instructions,
        }
    }
}

/// In direct mode the files hold the token, and get each new one. Those of agents that are not configured yet get it
/// when they are.
impl Target for Agents {
    fn name(&self) -> &str {
        "the files of agents"
    }

    fn write(&self, _: &Address, token: &Secret) -> Outcome {
        let known = |agent: &&Definition| agent_files::is_known(&self.record(agent));
        let configured: Vec<&Definition> = self.definitions.iter().filter(known).collect();
        if !self.direct || configured.is_empty() {
            return Outcome::Skipped;
        }
        let Some(mode) = self.direct(token.clone()) else {
            return Outcome::Failed(ConfigureError::NoRoute.to_string());
        };
        let (mut failed, mut updated) = (Vec::new(), false);
        for agent in configured {
            match Agents::write(self, agent, mode.clone()) {
                Ok(report) => {
                    updated |= !report.changed.is_empty();
                    failed.extend(report.failed);
                }
                Err(error) => failed.push(error.to_string()),
            }
        }
        match (failed.is_empty(), updated) {
            (false, _) => Outcome::Failed(failed.join("; ")),
            (true, true) => Outcome::Updated,
            (true, false) => Outcome::Unchanged,
        }
    }
}
