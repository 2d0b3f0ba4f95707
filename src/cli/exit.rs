//! Exit codes. They are an interface: numbers are never given twice.

use std::process::ExitCode;

use crate::config::ConfigError;

/// Something went wrong that has no number of its own.
const FAILURE: u8 = 1;
/// The settings are not valid.
const CONFIG: u8 = 78;
/// The address is in use or not ours.
const ADDRESS: u8 = 69;
/// The home directory cannot be written.
const HOME: u8 = 73;

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("listen on {address}: {source}; stop what is using it, or choose another with --bind")]
pub struct CannotListen {
    pub address: std::net::SocketAddr,
    pub source: std::io::Error,
}

/// There is no place for our state.
#[derive(Debug, thiserror::Error)]
#[error("{0}, or choose another home with --home")]
pub struct NoHome(#[from] pub crate::os::session_files::FilesError);

pub fn code_of(error: &anyhow::Error) -> ExitCode {
    let code = if error.is::<ConfigError>() {
        CONFIG
    } else if error.is::<CannotListen>() {
        ADDRESS
    } else if error.is::<NoHome>() {
        HOME
    } else {
        FAILURE
    };
    ExitCode::from(code)
}
