//! The settings: one typed struct, a section per owner.
//!
//! A value comes from the first of: command-line flag, environment variable, `coda.toml`, default. The
//! environment is an argument, so tests never touch the real one. A key that is unknown or has the wrong
//! type refuses to start and says which key and what was meant. `config/coda.toml` lists every key at its
//! default; a test holds the two together.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::size::Size;

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
    pub log: Log,
    pub sessions: Sessions,
    pub journal: Journal,
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Http {
    pub bind: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub workers: usize,
    pub ticket_seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sessions {
    pub shell: String,
    pub directory: PathBuf,
    pub rows: u16,
    pub cols: u16,
    pub ring_bytes: u64,
    pub scrollback_lines: usize,
    pub screen_model: bool,
    pub max_sessions: usize,
    pub viewer_window_bytes: u64,
    pub viewer_timeout_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Journal {
    pub segment_bytes: u64,
    pub session_bytes: u64,
    pub host_bytes: u64,
    pub max_age_days: u64,
    pub sync_ms: u64,
}

/// Where we run: on the platform when `DATABRICKS_HOST` is set, else on somebody's machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Platform {
    pub databricks_host: Option<String>,
    pub owner_email: Option<String>,
}

impl Platform {
    pub fn is_local(&self) -> bool {
        self.databricks_host.is_none()
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            home: PathBuf::new(),
            http: Http::default(),
            log: Log::default(),
            sessions: Sessions::default(),
            journal: Journal::default(),
            chaos: false,
            access_token: String::new(),
            platform: Platform::default(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Http {
            bind: "127.0.0.1:8000".to_owned(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            workers: 0,
            ticket_seconds: 30,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Sessions {
            shell: "/bin/bash".to_owned(),
            directory: PathBuf::new(),
            rows: Size::DEFAULT.rows,
            cols: Size::DEFAULT.cols,
            ring_bytes: 1024 * 1024,
            scrollback_lines: 10_000,
            screen_model: true,
            max_sessions: 1_100,
            viewer_window_bytes: 256 * 1024,
            viewer_timeout_seconds: 20,
        }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Journal {
            segment_bytes: 4 * 1024 * 1024,
            session_bytes: 64 * 1024 * 1024,
            host_bytes: 2 * 1024 * 1024 * 1024,
            max_age_days: 30,
            sync_ms: 200,
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
        let mut config = file.as_deref().map_or_else(|| Ok(Config::default()), from_file)?;
        config.platform =
            Platform { databricks_host: set("DATABRICKS_HOST"), owner_email: set("APP_OWNER_EMAIL") };
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
        config.check()?;
        Ok(config)
    }

    /// Where all state lies.
    pub fn state_dir(&self) -> PathBuf {
        self.home.join(".coda")
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

    fn check(&self) -> Result<(), ConfigError> {
        self.address()?;
        let sessions = &self.sessions;
        Size::new(sessions.rows.into(), sessions.cols.into()).map_err(|error| ConfigError::Invalid {
            key: "sessions.rows, sessions.cols",
            value: format!("{}×{}", sessions.rows, sessions.cols),
            remedy: error.to_string(),
        })?;
        let limits = [
            ("sessions.ring_bytes", sessions.ring_bytes, 65_536, 67_108_864),
            ("sessions.viewer_window_bytes", sessions.viewer_window_bytes, 65_536, 1_048_576),
            ("sessions.viewer_timeout_seconds", sessions.viewer_timeout_seconds, 2, 3_600),
            ("http.ticket_seconds", self.http.ticket_seconds, 1, 300),
            ("journal.segment_bytes", self.journal.segment_bytes, 65_536, 1 << 30),
            ("journal.session_bytes", self.journal.session_bytes, 131_072, 1 << 40),
            ("journal.sync_ms", self.journal.sync_ms, 10, 60_000),
        ];
        for (key, value, least, most) in limits {
            if !(least..=most).contains(&value) {
                let remedy = format!("choose a value from {least} to {most}");
                return Err(ConfigError::Invalid { key, value: value.to_string(), remedy });
            }
        }
        if !sessions.ring_bytes.is_power_of_two() {
            let remedy = "choose a power of two".to_owned();
            let value = sessions.ring_bytes.to_string();
            return Err(ConfigError::Invalid { key: "sessions.ring_bytes", value, remedy });
        }
        Ok(())
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

fn from_file(path: &Path) -> Result<Config, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::File { path: name.clone(), reason: error.to_string() })?;
    parse(&text, &name)
}

/// Settings from the text of a file called `path`.
pub fn parse(text: &str, path: &str) -> Result<Config, ConfigError> {
    let toml = |reason: String| ConfigError::Toml { path: path.to_owned(), reason };
    let given: toml::Table = text.parse().map_err(|error| toml(in_one_line(&error, text)))?;
    let known = toml::Table::try_from(Config::default()).map_err(|error| toml(error.to_string()))?;
    check_keys(&given, &known, "", path)?;
    toml::from_str(text).map_err(|error| toml(in_one_line(&error, text)))
}

/// The parser's own message draws the place over several lines; ours says it.
fn in_one_line(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().replace('\n', ", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message };
    let line = before.matches('\n').count() + 1;
    let written = text.lines().nth(line - 1).unwrap_or_default().trim();
    format!("line {line} (`{written}`): {message}")
}

/// Compares the given table with the defaults: same names, same kinds.
fn check_keys(given: &toml::Table, known: &toml::Table, prefix: &str, path: &str) -> Result<(), ConfigError> {
    for (name, value) in given {
        let key = format!("{prefix}{name}");
        let Some(default) = known.get(name) else {
            let meant = format!("{prefix}{}", nearest(name, known));
            return Err(ConfigError::UnknownKey { path: path.to_owned(), key, meant });
        };
        match (value, default) {
            (toml::Value::Table(given), toml::Value::Table(known)) => {
                check_keys(given, known, &format!("{key}."), path)?;
            }
            _ if value.same_type(default) => {}
            _ => {
                let found = format!("{} ({value})", kind(value));
                return Err(ConfigError::WrongType { key, expected: kind(default), found });
            }
        }
    }
    Ok(())
}

fn nearest<'a>(name: &str, known: &'a toml::Table) -> &'a str {
    let distance = |key: &&String| strsim::damerau_levenshtein(name, key);
    known.keys().min_by_key(distance).map_or("", String::as_str)
}

fn kind(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a string",
        toml::Value::Integer(_) => "an integer",
        toml::Value::Float(_) => "a number",
        toml::Value::Boolean(_) => "true or false",
        toml::Value::Datetime(_) => "a date",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a section",
    }
}
