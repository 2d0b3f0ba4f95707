//! The WebSocket.

use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use actix_web_actors::ws::WsResponseBuilder;
use serde::Deserialize;

use super::audit;
use super::error::Problem;
use super::guard::claim;
use super::server::Actors;
use crate::actors::door::Redeem;
use crate::actors::link::{Gate, Gated, Link};
use crate::domain::access::Access;
use crate::domain::frames::{MAX_IN, SUBPROTOCOL};

#[derive(Deserialize)]
pub struct Ticket {
    #[serde(default)]
    ticket: String,
}

/// `GET /ws?ticket=T`: the Origin was checked on the way here; the ticket says who it is.
#[cfg_attr(test, utoipa::path(get, path = "/ws", tag = "instance",
    params(("ticket" = String, Query, description = "From `/api/ws-ticket`; opens one socket")),
    responses((status = 101, description = "A WebSocket, subprotocol `coda.v1`"))))]
pub async fn open(
    handles: Actors,
    access: Data<Access>,
    request: HttpRequest,
    query: Query<Ticket>,
    payload: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let redeemed = handles.door.send(Redeem(query.into_inner().ticket)).await.map_err(Problem::from)?;
    let admitted = redeemed.map_err(Problem::from).and_then(|bearer| {
        access.admit_bearer(&bearer, claim(&request))?;
        Ok(bearer)
    });
    let identity = admitted.inspect_err(|problem| audit::denied(&request, "ticket", problem))?;
    let gate = Gate::default();
    let link = Link::new(identity, handles.link.clone(), gate.clone());
    WsResponseBuilder::new(link, &request, Gated::new(payload, gate))
        .protocols(&[SUBPROTOCOL])
        .frame_size(MAX_IN)
        .start()
}
