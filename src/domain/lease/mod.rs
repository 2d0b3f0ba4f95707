//! The lease of a credential: from the token that a person pasted to one of our own that is always fresh.
//!
//! [`Lease`] is a machine without I/O. It is told what happened ([`Fact`]) and what time it is, and says what to do
//! ([`Act`]). What is due is worked out anew from the state each time, so a lost answer or a restart in the middle
//! means only that the same thing becomes due again.
//!
//! The rules:
//!
//! * a pasted token is checked before it counts; one that lives is not replaced by another paste;
//! * a token of ours is made at once and then each interval, whether anybody works or not;
//! * an old token is revoked when every target has its successor and a grace has passed since, by the token that is
//!   valid then;
//! * of the tokens that are not ours only the pasted one is revoked, and only if it is proved which one it is;
//! * a token of ours that nobody has any more, because the answer that brought it was lost, is found by its tag and
//!   revoked;
//! * what is over is withdrawn: better no token than a dead one.

mod act;
mod blob;
mod fact;
mod hearing;
mod job;
mod machine;
mod proof;
mod status;

pub use act::{Act, Notice};
pub use blob::Unreadable;
pub use fact::{Fact, Fault, Listed, Minted};
pub use machine::{Lease, Refusal, Rules};
pub use status::{Status, Trouble};

/// Time since this machine was started: it never jumps, and a restarted daemon goes on counting.
pub type Moment = std::time::Duration;

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// From a person, or from who provisions for one.
    Pasted,
    /// From `DATABRICKS_TOKEN`. It is there again at the next start, so it is never revoked.
    Preset,
    /// Made by us.
    Ours,
}

#[cfg(test)]
mod tests;
