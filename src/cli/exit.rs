//! Exit codes. They are an interface: numbers are never given twice.

use std::process::ExitCode;

use super::client::{AskError, FindError};
use crate::config::ConfigError;

/// Something went wrong that has no number of its own.
const FAILURE: u8 = 1;
/// The session ended before what was waited for.
const ENDED: u8 = 65;
/// No such session, or not one alone.
const SESSION: u8 = 67;
/// No server is running.
const SERVER: u8 = 68;
/// What was waited for did not come in time.
const TIMEOUT: u8 = 124;
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

/// What was waited for did not happen.
#[derive(Debug, thiserror::Error)]
pub enum InVain {
    #[error("the session ended ({0}) before that")]
    Ended(String),
    #[error("not within {0} s")]
    Timeout(f64),
}

pub fn code_of(error: &anyhow::Error) -> ExitCode {
    let code = if let Some(error) = error.downcast_ref::<AskError>() {
        match error {
            AskError::NoServer(_) => SERVER,
            AskError::Refused { code, .. } if code == "session_not_found" => SESSION,
            _ => FAILURE,
        }
    } else if let Some(error) = error.downcast_ref::<InVain>() {
        match error {
            InVain::Ended(_) => ENDED,
            InVain::Timeout(_) => TIMEOUT,
        }
    } else if error.is::<FindError>() {
        SESSION
    } else if error.is::<ConfigError>() {
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
