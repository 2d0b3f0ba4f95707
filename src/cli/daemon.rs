//! `coda daemon`: what the keeper starts, its control socket as standard input.

use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use anyhow::Context as _;

use super::logging;
use super::options::ServeOptions;
use crate::actors::keeper_link;
use crate::config::SECRETS;
use crate::os::{environ, process};

pub fn run(options: ServeOptions) -> anyhow::Result<ExitCode> {
    // A keeper of an older version hands them down in the environment.
    let mut secrets = environ::take(&SECRETS);
    process::close_to_others();
    // Every session comes with descriptors.
    process::raise_open_files();
    process::survive_file_size_limit();
    let socket = take_stdin().context("take over the control socket")?;
    let mut inheritance = keeper_link::introduce(socket, crate::RELEASE)?;
    secrets.append(&mut inheritance.welcome.secrets);
    let config = options.load(&secrets)?;
    drop(secrets);
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    environ::add(config.setup.enterprise.derived(&is_set));
    logging::start(&config.log);
    let code = crate::run(config, inheritance)?;
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Standard input becomes `/dev/null`, so that nothing else reads the control socket.
fn take_stdin() -> std::io::Result<OwnedFd> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    let null = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(socket)
}
