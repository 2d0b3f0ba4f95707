//! `coda serve`: becomes the keeper.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::exit::{CannotListen, NoHome};
use super::logging;
use super::options::ServeOptions;
use crate::config::{Config, SECRETS};
use crate::databricks::Address;
use crate::keeper;
use crate::os::{environ, process, random, session_files};

pub fn run(options: ServeOptions) -> anyhow::Result<ExitCode> {
    let secrets = environ::take(&SECRETS);
    let config = options.load(&secrets)?;
    logging::start(&config.log);
    if let Some(host) = &config.platform.databricks_host {
        Address::parse(host).context("use DATABRICKS_HOST")?;
    }
    if !config.gateway.host.is_empty() {
        Address::parse(&config.gateway.host).context("use `gateway.host` (DATABRICKS_GATEWAY_HOST)")?;
    }
    process::close_to_others();
    prepare_home(&config)?;
    let listener = listen(&config)?;
    let gateway = gateway(&config)?;
    let access_token = match config.access_token.as_str() {
        "" => random::token()?,
        token => token.to_owned(),
    };
    let setup = keeper::Setup {
        listener: OwnedFd::from(listener),
        gateway,
        program: std::env::current_exe().context("find this program on the disk")?,
        arguments: options.for_daemon(),
        access_token,
        secrets,
        release: crate::RELEASE.to_owned(),
    };
    keeper::run(setup).context("run the keeper")?;
    // Whoever knocks now is told at once that nobody is there.
    let _ = std::fs::remove_file(config.socket_path());
    Ok(ExitCode::SUCCESS)
}

/// Makes the state directory and writes to it once, so that a read-only home is told now and not at the first
/// session.
fn prepare_home(config: &Config) -> Result<(), NoHome> {
    let dir = config.state_dir();
    session_files::make_private_dir(&dir)?;
    session_files::check_writable(&dir)?;
    Ok(())
}

/// What agents talk to, and the secret of which their keys are made, where there is a workspace.
fn gateway(config: &Config) -> anyhow::Result<Option<(OwnedFd, Zeroizing<String>)>> {
    let Some(address) = config.gateway_address() else { return Ok(None) };
    let listener = TcpListener::bind(address).map_err(|source| CannotListen { address, source })?;
    Ok(Some((OwnedFd::from(listener), Zeroizing::new(random::token()?))))
}

fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.address()?;
    TcpListener::bind(address).map_err(|source| CannotListen { address, source }.into())
}
