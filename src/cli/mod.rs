//! The command line: one file per subcommand, and the exit codes they share.

mod daemon;
mod exit;
mod logging;
mod options;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use options::{Cli, Command};

/// Reads the arguments, runs the subcommand, and says in one line what went wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or_default() {
        Command::Serve(options) => serve::run(options),
        Command::Daemon(options) => daemon::run(options),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("coda: {error:#}");
            exit::code_of(&error)
        }
    }
}
