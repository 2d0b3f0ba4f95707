//! The setup of this machine.

use actix_web::web::{Data, Json, Path};
use chrono::Utc;

use super::audit::Asker;
use super::error::Problem;
use super::server::Actors;
use super::wire::{AgentList, AgentRow, Done, SetupStatus};
use crate::actors::setup::{Cancel, GetAgents, GetSetup, Retry, Skip, Start};
use crate::config::Config;
use crate::domain::setup::Profile;

/// `GET /api/setup-status`: how far it is, step by step.
#[cfg_attr(test, utoipa::path(get, path = "/api/setup-status", tag = "instance", responses((status = 200, description = "Done", body = SetupStatus))))]
pub async fn status(handles: Actors, config: Data<Config>) -> Result<Json<SetupStatus>, Problem> {
    let report = handles.setup.send(GetSetup).await?;
    Ok(Json(SetupStatus::new(report, config.setup.profile == Profile::Lab, Utc::now())))
}

/// `POST /api/setup/start`: begins, or begins anew when all is over. What is right already is skipped.
#[cfg_attr(test, utoipa::path(post, path = "/api/setup/start", tag = "instance", responses((status = 200, description = "It has begun", body = Done))))]
pub async fn start(handles: Actors, asker: Asker) -> Result<Json<Done>, Problem> {
    handles.setup.send(Start).await?;
    asker.did("setup.start", "");
    Ok(Json(Done::OK))
}

/// `POST /api/setup/{step}/retry`: does it again, even if all is right: what is installed is brought up to date.
#[cfg_attr(test, utoipa::path(post, path = "/api/setup/{step}/retry", tag = "instance", params(("step" = String, Path, description = "The step's id")), responses((status = 200, description = "It will be done", body = Done))))]
pub async fn retry(handles: Actors, asker: Asker, step: Path<String>) -> Result<Json<Done>, Problem> {
    let done = handles.setup.send(Retry(step.clone())).await?;
    asker.note("setup.retry", &step, done)?;
    Ok(Json(Done::OK))
}

/// `POST /api/setup/{step}/skip`: goes on without it.
#[cfg_attr(test, utoipa::path(post, path = "/api/setup/{step}/skip", tag = "instance", params(("step" = String, Path, description = "The step's id")), responses((status = 200, description = "It is skipped", body = Done))))]
pub async fn skip(handles: Actors, asker: Asker, step: Path<String>) -> Result<Json<Done>, Problem> {
    let done = handles.setup.send(Skip(step.clone())).await?;
    asker.note("setup.skip", &step, done)?;
    Ok(Json(Done::OK))
}

/// `POST /api/setup/{step}/cancel`: stops it, with everything that it started.
#[cfg_attr(test, utoipa::path(post, path = "/api/setup/{step}/cancel", tag = "instance", params(("step" = String, Path, description = "The step's id")), responses((status = 200, description = "It is stopped", body = Done))))]
pub async fn cancel(handles: Actors, asker: Asker, step: Path<String>) -> Result<Json<Done>, Problem> {
    let done = handles.setup.send(Cancel(step.clone())).await?;
    asker.note("setup.cancel", &step, done)?;
    Ok(Json(Done::OK))
}

/// `GET /api/agents`: which agents there are, and whether they are installed.
#[cfg_attr(test, utoipa::path(get, path = "/api/agents", tag = "instance", responses((status = 200, description = "Done", body = AgentList))))]
pub async fn agents(handles: Actors) -> Result<Json<AgentList>, Problem> {
    let agents = handles.setup.send(GetAgents).await?;
    Ok(Json(AgentList { agents: agents.into_iter().map(AgentRow::from).collect() }))
}
