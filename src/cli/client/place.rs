//! Which server is meant.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Config, ConfigError, Flags};

/// Where the server's state lies; as for `coda serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Directory whose .coda holds the server's state [env: CODA_HOME] [default: $HOME]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// Settings file of the server [env: CODA_CONFIG]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

impl Place {
    pub fn load(&self) -> Result<Config, ConfigError> {
        let flags = Flags { home: self.home.clone(), config: self.config.clone(), ..Flags::default() };
        Config::load(&flags, &|name| std::env::var(name).ok())
    }
}
