//! Create, read, delete, start and stop.

use serde_json::{Map, Value};

use crate::answer::{Answer, Outcome};
use crate::call::{Call, text};
use crate::pages::Pages;
use crate::principals::PrincipalId;
use crate::world::World;

use super::app::{App, Compute, Status};
use super::machine::{Event, cancel_pending};
use super::update::wanted;

const NAME_LENGTH: std::ops::RangeInclusive<usize> = 2..=30;

impl World {
    /// The app, when it exists and the caller may change it; taken out of the list until it is put back.
    pub fn take_app(&mut self, who: PrincipalId, name: &str) -> Result<App, Answer> {
        if self.apps.get(name).is_none() {
            return Err(no_such_app(name));
        }
        if !self.may_manage(who, &format!("/apps/{name}")) {
            let caller = &self.principals.get(who).name;
            return Err(Answer::denied(format!("{caller} does not have Manage permissions on app {name}.")));
        }
        self.apps.list.remove(name).ok_or_else(|| no_such_app(name))
    }

    /// Puts a changed app back. Some readers go on seeing it as it was.
    pub fn put_app(&mut self, mut app: App, before: Option<Value>) {
        let reads = self.settings.consistency.stale_reads;
        if let Some(before) = before.filter(|_| reads > 0) {
            app.stale = Some((reads, before));
        }
        self.apps.list.insert(app.name.clone(), app);
    }

    pub fn may_visit(&self, who: PrincipalId, name: &str) -> bool {
        let key = format!("/apps/{name}");
        self.may_manage(who, &key) || self.has_level(who, &key, "CAN_USE")
    }
}

pub fn no_such_app(name: &str) -> Answer {
    Answer::missing(format!("App with name {name} does not exist or is deleted."))
}

/// `POST /api/2.0/apps?no_compute=`
pub fn create(world: &mut World, call: &Call) -> Outcome {
    let body = call.object()?;
    let name = text(&body, "name").unwrap_or_default().to_owned();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !NAME_LENGTH.contains(&name.len()) || !name.chars().all(plain) {
        return Err(Answer::invalid(format!(
            "App name '{name}' must be 2-30 characters and contain only lowercase letters, numbers, and hyphens."
        )));
    }
    if world.apps.get(&name).is_some() {
        let message = format!("An app with the same name already exists: {name}");
        return Err(Answer::error(409, "RESOURCE_ALREADY_EXISTS", message));
    }
    if world.apps.list.len() >= world.settings.app_limit {
        let limit = world.settings.app_limit;
        let message = format!("The workspace has reached its limit of {limit} apps.");
        return Err(Answer::error(400, "QUOTA_EXCEEDED", message));
    }
    let spec = wanted(world, call.who, &body)?;
    let app = new_app(world, call, name, spec);
    let shown = world.shown_app(&app);
    world.grant_level(call.who, &format!("/apps/{}", app.name), "CAN_MANAGE");
    world.give_resources(&app);
    world.put_app(app, None);
    Ok(shown.into())
}

fn new_app(world: &mut World, call: &Call, name: String, spec: Map<String, Value>) -> App {
    let suffix = world.ids.hex("app", 6);
    let principal = world.robot(&format!("app-{suffix} {name}"), world.settings.delays.principal);
    let creator = world.caller(call).name.clone();
    let now = world.now();
    let mut app = App {
        id: world.ids.uuid("app"),
        oauth_client: world.ids.uuid("oauth app"),
        oauth_integration: world.ids.uuid("oauth integration"),
        updater: creator.clone(),
        name,
        creator,
        created: now,
        updated: now,
        spec,
        compute: Compute::Stopped,
        compute_message: None,
        status: Status::Unavailable,
        active: None,
        pending: None,
        redeploying: false,
        last: None,
        deployments: Vec::new(),
        principal,
        update: None,
        busy_until: 0,
        // Turns of an app that had this name before do not come again.
        turn: world.ids.number(),
        starts: 0,
        missing_reads: world.settings.consistency.missing_reads,
        stale: None,
    };
    if !call.flag("no_compute") {
        app.compute = Compute::Starting;
        let due = now + world.settings.delays.compute_start;
        world.apps.agenda.plan(due, &app, Event::ComputeStarted);
    }
    app
}

/// `GET /api/2.0/apps/{name}`; one that is being deleted shows too.
pub fn get(world: &mut World, call: &Call) -> Outcome {
    let name = call.var(0);
    if !world.may_visit(call.who, name) {
        let exists = world.apps.get(name).is_some();
        let denied = || Answer::denied(format!("User does not have permission to view app {name}."));
        return Err(if exists { denied() } else { no_such_app(name) });
    }
    let Some(app) = world.apps.list.get_mut(name) else { return Err(no_such_app(name)) };
    if app.missing_reads > 0 {
        app.missing_reads -= 1;
        return Err(no_such_app(name));
    }
    if let Some((reads, before)) = &mut app.stale {
        *reads -= 1;
        let before = before.clone();
        if *reads == 0 {
            app.stale = None;
        }
        return Ok(before.into());
    }
    let app = world.apps.get(name).ok_or_else(|| no_such_app(name))?;
    Ok(world.shown_app(app).into())
}

/// `GET /api/2.0/apps`
pub fn list(world: &mut World, call: &Call) -> Outcome {
    let seen = world.apps.list.values().filter(|app| world.may_visit(call.who, &app.name));
    let seen: Vec<Value> =
        seen.filter(|app| app.missing_reads == 0).map(|app| world.shown_app(app)).collect();
    Pages::read(world, call)?.answer("apps", seen)
}

/// `DELETE /api/2.0/apps/{name}`
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let mut app = world.take_app(call.who, call.var(0))?;
    if app.compute == Compute::Deleting {
        let name = app.name.clone();
        world.put_app(app, None);
        return Err(Answer::bad_request(format!(
            "Cannot delete app {name} as it is not terminal with state DELETING, and was updated less than 20 minutes \
             ago. Please wait before trying again."
        )));
    }
    let now = world.now();
    cancel_pending(&mut app, now);
    app.turn += 1;
    app.compute = Compute::Deleting;
    app.compute_message = None;
    app.status = Status::Unavailable;
    app.updated = now;
    world.apps.agenda.plan(now + world.settings.delays.app_delete, &app, Event::Gone);
    let shown = world.shown_app(&app);
    world.put_app(app, None);
    Ok(shown.into())
}

/// `POST /api/2.0/apps/{name}/start`: compute is `STARTING` before the answer; what was deployed last is deployed
/// again, which does not show yet.
pub fn start(world: &mut World, call: &Call) -> Outcome {
    let mut app = world.take_app(call.who, call.var(0))?;
    let before = world.shown_app(&app);
    if !matches!(app.compute, Compute::Stopped | Compute::Error) {
        return Err(refused(world, app, "start"));
    }
    let now = world.now();
    let delays = world.settings.delays.clone();
    app.turn += 1;
    app.compute = Compute::Starting;
    app.compute_message = None;
    app.updater = world.caller(call).name.clone();
    world.apps.agenda.plan(now + delays.compute_start, &app, Event::ComputeStarted);
    if app.last.is_some() {
        app.redeploying = true;
        world.apps.agenda.plan(now + delays.redeploy_shows, &app, Event::RedeployShows);
    }
    let shown = world.shown_app(&app);
    world.put_app(app, Some(before));
    Ok(shown.into())
}

/// `POST /api/2.0/apps/{name}/stop`: no deployment shows any more, but the next start remembers.
pub fn stop(world: &mut World, call: &Call) -> Outcome {
    let mut app = world.take_app(call.who, call.var(0))?;
    let before = world.shown_app(&app);
    if !matches!(app.compute, Compute::Active | Compute::Starting | Compute::Error | Compute::Updating) {
        return Err(refused(world, app, "stop"));
    }
    let now = world.now();
    cancel_pending(&mut app, now);
    app.turn += 1;
    app.redeploying = false;
    app.active = None;
    app.compute = Compute::Stopping;
    app.compute_message = None;
    app.status = Status::Unavailable;
    app.updater = world.caller(call).name.clone();
    world.apps.agenda.plan(now + world.settings.delays.compute_stop, &app, Event::ComputeStopped);
    let shown = world.shown_app(&app);
    world.put_app(app, Some(before));
    Ok(shown.into())
}

fn refused(world: &mut World, app: App, what: &str) -> Answer {
    let message = format!("Cannot {what} app {} as it is already in {} state.", app.name, app.compute.name());
    world.put_app(app, None);
    Answer::bad_request(message)
}

/// What `PATCH` and `create` refuse of a description.
pub fn check_description(body: &Map<String, Value>) -> Result<(), Answer> {
    let long = text(body, "description").is_some_and(|text| text.chars().count() > 500);
    if long { Err(Answer::invalid("App description must be at most 500 characters.")) } else { Ok(()) }
}
