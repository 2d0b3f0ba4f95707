//! When the setup begins.

use serde::{Deserialize, Serialize};

/// Whether the setup begins by itself: written as `"auto"`, `true` or `false`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Said", into = "Said")]
pub enum AtStart {
    /// On the platform, and not on somebody's machine.
    #[default]
    Auto,
    Yes,
    No,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "say \"auto\", true or false")]
enum Said {
    YesOrNo(bool),
    Word(Auto),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Auto {
    Auto,
}

impl From<Said> for AtStart {
    fn from(said: Said) -> AtStart {
        match said {
            Said::Word(Auto::Auto) => AtStart::Auto,
            Said::YesOrNo(true) => AtStart::Yes,
            Said::YesOrNo(false) => AtStart::No,
        }
    }
}

impl From<AtStart> for Said {
    fn from(at_start: AtStart) -> Said {
        match at_start {
            AtStart::Auto => Said::Word(Auto::Auto),
            AtStart::Yes => Said::YesOrNo(true),
            AtStart::No => Said::YesOrNo(false),
        }
    }
}
