//! Tickets for WebSockets.

use actix_web::web::{Json, ReqData};

use super::error::Problem;
use super::server::Actors;
use super::wire::Ticket;
use crate::actors::door::Issue;
use crate::domain::access::Identity;

/// `POST /api/ws-ticket`
#[cfg_attr(test, utoipa::path(post, path = "/api/ws-ticket", tag = "instance", responses((status = 200, description = "Done", body = Ticket))))]
pub async fn issue(handles: Actors, identity: ReqData<Identity>) -> Result<Json<Ticket>, Problem> {
    let issued = handles.door.send(Issue(identity.into_inner())).await??;
    Ok(Json(Ticket { ticket: issued.ticket, expires_in: issued.lifetime.as_secs() }))
}
