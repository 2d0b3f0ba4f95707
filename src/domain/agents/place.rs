//! Where agents are to work: what their templates are filled with.

use super::definition::{Definition, Model};
use super::permissions::Permissions;
use crate::domain::secret::Secret;

/// Everything that the files of agents depend on.
#[derive(Debug, Clone)]
pub struct Place {
    /// The home directory, without links in it.
    pub home: String,
    /// The path of this program.
    pub coda: String,
    /// The workspace, as `https://…`.
    pub host: String,
    pub mode: Mode,
    /// Names of what is served; `None`: not known.
    pub served: Option<Vec<String>>,
    /// Variables that say which model: those that are set.
    pub said: Vec<(String, String)>,
    pub servers: Vec<Server>,
    /// Directories in which agents may do as they do.
    pub trusted: Vec<String>,
    /// What they may do unasked.
    pub permissions: Permissions,
    /// Skills: paths in the folder, and texts.
    pub skills: Vec<(String, String)>,
    pub instructions: String,
}

/// Whom agents talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// To us; the address, without a slash at the end.
    Gateway { url: String },
    /// To the models: their addresses, by vendor, and the token.
    Direct { bases: Bases, token: Secret },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bases {
    pub anthropic: String,
    pub openai: String,
    pub gemini: String,
    pub chat: String,
}

/// An MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub name: String,
    pub url: String,
}

impl Bases {
    /// Of a gateway that has a prefix for each vendor.
    pub fn below(url: &str) -> Bases {
        let below = |path: &str| format!("{url}/{path}");
        Bases {
            anthropic: below("anthropic"),
            openai: below("openai/v1"),
            gemini: below("gemini"),
            chat: below("mlflow/v1"),
        }
    }
}

impl Place {
    /// What a name in a template stands for.
    pub(super) fn value(&self, agent: &Definition, name: &str) -> Option<String> {
        let bases = || match &self.mode {
            Mode::Gateway { url } => Bases::below(url),
            Mode::Direct { bases, .. } => bases.clone(),
        };
        match (name, &self.mode) {
            ("home", _) => Some(self.home.clone()),
            ("coda", _) => Some(self.coda.clone()),
            ("host", _) => Some(self.host.clone()),
            ("permissions", _) => self.permissions.word().map(str::to_owned),
            ("anthropic", _) => Some(bases().anthropic),
            ("openai", _) => Some(bases().openai),
            ("gemini", _) => Some(bases().gemini),
            ("chat", _) => Some(bases().chat),
            ("gateway", Mode::Gateway { url }) => Some(url.clone()),
            ("token", Mode::Direct { token, .. }) => Some(token.expose().to_owned()),
            _ => agent.models.get(name).map(|model| self.model(model)),
        }
    }

    /// What somebody said, if it is served; else the first that is; and if nothing of it is, or nobody knows, what they
    /// said, or the first: then at least the error of the agent names it.
    fn model(&self, model: &Model) -> String {
        let said = model.variable.as_ref().and_then(|variable| {
            self.said.iter().find(|(name, _)| name == variable).map(|(_, value)| value.clone())
        });
        let wanted: Vec<String> = said.into_iter().chain(model.prefer.iter().cloned()).collect();
        let is_served = |name: &&String| self.served.as_ref().is_none_or(|served| served.contains(name));
        wanted.iter().find(is_served).or(wanted.first()).cloned().unwrap_or_default()
    }
}
