//! Work that is handed to agents.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Config, ConfigError};

/// How many at once, for how long, and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tasks {
    pub concurrent: usize,
    pub queue: usize,
    pub agent: String,
    pub timeout_seconds: u64,
    pub longest_seconds: u64,
    pub silence_seconds: u64,
    pub settle_ms: u64,
    pub grace_seconds: u64,
    pub keep_seconds: u64,
    pub most_kept: usize,
    pub commands: BTreeMap<String, Vec<String>>,
}

impl Default for Tasks {
    fn default() -> Self {
        Tasks {
            concurrent: 5,
            queue: 200,
            agent: "claude".to_owned(),
            timeout_seconds: 3_600,
            longest_seconds: 86_400,
            silence_seconds: 300,
            settle_ms: 1_000,
            grace_seconds: 30,
            keep_seconds: 604_800,
            most_kept: 1_000,
            commands: BTreeMap::new(),
        }
    }
}

impl Config {
    pub(super) fn check_tasks(&self) -> Result<(), ConfigError> {
        let tells = |part: &String| part.contains("{prompt}") || part.contains("{prompt_file}");
        match self.tasks.commands.iter().find(|(_, command)| !command.iter().skip(1).any(tells)) {
            None => Ok(()),
            Some((agent, command)) => Err(ConfigError::Invalid {
                key: "tasks.commands",
                value: format!("{agent} = {command:?}"),
                remedy: "give a program and its arguments, with {prompt} or {prompt_file} among them"
                    .to_owned(),
            }),
        }
    }
}
