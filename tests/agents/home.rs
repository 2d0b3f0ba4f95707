//! A place of its own for one agent and one test: home, folder to work in, environment; and how a run ends.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

/// The slowest of them takes a quarter of a minute to say its version on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where the links to the agents are: what `tests/agents/install` says, as `make agents` hands it on.
pub fn programs() -> Option<PathBuf> {
    std::env::var_os("CODA_AGENTS").map(PathBuf::from)
}

pub struct Home {
    root: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

impl Home {
    pub fn new() -> Home {
        // Not in /tmp, where Codex does not like to live.
        let homes = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let home = Home { root: TempDir::new_in(homes).unwrap() };
        std::fs::create_dir(home.work()).unwrap();
        home
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// The folder that the agent works in.
    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// A file below the home, with the folders above it.
    pub fn file(&self, path: &str, content: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// What a file in the folder holds; empty when there is none.
    pub fn worked(&self, path: &str) -> String {
        std::fs::read_to_string(self.work().join(path)).unwrap_or_default()
    }

    /// A program with nothing of this process's environment but a way to find programs.
    pub fn command(&self, program: &str) -> Command {
        let programs = programs().expect("the agent is here, so there is a folder");
        let mut path = programs.clone().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(programs.join(program));
        command.env_clear().env("PATH", path).env("HOME", self.path()).env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8").current_dir(self.work()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// Runs to the end, which comes in time.
pub async fn ended(mut command: Command) -> Ran {
    let ending = timeout(PATIENCE, command.output()).await;
    let ending = ending.unwrap_or_else(|_| panic!("not done after {PATIENCE:?}: {command:?}")).unwrap();
    Ran {
        code: ending.status.code(),
        output: String::from_utf8_lossy(&ending.stdout).into_owned(),
        errors: String::from_utf8_lossy(&ending.stderr).into_owned(),
    }
}
