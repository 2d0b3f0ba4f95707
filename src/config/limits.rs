//! What values may be.

use super::{Config, ConfigError, Git};
use crate::domain::git_credential::Site;
use crate::domain::setup::version::Version;
use crate::domain::size::Size;

impl Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.address()?;
        let sessions = &self.sessions;
        Size::new(sessions.rows.into(), sessions.cols.into()).map_err(|error| ConfigError::Invalid {
            key: "sessions.rows, sessions.cols",
            value: format!("{}×{}", sessions.rows, sessions.cols),
            remedy: error.to_string(),
        })?;
        let least_idle = if sessions.idle_timeout_seconds == 0 { 0 } else { 5 };
        let limits = [
            ("sessions.ring_bytes", sessions.ring_bytes, 65_536, 67_108_864),
            ("sessions.viewer_window_bytes", sessions.viewer_window_bytes, 65_536, 1_048_576),
            ("sessions.viewer_timeout_seconds", sessions.viewer_timeout_seconds, 2, 3_600),
            ("sessions.idle_timeout_seconds", sessions.idle_timeout_seconds, least_idle, 366 * 24 * 60 * 60),
            ("http.ticket_seconds", self.http.ticket_seconds, 1, 300),
            ("journal.segment_bytes", self.journal.segment_bytes, 65_536, 1 << 30),
            ("journal.session_bytes", self.journal.session_bytes, 131_072, 1 << 40),
            ("journal.sync_ms", self.journal.sync_ms, 10, 60_000),
            ("sessions.max_sessions", sessions.max_sessions as u64, 1, 100_000),
            ("sessions.niceness", sessions.niceness.into(), 0, 19),
            ("memory.high_percent", self.memory.high_percent, 1, 100),
            ("memory.resume_percent", self.memory.resume_percent, 1, self.memory.high_percent),
            ("memory.session_reserve_mb", self.memory.session_reserve_mb, 0, 1 << 20),
            ("uploads.max_bytes", self.uploads.max_bytes, 1024, 1 << 34),
            ("uploads.quota_bytes", self.uploads.quota_bytes, self.uploads.max_bytes, 1 << 50),
            ("uploads.max_age_days", self.uploads.max_age_days, 1, 36_500),
            ("credentials.rotation_seconds", self.credentials.rotation_seconds, 1, 86_400),
            (
                "credentials.lifetime_seconds",
                self.credentials.lifetime_seconds,
                self.credentials.rotation_seconds + 1,
                90 * 86_400,
            ),
            ("credentials.grace_seconds", self.credentials.grace_seconds, 0, 86_400),
            ("gateway.request_max_bytes", self.gateway.request_max_bytes, 1024, 1 << 28),
            ("gateway.response_max_bytes", self.gateway.response_max_bytes, 1024, 1 << 34),
            ("gateway.answer_seconds", self.gateway.answer_seconds, 1, 3_600),
            ("gateway.silence_seconds", self.gateway.silence_seconds, 1, 3_600),
            ("gateway.connections", self.gateway.connections as u64, 1, 65_536),
            ("sync.quiet_seconds", self.sync.quiet_seconds, 0, 3_600),
            ("sync.state_seconds", self.sync.state_seconds, 1, 86_400),
            ("tasks.concurrent", self.tasks.concurrent as u64, 1, 1_000),
            ("tasks.queue", self.tasks.queue as u64, 1, 10_000),
            ("tasks.timeout_seconds", self.tasks.timeout_seconds, 1, self.tasks.longest_seconds),
            ("tasks.longest_seconds", self.tasks.longest_seconds, 1, 30 * 86_400),
            ("tasks.silence_seconds", self.tasks.silence_seconds, 1, 86_400),
            ("tasks.settle_ms", self.tasks.settle_ms, 0, 60_000),
            ("tasks.grace_seconds", self.tasks.grace_seconds, 1, 3_600),
            ("tasks.keep_seconds", self.tasks.keep_seconds, 1, 366 * 86_400),
            ("tasks.most_kept", self.tasks.most_kept as u64, 1, 100_000),
            ("sync.concurrent", self.sync.concurrent as u64, 1, 64),
            ("traces.idle_seconds", self.traces.idle_seconds, 1, 86_400),
            ("traces.spool_max_traces", self.traces.spool_max_traces as u64, 1, 100_000),
            ("traces.spool_max_bytes", self.traces.spool_max_bytes, 1 << 20, 1 << 34),
            ("uploads.concurrent", self.uploads.concurrent as u64, 1, 64),
            ("setup.parallel", self.setup.parallel as u64, 1, 32),
            ("setup.retry_seconds", self.setup.retry_seconds, 0, 600),
            ("setup.npm_min_release_age_days", self.setup.npm_min_release_age_days, 0, 3_650),
            ("setup.node_min_major", self.setup.node_min_major, 1, 1_000),
        ];
        for (key, value, least, most) in limits {
            if !(least..=most).contains(&value) {
                let remedy = format!("choose a value from {least} to {most}");
                return Err(ConfigError::Invalid { key, value: value.to_string(), remedy });
            }
        }
        self.git.check()?;
        self.check_tasks()?;
        let node = &self.setup.node_version;
        if !node.is_empty() && Version::parse(node).is_none_or(|version| !version.is_stable()) {
            let remedy = "give a version such as 22.14.0, or nothing for the newest of its line".to_owned();
            return Err(ConfigError::Invalid {
                key: "setup.node_version",
                value: format!("{node:?}"),
                remedy,
            });
        }
        if !sessions.ring_bytes.is_power_of_two() {
            let remedy = "choose a power of two".to_owned();
            let value = sessions.ring_bytes.to_string();
            return Err(ConfigError::Invalid { key: "sessions.ring_bytes", value, remedy });
        }
        Ok(())
    }
}

impl Git {
    fn check(&self) -> Result<(), ConfigError> {
        for host in &self.hosts {
            Site::parse(host).map_err(|error| ConfigError::Invalid {
                key: "git.hosts",
                value: format!("{host:?}"),
                remedy: error.to_string(),
            })?;
        }
        if self.username.is_empty() || self.username.contains(|c: char| c.is_control()) {
            let (value, remedy) = (format!("{:?}", self.username), "give a name on one line".to_owned());
            return Err(ConfigError::Invalid { key: "git.username", value, remedy });
        }
        Ok(())
    }
}
