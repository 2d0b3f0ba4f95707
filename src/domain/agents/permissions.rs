//! What agents may do without asking.

use serde::{Deserialize, Serialize};

use crate::domain::setup::Profile;

/// In Claude Code's words, but for the first two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Permissions {
    /// Everything in the lab; elsewhere as [`Permissions::Off`].
    #[default]
    Profile,
    /// Whatever the agent does by itself.
    Off,
    Default,
    AcceptEdits,
    Plan,
    Auto,
    DontAsk,
    BypassPermissions,
}

impl Permissions {
    /// What a variable says, in capitals or not; `None`: it is none of these words.
    pub fn read(said: &str) -> Option<Permissions> {
        Some(match said.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "bypass" | "bypasspermissions" => Permissions::BypassPermissions,
            "false" | "0" | "no" | "off" => Permissions::Off,
            "profile" => Permissions::Profile,
            "default" => Permissions::Default,
            "acceptedits" => Permissions::AcceptEdits,
            "plan" => Permissions::Plan,
            "auto" => Permissions::Auto,
            "dontask" => Permissions::DontAsk,
            _ => return None,
        })
    }

    /// The same, once it is known which profile this is.
    #[must_use]
    pub fn of(self, profile: Profile) -> Permissions {
        match (self, profile) {
            (Permissions::Profile, Profile::Lab) => Permissions::BypassPermissions,
            (Permissions::Profile, Profile::Full) => Permissions::Off,
            (said, _) => said,
        }
    }

    /// What a file of an agent says; `None`: nothing.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Permissions::Profile | Permissions::Off => None,
            Permissions::Default => Some("default"),
            Permissions::AcceptEdits => Some("acceptEdits"),
            Permissions::Plan => Some("plan"),
            Permissions::Auto => Some("auto"),
            Permissions::DontAsk => Some("dontAsk"),
            Permissions::BypassPermissions => Some("bypassPermissions"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_wins_over_the_profile() {
        for (said, lab, full) in [
            ("profile", Some("bypassPermissions"), None),
            ("TRUE", Some("bypassPermissions"), Some("bypassPermissions")),
            ("bypass", Some("bypassPermissions"), Some("bypassPermissions")),
            ("off", None, None),
            ("acceptEdits", Some("acceptEdits"), Some("acceptEdits")),
            ("dontask", Some("dontAsk"), Some("dontAsk")),
        ] {
            let read = Permissions::read(said).unwrap();
            assert_eq!((read.of(Profile::Lab).word(), read.of(Profile::Full).word()), (lab, full), "{said}");
        }
        assert_eq!(Permissions::read("maybe"), None);
    }
}
