//! The log on standard error.

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging; an invalid level falls back to `info` and says so.
pub fn start(log: &Log) {
    let (filter, complaint) = match EnvFilter::try_new(&log.level) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    if let Some(error) = complaint {
        tracing::warn!(%error, "`log.level` is not valid; using info");
    }
}
