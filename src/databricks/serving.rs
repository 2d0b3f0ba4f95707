//! Models that the workspace serves. `/api/2.0/serving-endpoints`

use serde::Deserialize;

use super::{Call, Credential, Failure, Workspace};

/// An endpoint with a model behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    pub name: String,
    pub state: State,
    /// `llm/v1/chat`, …
    pub task: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct State {
    /// `READY`, or another word.
    pub ready: String,
}

impl Endpoint {
    pub fn is_ready(&self) -> bool {
        self.state.ready == "READY"
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct List {
    endpoints: Vec<Endpoint>,
}

impl Workspace {
    pub async fn serving_endpoints(&self, who: &dyn Credential) -> Result<Vec<Endpoint>, Failure> {
        let list: List = self.ask(who, Call::get("list the models", "/api/2.0/serving-endpoints")).await?;
        Ok(list.endpoints)
    }
}
