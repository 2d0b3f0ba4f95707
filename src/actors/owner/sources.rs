//! Who may know the owner, besides the settings: the platform's record of this app, and the token it was started with.

use tokio::sync::watch;

use crate::actors::credentials::{Published, Standing};
use crate::databricks::oauth::Machine;
use crate::databricks::{Class, Workspace};
use crate::domain::lease::Origin;
use crate::domain::owner::{Answer, Asked, Source};

/// A description that begins so names the owner.
const NAMED: &str = "owner:";

/// The platform's record of this app: whom its description names, else who made it.
pub struct AppRecord {
    pub workspace: Workspace,
    /// The app's own service principal.
    pub machine: Machine,
    pub app: String,
}

impl Source for AppRecord {
    fn name(&self) -> &'static str {
        "the platform's record of the app"
    }

    fn ask(&self) -> Asked {
        let (workspace, machine, app) = (self.workspace.clone(), self.machine.clone(), self.app.clone());
        Box::pin(async move {
            match workspace.app(&machine, &app).await {
                Ok(app) => named_by(&app.description, &app.creator),
                Err(failure) if matches!(failure.class, Class::Missing | Class::Invalid) => Answer::Nobody,
                Err(failure) => Answer::Unavailable(failure.to_string()),
            }
        })
    }
}

fn named_by(description: &str, creator: &str) -> Answer {
    let named = description.trim().strip_prefix(NAMED).map(Answer::named);
    match named {
        Some(Answer::Found(email)) => Answer::Found(email),
        _ => Answer::named(creator),
    }
}

/// The person whose token the instance was started with. One that somebody pastes makes nobody the owner.
pub struct TokenOwner(pub watch::Receiver<Published>);

impl Source for TokenOwner {
    fn name(&self) -> &'static str {
        "the token the instance was started with"
    }

    fn ask(&self) -> Asked {
        let published = self.0.borrow();
        let answer = match &published.standing {
            Standing::Checking => Answer::Unavailable("the token is still being checked".to_owned()),
            Standing::Known { user, begun_with } if *begun_with != Origin::Pasted => Answer::named(user),
            Standing::Known { .. } | Standing::Nothing => Answer::Nobody,
        };
        Box::pin(std::future::ready(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_that_names_somebody_wins_over_the_creator() {
        let found = |email: &str| Answer::Found(email.to_owned());
        for (description, creator, answer) in [
            ("owner: Ann@X.com ", "sp@x.com", found("ann@x.com")),
            ("owner:", "Bob@x.com", found("bob@x.com")),
            ("my app", "Bob@x.com", found("bob@x.com")),
            ("", " ", Answer::Nobody),
        ] {
            assert_eq!(named_by(description, creator), answer, "{description:?} {creator:?}");
        }
    }
}
