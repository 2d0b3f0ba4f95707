//! MLflow experiments, which are objects of the workspace too.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::{Call, text};
use crate::clock::Millis;
use crate::files::{self, Kind};
use crate::pages::Pages;
use crate::traces::Trace;
use crate::world::World;

#[derive(Debug)]
pub struct Experiment {
    pub id: String,
    pub name: String,
    pub artifacts: String,
    pub created: Millis,
    pub updated: Millis,
    pub deleted: bool,
    pub tags: BTreeMap<String, String>,
}

impl Experiment {
    fn shown(&self) -> Value {
        let tags: Vec<Value> =
            self.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        json!({
            "experiment_id": self.id,
            "name": self.name,
            "artifact_location": self.artifacts,
            "lifecycle_stage": if self.deleted { "deleted" } else { "active" },
            "creation_time": self.created,
            "last_update_time": self.updated,
            "tags": tags,
        })
    }
}

#[derive(Debug, Default)]
pub struct Experiments {
    list: Vec<Experiment>,
    /// By trace id.
    pub traces: BTreeMap<String, Trace>,
    /// Signed addresses that were given out, and whose artifact each is.
    pub signed: BTreeMap<String, String>,
    /// What came to `/api/2.0/otel/v1/traces`: table and size.
    pub spans: Vec<(String, usize)>,
}

impl Experiments {
    pub fn get(&self, id: &str) -> Option<&Experiment> {
        self.list.iter().find(|experiment| experiment.id == id)
    }

    fn get_mut(&mut self, id: &str) -> Result<&mut Experiment, Answer> {
        let found = self.list.iter_mut().find(|experiment| experiment.id == id);
        found.ok_or_else(|| Answer::missing(format!("Node ID {id} does not exist.")))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wish {
    name: String,
    new_name: String,
    experiment_id: String,
    artifact_location: Option<String>,
    tags: Vec<Tag>,
    key: String,
    value: String,
}

#[derive(Deserialize)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// `POST /api/2.0/mlflow/experiments/create`
pub fn create(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    let (name, _) = files::normal(&wish.name).map_err(|_| {
        let name = &wish.name;
        Answer::invalid(format!(
            "Got an invalid experiment name '{name}'. An experiment name must be an absolute path."
        ))
    })?;
    if world.experiments.list.iter().any(|experiment| experiment.name == name) {
        let message = format!("Node named '{name}' already exists");
        return Err(Answer::error(400, "RESOURCE_ALREADY_EXISTS", message));
    }
    let above = name.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
    if !world.files.workspace.is_folder(above) {
        return Err(Answer::missing(format!("Parent directory {above} does not exist.")));
    }
    world.check_write(call.who, &name)?;
    let id = world.ids.number().to_string();
    world.files.workspace.put(&name, Kind::Experiment(id.clone()), &mut world.ids, world.time);
    let artifacts = format!("dbfs:/databricks/mlflow-tracking/{id}");
    let caller = world.caller(call);
    let mut tags: BTreeMap<String, String> = wish.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    tags.insert("mlflow.ownerId".to_owned(), caller.id.0.to_string());
    tags.insert("mlflow.ownerEmail".to_owned(), caller.name.clone());
    tags.insert("mlflow.experiment.sourceName".to_owned(), name.clone());
    tags.insert("mlflow.experimentType".to_owned(), "MLFLOW_EXPERIMENT".to_owned());
    let now = world.now();
    world.grant_level(call.who, &format!("/experiments/{id}"), "CAN_MANAGE");
    world.experiments.list.push(Experiment {
        id: id.clone(),
        name,
        artifacts: wish.artifact_location.unwrap_or(artifacts),
        created: now,
        updated: now,
        deleted: false,
        tags,
    });
    Ok(json!({ "experiment_id": id }).into())
}

/// `GET /api/2.0/mlflow/experiments/get`
pub fn get(world: &mut World, call: &Call) -> Outcome {
    let id = call.needed("experiment_id")?;
    Ok(json!({ "experiment": world.experiments.get_mut(id)?.shown() }).into())
}

/// `GET /api/2.0/mlflow/experiments/get-by-name`
pub fn get_by_name(world: &mut World, call: &Call) -> Outcome {
    let asked = call.needed("experiment_name")?;
    let name = files::normal(asked).map(|(name, _)| name).unwrap_or_default();
    let found = world.experiments.list.iter().find(|experiment| experiment.name == name);
    let found = found.ok_or_else(|| Answer::missing(format!("Node {asked} does not exist.")))?;
    Ok(json!({ "experiment": found.shown() }).into())
}

/// `POST /api/2.0/mlflow/experiments/search`, and `GET`
pub fn search(world: &mut World, call: &Call) -> Outcome {
    let live = world.experiments.list.iter().filter(|experiment| !experiment.deleted);
    let live: Vec<Value> = live.map(Experiment::shown).collect();
    let mut call = call.clone();
    let body: Map<String, Value> = call.object()?;
    if let Some(token) = text(&body, "page_token") {
        call.query.push(("page_token".to_owned(), token.to_owned()));
    }
    Pages::read(world, &call)?.answer("experiments", live)
}

/// `POST /api/2.0/mlflow/experiments/update`
pub fn update(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    let now = world.now();
    let experiment = world.experiments.get_mut(&wish.experiment_id)?;
    experiment.name = wish.new_name;
    experiment.updated = now;
    Ok(json!({}).into())
}

/// `POST /api/2.0/mlflow/experiments/set-experiment-tag`
pub fn set_tag(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    let now = world.now();
    let experiment = world.experiments.get_mut(&wish.experiment_id)?;
    experiment.tags.insert(wish.key, wish.value);
    experiment.updated = now;
    Ok(json!({}).into())
}

/// `POST /api/2.0/mlflow/experiments/delete`
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    let experiment = world.experiments.get_mut(&wish.experiment_id)?;
    experiment.deleted = true;
    Ok(json!({}).into())
}
