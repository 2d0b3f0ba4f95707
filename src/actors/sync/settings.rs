//! What the actors are told at their start.

use std::path::PathBuf;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::watch;

use super::pass::Ground;
use crate::actors::credentials::{Bearer, Credentials, Published, Standing};
use crate::actors::events::Events;
use crate::actors::supervisor::Reports;
use crate::config::Config;
use crate::databricks::{Address, Workspace};
use crate::domain::sync::{Rules, names};

/// Folders that wait for their turn at most.
const MOST: usize = 64;
/// The pauses after failures.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

#[derive(Clone)]
pub struct SyncSettings {
    /// `None`: there is no workspace.
    pub ground: Option<Ground>,
    /// Whose token it is.
    pub published: watch::Receiver<Published>,
    pub home: PathBuf,
    /// After each commit.
    pub projects: bool,
    pub rules: Rules,
    /// How often what agents and shells remember is brought over; `None`: never.
    pub every: Option<Duration>,
    /// The name of this instance, and whether it was given because there are several.
    pub instance: String,
    pub is_fleet: bool,
    pub events: Addr<Events>,
    pub reports: Reports,
}

impl SyncSettings {
    /// `published`: where the workspace's token is; `credentials`: who has another one.
    pub fn of(
        config: &Config,
        published: watch::Receiver<Published>,
        credentials: &Addr<Credentials>,
        events: Addr<Events>,
        reports: Reports,
    ) -> std::io::Result<SyncSettings> {
        let sync = &config.sync;
        let ground = |host: &String| -> std::io::Result<Ground> {
            let address = Address::parse(host).map_err(std::io::Error::other)?;
            Ok(Ground {
                // One of its own: connections belong to the arbiter that made them.
                workspace: Workspace::new(address).map_err(std::io::Error::other)?,
                bearer: Bearer::new(published.clone(), credentials.clone().recipient()),
                concurrent: sync.concurrent,
                memory: config.state_dir().join("sync"),
            })
        };
        let quiet = Duration::from_secs(sync.quiet_seconds);
        Ok(SyncSettings {
            ground: config.platform.databricks_host.as_ref().map(ground).transpose()?,
            published,
            home: std::path::absolute(&config.home)?,
            projects: sync.projects,
            rules: Rules {
                quiet,
                longest: quiet.saturating_mul(6),
                most: MOST,
                pause: PAUSE,
                longest_pause: LONGEST_PAUSE,
            },
            every: sync.state.then(|| Duration::from_secs(sync.state_seconds)),
            instance: config.platform.instance.clone(),
            is_fleet: config.platform.is_fleet,
            events,
            reports,
        })
    }

    /// Where the projects are.
    pub fn folder(&self) -> PathBuf {
        self.home.join("projects")
    }

    pub fn user(&self) -> Option<String> {
        match &self.published.borrow().standing {
            Standing::Known { user, .. } => Some(user.clone()),
            Standing::Checking | Standing::Nothing => None,
        }
    }

    pub fn place_of_project(&self, user: &str, name: &str) -> String {
        names::project(user, self.is_fleet.then_some(self.instance.as_str()), name)
    }

    pub fn place_of_state(&self, user: &str) -> String {
        names::state(user, &self.instance)
    }
}
