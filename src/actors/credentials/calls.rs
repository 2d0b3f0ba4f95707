//! Carries out what the lease wants done in the workspace, and says what came of it.

use std::time::Duration;

use crate::databricks::oauth::Machine;
use crate::databricks::tokens::About;
use crate::databricks::{Class, Failure, Workspace};
use crate::domain::lease::{Fact, Fault, Listed, Minted};
use crate::domain::secret::Secret;

/// The workspace, and the service principal that stands in for a person if that is wanted.
#[derive(Clone)]
pub struct Calls {
    pub workspace: Workspace,
    pub machine: Option<Machine>,
}

impl Calls {
    pub async fn check(self, bearer: Secret) -> Fact {
        let person = self.workspace.me(&bearer).await;
        Fact::Checked(person.map(|person| person.user_name).map_err(fault))
    }

    pub async fn mint(self, bearer: Option<Secret>, comment: String, lifetime: Duration) -> Fact {
        let made = match (bearer, &self.machine) {
            (Some(bearer), _) => self.personal(&bearer, &comment, lifetime).await,
            (None, Some(machine)) => {
                let fresh = machine.fresh().await;
                fresh.map(|(secret, lasts)| Minted { secret, id: None, lasts })
            }
            (None, None) => {
                Err(Failure::unasked("create a token", Class::Invalid, "there is nobody to ask as"))
            }
        };
        let perhaps = made.as_ref().is_err_and(|failure| failure.perhaps_done);
        Fact::Minted { made: made.map_err(fault), perhaps }
    }

    async fn personal(&self, bearer: &Secret, comment: &str, lifetime: Duration) -> Result<Minted, Failure> {
        let made = self.workspace.create_token(bearer, comment, lifetime).await?;
        // The workspace may give less than was asked for.
        let given = made
            .about
            .expiry_time
            .checked_sub(made.about.creation_time)
            .and_then(|ms| u64::try_from(ms).ok());
        let lasts = given.map_or(lifetime, |ms| lifetime.min(Duration::from_millis(ms)));
        Ok(Minted { secret: made.token, id: Some(made.about.token_id), lasts })
    }

    pub async fn see(self, bearer: Secret) -> Fact {
        Fact::Seen(self.list(&bearer).await)
    }

    pub async fn sweep(self, bearer: Secret) -> Fact {
        Fact::Swept(self.list(&bearer).await)
    }

    async fn list(&self, bearer: &Secret) -> Result<Vec<Listed>, Fault> {
        let listed = |token: About| Listed { id: token.token_id, comment: token.comment };
        let tokens = self.workspace.tokens(bearer).await.map_err(fault)?;
        Ok(tokens.into_iter().map(listed).collect())
    }

    pub async fn revoke(self, bearer: Secret, id: String) -> Fact {
        let gone = self.workspace.revoke_token(&bearer, &id).await.map_err(fault);
        Fact::Revoked { id, gone }
    }
}

/// What a failure means for a lease.
fn fault(failure: Failure) -> Fault {
    match failure.class {
        Class::Unauthenticated => Fault::Dead,
        Class::TooMany(pause) => Fault::Later(failure.message, pause),
        _ if failure.is_transient() => Fault::Later(failure.message, None),
        _ => Fault::Denied(failure.message),
    }
}
