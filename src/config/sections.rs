//! The sections, one per owner, with their defaults. Units and meaning: `config/coda.toml`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::AtStart;
use crate::domain::access::Mode;
use crate::domain::screen::Widths;
use crate::domain::secret::Secret;
use crate::domain::setup::Profile;
use crate::domain::setup::enterprise::Enterprise;
use crate::domain::size::Size;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Http {
    pub bind: String,
    pub public_url: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub workers: usize,
    pub ticket_seconds: u64,
}

/// Who of the people that the platform names comes in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    pub mode: Mode,
    pub allow: Vec<String>,
    pub admins: Vec<String>,
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
    pub widths: Widths,
    pub shell_integration: bool,
    pub max_sessions: usize,
    pub viewer_window_bytes: u64,
    pub viewer_timeout_seconds: u64,
    pub idle_timeout_seconds: u64,
    pub tmux: bool,
    pub niceness: u8,
}

/// When the container's memory is too short for another session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub high_percent: u64,
    pub resume_percent: u64,
    pub session_reserve_mb: u64,
    pub cgroup_root: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Uploads {
    pub max_bytes: u64,
    pub quota_bytes: u64,
    pub max_age_days: u64,
    pub concurrent: usize,
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

/// Git in the sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    pub hosts: Vec<String>,
    pub username: String,
    pub configure: Configure,
    /// `GIT_TOKEN`; never from the file.
    #[serde(skip)]
    pub token: Option<Secret>,
}

/// Where git is told about us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Configure {
    Platform,
    Always,
    Never,
}

/// How the workspace's token is kept fresh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    pub rotation_seconds: u64,
    pub lifetime_seconds: u64,
    pub grace_seconds: u64,
}

/// The way of agents to their models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gateway {
    pub mode: GatewayMode,
    pub port: u16,
    pub host: String,
    pub prices: PathBuf,
    pub request_max_bytes: u64,
    pub response_max_bytes: u64,
    pub answer_seconds: u64,
    pub silence_seconds: u64,
    pub connections: usize,
}

/// Whom agents talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayMode {
    /// To us, with a key of their session.
    Gateway,
    /// To the models, with the workspace's token in their files.
    Direct,
}

/// What is installed and configured in this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    pub at_start: AtStart,
    pub profile: Profile,
    pub parallel: usize,
    pub retry_seconds: u64,
    pub npm_min_release_age_days: u64,
    pub node_version: String,
    pub node_min_major: u64,
    pub projects: PathBuf,
    pub repositories: Vec<String>,
    /// Mirrors, proxies and certificates; from the environment alone.
    #[serde(skip)]
    pub enterprise: Enterprise,
}

/// What is kept in the workspace, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sync {
    pub projects: bool,
    pub quiet_seconds: u64,
    pub state: bool,
    pub state_seconds: u64,
    pub concurrent: usize,
}

/// What is told about the work of agents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Traces {
    pub enabled: bool,
    pub tracking_uri: String,
    pub contents: bool,
    pub idle_seconds: u64,
    pub spool_max_traces: usize,
    pub spool_max_bytes: u64,
    /// `MLFLOW_TRACKING_TOKEN`; never from the file.
    #[serde(skip)]
    pub token: Option<Secret>,
}

/// What the page begins with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ui {
    pub mode: UiMode,
}

/// How open sessions are arranged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum UiMode {
    /// One tab in front of the others, each with one pane or several.
    #[default]
    Tabs,
    /// All of them beside each other.
    Grid,
}

/// Where we run: on the platform when `DATABRICKS_HOST` is set, else on somebody's machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Platform {
    pub databricks_host: Option<String>,
    pub owner_email: Option<String>,
    /// The platform runs us as an app: it named a port or an app.
    pub is_app: bool,
    /// The name under which the platform knows this app.
    pub app_name: Option<String>,
    /// The workspace's number, where the platform tells it.
    pub workspace_id: Option<String>,
    /// How this instance is told apart from others of the same person.
    pub instance: String,
    /// That name was given because there are several.
    pub is_fleet: bool,
    /// A token that the instance is started with.
    pub token: Option<Secret>,
    /// Id and secret of the app's own service principal.
    pub machine: Option<(String, Secret)>,
    /// Work with the service principal's bearer instead of a person's token.
    pub by_machine: bool,
    /// Opens `/api/inject-pat`.
    pub bootstrap: Option<Secret>,
}

impl Platform {
    pub fn is_local(&self) -> bool {
        self.databricks_host.is_none()
    }
}

impl Default for Http {
    fn default() -> Self {
        Http {
            bind: "127.0.0.1:8000".to_owned(),
            public_url: String::new(),
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
            widths: Widths::Unicode11,
            shell_integration: true,
            max_sessions: 1_100,
            viewer_window_bytes: 256 * 1024,
            viewer_timeout_seconds: 20,
            idle_timeout_seconds: 24 * 60 * 60,
            tmux: false,
            niceness: 10,
        }
    }
}

impl Default for Git {
    fn default() -> Self {
        Git {
            hosts: ["github.com", "gist.github.com"].map(str::to_owned).to_vec(),
            username: "x-access-token".to_owned(),
            configure: Configure::Platform,
            token: None,
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            high_percent: 80,
            resume_percent: 70,
            session_reserve_mb: 768,
            cgroup_root: PathBuf::from("/sys/fs/cgroup"),
        }
    }
}

impl Default for Uploads {
    fn default() -> Self {
        Uploads {
            max_bytes: 32 * 1024 * 1024,
            quota_bytes: 1024 * 1024 * 1024,
            max_age_days: 7,
            concurrent: 4,
        }
    }
}

impl Default for Credentials {
    fn default() -> Self {
        Credentials { rotation_seconds: 600, lifetime_seconds: 900, grace_seconds: 120 }
    }
}

impl Default for Gateway {
    fn default() -> Self {
        Gateway {
            mode: GatewayMode::Gateway,
            port: 0,
            host: String::new(),
            prices: PathBuf::new(),
            request_max_bytes: 32 * 1024 * 1024,
            response_max_bytes: 256 * 1024 * 1024,
            answer_seconds: 300,
            silence_seconds: 300,
            connections: 4_096,
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            at_start: AtStart::Auto,
            profile: Profile::Full,
            parallel: 4,
            retry_seconds: 5,
            npm_min_release_age_days: 7,
            node_version: String::new(),
            node_min_major: 22,
            projects: PathBuf::new(),
            repositories: Vec::new(),
            enterprise: Enterprise::default(),
        }
    }
}

impl Default for Sync {
    fn default() -> Self {
        Sync { projects: true, quiet_seconds: 5, state: true, state_seconds: 300, concurrent: 8 }
    }
}

impl Default for Traces {
    fn default() -> Self {
        Traces {
            enabled: false,
            tracking_uri: String::new(),
            contents: true,
            idle_seconds: 600,
            spool_max_traces: 1_000,
            spool_max_bytes: 64 * 1024 * 1024,
            token: None,
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
