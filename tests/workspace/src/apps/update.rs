//! Changing an app: at once and as a whole, or field by field and later.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::principals::PrincipalId;
use crate::world::World;

use super::app::Compute;
use super::machine::Event;
use super::requests::{check_description, no_such_app};

/// The fields that can be asked for; `update_mask` knows them.
const FIELDS: [&str; 11] = [
    "description",
    "budget_policy_id",
    "usage_policy_id",
    "resources",
    "user_api_scopes",
    "forward_user_access_token",
    "compute_size",
    "compute_min_instances",
    "compute_max_instances",
    "git_repository",
    "telemetry_export_destinations",
];
const SIZES: [&str; 3] = ["MEDIUM", "LARGE", "XLARGE"];

/// Of a body, the fields that can be changed, once they are all right.
pub fn wanted(
    world: &World,
    who: PrincipalId,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, Answer> {
    check_description(body)?;
    if let Some(size) = body.get("compute_size")
        && !size.as_str().is_some_and(|size| SIZES.contains(&size))
    {
        return Err(Answer::invalid(format!("Unknown compute size: {size}")));
    }
    world.check_resources(who, body)?;
    let some = body.iter().filter(|(name, value)| FIELDS.contains(&name.as_str()) && !value.is_null());
    Ok(some.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// `PATCH /api/2.0/apps/{name}`: what is left out is cleared.
pub fn replace(world: &mut World, call: &Call) -> Outcome {
    let body = call.object()?;
    let mut spec = wanted(world, call.who, &body)?;
    let mut app = world.take_app(call.who, call.var(0))?;
    let before = world.shown_app(&app);
    let size = before["compute_size"].clone();
    if spec.get("compute_size").is_some_and(|wanted| *wanted != size) {
        world.put_app(app, None);
        return Err(Answer::invalid(
            "Compute size updates are not supported in this update API. Please use the new update API instead.",
        ));
    }
    spec.insert("compute_size".to_owned(), size);
    app.spec = spec;
    app.updater = world.caller(call).name.clone();
    app.updated = world.now();
    let shown = world.shown_app(&app);
    world.give_resources(&app);
    world.put_app(app, Some(before));
    Ok(shown.into())
}

#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    app: Map<String, Value>,
    #[serde(default)]
    update_mask: String,
}

/// `POST /api/2.0/apps/{name}/update`: the fields of the mask, each as a whole, when it is done.
pub fn begin_update(world: &mut World, call: &Call) -> Outcome {
    let Wish { app: body, update_mask } = call.body()?;
    let spec = wanted(world, call.who, &body)?;
    let mut fields = Map::new();
    for field in update_mask.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        if !FIELDS.contains(&field) {
            return Err(Answer::invalid(format!("Unknown field in update_mask: {field}")));
        }
        fields.insert(field.to_owned(), spec.get(field).cloned().unwrap_or(Value::Null));
    }
    if fields.is_empty() {
        return Err(Answer::invalid("update_mask must not be empty."));
    }
    let mut app = world.take_app(call.who, call.var(0))?;
    let before = world.shown_app(&app);
    if fields.contains_key("compute_size") && app.compute == Compute::Active {
        app.compute = Compute::Updating;
    }
    app.update = Some(("IN_PROGRESS", "App update is in progress.".to_owned()));
    app.updater = world.caller(call).name.clone();
    let due = world.now() + world.settings.delays.update;
    app.spec
        .extend(fields.iter().filter(|(name, _)| *name == "resources").map(|(n, v)| (n.clone(), v.clone())));
    world.give_resources(&app);
    world.apps.agenda.plan(due, &app, Event::UpdateEnds(fields));
    world.put_app(app, Some(before));
    Ok(json!({ "status": { "state": "IN_PROGRESS", "message": "App update is in progress." } }).into())
}

/// `GET /api/2.0/apps/{name}/update`
pub fn get_update(world: &mut World, call: &Call) -> Outcome {
    let app = world.apps.get(call.var(0)).ok_or_else(|| no_such_app(call.var(0)))?;
    let Some((state, message)) = &app.update else {
        return Ok(json!({ "status": { "state": "NOT_UPDATED" } }).into());
    };
    let mut answer = json!({ "status": { "state": state, "message": message } });
    for (name, value) in &app.spec {
        answer[name] = value.clone();
    }
    Ok(answer.into())
}
