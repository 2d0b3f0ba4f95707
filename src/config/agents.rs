//! What agents are told of besides their models.

use serde::{Deserialize, Serialize};

use super::{ConfigError, Env};
use crate::domain::agents::Permissions;

/// MCP servers of agents, by their addresses, of which an empty one is not there; and what agents may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Agents {
    /// Whether those that belong to others are there at all.
    pub public_mcps: bool,
    pub deepwiki_mcp: String,
    pub exa_mcp: String,
    /// Without the `/mcp` at its end.
    pub team_memory_mcp: String,
    /// What they may do unasked.
    pub permissions: Permissions,
}

impl Default for Agents {
    fn default() -> Self {
        Agents {
            public_mcps: true,
            deepwiki_mcp: "https://mcp.deepwiki.com/mcp".to_owned(),
            exa_mcp: "https://mcp.exa.ai/mcp".to_owned(),
            team_memory_mcp: String::new(),
            permissions: Permissions::Profile,
        }
    }
}

impl Agents {
    /// Names and addresses of the servers that there are.
    pub fn servers(&self) -> Vec<(&'static str, String)> {
        let public = |url: &String| if self.public_mcps { url.clone() } else { String::new() };
        let team = self.team_memory_mcp.trim_end_matches('/');
        let team = if team.is_empty() { String::new() } else { format!("{team}/mcp") };
        let all =
            [("deepwiki", public(&self.deepwiki_mcp)), ("exa", public(&self.exa_mcp)), ("team-memory", team)];
        all.into_iter().filter(|(_, url)| !url.is_empty()).collect()
    }

    /// Variables over the file's keys. One that is set and empty takes its server away.
    pub(super) fn apply(&mut self, env: Env<'_>) -> Result<(), ConfigError> {
        for (name, url) in [
            ("DEEPWIKI_MCP_URL", &mut self.deepwiki_mcp),
            ("EXA_MCP_URL", &mut self.exa_mcp),
            ("TEAM_MEMORY_MCP_URL", &mut self.team_memory_mcp),
        ] {
            if let Some(value) = env(name) {
                *url = value.trim().to_owned();
            }
        }
        let said = env("ENABLE_PUBLIC_MCPS").map(|said| said.trim().to_ascii_lowercase());
        match said.as_deref() {
            None | Some("") => {}
            Some("true" | "1" | "yes" | "on") => self.public_mcps = true,
            Some("false" | "0" | "no" | "off") => self.public_mcps = false,
            Some(value) => {
                return Err(ConfigError::Invalid {
                    key: "ENABLE_PUBLIC_MCPS",
                    value: value.to_owned(),
                    remedy: "say `true` or `false`".to_owned(),
                });
            }
        }
        if let Some(said) = env("CODA_AUTO_MODE").filter(|said| !said.trim().is_empty()) {
            self.permissions = Permissions::read(said.trim()).ok_or_else(|| ConfigError::Invalid {
                key: "CODA_AUTO_MODE",
                value: said,
                remedy: "say `true`, `false` or one of the words that agents.permissions has".to_owned(),
            })?;
        }
        let wrong = [&self.deepwiki_mcp, &self.exa_mcp, &self.team_memory_mcp]
            .into_iter()
            .find(|url| !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://"));
        match wrong {
            None => Ok(()),
            Some(url) => Err(ConfigError::Invalid {
                key: "agents.*_mcp",
                value: url.clone(),
                remedy: "give an address that begins with https://, or leave it empty".to_owned(),
            }),
        }
    }
}
