//! Who of the people that the platform names may do what.

use serde::{Deserialize, Serialize};

use super::rules::Denied;
use super::visitor::Entrance;
use crate::domain::owner::Known;

/// Who may have a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The owner, and who is on the list; nobody while the owner is unknown.
    #[default]
    Owner,
    /// Who is on the list, and the owner.
    Allowlist,
    /// Whoever the platform names.
    Workspace,
}

impl Mode {
    /// As it is spelled in settings.
    pub fn parse(text: &str) -> Option<Mode> {
        match text {
            "owner" => Some(Mode::Owner),
            "allowlist" => Some(Mode::Allowlist),
            "workspace" => Some(Mode::Workspace),
            _ => None,
        }
    }
}

/// The rules about people. Names are compared in lower case.
#[derive(Debug, Clone, Default)]
pub struct People {
    mode: Mode,
    owner: Known,
    allowed: Vec<String>,
    admins: Vec<String>,
}

impl People {
    pub fn new(mode: Mode, owner: Known, allowed: &[String], admins: &[String]) -> People {
        let lower = |names: &[String]| {
            let names = names.iter().map(|name| name.trim().to_lowercase());
            names.filter(|name| !name.is_empty()).collect()
        };
        People { mode, owner, allowed: lower(allowed), admins: lower(admins) }
    }

    pub fn owner(&self) -> &Known {
        &self.owner
    }

    /// `person` is lower-cased and not empty.
    pub(super) fn admit(&self, person: &str, entrance: Entrance) -> Result<(), Denied> {
        let is_admin = self.owner.is(person) || self.admins.iter().any(|admin| admin == person);
        match entrance {
            Entrance::Admin if is_admin => Ok(()),
            Entrance::Admin => Err(Denied::Forbidden),
            // What admins are shown is shown by the page.
            Entrance::Page if is_admin => Ok(()),
            // Asks for a secret, not for a person.
            Entrance::Provision => Err(Denied::Forbidden),
            Entrance::Local => Err(Denied::NotLocal),
            Entrance::Page | Entrance::Api | Entrance::Socket => self.may_have_a_session(person),
        }
    }

    fn may_have_a_session(&self, person: &str) -> Result<(), Denied> {
        let owns = self.owner.is(person);
        let listed = self.allowed.iter().any(|allowed| allowed == person);
        match self.mode {
            Mode::Owner if self.owner.get().is_none() => Err(Denied::OwnerUnknown),
            Mode::Workspace => Ok(()),
            Mode::Owner | Mode::Allowlist if owns || listed => Ok(()),
            Mode::Owner | Mode::Allowlist => Err(Denied::Forbidden),
        }
    }
}
