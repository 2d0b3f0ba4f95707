//! Brings one trace to MLflow and looks whether it is there.

use std::sync::Arc;

use crate::databricks::{Class, Credential, Failure, Workspace};
use crate::domain::owner::Known;
use crate::domain::traces::{Proof, Turn, info, proof, spans};

/// Where traces go.
#[derive(Clone)]
pub(super) struct Place {
    pub server: Workspace,
    pub who: Arc<dyn Credential>,
    pub owner: Known,
    pub app: String,
}

/// Why a trace has not landed.
#[derive(Debug)]
pub(super) enum Unlanded {
    /// Another time it may: this is nothing about the trace.
    Later { why: String, soon: bool, forget_experiment: bool },
    /// It is the trace that MLflow does not take.
    Refused(String),
}

impl Place {
    /// The experiment's name; `None`: nobody knows yet whose instance this is.
    pub fn experiment_name(&self) -> Option<String> {
        Some(format!("/Users/{}/{}", self.owner.get()?.email, self.app))
    }

    /// The experiment's id; it is made if it is missing.
    pub async fn experiment(&self) -> Result<String, Unlanded> {
        let name = self.experiment_name().ok_or_else(|| Unlanded::Later {
            why: "nobody knows yet whose instance this is, and so where its traces belong".to_owned(),
            soon: true,
            forget_experiment: false,
        })?;
        let found = self.server.experiment(&*self.who, &name).await;
        found.map_err(|failure| later(&failure))
    }

    /// Brings a trace there and reads it back.
    pub async fn land(&self, turn: &Turn, experiment: &str) -> Result<(), Unlanded> {
        let (server, who) = (&self.server, &*self.who);
        let owner = self.owner.get().map(|owner| owner.email.clone()).unwrap_or_default();
        let place = server.put_trace(who, &info(turn, experiment, &owner)).await.map_err(unlanded)?;
        let document = spans(turn).to_string();
        server.put_spans(who, &place, document.into()).await.map_err(unlanded)?;
        let there = server.trace(who, &turn.trace()).await.map_err(|failure| later(&failure))?;
        let document = server.spans(who, &place).await.map_err(|failure| later(&failure))?;
        match proof(turn, &there, &document) {
            Proof::Landed => Ok(()),
            Proof::Differs(what) => {
                Err(Unlanded::Refused(format!("MLflow gave the trace back with {what} changed")))
            }
        }
    }
}

impl Unlanded {
    pub fn why(&self) -> &str {
        match self {
            Unlanded::Later { why, .. } | Unlanded::Refused(why) => why,
        }
    }
}

fn unlanded(failure: Failure) -> Unlanded {
    match failure.class {
        Class::Invalid => Unlanded::Refused(failure.to_string()),
        _ => later(&failure),
    }
}

fn later(failure: &Failure) -> Unlanded {
    Unlanded::Later {
        why: failure.to_string(),
        // A token is pasted when it is pasted.
        soon: failure.class == Class::Unauthenticated,
        forget_experiment: failure.class == Class::Missing,
    }
}
