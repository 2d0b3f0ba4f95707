//! The built binary as a person runs it beside a daemon.

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::wait::DEADLINE;

pub const BINARY: &str = env!("CARGO_BIN_EXE_coda");

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// What it printed, after checking that it went well.
    #[track_caller]
    pub fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }
}

pub fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .env("CODA_HOME", home)
        .env_remove("CODA_SESSION_ID")
        .env_remove("DATABRICKS_HOST");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs `coda` with this home.
pub fn coda(home: &Path, arguments: &[&str]) -> impl Future<Output = Ran> + use<> {
    ended(command(home, arguments))
}

/// The same, with something on standard input.
pub fn coda_reading(home: &Path, arguments: &[&str], input: &[u8]) -> impl Future<Output = Ran> + use<> {
    ended_reading(command(home, arguments), input)
}

/// A command of any program, with something on standard input.
pub fn ended_reading(mut command: Command, input: &[u8]) -> impl Future<Output = Ran> + use<> {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    tokio::spawn(async move { stdin.write_all(&input).await });
    heard(child)
}

pub async fn ended(mut command: Command) -> Ran {
    heard(command.spawn().unwrap()).await
}

async fn heard(child: tokio::process::Child) -> Ran {
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await;
    let output = output.expect("the command ends in time").unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
