//! One form for all errors, also for those that the framework words.

use actix_web::ResponseError;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;

use super::Problem;

/// Gives errors that the framework worded (a query it cannot read, a body that is too large) the form of all
/// others.
pub async fn reword(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let form = response.headers().get(header::CONTENT_TYPE).and_then(|form| form.to_str().ok());
    let ours = form.is_some_and(|form| form == "application/json" || form.starts_with("text/html"));
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return Ok(response.map_into_left_body());
    }
    let reason = || status.canonical_reason().unwrap_or("the request failed").to_lowercase();
    let message = response.response().error().map_or_else(reason, ToString::to_string);
    let answer = Problem::worded(status, message).error_response();
    Ok(response.into_response(answer).map_into_right_body())
}
