//! The command line: one file per subcommand, and what they share: exit codes, options, and the [`client`] of a
//! running server.

// The server.
mod daemon;
mod serve;
// The same sessions from a terminal.
mod attach;
mod capture;
mod kill;
mod ls;
mod new;
mod send;
mod wait;
// Projects and their copies in the workspace.
mod restore;
mod sync;
// This machine, and the distribution.
mod doctor;
mod generate;
mod setup;
// For git in the sessions.
mod git_credential;
mod hook;
// What they share.
mod client;
mod exit;
mod logging;
mod options;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use options::{Cli, Command};

use crate::databricks;

/// Reads the arguments, runs the subcommand, and says in one line what went wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(arguments());
    databricks::provide_cryptography();
    let result = match cli.command.unwrap_or_default() {
        Command::Serve(options) => serve::run(options),
        Command::Daemon(options) => daemon::run(options),
        Command::Ls(options) => in_runtime(ls::run(options)),
        Command::New(options) => in_runtime(new::run(options)),
        Command::Attach(options) => in_runtime(attach::run(options)),
        Command::Send(options) => in_runtime(send::run(options)),
        Command::Capture(options) => in_runtime(capture::run(options)),
        Command::Wait(options) => in_runtime(wait::run(options)),
        Command::Kill(options) => in_runtime(kill::run(options)),
        Command::Setup(options) => in_runtime(setup::run(options)),
        Command::Sync(options) => in_runtime(sync::run(options)),
        Command::Restore(options) => in_runtime(restore::run(options)),
        Command::Doctor(options) => in_runtime(doctor::run(options)),
        Command::GitCredential(options) => in_runtime(git_credential::run(options)),
        Command::Hook(options) => in_runtime(hook::run(options)),
        Command::Generate(options) => generate::run(&options),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("coda: {error:#}");
            exit::code_of(&error)
        }
    }
}

/// What was said; called as `wsync`, it is `coda sync`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let called = arguments.first().map(Path::new).and_then(Path::file_name);
    if called.is_some_and(|name| name == "wsync") {
        arguments.splice(..1, ["coda".into(), "sync".into()]);
    }
    arguments
}

/// A client does one thing at a time.
fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Prints to standard output; a reader that has left is no error.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
