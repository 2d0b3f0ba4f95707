//! Stands in front of every route: who may do what.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};

use super::audit;
use super::error::Problem;
use super::server::{LocalPeer, STARTING, Shared};
use super::ui;
use crate::actors::owner::Begun;
use crate::domain::access::{Access, Claim, Denied, Entrance, Identity, Visitor};

/// Name of the cookie that stands for the access token.
pub const COOKIE: &str = "coda";

/// Lets a request pass with its [`Identity`] attached if it has one, or answers why not and leaves an audit row.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    if request.path() == "/health" {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let decision = match request.app_data::<web::Data<Access>>().cloned() {
        Some(access) => {
            let mut decision = decide(&access, request.request());
            if decision == Err(Denied::OwnerUnknown) {
                search_has_begun(request.request()).await;
                decision = decide(&access, request.request());
            }
            decision.map_err(Problem::from)
        }
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
            audit::denied(request.request(), "deny", &problem);
            let page =
                if turns_away_a_person(request.request(), &problem) { ui::turned_away() } else { None };
            Ok(match page {
                Some(page) => request.into_response(page).map_into_right_body(),
                None => request.error_response(problem).map_into_right_body(),
            })
        }
    }
}

/// Waits until a search for the owner that has only just begun knows more: a new daemon must not turn away the owner
/// whom the last one knew.
async fn search_has_begun(request: &HttpRequest) {
    let Some(shared) = request.app_data::<web::Data<Shared>>().cloned() else { return };
    let begun = async { shared.handles.wait().await.owner.send(Begun).await };
    // Whatever comes of it: the decision is made again.
    drop(tokio::time::timeout(STARTING, begun).await);
}

/// Whether a browser wants to show the page and came with a wrong token. On the platform nothing is open.
fn turns_away_a_person(request: &HttpRequest, problem: &Problem) -> bool {
    let local = request.app_data::<web::Data<Access>>().is_some_and(|access| access.token.is_some());
    let wants_page =
        header_of(request, &header::ACCEPT).is_some_and(|accepted| accepted.contains("text/html"));
    local && wants_page && request.path() == "/" && problem.code() == "unauthorized"
}

/// Names of the headers in which the platform's proxy says who it is, the most telling first.
const NAMING: [&str; 3] = ["x-forwarded-email", "x-forwarded-user", "x-databricks-user-email"];

/// Whom the platform's proxy names.
pub fn claim(request: &HttpRequest) -> Claim<'_> {
    Claim::first_of(NAMING.map(|name| request.headers().get_all(name).map(HeaderValue::as_bytes)))
}

fn decide(access: &Access, request: &HttpRequest) -> Result<Option<Identity>, Denied> {
    let cookie = request.cookie(COOKIE);
    let query = web::Query::<Token>::from_query(request.query_string());
    // One that cannot be read is not the right one.
    let token = query.as_ref().map_or(Some(""), |query| query.token.as_deref());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    access.decide(&Visitor {
        host: header_of(request, &header::HOST),
        forwarded_host: request.headers().get("x-forwarded-host").and_then(|value| value.to_str().ok()),
        origin: header_of(request, &header::ORIGIN),
        fetch_site: request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok()),
        bearer: header_of(request, &header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")),
        cookie: cookie.as_ref().map(|cookie| cookie.value()),
        query_token: token.filter(|_| request.path() == "/"),
        bootstrap: request.headers().get("x-coda-bootstrap-secret").and_then(|value| value.to_str().ok()),
        claim: claim(request),
        local_peer: request.conn_data::<LocalPeer>().is_some(),
        changes_state: !reads && *request.method() != Method::OPTIONS,
        // As the router will see it: `/api/%61dmin` is `/api/admin`.
        entrance: Entrance::of(request.match_info().as_str(), reads),
    })
}

#[derive(serde::Deserialize)]
struct Token {
    token: Option<String>,
}

fn header_of<'a>(request: &'a HttpRequest, name: &header::HeaderName) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
