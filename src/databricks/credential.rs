//! Who calls.

use std::pin::Pin;

use super::failure::Failure;
use crate::domain::secret::Secret;

/// A bearer to come.
pub type Coming<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Gives bearers to those who call.
pub trait Credential: Send + Sync {
    /// The bearer to use now; an empty one is none, for servers that ask nobody who they are.
    fn bearer(&self) -> Coming<Result<Secret, Failure>>;

    /// Another one, since the workspace refused `refused`; `None`: there is no other.
    fn another(&self, refused: Secret) -> Coming<Option<Secret>>;
}

/// Itself and no other.
impl Credential for Secret {
    fn bearer(&self) -> Coming<Result<Secret, Failure>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }

    fn another(&self, _: Secret) -> Coming<Option<Secret>> {
        Box::pin(std::future::ready(None))
    }
}
