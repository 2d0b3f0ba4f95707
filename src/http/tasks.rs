//! Work that is handed to agents: order it, look at it, answer, stop it.

use std::time::Duration;

use actix_web::web::{Json, Path, Query};

use super::audit::Asker;
use super::error::Problem;
use super::public_address::PublicAddress;
use super::server::Actors;
use super::wire::{NewTask, TaskList, TaskQuery, TaskReply, TaskRow, TaskTaken, TaskWhole};
use crate::actors::tasks::{Cancel, GetResult, GetTrail, Inbox, Reply, Run, Watch};
use crate::domain::tasks::TaskId;

/// Longest wait for news: clients cut off after a minute.
const WAIT: Duration = Duration::from_secs(50);

/// `POST /api/tasks`: answers once it is written down; its agent starts when there is a slot.
#[cfg_attr(test, utoipa::path(post, path = "/api/tasks", tag = "tasks", responses((status = 200, description = "It is taken on", body = TaskTaken))))]
pub async fn create(
    handles: Actors,
    asker: Asker,
    address: PublicAddress,
    body: Json<NewTask>,
) -> Result<Json<TaskTaken>, Problem> {
    let run = Run { who: asker.who().to_owned(), wish: body.into_inner().into() };
    let taken = handles.tasks.send(run).await?;
    let subject = taken.as_ref().map(|taken| taken.shown.task.id.to_string()).unwrap_or_default();
    let taken = asker.note("task.create", &subject, taken)?;
    let url = address.of(&taken.shown.task.run.session_id);
    Ok(Json(TaskTaken { task: TaskRow::new(taken.shown, url), again: taken.again }))
}

/// `GET /api/tasks`
#[cfg_attr(test, utoipa::path(get, path = "/api/tasks", tag = "tasks", responses((status = 200, description = "Done", body = TaskList))))]
pub async fn list(handles: Actors, address: PublicAddress) -> Result<Json<TaskList>, Problem> {
    let listing = handles.tasks.send(Inbox::default()).await?;
    Ok(Json(TaskList::new(listing, |session| address.of(session))))
}

/// `GET /api/tasks/{id}`: with `seen` and `wait_ms` once there is news.
#[cfg_attr(test, utoipa::path(get, path = "/api/tasks/{id}", tag = "tasks", params(("id" = String, Path, description = "The task's id"), TaskQuery), responses((status = 200, description = "Done", body = TaskWhole))))]
pub async fn show(
    handles: Actors,
    address: PublicAddress,
    id: Path<String>,
    asked: Query<TaskQuery>,
) -> Result<Json<TaskWhole>, Problem> {
    let id = TaskId::parse(&id)?;
    let wait = Duration::from_millis(asked.wait_ms.unwrap_or(0)).min(WAIT);
    handles.tasks.send(Watch { id: id.clone(), seen: asked.seen.unwrap_or(0), wait }).await?;
    let left = handles.tasks.send(GetResult(id.clone())).await?.map_err(Problem::not_now)?;
    let left = left.ok_or_else(Problem::no_task)?;
    let trail = handles.tasks.send(GetTrail(id)).await?.map_err(Problem::not_now)?;
    let url = address.of(&left.shown.task.run.session_id);
    Ok(Json(TaskWhole::new(left, trail, url)))
}

/// `POST /api/tasks/{id}/reply`: answers a question of its agent; the first answer counts.
#[cfg_attr(test, utoipa::path(post, path = "/api/tasks/{id}/reply", tag = "tasks", params(("id" = String, Path, description = "The task's id")), responses((status = 200, description = "It is answered", body = TaskRow))))]
pub async fn reply(
    handles: Actors,
    asker: Asker,
    address: PublicAddress,
    id: Path<String>,
    body: Json<TaskReply>,
) -> Result<Json<TaskRow>, Problem> {
    let TaskReply { question_id: question, decision, text } = body.into_inner();
    let (id, by) = (TaskId::parse(&id)?, asker.who().to_owned());
    let subject = id.to_string();
    let reply = Reply { id, question, decision, text: text.unwrap_or_default(), by };
    let shown = asker.note("task.reply", &subject, handles.tasks.send(reply).await?)?;
    let url = address.of(&shown.task.run.session_id);
    Ok(Json(TaskRow::new(shown, url)))
}

/// `POST /api/tasks/{id}/cancel`: ends its agent and all that it started; a task that is over stays as it is.
#[cfg_attr(test, utoipa::path(post, path = "/api/tasks/{id}/cancel", tag = "tasks", params(("id" = String, Path, description = "The task's id")), responses((status = 200, description = "It is being stopped, or is over", body = TaskRow))))]
pub async fn cancel(
    handles: Actors,
    asker: Asker,
    address: PublicAddress,
    id: Path<String>,
) -> Result<Json<TaskRow>, Problem> {
    let (id, by) = (TaskId::parse(&id)?, asker.who().to_owned());
    let subject = id.to_string();
    let shown = asker.note("task.cancel", &subject, handles.tasks.send(Cancel { id, by }).await?)?;
    let url = address.of(&shown.task.run.session_id);
    Ok(Json(TaskRow::new(shown, url)))
}
