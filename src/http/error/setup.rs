//! Orders to the setup that make no sense now.

use actix_web::http::StatusCode;

use super::Problem;
use crate::domain::setup::Refusal;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let (status, code) = match refusal {
            Refusal::Unknown(_) => (StatusCode::NOT_FOUND, "step_not_found"),
            Refusal::NotBegun => (StatusCode::CONFLICT, "setup_not_begun"),
            Refusal::Running(_) => (StatusCode::CONFLICT, "step_running"),
            Refusal::Over(_) => (StatusCode::CONFLICT, "step_over"),
            Refusal::Off { .. } => (StatusCode::CONFLICT, "step_off"),
            Refusal::Blocked { .. } => (StatusCode::CONFLICT, "step_blocked"),
        };
        Problem::new(status, code, refusal.to_string())
    }
}
