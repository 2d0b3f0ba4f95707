//! What programs say of themselves on the terminal.

use chrono::{DateTime, Utc};

use super::{Activity, Claim, Source};
use crate::domain::screen::{Kind, State, Status};

/// What all records of a terminal come to: one part that waits for a person outweighs all that work. None: there are
/// no records.
pub fn said(statuses: &[Status], now: DateTime<Utc>) -> Option<Claim> {
    let last = |state: State| statuses.iter().rev().find(|status| status.state == state);
    let status = last(State::Blocked).or_else(|| last(State::Working)).or(statuses.last())?;
    let activity = match status.state {
        State::Blocked if status.kind == Some(Kind::Permission) => Activity::NeedsApproval,
        State::Blocked => Activity::NeedsInput,
        State::Working => Activity::Working,
        State::Done => Activity::Done,
        State::Idle => Activity::Idle,
        State::Error => Activity::Error,
    };
    let texts = [status.title.as_deref(), status.message.as_deref()];
    let evidence = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    Some(Claim::new(Source::Program, activity, &evidence, now))
}
