//! What a lease is told.

use super::Moment;
use crate::domain::secret::Secret;

/// How a call ended that brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The bearer is dead.
    Dead,
    /// It lives, and may not do this: the text says why.
    Denied(String),
    /// Time may help; not before this has passed, if it is known.
    Later(String, Option<Moment>),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Dead => {
                f.write_str("the workspace does not know this token; it may have expired or been revoked")
            }
            Fault::Denied(why) | Fault::Later(why, _) => f.write_str(why),
        }
    }
}

/// A token that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    pub secret: Secret,
    /// `None` where it cannot be revoked by name.
    pub id: Option<String>,
    /// From the moment it was asked for.
    pub lasts: Moment,
}

/// A valid token of the same person, without itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub comment: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Whose token the candidate is.
    Checked(Result<String, Fault>),
    /// `perhaps`: a token may have been made although none came.
    Minted { made: Result<Minted, Fault>, perhaps: bool },
    /// The tokens there are, as the superseded pasted token sees them.
    Seen(Result<Vec<Listed>, Fault>),
    /// The tokens there are, as ours sees them.
    Swept(Result<Vec<Listed>, Fault>),
    /// The token of this number is where it should be, or is not everywhere.
    Delivered { number: u64, everywhere: bool },
    /// The token of this id is gone.
    Revoked { id: String, gone: Result<(), Fault> },
}
