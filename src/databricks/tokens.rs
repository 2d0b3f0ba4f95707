//! Personal access tokens. `/api/2.0/token/…`

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Call, Class, Credential, Failure, Workspace};
use crate::domain::secret::Secret;

/// Rotation has its own pauses between tries.
const PATIENCE: Duration = Duration::from_secs(30);

/// A token that was made.
#[derive(Debug)]
pub struct Made {
    pub token: Secret,
    pub about: About,
}

/// What is known of a token but itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct About {
    pub token_id: String,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub creation_time: i64,
    /// Milliseconds since 1970; -1: never.
    #[serde(default = "never")]
    pub expiry_time: i64,
    #[serde(default)]
    pub comment: String,
}

fn never() -> i64 {
    -1
}

#[derive(Serialize)]
struct Create<'a> {
    comment: &'a str,
    lifetime_seconds: u64,
}

#[derive(Deserialize)]
struct Created {
    token_value: String,
    token_info: About,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    token_infos: Vec<About>,
}

#[derive(Serialize)]
struct Delete<'a> {
    token_id: &'a str,
}

impl Workspace {
    /// Makes a token of whoever `who` is.
    pub async fn create_token(
        &self,
        who: &dyn Credential,
        comment: &str,
        lifetime: Duration,
    ) -> Result<Made, Failure> {
        let body = Create { comment, lifetime_seconds: lifetime.as_secs() };
        let call = Call::post("create a token", "/api/2.0/token/create").json(&body).within(PATIENCE);
        let made: Created = self.ask(who, call).await?;
        Ok(Made { token: Secret::new(made.token_value), about: made.token_info })
    }

    /// The tokens of whoever `who` is that are valid.
    pub async fn tokens(&self, who: &dyn Credential) -> Result<Vec<About>, Failure> {
        let call = Call::get("list the tokens", "/api/2.0/token/list").within(PATIENCE);
        let list: List = self.ask(who, call).await?;
        Ok(list.token_infos)
    }

    /// Revokes a token; one that is not there any more counts as revoked.
    pub async fn revoke_token(&self, who: &dyn Credential, token_id: &str) -> Result<(), Failure> {
        let call = Call::post("revoke a token", "/api/2.0/token/delete").json(&Delete { token_id });
        match self.send(who, call.once().within(PATIENCE)).await {
            Err(failure) if failure.class != Class::Missing => Err(failure),
            _ => Ok(()),
        }
    }
}
