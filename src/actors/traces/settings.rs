//! What the traces' actor is told at its start.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::watch;

use super::tap::{Room, Tap};
use super::{Traces, export::Place};
use crate::actors::credentials::{Bearer, Credentials, Published};
use crate::config::Config;
use crate::databricks::{Address, Credential, Workspace};
use crate::domain::owner::Known;
use crate::domain::secret::Secret;
use crate::domain::traces::Bounds;
use crate::os::trace_spool::TraceSpool;

/// Turns under way at most.
pub(super) const OPEN: usize = 256;
/// What says that traces go to the workspace.
const WORKSPACE: &str = "databricks";
/// The app's name in the experiment's, where the platform says none.
const NAMELESS: &str = "coding-agents";

pub struct TracesSettings {
    /// `None`: traces are off, or there is no workspace and so nothing to trace.
    pub(super) place: Option<Place>,
    pub(super) bounds: Bounds,
    pub(super) idle: Duration,
    pub(super) spool: TraceSpool,
    pub(super) most: usize,
    pub(super) most_bytes: u64,
    pub(super) room: Arc<Room>,
}

impl TracesSettings {
    pub fn of(
        config: &Config,
        published: watch::Receiver<Published>,
        credentials: &Addr<Credentials>,
        owner: Known,
    ) -> std::io::Result<TracesSettings> {
        let traces = &config.traces;
        let host = config.platform.databricks_host.as_ref().filter(|_| traces.enabled);
        let place = |host: &String| -> std::io::Result<Place> {
            let given = Some(traces.tracking_uri.as_str()).filter(|uri| !["", WORKSPACE].contains(uri));
            let address = Address::parse(given.unwrap_or(host)).map_err(std::io::Error::other)?;
            // The workspace's token is for the workspace alone.
            let who: Arc<dyn Credential> = match given {
                Some(_) => Arc::new(traces.token.clone().unwrap_or_else(|| Secret::new(""))),
                None => Arc::new(Bearer::new(published, credentials.clone().recipient())),
            };
            let app = config.platform.app_name.clone().unwrap_or_else(|| NAMELESS.to_owned());
            let server = Workspace::new(address).map_err(std::io::Error::other)?;
            Ok(Place { server, who, owner, app })
        };
        Ok(TracesSettings {
            place: host.map(place).transpose()?,
            bounds: Bounds {
                text: if traces.contents { 16 * 1024 } else { 0 },
                turn: 1024 * 1024,
                spans: 400,
            },
            idle: Duration::from_secs(traces.idle_seconds),
            spool: TraceSpool::new(config.state_dir().join("traces")),
            most: traces.spool_max_traces,
            most_bytes: traces.spool_max_bytes,
            room: Arc::default(),
        })
    }

    /// Makes what the gateway holds, once the actor has an address; `None`: there is nothing to trace.
    pub fn tap(&self) -> Option<impl FnOnce(Addr<Traces>) -> Tap + use<>> {
        let room = self.room.clone();
        self.place.is_some().then_some(move |actor| Tap::new(actor, room))
    }
}
