//! The workplace: what a person has open, kept for their next browser.

use actix_web::web::{Data, Json, ReqData};

use super::error::Problem;
use super::server::Actors;
#[cfg(test)]
use super::wire::WorkplaceConflict;
use super::wire::{ChangeWorkplace, Workplace};
use crate::actors::events::Published;
use crate::actors::store::{KeepWorkplace, ReadWorkplace};
use crate::config::Config;
use crate::domain::access::Identity;
use crate::domain::event::Event;

/// `GET /api/workplace`: the asker's own.
#[cfg_attr(test, utoipa::path(get, path = "/api/workplace", tag = "instance", responses((status = 200, description = "Done", body = Workplace))))]
pub async fn read(
    handles: Actors,
    config: Data<Config>,
    identity: ReqData<Identity>,
) -> Result<Json<Workplace>, Problem> {
    let kept = handles.store.send(ReadWorkplace(identity.to_string())).await??;
    Ok(Json(Workplace::new(kept, config.ui.mode)))
}

/// `POST /api/workplace`: keeps a layout made from the revision `base`, or answers with the present one.
#[cfg_attr(test, utoipa::path(post, path = "/api/workplace", tag = "instance", responses((status = 200, description = "Kept", body = Workplace), (status = 409, description = "It has changed meanwhile", body = WorkplaceConflict))))]
pub async fn change(
    handles: Actors,
    config: Data<Config>,
    identity: ReqData<Identity>,
    body: Json<ChangeWorkplace>,
) -> Result<Json<Workplace>, Problem> {
    let change = body.into_inner().into();
    let kept = handles.store.send(KeepWorkplace { identity: identity.to_string(), change }).await?;
    let kept = kept.map_err(|error| Problem::workplace(error, config.ui.mode))?;
    handles.link.events.do_send(Published(Event::WorkplaceChanged { revision: kept.revision }));
    Ok(Json(Workplace::new(kept, config.ui.mode)))
}
