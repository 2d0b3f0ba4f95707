//! What the gateway is told at its start.

use std::io;
use std::path::Path;
use std::sync::Arc;

use actix::prelude::*;
use tokio::sync::watch;

use super::way::{Bounds, Load};
use crate::actors::credentials::Published;
use crate::actors::store::Store;
use crate::config::{Config, GatewayMode};
use crate::databricks::{Address, Workspace};
use crate::domain::gateway::{Keys, Places, Prices, Route, Variables, dedicated};

pub struct GatewaySettings {
    pub mode: GatewayMode,
    /// Where agents find it.
    pub url: Option<String>,
    /// `None`: there is no workspace, so nothing is looked for.
    pub workspace: Option<Workspace>,
    pub places: Option<Places>,
    pub prices: Prices,
    /// Names this life of the gateway in the store.
    pub writer: String,
    pub token: watch::Receiver<Published>,
    /// Where the route becomes known.
    pub route: watch::Sender<Option<Route>>,
    pub load: Arc<Load>,
    pub store: Addr<Store>,
}

impl GatewaySettings {
    /// `url`: where agents find it; `writer`: told by no other life.
    pub fn of(
        config: &Config,
        url: Option<String>,
        workspace: Option<Workspace>,
        writer: String,
        (token, route, load): (watch::Receiver<Published>, watch::Sender<Option<Route>>, Arc<Load>),
        store: Addr<Store>,
    ) -> io::Result<GatewaySettings> {
        let places = workspace.as_ref().map(|workspace| places(config, workspace.address())).transpose()?;
        let prices = prices(&config.gateway.prices)?;
        let mode = config.gateway.mode;
        Ok(GatewaySettings { mode, url, workspace, places, prices, writer, token, route, load, store })
    }
}

/// The bounds of requests, and what all of them share.
pub fn shared(config: &Config) -> (Bounds, Arc<Load>) {
    (Bounds::of(&config.gateway), Arc::default())
}

/// What sessions are told, where agents find the gateway at `url`.
pub fn variables(url: Option<&str>, keys: &Keys) -> Option<Variables> {
    url.map(|url| Variables::new(url, keys.clone()))
}

fn places(config: &Config, workspace: &Address) -> io::Result<Places> {
    let given = Some(config.gateway.host.as_str()).filter(|host| !host.is_empty());
    let given = given.map(|host| Address::parse(host).map_err(io::Error::other)).transpose()?;
    Ok(Places {
        given: given.map(|host| host.to_string()),
        workspace: workspace.to_string(),
        dedicated: dedicated(workspace.host(), config.platform.workspace_id.as_deref()),
    })
}

fn prices(path: &Path) -> io::Result<Prices> {
    if path.as_os_str().is_empty() {
        return Ok(Prices::shipped());
    }
    let told = |error: String| io::Error::other(format!("read the prices in {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    Prices::parse(&text).map_err(|error| told(error.to_string()))
}
