//! What a test can choose, at the start and while it runs.

use serde::{Deserialize, Serialize};

use crate::turn::Turn;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Ids and the first token follow from it.
    pub seed: u64,
    /// What is said when no turn of the script fits.
    pub otherwise: Turn,
    /// `x-api-key`, `x-goog-api-key` and `?key=` are credentials, too. Databricks knows the bearer only.
    pub vendor_keys: bool,
    /// Paths below these do not exist: `/ai-gateway`.
    pub absent: Vec<String>,
    pub models: Vec<String>,
    /// A longer request gets 413; bytes.
    pub largest_request: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        let models = ["databricks-claude-sonnet-4-5", "databricks-gpt-5-2", "databricks-gemini-2-5-pro"];
        Settings {
            seed: 0,
            otherwise: Turn::say("ok"),
            vendor_keys: false,
            absent: Vec::new(),
            models: models.map(str::to_owned).to_vec(),
            largest_request: 32 * 1024 * 1024,
        }
    }
}
