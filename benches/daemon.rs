//! The built binary, on a free port, with a home of its own.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;
use crate::watchdog::Guarded;
use crate::{http, proc};

const TOKEN: &str = "measure";

/// A running `coda serve`. Dropping it kills keeper, daemon and shells.
pub struct Daemon {
    keeper: Guarded,
    home: TempDir,
    pub address: SocketAddr,
}

impl Daemon {
    pub fn start() -> Result<Daemon> {
        Daemon::with("")
    }

    /// With a settings file; ready when this returns.
    pub fn with(settings: &str) -> Result<Daemon> {
        Daemon::with_variables(settings, &[])
    }

    /// And with variables of its own.
    pub fn with_variables(settings: &str, variables: &[(&str, &str)]) -> Result<Daemon> {
        let mut daemon = Daemon::spawn_with("127.0.0.1:0".parse()?, settings, variables)?;
        let mut line = String::new();
        let said = daemon.keeper.0.stdout.take().context("no standard output")?;
        BufReader::new(said).read_line(&mut line)?;
        let url = line.split(" ready at http://").nth(1).with_context(|| daemon.log())?;
        daemon.address = url.split('/').next().unwrap_or_default().parse()?;
        Ok(daemon)
    }

    /// Only starts the process; it will listen on `address`.
    pub fn spawn(address: SocketAddr, settings: &str) -> Result<Daemon> {
        Daemon::spawn_with(address, settings, &[])
    }

    fn spawn_with(address: SocketAddr, settings: &str, variables: &[(&str, &str)]) -> Result<Daemon> {
        let home = tempfile::tempdir()?;
        let config = home.path().join("coda.toml");
        std::fs::write(&config, settings)?;
        let log = std::fs::File::create(home.path().join("log"))?;
        let mut command = Command::new(program());
        command
            .args(["serve", "--access-token", TOKEN, "--bind", &address.to_string(), "--home"])
            .arg(home.path())
            .arg("--config")
            .arg(config)
            .env_remove("DATABRICKS_HOST")
            .env("CODA_CGROUP_V2_ROOT", "/nonexistent")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        Ok(Daemon { keeper: Guarded::spawn(command)?, home, address })
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        http::json(self.address, "POST", path, TOKEN, body)
    }

    pub fn get(&self, path: &str) -> Result<(u16, String)> {
        http::ask(self.address, "GET", path, TOKEN, "")
    }

    /// Starts a session.
    pub fn create(&self, command: &[&str]) -> Result<String> {
        let body = json!({"command": command, "cols": 80, "rows": 24});
        let answer = self.post("/api/session", &body)?;
        Ok(answer["session_id"].as_str().context("no session id")?.to_owned())
    }

    pub fn client(&self) -> Result<Client> {
        let answer = self.post("/api/ws-ticket", &json!({}))?;
        Client::open(self.address, &format!("/ws?ticket={}", answer["ticket"].as_str().unwrap_or_default()))
    }

    pub fn keeper_pid(&self) -> i32 {
        self.keeper.pid()
    }

    /// The daemon of the moment; none while the keeper waits to start one.
    pub fn daemon_pid(&self) -> Option<i32> {
        let is_daemon = |pid: &i32| proc::arguments(*pid).get(1).is_some_and(|first| first == "daemon");
        proc::children(self.keeper_pid()).into_iter().find(is_daemon)
    }

    /// The programs of the sessions whose command line contains `text`.
    pub fn programs(&self, text: &str) -> Vec<i32> {
        let mut found = proc::children(self.keeper_pid());
        found.retain(|pid| proc::arguments(*pid).join(" ").contains(text));
        found
    }

    pub fn kill_daemon(&self) -> Result<i32> {
        let pid = self.daemon_pid().context("there is no daemon")?;
        signal(pid, Signal::KILL);
        Ok(pid)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let daemon = self.daemon_pid();
        // The keeper first, or it would start another daemon; the shells end with their terminals.
        let _ = self.keeper.0.kill();
        let _ = self.keeper.0.wait();
        if let Some(pid) = daemon {
            signal(pid, Signal::KILL);
        }
        if std::thread::panicking() {
            eprintln!("---- log of the daemon ----\n{}", self.log());
        }
    }
}

/// The binary that is measured: the one built with this program, or the one that `CODA_BINARY` names.
pub fn program() -> PathBuf {
    std::env::var_os("CODA_BINARY").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_coda")), PathBuf::from)
}

pub fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// An address nobody listens on at the moment.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Asks again until there is an answer.
pub fn until<T>(what: &str, most: Duration, mut ask: impl FnMut() -> Option<T>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        ensure!(began.elapsed() < most, "waited {most:?} for {what}");
        std::thread::sleep(Duration::from_micros(500));
    }
}
