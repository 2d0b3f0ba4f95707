//! Sessions by the number of their pane.

use actix_web::web::Json;

use super::error::Problem;
use super::server::Actors;
use super::wire::{ActiveSessions, TmuxSessions};
use crate::actors::panes::ListPanes;
use crate::actors::sessions::List;

/// `GET /api/tmux-sessions`: what runs in tmux, whoever looks at it; empty without tmux.
#[cfg_attr(test, utoipa::path(get, path = "/api/tmux-sessions", tag = "sessions", responses((status = 200, description = "Done", body = TmuxSessions))))]
pub async fn tmux(handles: Actors) -> Result<Json<TmuxSessions>, Problem> {
    let sessions = handles.panes.send(ListPanes).await?;
    Ok(Json(TmuxSessions { sessions: sessions.into_iter().collect() }))
}

/// `GET /api/active-sessions`: every session with its pane, oldest first.
#[cfg_attr(test, utoipa::path(get, path = "/api/active-sessions", tag = "sessions", responses((status = 200, description = "Done", body = ActiveSessions))))]
pub async fn active(handles: Actors) -> Result<Json<ActiveSessions>, Problem> {
    let listed = handles.sessions.send(List).await?;
    Ok(Json(ActiveSessions { sessions: listed.into_iter().map(Into::into).collect() }))
}
