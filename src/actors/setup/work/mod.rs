//! The work of the steps, one file per kind: [`release`] and [`node`] fetch programs, [`npm`] and [`python`] let the
//! package managers install, [`agents`] writes what agents read, [`looks`] only look, [`registries`] tells npm about
//! mirrors, [`places`] makes folders and clones. What they share: [`ground`], where and with what they work; [`fetch`],
//! downloads; [`programs`], child processes.

mod agents;
mod fetch;
mod ground;
mod looks;
mod node;
mod npm;
mod places;
mod programs;
mod python;
mod registries;
mod release;

use std::sync::Arc;

use actix::Recipient;

use super::actor::missing;
use super::messages::Save;
use crate::domain::setup::{Failure, Outcome, Run, Step};

pub use ground::{Ground, Voice};

/// One run of a step.
#[derive(Clone)]
pub struct Work {
    ground: Arc<Ground>,
    step: Step,
    /// Even if all is right already.
    forced: bool,
    voice: Voice,
    save: Recipient<Save>,
}

/// How the work went: done, or nothing was to be done.
type Done = Result<Outcome, Failure>;

impl Work {
    pub fn new(ground: Arc<Ground>, step: Step, forced: bool, voice: Voice, save: Recipient<Save>) -> Work {
        Work { ground, step, forced, voice, save }
    }

    /// Does it within its time; what was started is gone when this ends or is dropped.
    pub async fn done(self) -> Outcome {
        let timeout = self.step.timeout;
        let done = match tokio::time::timeout(timeout, self.proved()).await {
            Ok(done) => done,
            Err(_) => Err(Failure::passing(format!(
                "it did not end within {} s; look at its output, and raise its `timeout_seconds` in \
                 .coda/setup.toml if it only takes long",
                timeout.as_secs()
            ))),
        };
        done.unwrap_or_else(|failure| {
            self.say(&failure.why);
            Outcome::Failed(failure)
        })
    }

    /// Whatever it says itself: without its product it has failed.
    async fn proved(&self) -> Done {
        let outcome = self.carried_out().await?;
        let (home, products) = (self.ground.home.clone(), self.step.produces.clone());
        let installs_elsewhere = matches!(outcome, Outcome::Right { .. });
        let gone = self.blocking(move || Ok(missing(&home, &products))).await?;
        if !gone.is_empty() && !installs_elsewhere {
            return Err(Failure::passing(format!("it ended well, but {} is not there", gone.join(", "))));
        }
        Ok(outcome)
    }

    async fn carried_out(&self) -> Done {
        match &self.step.run {
            Run::Git {} => looks::git(self).await,
            Run::Editors { names } => looks::editors(self, names).await,
            Run::Registries {} => registries::apply(self).await,
            Run::Release(release) => release::install(self, release).await,
            Run::Node {} => node::install(self).await,
            Run::Npm(npm) => npm::install(self, npm).await,
            Run::Python(python) => python::install(self, python).await,
            Run::Gateway {} => looks::gateway(self).await,
            Run::Databrickscfg {} => looks::databrickscfg(self).await,
            Run::Projects {} => places::projects(self).await,
            Run::Clone {} => places::clone(self).await,
            Run::Token {} => looks::token(self).await,
            Run::Configure { agent } => agents::configure(self, agent).await,
            Run::Command(command) => programs::command(self, command).await,
            Run::Wrong { why } => Err(Failure::last(why.clone())),
        }
    }

    fn say(&self, line: &str) {
        self.voice.say(line);
    }

    /// Work that blocks, in its place. What it says is wrong may go better another time.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => {
                done.map_err(|error| Failure::passing(format!("{error}; check the disk and the permissions")))
            }
            Err(_) => Err(Failure::passing("the step broke; look at the log of `coda serve`")),
        }
    }
}

/// Done, with this version.
fn with(version: impl Into<String>) -> Outcome {
    Outcome::Done { version: Some(version.into()) }
}

/// Nothing was to be done.
fn right(why: impl Into<String>) -> Outcome {
    Outcome::Right { why: why.into(), version: None }
}
