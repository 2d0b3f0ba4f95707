//! OAuth from machine to machine: a service principal's id and secret become a bearer that lives an hour.
//!
//! Where tokens are given is discovered: `/.well-known/databricks-config` names the server,
//! its `/.well-known/oauth-authorization-server` the endpoint.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Deserializer};
use tokio::sync::Mutex;

use super::address::Address;
use super::client::read;
use super::credential::Coming;
use super::{Call, Class, Credential, Failure, Workspace};
use crate::domain::secret::Secret;

/// A bearer is not used any more this long before it ends.
const MARGIN: Duration = Duration::from_secs(40);
/// Asking for one must not take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A service principal. Clones share the bearer.
#[derive(Clone)]
pub struct Machine {
    workspace: Workspace,
    id: String,
    secret: Secret,
    held: Arc<Mutex<Option<Held>>>,
}

struct Held {
    bearer: Secret,
    until: Instant,
}

#[derive(Deserialize)]
struct Discovered {
    oidc_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    token_endpoint: String,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    #[serde(deserialize_with = "seconds")]
    expires_in: u64,
}

/// A number, or one as text.
fn seconds<'de, D: Deserializer<'de>>(field: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Spelled {
        Number(u64),
        Text(String),
    }
    match Spelled::deserialize(field)? {
        Spelled::Number(seconds) => Ok(seconds),
        Spelled::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

impl Machine {
    pub fn new(workspace: Workspace, id: String, secret: Secret) -> Machine {
        Machine { workspace, id, secret, held: Arc::default() }
    }

    /// The bearer held, or a new one; whoever comes meanwhile waits for the same.
    async fn current(&self, refused: Option<&Secret>) -> Result<Secret, Failure> {
        let mut held = self.held.lock().await;
        let usable = |held: &&Held| held.until > Instant::now() && Some(&held.bearer) != refused;
        if let Some(held) = held.as_ref().filter(usable) {
            return Ok(held.bearer.clone());
        }
        let (bearer, lasts) = self.fresh().await?;
        *held = Some(Held { bearer: bearer.clone(), until: Instant::now() + lasts.saturating_sub(MARGIN) });
        Ok(bearer)
    }

    /// A bearer that nobody has had, and how long it lasts.
    pub async fn fresh(&self) -> Result<(Secret, Duration), Failure> {
        let given = self.ask().await?;
        Ok((Secret::new(given.access_token), Duration::from_secs(given.expires_in)))
    }

    async fn ask(&self) -> Result<Given, Failure> {
        let (workspace, path) = self.endpoint().await?;
        let fields = vec![("grant_type", "client_credentials".to_owned()), ("scope", "all-apis".to_owned())];
        let name = "get a bearer for the service principal";
        let call = Call::post(name, path).form(fields).once().within(PATIENCE);
        let reply = workspace.send_open(Some((&self.id, &self.secret)), call).await?;
        read(name, &reply.body)
    }

    /// Where tokens are given.
    async fn endpoint(&self) -> Result<(Workspace, String), Failure> {
        let found: Discovered = self.open("/.well-known/databricks-config".to_owned()).await?;
        let base = match &found.oidc_endpoint {
            Some(server) => self.path_of(server)?,
            None => "/oidc".to_owned(),
        };
        let metadata: Metadata = self.open(format!("{base}/.well-known/oauth-authorization-server")).await?;
        Ok((self.workspace.clone(), self.path_of(&metadata.token_endpoint)?))
    }

    async fn open<T: serde::de::DeserializeOwned>(&self, path: String) -> Result<T, Failure> {
        let name = "find out where bearers are given";
        let reply = self.workspace.send_open(None, Call::get(name, path).within(PATIENCE)).await?;
        read(name, &reply.body)
    }

    /// The path of an address, which must be the workspace's own: nobody else is shown the secret.
    fn path_of(&self, address: &str) -> Result<String, Failure> {
        let ours = Address::parse(address).is_ok_and(|server| server == *self.workspace.address());
        let path =
            address.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        if ours {
            return Ok(format!("/{}", path.trim_end_matches('/')));
        }
        let message = "the workspace names another server for bearers; the secret of the service principal is not sent there";
        Err(Failure::without_answer("find out where bearers are given", Class::Forbidden, message, false))
    }
}

impl Credential for Machine {
    fn bearer(&self) -> Coming<Result<Secret, Failure>> {
        let machine = self.clone();
        Box::pin(async move { machine.current(None).await })
    }

    fn another(&self, refused: Secret) -> Coming<Option<Secret>> {
        let machine = self.clone();
        Box::pin(async move { machine.current(Some(&refused)).await.ok() })
    }
}
