//! MLflow's experiments. `/api/2.0/mlflow/experiments/…`

use serde::{Deserialize, Serialize};

use super::{Call, Class, Credential, Failure, Workspace};

#[derive(Serialize)]
struct New<'a> {
    name: &'a str,
}

#[derive(Deserialize)]
struct Made {
    experiment_id: String,
}

#[derive(Deserialize)]
struct Found {
    experiment: Made,
}

impl Workspace {
    /// The id of the experiment of this name, which is made if it is missing.
    pub async fn experiment(&self, who: &dyn Credential, name: &str) -> Result<String, Failure> {
        if let Some(id) = self.find_experiment(who, name).await? {
            return Ok(id);
        }
        let call =
            Call::post("create the experiment", "/api/2.0/mlflow/experiments/create").json(&New { name });
        match self.ask::<Made>(who, call).await {
            Ok(made) => Ok(made.experiment_id),
            // Somebody else was faster, or an earlier try of ours.
            Err(failure) if failure.class == Class::Exists => {
                self.find_experiment(who, name).await?.ok_or(failure)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn find_experiment(&self, who: &dyn Credential, name: &str) -> Result<Option<String>, Failure> {
        let path = "/api/2.0/mlflow/experiments/get-by-name";
        let call = Call::get("look for the experiment", path).with("experiment_name", name);
        match self.ask::<Found>(who, call).await {
            Ok(found) => Ok(Some(found.experiment.experiment_id)),
            Err(failure) if failure.class == Class::Missing => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
