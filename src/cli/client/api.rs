//! Requests through the socket file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::Config;
use crate::os::local_socket;

/// How long a server that refuses connections may take to come back: the keeper starts a daemon that died at once,
/// and waits up to 5 s when several have died young.
const PATIENCE: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(50);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// Why there is no answer, or not the one hoped for.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("no coda serve is running under {}; start it with `coda serve`", .0.display())]
    NoServer(PathBuf),
    #[error("the socket {} belongs to another user; run coda as that user", .0.display())]
    NotOurs(PathBuf),
    #[error("{message}")]
    Refused { code: String, message: String },
    #[error("the server went away before it answered; try again")]
    Lost,
    #[error("the server's answer is not understood: {0}; are `coda` and `coda serve` of one version?")]
    Garbled(String),
}

#[derive(Clone)]
pub struct Api {
    http: Client,
    home: PathBuf,
    socket: PathBuf,
}

impl Api {
    pub fn new(config: &Config) -> anyhow::Result<Api> {
        let socket = config.socket_path();
        local_socket::check_path(&socket)?;
        let http = Client::builder()
            .unix_socket(socket.as_path())
            .no_proxy()
            // A connection to the last daemon is of no use with this one.
            .pool_max_idle_per_host(0)
            .timeout(ANSWER)
            .build()?;
        Ok(Api { http, home: config.home.clone(), socket })
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, AskError> {
        parsed(&self.bytes(path).await?)
    }

    /// Looking twice harms nobody, so an answer that was cut off is asked for again.
    pub async fn bytes(&self, path: &str) -> Result<Bytes, AskError> {
        let began = Instant::now();
        loop {
            match self.patiently(self.request(Method::GET, path)).await {
                Err(AskError::Lost) if began.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
                answered => return answered,
            }
        }
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, AskError> {
        parsed(&self.patiently(self.request(Method::POST, path).json(body)).await?)
    }

    /// Asks once: whoever calls tries again by itself.
    pub async fn post_once<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, AskError> {
        let sent = self.request(Method::POST, path).json(body).send().await;
        parsed(&taken(sent.map_err(|error| self.unreachable(&error))?).await?)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://localhost{path}"))
    }

    /// Asks again while the server is between two daemons. A request that may have arrived is not sent twice.
    async fn patiently(&self, request: RequestBuilder) -> Result<Bytes, AskError> {
        let began = Instant::now();
        loop {
            let again = request.try_clone();
            let error = match again.ok_or(AskError::Lost)?.send().await {
                Ok(response) => return taken(response).await,
                Err(error) => error,
            };
            if !error.is_connect() || !self.is_refusing() || began.elapsed() > PATIENCE {
                return Err(self.unreachable(&error));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// There is a socket file, and nobody listens: the daemon comes back, or the server was killed.
    pub fn is_refusing(&self) -> bool {
        let refused = std::os::unix::net::UnixStream::connect(&self.socket);
        refused.map_or_else(|error| error.kind() == std::io::ErrorKind::ConnectionRefused, |_| true)
    }

    fn unreachable(&self, error: &reqwest::Error) -> AskError {
        if !error.is_connect() {
            return AskError::Lost;
        }
        match std::os::unix::net::UnixStream::connect(&self.socket) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                AskError::NotOurs(self.socket.clone())
            }
            _ => self.no_server(),
        }
    }

    pub fn no_server(&self) -> AskError {
        AskError::NoServer(self.home.clone())
    }
}

async fn taken(response: Response) -> Result<Bytes, AskError> {
    let good = response.status().is_success();
    let status = response.status();
    let body = response.bytes().await.map_err(|_| AskError::Lost)?;
    if good {
        return Ok(body);
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    let message = text("error").unwrap_or_else(|| format!("the server answered {status}"));
    Err(AskError::Refused { code: text("code").unwrap_or_default(), message })
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, AskError> {
    serde_json::from_slice(body).map_err(|error| AskError::Garbled(error.to_string()))
}
