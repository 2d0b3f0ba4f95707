//! Work that is handed to an agent, and what came of it.
//!
//! Nothing here does I/O. A [`Task`] is a record that goes through the states of [`State`]; the [`Board`] holds them all
//! and says what is to be done, worked out anew from the records each time, so that whatever dies in between is only due
//! again. [`Pace`] says when a run has gone on for too long, [`judge`] what came of it, [`compose`] what its agent reads;
//! [`Progress`], [`Found`] and [`Hearing`] understand what the agent says, however badly.
//!
//! The rules:
//!
//! * a task is launched only after it is written down that it will be, under which session and which keeper, so that
//!   nobody launches it twice;
//! * a slot is a state and nothing else, so that none can leak;
//! * `completed` takes a valid result; whatever speaks against it stands beside it as a doubt;
//! * nothing an agent writes on its way ends a task, and no silence does.

mod board;
mod boot;
mod chain;
mod envelope;
mod hearing;
mod id;
mod order;
mod pace;
mod progress;
mod question;
mod queue;
mod receipt;
mod report;
mod state;
mod task;
mod verdict;

pub use board::{Act, Board, Now, Rules as BoardRules, Taken};
pub use boot::{Fate, Way, way};
pub use chain::Earlier;
pub use envelope::{Envelope, compose};
pub use hearing::{Heard, Hearing, Said};
pub use id::{BadId, TaskId};
pub use order::{Body, CONTEXT, Hand, Order, PROMPT, Permissions, Refusal, Terms, Wish};
pub use pace::{Pace, Rules as PaceRules, Stop};
pub use progress::{Progress, Step};
pub use question::{Answer, Decision, Kind, NotAnswered, Question, Settled};
pub use receipt::receipt;
pub use report::{Claim, Found, MOST as RESULT_BYTES, Report};
pub use state::State;
pub use task::{Entry, Fact, Run, Task, VERSION};
pub use verdict::{Doubt, Ending, Evidence, Failure, Outcome, Verdict, judge};

/// Time since this machine was started: it never jumps, and a restarted daemon goes on counting.
pub type Moment = std::time::Duration;

/// The beginning of `text` in at most `most` bytes, ended between characters.
fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

#[cfg(test)]
mod tests;
