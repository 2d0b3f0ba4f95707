//! What people are told of a lease. No token in it.

use super::machine::{Current, Lease};
use super::{Moment, Origin};

/// Why there is no new token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The workspace does not give one.
    Denied(String),
    /// It is tried again.
    Later(String),
}

/// How a lease is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// A token is there that counts.
    pub is_held: bool,
    /// A token is being checked.
    pub is_checking: bool,
    /// There was one, and it is over.
    pub is_over: bool,
    pub user: Option<String>,
    /// Where the token came from of which this one comes.
    pub begun_with: Option<Origin>,
    pub origin: Option<Origin>,
    pub id: Option<String>,
    /// How long ago it was made or given.
    pub age: Option<Moment>,
    /// How long it still lives, if that is known.
    pub left: Option<Moment>,
    /// In how long it gets a successor.
    pub renewal_in: Option<Moment>,
    /// Old tokens that are not revoked yet.
    pub retired: usize,
    pub trouble: Option<Trouble>,
}

impl Lease {
    pub fn status(&self, now: Moment) -> Status {
        let current = self.current.as_ref();
        let of = |pick: fn(&Current) -> Option<Moment>| current.and_then(pick);
        let next = current.and(self.wanted_from()).and_then(|wanted| self.mint.next(wanted));
        Status {
            is_held: current.is_some(),
            is_checking: self.candidate.is_some(),
            is_over: self.over,
            user: self.user.clone(),
            begun_with: self.begun_with,
            origin: current.map(|current| current.origin),
            id: current.and_then(|current| current.id.clone()),
            age: of(|current| Some(current.since)).map(|since| now.saturating_sub(since)),
            left: of(|current| current.until).map(|until| until.saturating_sub(now)),
            renewal_in: next.map(|next| next.saturating_sub(now)),
            retired: self.retired.len(),
            trouble: self.trouble.clone(),
        }
    }
}
