//! What a test holds: start, people, time, faults, and what was asked.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, MutexGuard, mpsc};
use std::thread;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use bytes::Bytes;
use serde_json::Value;

use crate::apps::Script;
use crate::clock::Millis;
use crate::faults::Fault;
use crate::limits::Limit;
use crate::log::Entry;
use crate::principals::PrincipalId;
use crate::server::{self, Shared};
use crate::settings::Settings;
use crate::world::World;

/// Someone with an e-mail address and a personal access token that does not end.
#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub token: String,
}

/// A service principal with a client secret.
#[derive(Debug, Clone)]
pub struct Robot {
    /// The application id, a uuid; also its name towards permissions and grants.
    pub client_id: String,
    pub client_secret: String,
}

/// A running workspace; it ends when this is dropped. Calls take a mutex and never wait for the network, so they
/// can be made from anywhere, async tests too.
#[derive(Debug)]
pub struct Workspace {
    url: String,
    shared: Arc<Shared>,
    server: ServerHandle,
    admin: Person,
}

impl Workspace {
    /// On a free port of 127.0.0.1, with default settings.
    ///
    /// # Panics
    /// When no port can be had.
    #[must_use]
    pub fn start() -> Workspace {
        Workspace::with(Settings::default())
    }

    /// # Panics
    /// When no port can be had.
    #[must_use]
    pub fn with(settings: Settings) -> Workspace {
        Workspace::listen("127.0.0.1:0".parse().expect("this is an address"), settings)
    }

    /// # Panics
    /// When the address is taken.
    #[must_use]
    pub fn listen(address: SocketAddr, settings: Settings) -> Workspace {
        let listener =
            TcpListener::bind(address).unwrap_or_else(|error| panic!("no port at {address}: {error}"));
        let address = listener.local_addr().expect("a listener has an address");
        let url = format!("http://{address}");
        let shared = Arc::new(Shared::new(World::new(settings, url.clone())));
        let (tell, started) = mpsc::channel();
        let kept = Arc::clone(&shared);
        thread::spawn(move || server::run(listener, kept, &tell));
        let server = started.recv().expect("the server starts or panics");
        let admin = shared.world().settings.admin.clone();
        let mut workspace =
            Workspace { url, shared, server, admin: Person { email: String::new(), token: String::new() } };
        workspace.admin = workspace.person(&admin);
        workspace
    }

    /// `http://127.0.0.1:<port>`; as `DATABRICKS_HOST` with its scheme, because clients take `https` otherwise.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The first admin.
    pub fn admin(&self) -> &Person {
        &self.admin
    }

    /// The person with this address, made when there is none, with one more token.
    pub fn person(&self, email: &str) -> Person {
        let mut world = self.world();
        let id = world.person(email);
        let token = world.issue_token(id, "made by the test", None);
        Person { email: world.principals.get(id).name.clone(), token: token.value }
    }

    /// A token that ends, as someone would paste it.
    pub fn token(&self, email: &str, comment: &str, lifetime: Duration) -> String {
        let mut world = self.world();
        let id = world.person(email);
        let expires = world.now() + lifetime.as_millis() as Millis;
        world.issue_token(id, comment, Some(expires)).value
    }

    /// A bearer for a person, as signing in would give it.
    pub fn bearer(&self, email: &str) -> String {
        let mut world = self.world();
        let id = world.person(email);
        world.issue_bearer(id)
    }

    /// A service principal that is known everywhere, with a client secret.
    pub fn robot(&self, name: &str) -> Robot {
        let mut world = self.world();
        let id = world.robot(name, 0);
        world.add_secret(id)
    }

    /// Makes a person or a service principal an admin.
    pub fn promote(&self, name: &str) {
        let mut world = self.world();
        let id = world.principals.named(name).map(|found| found.id);
        let id = id.unwrap_or_else(|| panic!("nobody is called {name}"));
        world.principals.get_mut(id).groups.insert("admins".to_owned());
    }

    /// Ends a token or a bearer at once, without anyone having asked over the API.
    pub fn revoke(&self, token: &str) {
        let mut world = self.world();
        let now = world.now();
        world.tokens.revoke(token, now);
        world.oauth.revoke(token);
    }

    /// How many tokens of a person are live, and their comments.
    pub fn live_tokens(&self, email: &str) -> Vec<String> {
        let world = self.world();
        let Some(owner) = world.principals.named(email).map(|found| found.id) else { return Vec::new() };
        let live = world.tokens.live(owner, world.now(), &world.settings.tokens);
        live.map(|token| token.comment.clone()).collect()
    }

    /// Whether this token would be let in.
    pub fn is_live(&self, token: &str) -> bool {
        let world = self.world();
        let everyone = world.principals.all();
        let mut live =
            everyone.flat_map(|who| world.tokens.live(who.id, world.now(), &world.settings.tokens));
        live.any(|live| live.value == token)
    }

    // ---- apps and what they may use ----------------------------------------------------------

    /// How the next deployments and starts of some apps end. Replaces all scripts.
    pub fn script(&self, scripts: Vec<Script>) {
        self.world().apps.scripts = scripts;
    }

    /// An app as the API shows it, without the lateness that readers may meet.
    pub fn app(&self, name: &str) -> Option<Value> {
        let world = self.world();
        world.apps.get(name).map(|app| world.shown_app(app))
    }

    pub fn app_names(&self) -> Vec<String> {
        self.world().apps.list.keys().cloned().collect()
    }

    /// The process of an app ends by itself.
    pub fn crash_app(&self, name: &str) -> bool {
        self.world().crash_app(name)
    }

    /// What the platform gives an app as `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`.
    pub fn app_robot(&self, name: &str) -> Option<Robot> {
        let mut world = self.world();
        let id = world.apps.get(name)?.principal;
        Some(world.add_secret(id))
    }

    /// A catalog, schema, volume or table that grants can be about, owned by the first admin.
    pub fn securable(&self, kind: &str, full_name: &str) {
        let mut world = self.world();
        let owner = world.settings.admin.clone();
        world.grants.add(kind, full_name, &owner);
    }

    /// A serving endpoint as `GET /api/2.0/serving-endpoints` shows it; an object with a `name`.
    pub fn endpoint(&self, endpoint: Value) {
        let name = endpoint["name"].as_str().unwrap_or_default().to_owned();
        self.world().endpoints.insert(name, endpoint);
    }

    /// The spans that a client has put to the signed address of a trace.
    pub fn spans(&self, trace_id: &str) -> Option<Bytes> {
        self.world().experiments.traces.get(trace_id)?.spans.clone()
    }

    // ---- time --------------------------------------------------------------------------------

    /// Milliseconds since 1970 by the workspace's clock.
    pub fn now(&self) -> Millis {
        self.world().now()
    }

    pub fn advance(&self, by: Duration) {
        let mut world = self.world();
        world.clock.advance(by.as_millis() as Millis);
        world.settle();
    }

    /// Puts the clock to a time, before or after now.
    pub fn set_time(&self, to: Millis) {
        let mut world = self.world();
        world.clock.set(to);
        world.settle();
    }

    /// Time runs so many times as fast as outside; 0 stops it.
    pub fn run_clock(&self, rate: f64) {
        self.world().clock.run(rate);
    }

    // ---- faults ------------------------------------------------------------------------------

    /// The rule's number, to take it away again.
    pub fn fault(&self, fault: Fault) -> u64 {
        self.world().faults.add(fault)
    }

    pub fn remove_fault(&self, number: u64) -> bool {
        self.world().faults.remove(number)
    }

    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Replaces all rate limits.
    pub fn limit(&self, limits: Vec<Limit>) {
        self.world().limits.set(limits);
    }

    /// Changes settings of the running workspace.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.world().settings);
    }

    // ---- what was asked ----------------------------------------------------------------------

    pub fn requests(&self) -> Vec<Entry> {
        self.world().log.entries().cloned().collect()
    }

    /// `METHOD /path` of each request, in order.
    pub fn asked(&self) -> Vec<String> {
        let world = self.world();
        world.log.entries().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }

    pub fn forget_requests(&self) {
        self.world().log.clear();
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.shared.world();
        world.settle();
        world
    }
}

impl World {
    /// One more client secret of a service principal.
    pub(crate) fn add_secret(&mut self, id: PrincipalId) -> Robot {
        let secret = format!("dose{}", self.ids.hex("client secret", 32));
        let robot = self.principals.get_mut(id);
        robot.secrets.push(secret.clone());
        Robot { client_id: robot.name.clone(), client_secret: secret }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // The order is sent when the future is made; nobody has to wait for it.
        drop(self.server.stop(false));
    }
}
