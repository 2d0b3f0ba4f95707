//! Which tokens are let in, and what Databricks says to the others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::Call;

/// How a token that was good is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Death {
    /// A personal access token that expired or was revoked: 403.
    #[default]
    Pat,
    /// An OAuth token: 403, `JWT has expired`.
    Jwt,
    /// An Entra token: 401, `Token is expired`.
    Entra,
}

#[derive(Debug, Default)]
pub struct Tokens {
    /// Everybody is let in, with whatever they have.
    pub any: bool,
    live: BTreeSet<String>,
    dead: BTreeMap<String, Death>,
}

/// Live ones and dead ones; some others make room.
const MOST: usize = 10_000;

impl Tokens {
    pub fn accept(&mut self, token: &str) {
        self.dead.remove(token);
        self.live.insert(token.to_owned());
        if self.live.len() > MOST {
            self.live.pop_first();
        }
    }

    /// A token that was forgotten is refused as one that never was.
    pub fn expire(&mut self, token: &str, death: Death) {
        self.live.remove(token);
        self.dead.insert(token.to_owned(), death);
        if self.dead.len() > MOST {
            self.dead.pop_first();
        }
    }

    /// Databricks looks at the bearer only; with `vendor_keys` the vendors' own headers count, too.
    pub fn check(&self, call: &Call, vendor_keys: bool) -> Result<(), Answer> {
        let vendor_key = || call.vendor_key().filter(|_| vendor_keys);
        let Some(token) = call.bearer().or_else(vendor_key) else {
            let message = "Credential was not sent or was of an unsupported type for this API.";
            return if self.any { Ok(()) } else { Err(Answer::error(401, "UNAUTHENTICATED", message)) };
        };
        match self.dead.get(token) {
            Some(Death::Pat) => Err(Answer::front_door(403, "Invalid access token.")),
            Some(Death::Jwt) => Err(Answer::front_door(403, "JWT has expired")),
            Some(Death::Entra) => Err(Answer::front_door(401, "Token is expired")),
            None if self.any || self.live.contains(token) => Ok(()),
            None => Err(Answer::front_door(403, "Invalid access token.")),
        }
    }
}
