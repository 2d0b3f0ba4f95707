//! Stands in front of every route: who may do what.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};

use super::error::Problem;
use super::server::LocalPeer;
use super::ui;
use crate::domain::access::{Access, Denied, Identity, Visitor};

/// Name of the cookie that stands for the access token.
pub const COOKIE: &str = "coda";

/// Lets a request pass with its [`Identity`] attached if it has one, or answers why not and leaves an audit line.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    if request.path() == "/health" {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let decision = match request.app_data::<web::Data<Access>>() {
        Some(access) => decide(access, request.request()),
        None => Err(Problem::unavailable()),
    };
    match decision {
        Ok(identity) => {
            if let Some(identity) = identity {
                request.extensions_mut().insert(identity);
            }
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(problem) => {
            audit_denied(request.request(), &problem);
            let page =
                if turns_away_a_person(request.request(), &problem) { ui::turned_away() } else { None };
            Ok(match page {
                Some(page) => request.into_response(page).map_into_right_body(),
                None => request.error_response(problem).map_into_right_body(),
            })
        }
    }
}

/// Whether a browser wants to show the page and came with a wrong token. On the platform nothing is open.
fn turns_away_a_person(request: &HttpRequest, problem: &Problem) -> bool {
    let local = request.app_data::<web::Data<Access>>().is_some_and(|access| access.token.is_some());
    let wants_page =
        header_of(request, &header::ACCEPT).is_some_and(|accepted| accepted.contains("text/html"));
    local && wants_page && request.path() == "/" && problem.code() == "unauthorized"
}

/// Leaves an audit line about somebody who stays outside.
pub fn audit_denied(request: &HttpRequest, problem: &Problem) {
    let peer = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    tracing::warn!(
        target: "audit",
        act = "deny",
        code = problem.code(),
        method = %request.method(),
        path = request.path(),
        peer = %peer,
        host = header_of(request, &header::HOST).unwrap_or_default(),
        origin = header_of(request, &header::ORIGIN).unwrap_or_default(),
        "refused"
    );
}

/// Nothing behind these is open to anyone.
const CLOSED: [&str; 2] = ["/api/", "/ws"];

fn decide(access: &Access, request: &HttpRequest) -> Result<Option<Identity>, Problem> {
    let cookie = request.cookie(COOKIE);
    let query = web::Query::<Token>::from_query(request.query_string()).ok();
    let bearer = header_of(request, &header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let visitor = Visitor {
        host: header_of(request, &header::HOST),
        origin: header_of(request, &header::ORIGIN),
        fetch_site: request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok()),
        bearer,
        cookie: cookie.as_ref().map(|cookie| cookie.value()),
        query_token: query
            .as_ref()
            .filter(|_| request.path() == "/")
            .and_then(|query| query.token.as_deref()),
        forwarded_email: ["x-forwarded-email", "x-forwarded-user", "x-databricks-user-email"]
            .into_iter()
            .find_map(|name| request.headers().get(name)?.to_str().ok()),
        local_peer: request.conn_data::<LocalPeer>().is_some(),
        changes_state: !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS),
        upgrade: request.path() == "/ws",
    };
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let page = reading && query.is_some() && !CLOSED.iter().any(|closed| request.path().starts_with(closed));
    match access.decide(&visitor) {
        Err(Denied::Unauthenticated) if page && access.admits_anyone(&visitor) => Ok(None),
        decision => Ok(Some(decision?)),
    }
}

#[derive(serde::Deserialize)]
struct Token {
    token: Option<String>,
}

fn header_of<'a>(request: &'a HttpRequest, name: &header::HeaderName) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
