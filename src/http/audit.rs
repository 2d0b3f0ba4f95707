//! Leaves a trail: every privileged act and every refusal, in the log and in the database.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use chrono::Utc;

use super::error::Problem;
use super::guard::claim;
use super::server::Shared;
use crate::actors::store::AuditLog;
use crate::domain::access::{Access, Claim, Identity};
use crate::domain::audit::{DONE, Entry};

/// Whoever asks for something that leaves a trail.
pub struct Asker {
    identity: String,
    peer: String,
    log: AuditLog,
}

impl Asker {
    /// As what their doings are known.
    pub fn who(&self) -> &str {
        &self.identity
    }

    /// Passes an outcome on and leaves a row about it. `subject`: what was done something to.
    pub fn note<T, E: Into<Problem>>(
        &self,
        act: &'static str,
        subject: &str,
        outcome: Result<T, E>,
    ) -> Result<T, Problem> {
        let outcome = outcome.map_err(Into::into);
        self.log.record(Entry {
            at: Utc::now(),
            identity: self.identity.clone(),
            act,
            subject: subject.to_owned(),
            outcome: outcome.as_ref().map_or_else(Problem::code, |_| DONE).to_owned(),
            peer: self.peer.clone(),
            detail: String::new(),
        });
        outcome
    }

    /// Leaves a row about what was done.
    pub fn did(&self, act: &'static str, subject: &str) {
        drop(self.note(act, subject, Ok::<(), Problem>(())));
    }
}

impl FromRequest for Asker {
    type Error = Problem;
    type Future = Ready<Result<Asker, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let log = log(request).ok_or_else(Problem::unavailable);
        ready(log.map(|log| Asker { identity: identity(request), peer: peer(request), log }))
    }
}

/// Leaves a row about somebody who stays outside. The address without its query: that may hold a secret.
pub fn denied(request: &HttpRequest, act: &'static str, problem: &Problem) {
    let said = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let mut detail = request.method().to_string();
    for (name, value) in [("host", said(header::HOST)), ("origin", said(header::ORIGIN))] {
        if let Some(value) = value {
            detail.push_str(&format!(" {name}={value}"));
        }
    }
    let entry = Entry {
        at: Utc::now(),
        identity: identity(request),
        act,
        subject: request.path().to_owned(),
        outcome: problem.code().to_owned(),
        peer: peer(request),
        detail,
    };
    match log(request) {
        Some(log) => log.record(entry),
        None => tracing::warn!(target: "audit", ?entry, "refused"),
    }
}

fn log(request: &HttpRequest) -> Option<AuditLog> {
    let shared = request.app_data::<web::Data<Shared>>()?;
    shared.handles.get().map(|handles| handles.audit.clone())
}

/// Who came in; or, of somebody who did not, who the platform's proxy says it is.
fn identity(request: &HttpRequest) -> String {
    if let Some(identity) = request.extensions().get::<Identity>() {
        return identity.to_string();
    }
    match claim(request) {
        Claim::Person(name) if on_the_platform(request) => name.to_lowercase(),
        Claim::Unclear if on_the_platform(request) => "(unclear)".to_owned(),
        _ => String::new(),
    }
}

/// On the platform everybody comes from its proxy, which says from where it came.
fn peer(request: &HttpRequest) -> String {
    let real = request.headers().get("x-real-ip").and_then(|value| value.to_str().ok());
    match real.filter(|_| on_the_platform(request)) {
        Some(real) => real.to_owned(),
        None => request.peer_addr().map_or_else(|| "socket".to_owned(), |peer| peer.ip().to_string()),
    }
}

fn on_the_platform(request: &HttpRequest) -> bool {
    request.app_data::<web::Data<Access>>().is_some_and(|access| access.token.is_none())
}
