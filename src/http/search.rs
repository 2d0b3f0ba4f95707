//! Full-text search over sessions.

use std::sync::Arc;

use actix_web::web::{Json, Query};

use super::caller::Caller;
use super::error::Problem;
use super::server::Actors;
use super::wire::{SearchAnswer, SearchQuery};
use crate::actors::recordings::{Search, Searched};
use crate::actors::sessions::List;
use crate::domain::search;

/// `GET /api/search`: newest session first, newest match first.
#[cfg_attr(test, utoipa::path(get, path = "/api/search", tag = "records", params(SearchQuery),
    responses((status = 200, description = "Done", body = SearchAnswer))))]
pub async fn search(
    handles: Actors,
    caller: Caller,
    asked: Query<SearchQuery>,
) -> Result<Json<SearchAnswer>, Problem> {
    let query = search::Query::parse(&asked.q)?;
    let from = asked.before.as_deref().map(str::parse).transpose()?;
    let mut sessions = handles.sessions.send(List).await?;
    if let Some(wanted) = &asked.session {
        sessions.retain(|listed| listed.record.id == *wanted);
        sessions.first().ok_or_else(Problem::no_session)?;
    }
    let sessions = sessions.into_iter().map(Searched::from).collect();
    // Goes when the client does, and the search with it.
    let here = Arc::new(());
    let (caller, waiting, limit) = (caller.named(None), Arc::downgrade(&here), asked.limit());
    let found = handles.recordings.send(Search { caller, waiting, query, limit, from, sessions }).await??;
    drop(here);
    Ok(Json(found.into()))
}
