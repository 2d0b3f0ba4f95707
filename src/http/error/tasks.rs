//! Orders about tasks that cannot be carried out.

use actix_web::http::StatusCode;

use super::Problem;
use crate::actors::tasks::{NoTask, ReplyError};
use crate::domain::tasks::{BadId, Refusal};

impl Problem {
    pub fn no_task() -> Problem {
        NoTask.into()
    }

    /// Something did not answer; `why` says what.
    pub fn not_now(why: String) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", why)
    }
}

impl From<NoTask> for Problem {
    fn from(_: NoTask) -> Problem {
        let what = "there is no such task; look it up at /api/tasks";
        Problem::new(StatusCode::NOT_FOUND, "task_not_found", what)
    }
}

impl From<BadId> for Problem {
    fn from(error: BadId) -> Problem {
        Problem::invalid(error.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let status = match refusal {
            Refusal::Full { .. } => StatusCode::TOO_MANY_REQUESTS,
            Refusal::NotOver(_) | Refusal::KeyTaken(_) | Refusal::NotHere { .. } | Refusal::NoAgent => {
                StatusCode::CONFLICT
            }
            Refusal::NoSuchSession(_) => StatusCode::NOT_FOUND,
            Refusal::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, refusal.code(), refusal.to_string())
    }
}

impl From<ReplyError> for Problem {
    fn from(error: ReplyError) -> Problem {
        let code = error.code();
        match error {
            ReplyError::NoTask(none) => none.into(),
            ReplyError::NotAnswered(why) if code == "invalid" => Problem::invalid(why.to_string()),
            ReplyError::NotAnswered(why) => Problem::new(StatusCode::CONFLICT, code, why.to_string()),
        }
    }
}
