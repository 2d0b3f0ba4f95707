//! What happens to apps by itself: compute comes up and goes down, deployments and updates end.

use serde_json::{Map, Value};

use crate::clock::Millis;
use crate::files::{Kind, normal};
use crate::world::World;

use super::app::{App, Compute, ComputeEnd, Deployment, DeploymentEnd, Status};

/// The platform takes no larger file as a part of a source.
const LARGEST_FILE: usize = 10 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    ComputeStarted,
    ComputeStopped,
    Gone,
    /// The redeployment that a start brings along shows.
    RedeployShows,
    DeploymentEnds(String),
    UpdateEnds(Map<String, Value>),
}

#[derive(Debug)]
struct Planned {
    at: Millis,
    number: u64,
    app: String,
    /// The app's turn when this was planned.
    turn: u64,
    event: Event,
}

#[derive(Debug, Default)]
pub struct Agenda {
    planned: Vec<Planned>,
    next: u64,
}

impl Agenda {
    pub fn plan(&mut self, at: Millis, app: &App, event: Event) {
        self.next += 1;
        self.planned.push(Planned { at, number: self.next, app: app.name.clone(), turn: app.turn, event });
    }

    /// The earliest that is due; of two at the same time the one that was planned first.
    fn due(&mut self, now: Millis) -> Option<Planned> {
        let due = self.planned.iter().enumerate().filter(|(_, planned)| planned.at <= now);
        let (at, _) = due.min_by_key(|(_, planned)| (planned.at, planned.number))?;
        Some(self.planned.remove(at))
    }
}

impl World {
    /// Lets happen, in the order of time, what was due until now.
    pub fn settle_apps(&mut self) {
        while let Some(planned) = self.apps.agenda.due(self.time) {
            let Some(mut app) = self.apps.list.remove(&planned.app) else { continue };
            let holds = app.turn == planned.turn;
            let kept = !holds || self.happen(&mut app, planned.at, planned.event);
            if kept {
                self.apps.list.insert(planned.app, app);
            } else {
                self.permissions.forget(&format!("/apps/{}", app.name));
            }
        }
    }

    /// Whether the app still exists afterwards.
    fn happen(&mut self, app: &mut App, at: Millis, event: Event) -> bool {
        match event {
            Event::Gone => return false,
            Event::ComputeStarted => self.compute_started(app, at),
            Event::ComputeStopped => {
                app.compute = Compute::Stopped;
                app.compute_message = Some("Start the app compute to deploy the app.".to_owned());
            }
            Event::RedeployShows => {
                if let Some(wish) = app.last.clone().filter(|_| app.redeploying) {
                    let creator = app.updater.clone();
                    // What is deployed needs compute first.
                    let ready = if app.compute == Compute::Active {
                        at
                    } else {
                        at + self.settings.delays.compute_start
                    };
                    self.begin_deployment(app, at, ready, wish, &creator);
                }
                app.redeploying = false;
            }
            Event::DeploymentEnds(id) => self.deployment_ends(app, &id, at),
            Event::UpdateEnds(fields) => {
                for (name, value) in fields {
                    if value.is_null() {
                        app.spec.remove(&name);
                    } else {
                        app.spec.insert(name, value);
                    }
                }
                app.update = Some(("SUCCEEDED", "App updated.".to_owned()));
                app.updated = at;
                if app.compute == Compute::Updating {
                    app.compute = Compute::Active;
                }
            }
        }
        true
    }

    /// Whether there was a running app to crash.
    pub fn crash_app(&mut self, name: &str) -> bool {
        let app = self.apps.list.get_mut(name).filter(|app| app.status == Status::Running);
        app.map(|app| app.status = Status::Crashed).is_some()
    }

    fn compute_started(&mut self, app: &mut App, at: Millis) {
        match self.apps.compute_end(&app.name, app.starts) {
            ComputeEnd::Stuck => return,
            ComputeEnd::Error(message) => {
                app.compute = Compute::Error;
                app.compute_message = Some(message);
                app.redeploying = false;
                cancel_pending(app, at);
                return;
            }
            ComputeEnd::Active => {}
        }
        app.starts += 1;
        app.compute = Compute::Active;
        app.compute_message = None;
        if app.pending.is_some() {
            app.status = Status::Deploying;
        } else if app.last.is_none() && !app.redeploying {
            // The platform's own sample runs until something is deployed.
            let id = self.ids.ordered(at);
            let creator = app.creator.clone();
            app.deployments.push(Deployment {
                id: id.clone(),
                state: "SUCCEEDED",
                message: "Deployment succeeded".to_owned(),
                wish: Map::from_iter([("mode".to_owned(), Value::from("SNAPSHOT"))]),
                creator,
                created: at,
                updated: at,
                end: DeploymentEnd::Succeeds,
            });
            app.active = Some(id);
            app.status = Status::Running;
        }
    }

    /// Adds a pending deployment that ends some time after `ready`.
    pub fn begin_deployment(
        &mut self,
        app: &mut App,
        at: Millis,
        ready: Millis,
        wish: Map<String, Value>,
        creator: &str,
    ) {
        let asked = app.deployments.iter().filter(|deployment| deployment.source().is_some()).count();
        let mut end = self.apps.deployment_end(&app.name, asked);
        if end == DeploymentEnd::Succeeds
            && self.settings.check_source
            && let Some(wrong) = self.wrong_source(&wish)
        {
            end = DeploymentEnd::Fails(wrong);
        }
        let id = self.ids.ordered(at);
        if end != DeploymentEnd::Stuck {
            let due = ready + self.settings.delays.deployment;
            self.apps.agenda.plan(due, app, Event::DeploymentEnds(id.clone()));
        }
        app.deployments.push(Deployment {
            id: id.clone(),
            state: "IN_PROGRESS",
            message: "Preparing source code for new app deployment.".to_owned(),
            wish,
            creator: creator.to_owned(),
            created: at,
            updated: at,
            end,
        });
        app.pending = Some(id);
        if app.compute == Compute::Active {
            app.status = Status::Deploying;
        }
    }

    /// What the platform would not take of a source.
    fn wrong_source(&self, wish: &Map<String, Value>) -> Option<String> {
        let source = wish.get("source_code_path").and_then(Value::as_str)?;
        let Ok((path, _)) = normal(source) else {
            return Some(format!("Invalid source code path {source}."));
        };
        let tree = if path.starts_with("/Volumes/") { &self.files.volumes } else { &self.files.workspace };
        if !tree.is_folder(&path) {
            return Some(format!("Source code path {source} does not exist."));
        }
        let large = tree
            .below(&path)
            .find(|(_, node)| matches!(&node.kind, Kind::File(bytes) if bytes.len() > LARGEST_FILE));
        large.map(|(path, _)| format!("{path}: File is larger than {LARGEST_FILE} bytes"))
    }

    fn deployment_ends(&mut self, app: &mut App, id: &str, at: Millis) {
        let Some(deployment) = app.deployment_mut(id).filter(|found| found.state == "IN_PROGRESS") else {
            return;
        };
        deployment.updated = at;
        let (state, message) = match &deployment.end {
            DeploymentEnd::Stuck => return,
            DeploymentEnd::Succeeds => ("SUCCEEDED", "Deployment succeeded".to_owned()),
            DeploymentEnd::Fails(message) | DeploymentEnd::Crashes(message) => ("FAILED", message.clone()),
            DeploymentEnd::Cancelled => ("CANCELLED", "Deployment was cancelled".to_owned()),
        };
        deployment.state = state;
        deployment.message = message;
        let crashed = matches!(deployment.end, DeploymentEnd::Crashes(_));
        let wish = deployment.wish.clone();
        app.pending = None;
        if state == "SUCCEEDED" {
            app.active = Some(id.to_owned());
            app.last = Some(wish);
            app.status = Status::Running;
            return;
        }
        app.busy_until = at + self.settings.delays.busy_after_failure;
        app.status = match (crashed, &app.active) {
            (true, _) => Status::Crashed,
            (false, Some(_)) => Status::Running,
            (false, None) => Status::Unavailable,
        };
    }
}

/// Stop, delete and failed compute end what is under way.
pub fn cancel_pending(app: &mut App, at: Millis) {
    let Some(id) = app.pending.take() else { return };
    if let Some(deployment) = app.deployment_mut(&id) {
        deployment.state = "CANCELLED";
        deployment.message = "Deployment was cancelled".to_owned();
        deployment.updated = at;
    }
}
