//! CoDA keeps AI coding agents alive in persistent terminal sessions.
//!
//! Two processes from one binary. The [`keeper`] owns the listening socket, the PTYs and the shells, and starts
//! the daemon again whenever it ends. The daemon is everything else: [`actors`] under a supervisor hold state
//! and life, [`http`] lets people and programs in, [`os`] is the local machine, [`domain`] decides. `STYLE` and
//! arrows: `tests/architecture.rs`.
//!
//! This file is the only one that sees every layer: [`run`] puts a daemon together.

pub mod actors;
pub mod cli;
pub mod config;
pub mod databricks;
pub mod domain;
pub mod gateway;
pub mod http;
pub mod keeper;
pub mod os;

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use anyhow::Context as _;

use crate::actors::keeper_link::Inheritance;
use crate::actors::tree;
use crate::config::Config;
use crate::domain::access::{Access, Mode, People};
use crate::domain::gateway::Keys;
use crate::domain::owner::Known;
use crate::domain::secret::Secret;
use crate::gateway::Gate;
use crate::http::server::{Shared, serve};
use crate::os::local_socket;

/// Threads that carry requests of agents: they wait far more than they work.
const GATEWAY_WORKERS: usize = 2;

/// Version of this program.
pub const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// Runs a daemon on what the keeper handed over, until it is told to end. Returns the exit code.
pub fn run(config: Config, inheritance: Inheritance) -> anyhow::Result<i32> {
    actors::supervisor::install_hook();
    let system = actix::System::new();
    system.block_on(start(config, inheritance))?;
    system.run_with_code().context("run the daemon")
}

async fn start(config: Config, mut inheritance: Inheritance) -> anyhow::Result<()> {
    let listener = TcpListener::from(inheritance.listener.try_clone().context("share the listener")?);
    let address = listener.local_addr().context("read the listener's address")?;
    let access = access(&config, &inheritance.welcome.access_token, address);
    let workers = match config.http.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let shared = Arc::new(Shared::new(config, access));
    let gateway = open_gateway(&shared.config, &mut inheritance)?;
    let (gateway_url, gate) = (gateway.url.clone(), gateway.gate.clone());
    let socket = local_socket(&shared.config);
    let server = serve(listener, socket, shared.clone(), workers).context("start the HTTP server")?;
    let doors = server.handle();
    actix::spawn(server);
    // The workers are there, the doors are not open yet: the tree comes first.
    doors.pause().await;
    let arbiters = workers_of(&shared, workers).await;
    let closing = (doors.clone(), gateway.doors);
    let close = Box::new(move || -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
        let (doors, gateway) = closing.clone();
        Box::pin(async move {
            doors.pause().await;
            if let Some(gateway) = gateway {
                gateway.pause().await;
            }
        })
    });
    let owner = shared.access.people.owner().clone();
    let handles =
        tree::start(&shared.config, owner, (gateway_url, gateway.keys), inheritance, arbiters, close)
            .context("start the supervision tree")?;
    let url = url(&shared.access, address);
    if let Some(way) = handles.way.clone() {
        drop(gate.way.set(way));
    }
    drop(shared.handles.set(actix_web::web::Data::new(handles.clone())));
    doors.resume().await;
    tree::announce(&handles, url);
    Ok(())
}

/// The gateway before it can be used.
struct Opened {
    /// Where agents find it; none where they do not.
    url: Option<String>,
    keys: Keys,
    gate: Arc<Gate>,
    doors: Option<actix_web::dev::ServerHandle>,
}

/// Opens the gateway on the listener that the keeper holds, or, if it is older and holds none, on one of our own.
fn open_gateway(config: &Config, inheritance: &mut Inheritance) -> anyhow::Result<Opened> {
    let secret = || os::random::token().map(Secret::new);
    let gate = Arc::new(Gate::default());
    let Some(address) = config.gateway_address() else {
        return Ok(Opened { url: None, keys: Keys::new(secret()?), gate, doors: None });
    };
    let (listener, secret) = match inheritance.gateway.take() {
        Some((listener, secret)) => (TcpListener::from(listener), secret),
        None => (TcpListener::bind(address).context("listen for agents")?, secret()?),
    };
    let url = format!("http://{}", listener.local_addr().context("read the gateway's address")?);
    let server = gateway::serve(listener, gate.clone(), GATEWAY_WORKERS, config.gateway.connections);
    let server = server.context("start the gateway")?;
    let doors = Some(server.handle());
    actix::spawn(server);
    Ok(Opened { url: Some(url), keys: Keys::new(secret), gate, doors })
}

/// Where `coda ls` and its like find us. Without it everything else works, so it is no reason not to start.
fn local_socket(config: &Config) -> Option<UnixListener> {
    let path = config.socket_path();
    let bound = local_socket::bind(&path);
    bound.inspect_err(|error| tracing::warn!(path = %path.display(), %error, "no local command line")).ok()
}

/// Workers report their arbiters as they start.
async fn workers_of(shared: &Shared, expected: usize) -> Vec<actix::ArbiterHandle> {
    loop {
        let arbiters = shared.workers();
        if arbiters.len() >= expected {
            return arbiters;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

fn access(config: &Config, token: &str, address: std::net::SocketAddr) -> Access {
    let local = config.platform.is_local();
    let mut hosts = Vec::new();
    if local {
        hosts = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec();
        let ip = address.ip();
        hosts.push(if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
        hosts.extend(config.http.allowed_hosts.iter().cloned());
    }
    let rules = &config.access;
    let people = People::new(rules.mode, Known::default(), &rules.allow, &rules.admins);
    if !local && rules.mode == Mode::Workspace {
        tracing::warn!("`access.mode` is workspace: whoever has an account there gets a shell here");
    }
    Access {
        token: local.then(|| token.to_owned()),
        bootstrap: config.platform.bootstrap.clone(),
        people,
        hosts,
        origins: config.http.allowed_origins.clone(),
    }
}

/// What a person opens.
fn url(access: &Access, address: std::net::SocketAddr) -> String {
    let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let token = access.token.as_ref().map(|token| format!("?token={token}")).unwrap_or_default();
    format!("http://{host}:{}/{token}", address.port())
}
