//! Whose credential it is. `GET /api/2.0/preview/scim/v2/Me`.

use std::time::Duration;

use serde::Deserialize;

use super::{Call, Credential, Failure, Workspace};

/// A person that waits for the answer gives up after this.
const PATIENCE: Duration = Duration::from_secs(10);

/// A person, or a service principal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// A person's e-mail address, or the application id of a service principal.
    pub user_name: String,
    #[serde(default)]
    pub display_name: String,
}

impl Workspace {
    /// Who the credential speaks for.
    pub async fn me(&self, who: &dyn Credential) -> Result<Person, Failure> {
        self.ask(who, Call::get("ask whose token this is", "/api/2.0/preview/scim/v2/Me").within(PATIENCE))
            .await
    }
}
