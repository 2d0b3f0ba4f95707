//! Deployments.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::{Call, text};
use crate::pages::Pages;
use crate::world::World;

use super::app::Compute;
use super::requests::no_such_app;

/// `POST /api/2.0/apps/{name}/deployments`
pub fn create_deployment(world: &mut World, call: &Call) -> Outcome {
    let mut wish = call.object()?;
    wish.retain(|_, value| !value.is_null());
    let mut app = world.take_app(call.who, call.var(0))?;
    let before = world.shown_app(&app);
    let now = world.now();
    if !wish.contains_key("source_code_path")
        && let Some(last) = app.last.as_ref().and_then(|last| last.get("source_code_path"))
    {
        wish.insert("source_code_path".to_owned(), last.clone());
    }
    let refusal = if app.redeploying || app.pending.is_some() || now < app.busy_until {
        let name = &app.name;
        Some(format!("Cannot deploy app {name} as there is an active deployment in progress."))
    } else if app.compute != Compute::Active {
        let state = app.compute.name();
        Some(format!("App compute is in {state} state. Start the app compute to deploy the app."))
    } else if !wish.contains_key("source_code_path") && !wish.contains_key("git_source") {
        Some("source_code_path must be given for the first deployment.".to_owned())
    } else {
        None
    };
    if let Some(message) = refusal {
        world.put_app(app, None);
        return Err(Answer::bad_request(message));
    }
    match text(&wish, "mode").unwrap_or("SNAPSHOT") {
        mode @ ("SNAPSHOT" | "AUTO_SYNC") => {
            let mode = json!(mode);
            wish.insert("mode".to_owned(), mode);
        }
        other => {
            let message = format!("Unknown deployment mode: {other}");
            world.put_app(app, None);
            return Err(Answer::invalid(message));
        }
    }
    let creator = world.caller(call).name.clone();
    world.begin_deployment(&mut app, now, now, wish, &creator);
    app.updater = creator;
    app.updated = now;
    let application = world.principals.get(app.principal).name.clone();
    let shown = app.deployments.last().map(|deployment| deployment.shown(&application, true));
    world.put_app(app, Some(before));
    Ok(shown.unwrap_or_default().into())
}

/// `GET /api/2.0/apps/{name}/deployments/{deployment_id}`
pub fn get_deployment(world: &mut World, call: &Call) -> Outcome {
    let app = world.apps.get(call.var(0)).ok_or_else(|| no_such_app(call.var(0)))?;
    let deployment = app.deployment(call.var(1)).ok_or_else(|| {
        Answer::missing(format!("App deployment {} of app {} does not exist.", call.var(1), app.name))
    })?;
    Ok(deployment.shown(&world.principals.get(app.principal).name, false).into())
}

/// `GET /api/2.0/apps/{name}/deployments`, newest first
pub fn list_deployments(world: &mut World, call: &Call) -> Outcome {
    let app = world.apps.get(call.var(0)).ok_or_else(|| no_such_app(call.var(0)))?;
    let application = &world.principals.get(app.principal).name;
    let newest = app.deployments.iter().rev();
    let shown: Vec<Value> = newest.map(|deployment| deployment.shown(application, false)).collect();
    Pages::read(world, call)?.answer("app_deployments", shown)
}
