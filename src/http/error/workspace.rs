//! What goes wrong with the workspace's token and with copies there.

use actix_web::http::StatusCode;

use super::Problem;
use crate::actors::credentials::ConfigureError;
use crate::actors::sync::AskError;
use crate::domain::lease::Refusal;

impl From<ConfigureError> for Problem {
    fn from(error: ConfigureError) -> Problem {
        let (status, code) = match &error {
            ConfigureError::Refused(Refusal::Empty) => (StatusCode::BAD_REQUEST, "token_required"),
            ConfigureError::Refused(Refusal::Held) => (StatusCode::CONFLICT, "already_configured"),
            ConfigureError::Refused(Refusal::Busy) => (StatusCode::CONFLICT, "busy"),
            ConfigureError::Refused(Refusal::Machine) => (StatusCode::CONFLICT, "service_principal"),
            ConfigureError::Rejected(_) => (StatusCode::BAD_REQUEST, "invalid_token"),
            ConfigureError::NoAnswer(_) => (StatusCode::SERVICE_UNAVAILABLE, "workspace_unavailable"),
            ConfigureError::NoWorkspace => (StatusCode::CONFLICT, "no_workspace"),
        };
        Problem::new(status, code, error.to_string())
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Problem {
        let (status, code) = match &error {
            AskError::Outside(_) => (StatusCode::BAD_REQUEST, "outside"),
            AskError::NotEmpty(_) => (StatusCode::CONFLICT, "not_empty"),
            AskError::Full(_) => (StatusCode::TOO_MANY_REQUESTS, "busy"),
            AskError::NoWorkspace => (StatusCode::CONFLICT, "no_workspace"),
            AskError::NoAnswer => return Problem::unavailable(),
            AskError::Unreadable { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Problem::new(status, code, error.to_string())
    }
}
