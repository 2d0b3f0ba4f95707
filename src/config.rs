//! The settings: one typed struct, a section per owner.
//!
//! A value comes from the first of: command-line flag, environment variable, `coda.toml`, default. The
//! environment is an argument, so tests never touch the real one. A key that is unknown or has the wrong
//! type refuses to start and says which key and what was meant. `config/coda.toml` lists every key at its
//! default; a test holds the two together.

mod agents;
mod at_start;
mod keys;
mod limits;
mod sections;
mod tasks;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use agents::Agents;
pub use at_start::AtStart;
pub use keys::parse;
pub use sections::{
    Access, Configure, Credentials, Gateway, GatewayMode, Git, Http, Journal, Log, LogFormat, Memory,
    Platform, Sessions, Setup, Sync, Traces, Ui, UiMode, Uploads,
};
pub use tasks::Tasks;

/// Variables that hold secrets. They are taken out of the environment before anything else happens and travel from
/// the keeper to each daemon, so that no child and no file below `/proc` has them.
pub const SECRETS: [&str; 6] = [
    "DATABRICKS_TOKEN",
    "DATABRICKS_CLIENT_SECRET",
    "CODA_BOOTSTRAP_SECRET",
    "GIT_TOKEN",
    "NPM_TOKEN",
    "MLFLOW_TRACKING_TOKEN",
];

/// What is wrong with the settings: names the key or file, and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {reason}; create it or leave out --config")]
    File { path: String, reason: String },
    #[error("{path} is not valid TOML: {reason}")]
    Toml { path: String, reason: String },
    #[error("unknown key `{key}` in {path}; did you mean `{meant}`?")]
    UnknownKey { path: String, key: String, meant: String },
    #[error("`{key}` must be {expected}, not {found}")]
    WrongType { key: String, expected: &'static str, found: String },
    #[error("`{key}` is {value}: {remedy}")]
    Invalid { key: &'static str, value: String, remedy: String },
}

/// Every setting. See `config/coda.toml` for units and meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    pub home: PathBuf,
    pub http: Http,
    pub access: Access,
    pub log: Log,
    pub sessions: Sessions,
    pub memory: Memory,
    pub journal: Journal,
    pub uploads: Uploads,
    pub git: Git,
    pub credentials: Credentials,
    pub gateway: Gateway,
    pub agents: Agents,
    pub setup: Setup,
    pub sync: Sync,
    pub tasks: Tasks,
    pub traces: Traces,
    pub ui: Ui,
    /// Fault injection; only a flag or the environment can turn it on.
    #[serde(skip)]
    pub chaos: bool,
    /// Local mode's access token; empty: a random one. Never from the file.
    #[serde(skip)]
    pub access_token: String,
    /// What the platform says about itself, from its own environment variables.
    #[serde(skip)]
    pub platform: Platform,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            home: PathBuf::new(),
            http: Http::default(),
            access: Access::default(),
            log: Log::default(),
            sessions: Sessions::default(),
            memory: Memory::default(),
            journal: Journal::default(),
            uploads: Uploads::default(),
            git: Git::default(),
            credentials: Credentials::default(),
            gateway: Gateway::default(),
            agents: Agents::default(),
            setup: Setup::default(),
            sync: Sync::default(),
            tasks: Tasks::default(),
            traces: Traces::default(),
            ui: Ui::default(),
            chaos: false,
            access_token: String::new(),
            platform: Platform::default(),
        }
    }
}

/// What the command line gave; `None` where it said nothing.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub bind: Option<String>,
    pub home: Option<PathBuf>,
    pub config: Option<PathBuf>,
    pub access_token: Option<String>,
    pub chaos: bool,
    pub log: Option<LogFormat>,
}

/// Looks up an environment variable.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// The valid settings, or the first thing that is wrong with them.
    pub fn load(flags: &Flags, env: Env<'_>) -> Result<Config, ConfigError> {
        let set =
            |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let file = flags.config.clone().or_else(|| set("CODA_CONFIG").map(PathBuf::from));
        let mut config = file.as_deref().map_or_else(|| Ok(Config::default()), keys::from_file)?;
        config.platform = variables::platform(&set)?;
        let platform_bind = set("DATABRICKS_APP_PORT").map(|port| format!("0.0.0.0:{port}"));
        if let Some(bind) = flags.bind.clone().or_else(|| set("CODA_BIND")).or(platform_bind) {
            config.http.bind = bind;
        }
        if let Some(home) = flags.home.clone().or_else(|| set("CODA_HOME").map(PathBuf::from)) {
            config.home = home;
        }
        if config.home.as_os_str().is_empty() {
            config.home = set("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        }
        if config.sessions.directory.as_os_str().is_empty() {
            config.sessions.directory = config.home.clone();
        }
        config.access_token =
            flags.access_token.clone().or_else(|| set("CODA_ACCESS_TOKEN")).unwrap_or_default();
        config.chaos = flags.chaos || set("CODA_CHAOS").is_some_and(|value| value == "true" || value == "1");
        if let Some(format) = flags.log.or(log_format(set("CODA_LOG"))?) {
            config.log.format = format;
        }
        variables::apply(&mut config, &set)?;
        config.agents.apply(env)?;
        config.check()?;
        Ok(config)
    }

    /// Where all state lies.
    pub fn state_dir(&self) -> PathBuf {
        self.home.join(".coda")
    }

    /// Where the server listens for programs of its own user.
    pub fn socket_path(&self) -> PathBuf {
        self.state_dir().join("coda.sock")
    }

    /// Where agents find the gateway; none where there is no workspace, or where they go to the models themselves.
    pub fn gateway_address(&self) -> Option<SocketAddr> {
        let wanted = !self.platform.is_local() && self.gateway.mode == GatewayMode::Gateway;
        wanted.then(|| SocketAddr::from(([127, 0, 0, 1], self.gateway.port)))
    }

    /// The address to bind.
    pub fn address(&self) -> Result<SocketAddr, ConfigError> {
        self.http.bind.parse().map_err(|_| ConfigError::Invalid {
            key: "http.bind",
            value: format!("{:?}", self.http.bind),
            remedy: "give an IP address and a port, such as 127.0.0.1:8000 (port 0 takes a free one)"
                .to_owned(),
        })
    }
}

fn log_format(value: Option<String>) -> Result<Option<LogFormat>, ConfigError> {
    match value.as_deref() {
        None => Ok(None),
        Some("text") => Ok(Some(LogFormat::Text)),
        Some("json") => Ok(Some(LogFormat::Json)),
        Some(other) => Err(ConfigError::Invalid {
            key: "CODA_LOG",
            value: other.to_owned(),
            remedy: "say `text` or `json`".to_owned(),
        }),
    }
}
