//! The token for those who call the workspace: always the current one.

use std::time::Duration;

use actix::prelude::*;
use tokio::sync::watch;

use super::messages::Doubt;
use crate::databricks::{Class, Coming, Credential, Failure};
use crate::domain::lease::Origin;
use crate::domain::secret::Secret;

/// How long a caller whose token was refused waits for another.
const RENEWAL: Duration = Duration::from_secs(10);

/// What everybody may read at any time, without asking the actor.
#[derive(Debug, Clone, Default)]
pub struct Published {
    pub token: Option<Secret>,
    pub standing: Standing,
}

/// How far the lease is, as the search for the owner needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Nothing,
    Checking,
    Known {
        user: String,
        /// Of the first token, not of its successors.
        begun_with: Origin,
    },
}

/// Calls as whoever the lease speaks for.
#[derive(Clone)]
pub struct Bearer {
    published: watch::Receiver<Published>,
    doubts: Recipient<Doubt>,
}

impl Bearer {
    pub fn new(published: watch::Receiver<Published>, doubts: Recipient<Doubt>) -> Bearer {
        Bearer { published, doubts }
    }

    /// The current token, if there is one.
    pub fn now(&self) -> Option<Secret> {
        self.published.borrow().token.clone()
    }
}

impl Credential for Bearer {
    fn bearer(&self) -> Coming<Result<Secret, Failure>> {
        let none =
            || Failure::unasked("call the workspace", Class::Unauthenticated, "there is no token; paste one");
        Box::pin(std::future::ready(self.now().ok_or_else(none)))
    }

    fn another(&self, refused: Secret) -> Coming<Option<Secret>> {
        let mut published = self.published.clone();
        self.doubts.do_send(Doubt(refused.clone()));
        Box::pin(async move {
            let other = |published: &Published| published.token.as_ref() != Some(&refused);
            let published = tokio::time::timeout(RENEWAL, published.wait_for(other)).await.ok()?.ok()?;
            published.token.clone()
        })
    }
}
