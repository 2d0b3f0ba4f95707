//! Downloads: bounded, checked, and with a word about what to do when they fail.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Client, Response, StatusCode, redirect};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::databricks::provide_cryptography;
use crate::domain::setup::Failure;
use crate::domain::setup::address::without_userinfo;

/// To make a connection, and between two pieces of an answer.
const CONNECT: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_secs(30);
const HOPS: usize = 5;
/// Most bytes of a text, and of a file.
const TEXT: usize = 16 << 20;
const FILE: u64 = 2 << 30;

/// Fetches with the proxies of the environment and the certificates of this machine.
pub struct Fetch {
    /// A file with more certificates.
    certificates: Option<String>,
    client: OnceLock<Result<Client, String>>,
}

impl Fetch {
    pub fn new(certificates: Option<&str>) -> Fetch {
        Fetch { certificates: certificates.map(str::to_owned), client: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client, Failure> {
        let client =
            self.client.get_or_init(|| built(self.certificates.as_deref(), redirect::Policy::limited(HOPS)));
        client.as_ref().map_err(|why| Failure::last(why.clone()))
    }

    /// A text; `None`: there is no such file.
    pub async fn text(&self, address: &str) -> Result<Option<String>, Failure> {
        let mut answer = self.ask(address).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        refused(address, &answer)?;
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(address, &error))? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > TEXT {
                return Err(Failure::last(format!("{} is larger than expected", without_userinfo(address))));
            }
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// A file, written to `to`; its SHA-256 must be this one, if one is given. Answers with how many bytes it has.
    pub async fn file(&self, address: &str, to: &Path, sha256: Option<&str>) -> Result<u64, Failure> {
        let shown = without_userinfo(address);
        let mut answer = self.ask(address).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Err(Failure::last(format!("{shown} does not exist; check the version and the mirror")));
        }
        refused(address, &answer)?;
        let full = answer.content_length();
        let local = |error: std::io::Error| {
            Failure::passing(format!("write {}: {error}; check the disk", to.display()))
        };
        let mut file = tokio::fs::File::create(to).await.map_err(local)?;
        let (mut hash, mut bytes) = (Sha256::new(), 0u64);
        loop {
            let broke_off = |error: &reqwest::Error| {
                let of = full.map_or_else(String::new, |full| format!(" of {full}"));
                Failure::passing(format!(
                    "{shown} broke off after {bytes}{of} bytes ({}); nothing was installed",
                    reason(error)
                ))
            };
            let Some(piece) = answer.chunk().await.map_err(|error| broke_off(&error))? else { break };
            hash.update(&piece);
            bytes += piece.len() as u64;
            if bytes > FILE {
                return Err(Failure::last(format!("{shown} is larger than expected")));
            }
            file.write_all(&piece).await.map_err(local)?;
        }
        file.sync_all().await.map_err(local)?;
        let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        match sha256 {
            Some(expected) if expected != found => Err(Failure::last(format!(
                "{shown} is not what was published: its SHA-256 is {found}, and should be {expected}; nothing was \
                 installed. If it stays so, somebody between here and there changes files"
            ))),
            _ => Ok(bytes),
        }
    }

    /// Where a page leads to.
    pub async fn leads_to(&self, address: &str) -> Result<Option<String>, Failure> {
        let client = built(self.certificates.as_deref(), redirect::Policy::none()).map_err(Failure::last)?;
        let answer = client.get(address).send().await.map_err(|error| unreachable(address, &error))?;
        let place = answer.headers().get(LOCATION).and_then(|place| place.to_str().ok());
        Ok(place.map(str::to_owned))
    }

    /// The status with which an address answers.
    pub async fn status(&self, address: &str) -> Result<StatusCode, Failure> {
        Ok(self.ask(address).await?.status())
    }

    async fn ask(&self, address: &str) -> Result<Response, Failure> {
        self.client()?.get(address).send().await.map_err(|error| unreachable(address, &error))
    }
}

fn built(certificates: Option<&str>, hops: redirect::Policy) -> Result<Client, String> {
    provide_cryptography();
    let mut builder = Client::builder()
        .user_agent(concat!("coda/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(hops);
    if let Some(path) = certificates {
        let read = std::fs::read(path).map_err(|error| error.to_string());
        let more = read.and_then(|pem| Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string()));
        let more = more.map_err(|error| {
            format!("the certificates in {path} cannot be used: {error}; see REQUESTS_CA_BUNDLE")
        })?;
        builder = builder.tls_certs_merge(more);
    }
    builder.build().map_err(|error| format!("cannot fetch anything: {}", reason(&error)))
}

/// An answer that is not the one hoped for.
fn refused(address: &str, answer: &Response) -> Result<(), Failure> {
    let (status, shown) = (answer.status(), without_userinfo(address));
    if status.is_success() {
        return Ok(());
    }
    let after = asked_to_wait(answer.headers());
    let is_quota =
        status == StatusCode::TOO_MANY_REQUESTS || (status == StatusCode::FORBIDDEN && after.is_some());
    let why = match status {
        _ if is_quota => format!(
            "{shown} answers no more for now ({status}): too much was asked from this address; it is tried again, or \
             use a mirror (GITHUB_API_BASE, GITHUB_RELEASE_MIRROR, NPM_REGISTRY)"
        ),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            format!(
                "{shown} refuses us ({status}); check the address of the mirror, its credentials and the proxy"
            )
        }
        _ => format!("{shown} answered {status}"),
    };
    let again = is_quota || status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
    Err(Failure { why, again, after })
}

/// How long a server asks to wait, in one of two ways.
fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let quota = || {
        let reset = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
        Some(reset.saturating_sub(u64::try_from(chrono::Utc::now().timestamp()).ok()?))
    };
    after.or_else(quota).map(Duration::from_secs)
}

fn unreachable(address: &str, error: &reqwest::Error) -> Failure {
    let what = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
    let shown = without_userinfo(address);
    Failure::passing(format!(
        "{shown} {what} ({}); check the network, the proxy (HTTPS_PROXY) and the mirror",
        reason(error)
    ))
}

/// The innermost reason: the outer ones only repeat the address.
fn reason(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    if inner.source().is_none() {
        return error.to_string();
    }
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
