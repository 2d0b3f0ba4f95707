//! What a request needs on its way; everything in it can be shared between threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::sync::watch;

use super::actor::Gateway;
use super::messages::{Doubted, Noted};
use crate::actors::credentials::{Bearer, Published};
use crate::actors::sessions::{IsRunning, Sessions};
use crate::actors::traces::Tap;
use crate::config;
use crate::databricks::{Class, Credential, Failure, provide_cryptography};
use crate::domain::gateway::{Keys, Refusal, Route};
use crate::domain::secret::Secret;

/// How long the registry may take to say whether a session runs.
const KNOWN: Duration = Duration::from_secs(5);
/// How long a request waits for the route, which is looked for at most so long.
const ROUTE: Duration = Duration::from_secs(5);
/// How long a request waits for the token when the daemon is so young that the lease may not have been taken over yet.
const YOUNG: Duration = Duration::from_secs(15);
const TAKEN_OVER: Duration = Duration::from_secs(3);
/// To make a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Connections that are kept for the next request, and how long.
const KEPT: usize = 32;
const KEPT_FOR: Duration = Duration::from_secs(60);
/// Bodies of requests that are held at the same time, in bytes.
const MEMORY: u64 = 256 * 1024 * 1024;

/// What requests and answers may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// In bytes.
    pub request: u64,
    pub response: u64,
    /// Until the first byte of an answer, and between two of them.
    pub answer: Duration,
    pub silence: Duration,
}

/// How much there is at the moment.
#[derive(Debug, Default)]
pub struct Load {
    in_flight: AtomicUsize,
    /// Bytes of requests.
    held: AtomicU64,
}

/// A part of [`Load`]; gives it back when it is dropped.
#[derive(Debug)]
pub struct Hold {
    load: Arc<Load>,
    bytes: u64,
    requests: usize,
}

/// The way to the models.
#[derive(Clone)]
pub struct Way {
    pub http: reqwest::Client,
    pub bounds: Bounds,
    pub load: Arc<Load>,
    /// None: nothing is traced.
    pub tap: Option<Tap>,
    keys: Keys,
    sessions: Addr<Sessions>,
    bearer: Bearer,
    published: watch::Receiver<Published>,
    route: watch::Receiver<Option<Route>>,
    actor: Addr<Gateway>,
    born: Instant,
}

impl Bounds {
    pub fn of(config: &config::Gateway) -> Bounds {
        Bounds {
            request: config.request_max_bytes,
            response: config.response_max_bytes,
            answer: Duration::from_secs(config.answer_seconds),
            silence: Duration::from_secs(config.silence_seconds),
        }
    }
}

impl Load {
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Counts a request until the hold is dropped.
    pub fn enter(self: &Arc<Load>) -> Hold {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Hold { load: self.clone(), bytes: 0, requests: 1 }
    }

    /// Room for more of a body; `None`: there is none.
    pub fn room(self: &Arc<Load>, hold: &mut Hold, more: u64) -> bool {
        let before = self.held.fetch_add(more, Ordering::Relaxed);
        hold.bytes += more;
        before + more <= MEMORY
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.load.in_flight.fetch_sub(self.requests, Ordering::Relaxed);
        self.load.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Hold {
    /// The body is gone, the request is not.
    pub fn let_go_of_bytes(&mut self) {
        self.load.held.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Way {
    pub fn new(
        (bounds, load): (Bounds, Arc<Load>),
        keys: Keys,
        sessions: Addr<Sessions>,
        (bearer, published): (Bearer, watch::Receiver<Published>),
        route: watch::Receiver<Option<Route>>,
        (actor, tap): (Addr<Gateway>, Option<Tap>),
    ) -> Result<Way, reqwest::Error> {
        provide_cryptography();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(KEPT)
            .pool_idle_timeout(KEPT_FOR)
            .http1_only()
            .build()?;
        Ok(Way {
            http,
            bounds,
            load,
            tap,
            keys,
            sessions,
            bearer,
            published,
            route,
            actor,
            born: Instant::now(),
        })
    }

    /// The session whose key this is, if it runs.
    pub async fn admit(&self, key: Option<&str>) -> Result<String, Refusal> {
        let key = key.ok_or(Refusal::NoKey)?;
        let session = self.keys.session_of(key).ok_or(Refusal::WrongKey)?.to_owned();
        let runs = self.sessions.send(IsRunning(session.clone())).timeout(KNOWN).await;
        match runs {
            Ok(true) => Ok(session),
            Ok(false) => Err(Refusal::SessionEnded),
            Err(_) => Err(Refusal::Busy),
        }
    }

    /// Where models are; waits a little where that is being looked for.
    pub async fn route(&self) -> Result<Route, Refusal> {
        let mut route = self.route.clone();
        let known = tokio::time::timeout(ROUTE, route.wait_for(Option::is_some)).await;
        known.ok().and_then(Result::ok).and_then(|route| route.clone()).ok_or(Refusal::NoRoute)
    }

    pub fn known_route(&self) -> Option<Route> {
        self.route.borrow().clone()
    }

    pub fn has_token(&self) -> bool {
        self.bearer.now().is_some()
    }

    /// The token of the moment.
    pub async fn token(&self) -> Result<Secret, Refusal> {
        if !self.has_token() && self.born.elapsed() < YOUNG {
            let mut published = self.published.clone();
            let known = published.wait_for(|published| published.token.is_some());
            drop(tokio::time::timeout(TAKEN_OVER, known).await);
        }
        self.bearer.now().ok_or(Refusal::NoLease)
    }

    /// A token after one that was refused; waits for it a little.
    pub async fn another(&self, refused: &Secret) -> Result<Secret, Refusal> {
        self.bearer.another(refused.clone()).await.ok_or(Refusal::TokenRefused)
    }

    /// Whether an answer says that the token counts no more. `reason`: the header `X-Databricks-Reason-Phrase`.
    pub fn refuses_token(status: u16, reason: Option<&str>, body: &[u8]) -> bool {
        Failure::from_answer("ask a model", status, reason, None, body).class == Class::Unauthenticated
    }

    /// A request is over. There are never more of these under way than there were requests.
    pub fn note(&self, noted: Noted) {
        self.actor.do_send(noted);
    }

    /// Nobody answers where the models should be.
    pub fn doubt(&self) {
        self.actor.do_send(Doubted);
    }
}
