//! What can be said on the command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::attach::AttachOptions;
use super::capture::CaptureOptions;
use super::doctor::DoctorOptions;
use super::generate::GenerateOptions;
use super::git_credential::GitCredentialOptions;
use super::hook::HookOptions;
use super::kill::KillOptions;
use super::ls::LsOptions;
use super::new::NewOptions;
use super::restore::RestoreOptions;
use super::send::SendOptions;
use super::setup::SetupOptions;
use super::sync::SyncOptions;
use super::wait::WaitOptions;
use crate::config::{Config, ConfigError, Flags, LogFormat};

/// Keeps AI coding agents alive in persistent terminal sessions.
#[derive(Debug, Parser)]
#[command(name = "coda", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 ended as asked · 1 something else went wrong · 2 the command line is not \
    valid · 65 the session ended before what was waited for · 67 no such session · 68 no server is running · 69 the \
    address cannot be listened on · 73 the home directory cannot be written · 78 the settings are not valid · 124 \
    not in time. `sync` and `restore` end with 2 for what is not below ~/projects, `restore` with 3 for a folder \
    that is not empty. `attach` and `wait --exit` end with the program's own code, 128 and the signal if one killed it.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server (the default)
    Serve(ServeOptions),
    /// List the sessions
    Ls(LsOptions),
    /// Start a session, and attach to it if this is a terminal
    New(NewOptions),
    /// Watch a session and type to it, in this terminal
    Attach(AttachOptions),
    /// Type into a session
    Send(SendOptions),
    /// Print what a session shows
    Capture(CaptureOptions),
    /// Wait until a session has ended, is quiet, or has said something
    Wait(WaitOptions),
    /// End the programs of sessions
    Kill(KillOptions),
    /// Install what agents need in this machine
    Setup(SetupOptions),
    /// Bring a project to the workspace (also called as wsync)
    Sync(SyncOptions),
    /// Bring a project back from the workspace
    Restore(RestoreOptions),
    /// Check this machine and the server, and say what to do
    Doctor(DoctorOptions),
    /// Give git a password; git runs this itself
    GitCredential(GitCredentialOptions),
    /// Tell the server what has happened; for hooks
    Hook(HookOptions),
    /// Write shell completions and manual pages; for the distribution
    #[command(hide = true)]
    Generate(GenerateOptions),
    /// What `serve` starts and restarts; not for people
    #[command(hide = true)]
    Daemon(ServeOptions),
}

impl Default for Command {
    fn default() -> Self {
        Command::Serve(ServeOptions::default())
    }
}

#[derive(Debug, Clone, Default, Args)]
pub struct ServeOptions {
    /// IP address and port to listen on [env: CODA_BIND] [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<String>,
    /// Directory whose .coda holds all state [env: CODA_HOME] [default: $HOME]
    #[arg(long, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Settings file [env: CODA_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Token that lets people in, local mode only [env: CODA_ACCESS_TOKEN] [default: random]
    #[arg(long, value_name = "T")]
    pub access_token: Option<String>,
    /// Allow fault injection [env: CODA_CHAOS]
    #[arg(long)]
    pub chaos: bool,
    /// Format of the log on standard error [env: CODA_LOG] [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = log_format)]
    pub log: Option<LogFormat>,
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("say `text` or `json`".to_owned()),
    }
}

impl ServeOptions {
    /// The valid settings under these options and the process's environment, with what was taken out of it.
    pub fn load(&self, secrets: &BTreeMap<String, String>) -> Result<Config, ConfigError> {
        let flags = Flags {
            bind: self.bind.clone(),
            home: self.home.clone(),
            config: self.config.clone(),
            access_token: self.access_token.clone(),
            chaos: self.chaos,
            log: self.log,
        };
        Config::load(&flags, &|name| secrets.get(name).cloned().or_else(|| std::env::var(name).ok()))
    }

    /// The same options for the daemon; the token travels another way, where nobody can read it.
    pub fn for_daemon(&self) -> Vec<OsString> {
        let mut arguments = vec![OsString::from("daemon")];
        let mut push = |name: &str, value: OsString| arguments.extend([OsString::from(name), value]);
        if let Some(bind) = &self.bind {
            push("--bind", bind.into());
        }
        if let Some(home) = &self.home {
            push("--home", home.into());
        }
        if let Some(config) = &self.config {
            push("--config", config.into());
        }
        if let Some(format) = self.log {
            push("--log", if format == LogFormat::Json { "json" } else { "text" }.into());
        }
        if self.chaos {
            arguments.push("--chaos".into());
        }
        arguments
    }
}
