//! Where programs read the token.

use std::path::PathBuf;
use std::sync::Arc;

use crate::databricks::Address;
use crate::domain::secret::Secret;
use crate::os::databrickscfg::{self, Profile};

/// What became of one writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Updated,
    /// It has this token already.
    Unchanged,
    /// There is nothing to be written to.
    Skipped,
    /// Why not; without the token.
    Failed(String),
}

/// A file, or something of the kind, that holds the token for programs.
pub trait Target: Send + Sync {
    /// For people: "~/.databrickscfg".
    fn name(&self) -> &str;

    /// Writes it, all or nothing. May block.
    fn write(&self, host: &Address, token: &Secret) -> Outcome;
}

/// The file that the workspace's own tools read; other profiles in it stay as they are.
pub struct ConfigFile(pub PathBuf);

impl Target for ConfigFile {
    fn name(&self) -> &str {
        "~/.databrickscfg"
    }

    fn write(&self, host: &Address, token: &Secret) -> Outcome {
        let host = host.to_string();
        let profile = Profile::default_of(&host, token.expose());
        match databrickscfg::write(&self.0, &profile) {
            Ok(databrickscfg::Outcome::Updated) => Outcome::Updated,
            Ok(databrickscfg::Outcome::Unchanged) => Outcome::Unchanged,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}

/// How a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetReport {
    pub name: String,
    pub outcome: Outcome,
}

impl TargetReport {
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

/// Writes all of them, one after the other: one that fails holds up none. May block.
pub fn write_all(targets: &[Arc<dyn Target>], host: &Address, token: &Secret) -> Vec<TargetReport> {
    let written = |target: &Arc<dyn Target>| TargetReport {
        name: target.name().to_owned(),
        outcome: target.write(host, token),
    };
    targets.iter().map(written).collect()
}
