//! What a test holds: start, tokens, script, gates, and what was asked.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use actix_web::dev::ServerHandle;

use crate::log::{End, Entry};
use crate::server::{self, Shared};
use crate::settings::Settings;
use crate::tokens::Death;
use crate::turn::Turn;
use crate::world::World;

/// A running mock; it ends when this is dropped. Calls take a mutex and never wait for the network, so they can be made
/// from anywhere, async tests too.
#[derive(Debug)]
pub struct ModelGateway {
    url: String,
    token: String,
    shared: Arc<Shared>,
    server: ServerHandle,
}

impl ModelGateway {
    /// On a free port of 127.0.0.1, with default settings.
    ///
    /// # Panics
    /// When no port can be had.
    #[must_use]
    pub fn start() -> ModelGateway {
        ModelGateway::with(Settings::default())
    }

    /// # Panics
    /// When no port can be had.
    #[must_use]
    pub fn with(settings: Settings) -> ModelGateway {
        ModelGateway::listen("127.0.0.1:0".parse().expect("this is an address"), settings)
    }

    /// # Panics
    /// When the address is taken.
    #[must_use]
    pub fn listen(address: SocketAddr, settings: Settings) -> ModelGateway {
        let listener =
            TcpListener::bind(address).unwrap_or_else(|error| panic!("no port at {address}: {error}"));
        let address = listener.local_addr().expect("a listener has an address");
        let mut world = World::new(settings);
        let token = format!("dapi{}", world.id());
        world.tokens.accept(&token);
        let shared = Arc::new(Shared::new(world));
        let (tell, started) = mpsc::channel();
        let kept = Arc::clone(&shared);
        thread::spawn(move || server::run(listener, kept, &tell));
        let server = started.recv().expect("the server starts or panics");
        ModelGateway { url: format!("http://{address}"), token, shared, server }
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token that is valid from the start.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// One more valid token, or a dead one again.
    pub fn accept(&self, token: &str) {
        self.shared.world().tokens.accept(token);
    }

    /// Ends a token; answers that have begun go on.
    pub fn expire(&self, token: &str, death: Death) {
        self.shared.world().tokens.expire(token, death);
    }

    /// Whether everybody is let in, with whatever they have. Dead tokens stay dead.
    pub fn accept_any(&self, any: bool) {
        self.shared.world().tokens.any = any;
    }

    // ---- what it says ------------------------------------------------------------------------

    /// Adds a turn to the end of the script.
    ///
    /// # Panics
    /// When the script or the turn is too long.
    pub fn script(&self, turn: Turn) {
        self.shared.world().add(turn).unwrap_or_else(|error| panic!("{error}"));
    }

    pub fn clear_script(&self) {
        self.shared.world().script.clear();
    }

    /// Turns that nobody has taken yet.
    #[must_use]
    pub fn unheard(&self) -> usize {
        self.shared.world().script.len()
    }

    /// Changes settings of the running mock.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.world().settings);
    }

    // ---- gates -------------------------------------------------------------------------------

    /// Opens a gate for whoever waits there and will come.
    pub fn release(&self, gate: &str) {
        self.shared.world().gates.release(gate);
        self.shared.ring();
    }

    pub fn shut(&self, gate: &str) {
        self.shared.world().gates.shut(gate);
    }

    /// How many answers wait at a gate.
    #[must_use]
    pub fn waiting(&self, gate: &str) -> usize {
        let world = self.shared.world();
        world.log.entries().filter(|entry| entry.waits_at.as_deref() == Some(gate)).count()
    }

    // ---- what was asked ----------------------------------------------------------------------

    #[must_use]
    pub fn requests(&self) -> Vec<Entry> {
        self.shared.world().log.entries().cloned().collect()
    }

    /// The newest one.
    #[must_use]
    pub fn last_request(&self) -> Option<Entry> {
        self.shared.world().log.entries().last().cloned()
    }

    /// `METHOD /path` of each request, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let world = self.shared.world();
        world.log.entries().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }

    /// Answers that have not ended.
    #[must_use]
    pub fn open(&self) -> usize {
        self.shared.world().log.entries().filter(|entry| entry.end == End::Open).count()
    }

    pub fn forget_requests(&self) {
        self.shared.world().log.clear();
    }

    /// Waits until `fact` is true and says whether it became so in time. Asks again whenever something has happened.
    pub async fn until(&self, within: Duration, fact: impl Fn(&ModelGateway) -> bool) -> bool {
        let wait = async {
            loop {
                let rung = self.shared.rung();
                if fact(self) {
                    return;
                }
                rung.await;
            }
        };
        tokio::time::timeout(within, wait).await.is_ok()
    }
}

impl Drop for ModelGateway {
    fn drop(&mut self) {
        // The order is sent when the future is made; nobody has to wait for it.
        drop(self.server.stop(false));
    }
}
