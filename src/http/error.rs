//! What goes wrong, as people and programs see it. The only file that knows status codes.

mod setup;
mod tasks;
mod workspace;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use super::wire::{LimitReached, Workplace, WorkplaceConflict};
use crate::actors::door::NoRandomness;
use crate::actors::downloads::FileError;
use crate::actors::receipts::Unread;
use crate::actors::recordings::{ReadError, SearchRefused};
use crate::actors::session::{PollError, TypeError};
use crate::actors::sessions::{CreateError, ReadoptError, Refused, RenameError};
use crate::actors::store::{KeepError, StoreError};
use crate::actors::uploads::UploadError;
use crate::config::UiMode;
use crate::domain::access::Denied;
use crate::domain::capture::CaptureError;
use crate::domain::search::{CursorError, QueryError};
use crate::domain::size::SizeError;
use crate::domain::ticket::TicketError;
use crate::domain::workplace::NotKept;

/// Seconds after which it may be worth asking again when there was no room.
const RETRY_AFTER: &str = "10";

/// An answer that is not the one hoped for: a status, a slug for programs and a sentence for people.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    more: Option<More>,
}

/// A body that says more than [`ErrorBody`].
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum More {
    Limit(Box<LimitReached>),
    Workplace(Box<WorkplaceConflict>),
}

/// The body of every error.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct ErrorBody {
    pub error: String,
    pub code: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Problem {
        Problem { status, code, message: message.into(), more: None }
    }

    pub fn invalid(message: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    pub fn not_found(message: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub fn no_session() -> Problem {
        let what = "there is no such session; look it up at /api/sessions";
        Problem::new(StatusCode::NOT_FOUND, "session_not_found", what)
    }

    pub fn method() -> Problem {
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this address takes another method",
        )
    }

    pub fn too_large(message: impl Into<String>) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// The body could not be read.
    pub fn body(error: actix_web::Error) -> Problem {
        match error.as_response_error().status_code() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(error.to_string()),
            _ => Problem::invalid(error.to_string()),
        }
    }

    fn limit(code: &'static str, message: String, guidance: &str, refused: Refused) -> Problem {
        let limit = LimitReached::new(code, message.clone(), guidance, refused);
        Problem {
            more: Some(More::Limit(Box::new(limit))),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, code, message)
        }
    }

    /// A workplace was not kept; `mode` is what its answers say.
    pub fn workplace(error: KeepError, mode: UiMode) -> Problem {
        let error = match error {
            KeepError::Store(error) => return error.into(),
            KeepError::NotKept(error) => error,
        };
        let (message, code) = (error.to_string(), "workplace_changed");
        match error {
            NotKept::NoObject(_) | NotKept::Nothing => Problem::invalid(message),
            NotKept::TooLarge(_) => Problem::too_large(message),
            NotKept::Outdated(present) => {
                let workplace = Workplace::new(*present, mode);
                let body = WorkplaceConflict { error: message.clone(), code: code.to_owned(), workplace };
                let more = Some(More::Workplace(Box::new(body)));
                Problem { more, ..Problem::new(StatusCode::CONFLICT, code, message) }
            }
        }
    }

    pub fn unavailable() -> Problem {
        let what = "this part of the daemon did not answer; try again in a moment";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", what)
    }

    /// A journal that cannot be read.
    pub fn journal(error: &impl std::fmt::Display) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string())
    }

    /// What the framework refused, in its own words.
    fn worded(status: StatusCode, message: String) -> Problem {
        let code = match status {
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            status if status.is_client_error() => "invalid",
            _ => "internal",
        };
        Problem::new(status, code, message)
    }

    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
        }
        match &self.more {
            Some(more) => response.json(more),
            None => response.json(ErrorBody { error: self.message.clone(), code: self.code.to_owned() }),
        }
    }
}

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

impl From<actix::MailboxError> for Problem {
    fn from(_: actix::MailboxError) -> Problem {
        Problem::unavailable()
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Problem {
        Problem::invalid(format!("the body is not what this address takes: {error}"))
    }
}

impl From<actix_web::error::JsonPayloadError> for Problem {
    fn from(error: actix_web::error::JsonPayloadError) -> Problem {
        use actix_web::error::JsonPayloadError::{Overflow, OverflowKnownLength};
        match error {
            Overflow { .. } | OverflowKnownLength { .. } => Problem::too_large(error.to_string()),
            other => Problem::invalid(format!("the body is not what this address takes: {other}")),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Problem {
        let (status, code) = match denied {
            Denied::BadHost => (StatusCode::MISDIRECTED_REQUEST, "bad_host"),
            Denied::BadOrigin => (StatusCode::FORBIDDEN, "bad_origin"),
            Denied::Unauthenticated | Denied::Unnamed => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Denied::OwnerUnknown => (StatusCode::FORBIDDEN, "owner_unknown"),
            Denied::NotLocal => (StatusCode::FORBIDDEN, "not_local"),
            Denied::Closed => (StatusCode::NOT_FOUND, "not_found"),
            Denied::WrongSecret => (StatusCode::FORBIDDEN, "wrong_secret"),
            Denied::Forbidden | Denied::Unclear => (StatusCode::FORBIDDEN, "forbidden"),
        };
        Problem::new(status, code, denied.to_string())
    }
}

impl From<TicketError> for Problem {
    fn from(error: TicketError) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "bad_ticket", error.to_string())
    }
}

impl From<SizeError> for Problem {
    fn from(error: SizeError) -> Problem {
        Problem::invalid(error.to_string())
    }
}

impl From<CaptureError> for Problem {
    fn from(error: CaptureError) -> Problem {
        Problem::invalid(error.to_string())
    }
}

impl From<NoRandomness> for Problem {
    fn from(error: NoRandomness) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string())
    }
}

impl From<Unread> for Problem {
    fn from(error: Unread) -> Problem {
        match error {
            Unread::Store(error) => error.into(),
            Unread::Mailbox(error) => error.into(),
        }
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Problem {
        let message = error.to_string();
        match error {
            CreateError::Limit(refused) => {
                let guidance =
                    "end one that is not needed, or raise `sessions.max_sessions` (MAX_CONCURRENT_SESSIONS)";
                Problem::limit("BROWSER_SESSION_LIMIT", message, guidance, *refused)
            }
            CreateError::Pressure(refused) => {
                let guidance =
                    "end what needs much memory; sessions are admitted again below the resume threshold";
                Problem::limit("BROWSER_MEMORY_PRESSURE", message, guidance, *refused)
            }
            CreateError::Invalid(_) | CreateError::Exists(_) => Problem::invalid(message),
            CreateError::Draining => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message),
            CreateError::Failed(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message),
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Problem {
        let (status, code) = match error {
            UploadError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            UploadError::Quota { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "upload_quota"),
            UploadError::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy"),
            UploadError::CutShort => (StatusCode::BAD_REQUEST, "invalid"),
            UploadError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            UploadError::Folder(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Problem::new(status, code, error.to_string())
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Problem {
        let (status, code) = match error {
            FileError::Missing => (StatusCode::NOT_FOUND, "not_found"),
            FileError::Outside => (StatusCode::FORBIDDEN, "outside_home"),
            FileError::NotAFile => (StatusCode::BAD_REQUEST, "invalid"),
            FileError::Io(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Problem::new(status, code, error.to_string())
    }
}

impl From<PollError> for Problem {
    fn from(error: PollError) -> Problem {
        Problem::invalid(error.to_string())
    }
}

impl From<TypeError> for Problem {
    fn from(error: TypeError) -> Problem {
        let (status, code) = match error {
            TypeError::Full => (StatusCode::SERVICE_UNAVAILABLE, "input_full"),
            TypeError::Ended => (StatusCode::CONFLICT, "session_ended"),
            TypeError::ReadOnly => (StatusCode::CONFLICT, "read_only"),
        };
        Problem::new(status, code, error.to_string())
    }
}

impl From<RenameError> for Problem {
    fn from(error: RenameError) -> Problem {
        match error {
            RenameError::NotFound => Problem::no_session(),
            RenameError::Label(error) => Problem::invalid(error.to_string()),
        }
    }
}

impl From<SearchRefused> for Problem {
    fn from(refused: SearchRefused) -> Problem {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", refused.to_string())
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        match error {
            ReadError::Gone => Problem::not_found(error.to_string()),
            ReadError::Busy => Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", error.to_string()),
            ReadError::Journal(error) => Problem::journal(&error),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Problem {
        Problem::invalid(error.to_string())
    }
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Problem {
        Problem::invalid(error.to_string())
    }
}

impl From<ReadoptError> for Problem {
    fn from(error: ReadoptError) -> Problem {
        match error {
            ReadoptError::NotFound => Problem::no_session(),
            ReadoptError::NotFailed => Problem::invalid(error.to_string()),
        }
    }
}
