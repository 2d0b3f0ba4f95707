//! One step of the setup: what it needs, how it is done and what must be there afterwards.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::release::Release;

/// What a step may need besides other steps.
pub const TOKEN: &str = "token";
pub const WORKSPACE: &str = "workspace";

/// Install or configure one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub id: String,
    /// What people read.
    pub label: String,
    /// Ids of steps, [`TOKEN`] or [`WORKSPACE`].
    pub needs: Vec<String>,
    /// The variable that turns it on and off.
    pub toggle: Option<Toggle>,
    pub timeout: Duration,
    /// Further tries after the first.
    pub retries: u32,
    /// What must be there afterwards; `~/` is the home directory. What lies in a folder `bin` must be a program.
    pub produces: Vec<String>,
    pub run: Run,
}

/// A variable such as `ENABLE_CODEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toggle {
    pub name: String,
    /// On where nothing is said, also in the profile `lab`.
    pub in_lab: bool,
}

/// How a step is done.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Run {
    /// Git is there; who commits, the daemon tells it by itself.
    Git {},
    /// Which editors are there.
    Editors {
        names: Vec<String>,
    },
    /// Mirrors, proxies and certificates: checked, and told to npm.
    Registries {},
    Release(Box<Release>),
    Node {},
    Npm(Npm),
    Python(Python),
    /// The gateway of the models answers.
    Gateway {},
    /// `~/.databrickscfg` has the present token.
    Databrickscfg {},
    /// `~/projects`, with what this installation brings along.
    Projects {},
    /// The repositories in `GIT_REPOS`.
    Clone {},
    /// The token counts.
    Token {},
    /// The files of an agent.
    Configure {
        agent: String,
    },
    /// A program of whoever wrote the catalogue.
    Command(Command),
    /// What is wrong with the catalogue.
    #[serde(skip)]
    Wrong {
        why: String,
    },
}

/// A package from the npm registry.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Npm {
    pub package: String,
    pub binary: String,
    /// `cooldown`: the highest that is old enough; `latest`; or a version.
    #[serde(default = "cooldown")]
    pub version: String,
    /// Major version of Node that it needs.
    #[serde(default)]
    pub min_node: u64,
    /// A variable that names an installer script to use instead.
    #[serde(default)]
    pub installer: Option<String>,
    /// Packages that go with it.
    #[serde(default)]
    pub with: Vec<String>,
}

/// A package from the Python index.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Python {
    /// A requirement, as pip reads it.
    pub package: String,
    pub binary: String,
    /// A variable whose requirement takes its place.
    #[serde(default)]
    pub replaced_by: Option<String>,
    #[serde(default)]
    pub with: Vec<String>,
}

/// Programs with their arguments; no shell reads them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    pub command: Vec<String>,
    /// Ends with 0 when there is nothing to do.
    #[serde(default)]
    pub check: Vec<String>,
}

fn cooldown() -> String {
    "cooldown".to_owned()
}

impl Run {
    /// The program that people get of it.
    pub fn binary(&self) -> Option<&str> {
        match self {
            Run::Release(release) => Some(&release.binary),
            Run::Npm(npm) => Some(&npm.binary),
            Run::Python(python) => Some(&python.binary),
            _ => None,
        }
    }

    /// What must be there afterwards, where the catalogue need not say so.
    pub(super) fn product(&self) -> Vec<String> {
        let own = |name: &str| format!("~/.local/bin/{name}");
        match self {
            Run::Release(release) => {
                let names = [Some(release.binary.as_str()), release.wrapper.as_deref()];
                names.into_iter().flatten().map(own).collect()
            }
            Run::Npm(Npm { binary, .. }) | Run::Python(Python { binary, .. }) => vec![own(binary)],
            _ => Vec::new(),
        }
    }

    /// Whether it would say "done" with nothing to show for it.
    pub(super) fn must_produce(&self) -> bool {
        matches!(self, Run::Command(command) if command.check.is_empty())
    }
}

/// Which steps are on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Everything.
    #[default]
    Full,
    /// Claude Code alone of the agents.
    Lab,
}

/// A switch that says neither yes nor no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value:?}; say `true` or `false`, or unset it")]
pub struct BadToggle {
    name: String,
    value: String,
}

impl Toggle {
    /// `said`: the variable's value, if it is set. What it says wins over the profile.
    pub fn is_on(&self, profile: Profile, said: Option<&str>) -> Result<bool, BadToggle> {
        let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) else {
            return Ok(profile == Profile::Full || self.in_lab);
        };
        match said.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(BadToggle { name: self.name.clone(), value: said.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_wins_over_the_profile() {
        let codex = Toggle { name: "ENABLE_CODEX".into(), in_lab: false };
        let claude = Toggle { name: "ENABLE_CLAUDE".into(), in_lab: true };
        for (toggle, profile, said, on) in [
            (&codex, Profile::Full, None, true),
            (&codex, Profile::Lab, None, false),
            (&claude, Profile::Lab, None, true),
            (&codex, Profile::Lab, Some(" Yes "), true),
            (&codex, Profile::Full, Some("off"), false),
            (&claude, Profile::Full, Some("0"), false),
            (&codex, Profile::Full, Some(""), true),
        ] {
            assert_eq!(toggle.is_on(profile, said), Ok(on), "{toggle:?} {profile:?} {said:?}");
        }
        let error = codex.is_on(Profile::Full, Some("maybe")).unwrap_err().to_string();
        assert_eq!(error, "ENABLE_CODEX is \"maybe\"; say `true` or `false`, or unset it");
    }
}
