//! A lease as the keeper holds it for the next daemon: text, in memory only.
//!
//! Version 1. A daemon that finds a later version begins without a lease: the person pastes again.

use serde::{Deserialize, Serialize};

use super::machine::{Current, Lease, Retired, Rules};
use super::{Moment, Origin};
use crate::domain::secret::Secret;

const VERSION: u32 = 1;

/// What was held is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the lease of an earlier daemon cannot be read; a token has to be pasted again")]
pub struct Unreadable;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    tag: String,
    user: Option<String>,
    begun_with: Option<Origin>,
    current: Option<Token>,
    retired: Vec<Old>,
    orphans: bool,
    over: bool,
}

#[derive(Serialize, Deserialize)]
struct Token {
    secret: String,
    id: Option<String>,
    origin: Origin,
    since: Moment,
    until: Option<Moment>,
}

#[derive(Serialize, Deserialize)]
struct Old {
    id: Option<String>,
    secret: Option<String>,
    until: Option<Moment>,
}

impl Lease {
    /// `None`: there is nothing to hold.
    pub(super) fn to_keep(&self) -> Option<Secret> {
        if self.current.is_none() && self.retired.is_empty() && !self.over {
            return None;
        }
        let token = |current: &Current| Token {
            secret: current.secret.expose().to_owned(),
            id: current.id.clone(),
            origin: current.origin,
            since: current.since,
            until: current.until,
        };
        let old = |retired: &Retired| Old {
            id: retired.id.clone(),
            secret: retired.secret.as_ref().map(|secret| secret.expose().to_owned()),
            until: retired.until,
        };
        let kept = Kept {
            version: VERSION,
            tag: self.tag.clone(),
            user: self.user.clone(),
            begun_with: self.begun_with,
            current: self.current.as_ref().map(token),
            retired: self.retired.iter().map(old).collect(),
            orphans: self.orphans || self.mint.is_running(),
            over: self.over,
        };
        serde_json::to_string(&kept).ok().map(Secret::new)
    }

    /// The lease that an earlier daemon had. Its targets are told the token again: what they have is not known.
    pub fn kept(rules: Rules, text: &str) -> Result<Lease, Unreadable> {
        let kept: Kept = serde_json::from_str(text).map_err(|_| Unreadable)?;
        if kept.version != VERSION {
            return Err(Unreadable);
        }
        let mut lease = Lease::new(rules, "", "");
        lease.tag = kept.tag;
        (lease.user, lease.begun_with) = (kept.user, kept.begun_with);
        (lease.orphans, lease.over, lease.number) = (kept.orphans, kept.over, 1);
        lease.current = kept.current.map(|token| Current {
            secret: Secret::new(token.secret),
            id: token.id,
            origin: token.origin,
            since: token.since,
            until: token.until,
        });
        let old = |old: Old| Retired {
            id: old.id,
            secret: old.secret.map(Secret::new),
            number: 1,
            until: old.until,
            free: None,
        };
        lease.retired = kept.retired.into_iter().map(old).collect();
        Ok(lease)
    }
}
