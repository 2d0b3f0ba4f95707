//! Sends calls and reads answers.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, redirect};
use serde::de::DeserializeOwned;

use super::address::Address;
use super::call::{Body, Call};
use super::credential::Credential;
use super::failure::{Class, Failure};
use super::retry;
use crate::domain::secret::Secret;

/// To make a connection; between two pieces of an answer; for one try.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(15);
const TRY: Duration = Duration::from_secs(30);

/// A workspace that can be called. Cheap to clone.
#[derive(Clone)]
pub struct Workspace {
    http: Client,
    address: Arc<Address>,
}

/// An answer that says yes.
pub struct Reply {
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What a call carries to say who calls.
#[derive(Clone, Copy)]
enum As<'a> {
    Bearer(&'a Secret),
    Named(&'a str, &'a Secret),
    Nobody,
}

impl Workspace {
    /// Certificates are checked with those of this machine; proxies are those of the environment.
    pub fn new(address: Address) -> Result<Workspace, reqwest::Error> {
        provide_cryptography();
        let http = Client::builder()
            .user_agent(concat!("coda/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .timeout(TRY)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Workspace { http, address: Arc::new(address) })
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The answer, read from JSON; an empty one counts as `{}`.
    pub async fn ask<T: DeserializeOwned>(&self, who: &dyn Credential, call: Call) -> Result<T, Failure> {
        let name = call.name;
        let reply = self.send(who, call).await?;
        read(name, &reply.body)
    }

    /// Calls as `who`, with another bearer if the first is refused, once.
    pub async fn send(&self, who: &dyn Credential, call: Call) -> Result<Reply, Failure> {
        let until = Instant::now() + call.patience;
        let bearer = who.bearer().await?;
        match self.until_answered(As::Bearer(&bearer), &call, until).await {
            Err(failure) if failure.class == Class::Unauthenticated => match who.another(bearer).await {
                Some(another) => self.until_answered(As::Bearer(&another), &call, until).await,
                None => Err(failure),
            },
            answer => answer,
        }
    }

    /// Calls with a name and a password, or as nobody.
    pub(super) async fn send_open(
        &self,
        basic: Option<(&str, &Secret)>,
        call: Call,
    ) -> Result<Reply, Failure> {
        let until = Instant::now() + call.patience;
        let who = basic.map_or(As::Nobody, |(name, password)| As::Named(name, password));
        self.until_answered(who, &call, until).await
    }

    /// Calls an address that somebody has signed, once: with `headers`, and without a bearer.
    pub(super) async fn send_signed(
        &self,
        url: &str,
        headers: HeaderMap,
        call: Call,
    ) -> Result<Reply, Failure> {
        let invalid = |error: &dyn ToString| {
            Failure::without_answer(call.name, Class::Invalid, &error.to_string(), false)
        };
        Address::parse(url).map_err(|error| invalid(&error))?;
        let until = Instant::now() + call.patience;
        let mut request = self.http.request(call.method.clone(), url).headers(headers);
        if let Body::Bytes(body) = &call.body {
            request = request.body(body.clone());
        }
        attempt(request, &call, until).await
    }

    async fn until_answered(&self, who: As<'_>, call: &Call, until: Instant) -> Result<Reply, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let request = self.request(call)?;
            let request = match who {
                As::Bearer(bearer) if bearer.expose().is_empty() => request,
                As::Bearer(bearer) => request.bearer_auth(bearer.expose()),
                As::Named(name, password) => request.basic_auth(name, Some(password.expose())),
                As::Nobody => request,
            };
            match attempt(request, call, until).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => wait(failure, call, tries, until).await?,
            }
        }
    }

    fn request(&self, call: &Call) -> Result<reqwest::RequestBuilder, Failure> {
        let invalid = |error: &dyn ToString| {
            Failure::without_answer(call.name, Class::Invalid, &error.to_string(), false)
        };
        let url = self.address.at(&call.path).map_err(|error| invalid(&error))?;
        let mut request = self.http.request(call.method.clone(), url).header(ACCEPT, "application/json");
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        Ok(match &call.body {
            Body::Nothing => request,
            Body::Json(body) => request.json(body),
            Body::Form(fields) => request.form(fields),
            Body::Bytes(body) => {
                request.header("content-type", "application/octet-stream").body(body.clone())
            }
        })
    }
}

async fn attempt(request: reqwest::RequestBuilder, call: &Call, until: Instant) -> Result<Reply, Failure> {
    let left = until.saturating_duration_since(Instant::now()).min(TRY);
    let answer = request.timeout(left).send().await.map_err(|error| unreachable(call, &error))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = body(answer, call).await?;
    if (200..300).contains(&status) {
        return Ok(Reply { headers, body });
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let pause = text(RETRY_AFTER.as_str()).and_then(|header| retry::named(header, SystemTime::now()));
    Err(Failure::from_answer(call.name, status, text("x-databricks-reason-phrase"), pause, &body))
}

/// Waits until the call may be sent again, or gives the failure back.
async fn wait(failure: Failure, call: &Call, tries: u32, until: Instant) -> Result<(), Failure> {
    let left = until.saturating_duration_since(Instant::now());
    let dice = getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX));
    match retry::pause(&failure, call.twice, tries, left, dice) {
        Some(pause) => {
            tracing::debug!(call = call.name, tries, error = %failure, pause_ms = pause.as_millis(), "trying again");
            tokio::time::sleep(pause).await;
            Ok(())
        }
        None => Err(failure),
    }
}

async fn body(mut answer: Response, call: &Call) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() > call.most => {
                let message = format!("the answer is larger than {} bytes", call.most);
                return Err(Failure::without_answer(call.name, Class::NotAnApi, &message, true));
            }
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => return Err(unreachable(call, &error)),
        }
    }
}

fn unreachable(call: &Call, error: &reqwest::Error) -> Failure {
    let mut why = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        cause = error.source();
        // The outermost says no more than the address, which may hold what it should not.
        if cause.is_none() {
            why = error.to_string();
        }
    }
    let message = match () {
        () if error.is_timeout() => "no answer in time".to_owned(),
        () if error.is_connect() => format!("the workspace cannot be reached: {why}"),
        () => format!("the connection ended before the answer did: {why}"),
    };
    // What was never connected was never sent.
    Failure::without_answer(call.name, Class::Unreachable, &message, !error.is_connect())
}

/// Reads an answer; one that is no JSON comes from something between us and the API.
pub(super) fn read<T: DeserializeOwned>(call: &'static str, body: &[u8]) -> Result<T, Failure> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let message = if body.trim_ascii_start().starts_with(b"<") {
            "this is a web page, not an answer of the API; is the address that of a workspace, and is nothing in between?".to_owned()
        } else {
            format!("the answer is not what the API says it is: {error}")
        };
        Failure::without_answer(call, Class::NotAnApi, &message, true)
    })
}

/// Says, once for the process, which implementation TLS uses; no HTTP client can be made before.
pub fn provide_cryptography() {
    static PROVIDED: OnceLock<()> = OnceLock::new();
    PROVIDED.get_or_init(|| {
        // An error says that one is there already.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
}
