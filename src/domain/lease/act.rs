//! What a lease wants done.

use super::Moment;
use crate::domain::secret::Secret;

/// Something to do; the answer comes back as a [`super::Fact`] where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Ask whose token this is.
    Check { bearer: Secret },
    /// Hold this text for the next daemon, or nothing, before anything that follows is done.
    Keep(Option<Secret>),
    /// From now on this is the token, or there is none.
    Publish { token: Option<Secret>, number: u64 },
    /// Make a token with this comment. No bearer: with the means of the machine.
    Mint { bearer: Option<Secret>, comment: String, lifetime: Moment },
    /// List the tokens there are, to prove which one this bearer is.
    See { bearer: Secret },
    /// List the tokens there are, to find ours that nobody has.
    Sweep { bearer: Secret },
    /// Put the published token, which has this number, where programs read it.
    Deliver { number: u64 },
    /// Revoke the token of this id.
    Revoke { bearer: Secret, id: String },
    /// For people and the log.
    Tell(Notice),
}

/// Something worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A pasted or preset token counts now.
    Accepted,
    /// A candidate does not count: why. `later`: it may at another time.
    Rejected {
        why: String,
        later: bool,
    },
    Rotated {
        id: Option<String>,
    },
    /// No new token for now: why.
    CannotRenew(String),
    /// The token is over, and there is no other.
    Expired,
    Revoked {
        id: String,
    },
    /// The pasted token is left as it is: which one it is could not be proved, or it could not be revoked.
    LeftAlone(String),
}
