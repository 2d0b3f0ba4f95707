//! What the settings mean for the actors that have no word of their own for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::actors::capacity::CapacitySettings;
use crate::actors::journals::Settings as JournalSettings;
use crate::actors::panes::PanesSettings;
use crate::actors::uploads::UploadsSettings;
use crate::config::Config;
use crate::domain::capacity::Rule;
use crate::domain::environment::Environment;
use crate::domain::lease::Rules;
use crate::os::journal::{HostBudget, Limits};
use crate::os::shell_files;

pub(super) fn lease_rules(config: &Config) -> Rules {
    if config.platform.by_machine {
        tracing::warn!(
            "CODA_USE_M2M: all work is done as the app's service principal; no record says which person did it"
        );
    }
    Rules {
        interval: Duration::from_secs(config.credentials.rotation_seconds),
        lifetime: Duration::from_secs(config.credentials.lifetime_seconds),
        grace: Duration::from_secs(config.credentials.grace_seconds),
        by_machine: config.platform.by_machine,
    }
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}

pub(super) fn capacity_settings(config: &Config) -> CapacitySettings {
    let memory = &config.memory;
    let rule = Rule {
        high_percent: memory.high_percent,
        resume_percent: memory.resume_percent,
        reserve: memory.session_reserve_mb << 20,
    };
    let top = std::os::unix::process::parent_id().cast_signed();
    CapacitySettings { rule, cgroup_root: memory.cgroup_root.clone(), top }
}

pub(super) fn panes_settings(config: &Config, environment: &Environment) -> PanesSettings {
    PanesSettings {
        enabled: config.sessions.tmux,
        dir: config.state_dir().join("tmux"),
        home: config.home.clone(),
        shell: config.sessions.shell.clone(),
        environment: environment.with([]),
    }
}

pub(super) fn uploads_settings(config: &Config) -> std::io::Result<UploadsSettings> {
    Ok(UploadsSettings {
        home: std::path::absolute(&config.home)?,
        max_bytes: config.uploads.max_bytes,
        quota_bytes: config.uploads.quota_bytes,
        max_age: days(config.uploads.max_age_days),
        concurrent: config.uploads.concurrent,
    })
}

pub(super) fn journal_settings(config: &Config, root: &Path, kick: std::os::fd::OwnedFd) -> JournalSettings {
    JournalSettings {
        root: root.to_owned(),
        limits: Limits {
            segment_bytes: config.journal.segment_bytes,
            session_bytes: config.journal.session_bytes,
        },
        budget: HostBudget {
            bytes: config.journal.host_bytes,
            max_age: Some(days(config.journal.max_age_days)),
        },
        sync_every: Duration::from_millis(config.journal.sync_ms),
        kick: Arc::new(kick),
    }
}

/// Where the files lie that shells read; without them they do without.
pub(super) fn shell_marks(config: &Config) -> Option<PathBuf> {
    let write = || shell_files::write(&config.state_dir(), env!("CARGO_PKG_VERSION"));
    let written = config.sessions.shell_integration.then(write)?;
    written.inspect_err(|error| tracing::error!(%error, "shells go without marks of their commands")).ok()
}
