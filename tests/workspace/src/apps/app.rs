//! One app and its deployments, and how the API shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::clock::{Millis, rfc3339};
use crate::faults::fits;
use crate::principals::PrincipalId;
use crate::settings::AppUrl;
use crate::world::World;

use super::machine::Agenda;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compute {
    Active,
    Deleting,
    Error,
    Starting,
    Stopped,
    Stopping,
    Updating,
}

impl Compute {
    pub fn name(self) -> &'static str {
        match self {
            Compute::Active => "ACTIVE",
            Compute::Deleting => "DELETING",
            Compute::Error => "ERROR",
            Compute::Starting => "STARTING",
            Compute::Stopped => "STOPPED",
            Compute::Stopping => "STOPPING",
            Compute::Updating => "UPDATING",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Compute::Active => "App compute is active.",
            Compute::Deleting => "App is being deleted.",
            Compute::Error => "App compute failed.",
            Compute::Starting => "App compute is starting.",
            Compute::Stopped => "App compute is stopped.",
            Compute::Stopping => "App compute is stopping.",
            Compute::Updating => "App compute is being updated.",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Deploying,
    Running,
    Crashed,
    Unavailable,
}

impl Status {
    fn shown(self) -> Value {
        let (state, message) = match self {
            Status::Deploying => ("DEPLOYING", "App is being deployed."),
            Status::Running => ("RUNNING", "App has status: App is running"),
            Status::Crashed => ("CRASHED", "App has crashed."),
            Status::Unavailable => ("UNAVAILABLE", "App status is unavailable."),
        };
        json!({ "state": state, "message": message })
    }
}

#[derive(Debug, Clone)]
pub struct Deployment {
    pub id: String,
    /// `IN_PROGRESS`, `SUCCEEDED`, `FAILED` or `CANCELLED`.
    pub state: &'static str,
    pub message: String,
    /// As it was asked for: source, mode, command, variables.
    pub wish: Map<String, Value>,
    pub creator: String,
    pub created: Millis,
    pub updated: Millis,
    pub end: DeploymentEnd,
}

impl Deployment {
    pub fn source(&self) -> Option<&str> {
        self.wish.get("source_code_path").and_then(Value::as_str)
    }

    /// The values of variables are told once, to whoever set them.
    pub fn shown(&self, application: &str, with_values: bool) -> Value {
        let mut wish = self.wish.clone();
        if !with_values && let Some(Value::Array(variables)) = wish.get_mut("env_vars") {
            for variable in variables.iter_mut() {
                *variable = json!({ "name": variable["name"] });
            }
        }
        let artifacts = format!("/Workspace/Users/{application}/src/{}", self.id);
        let mut shown = Value::Object(wish);
        shown["deployment_id"] = json!(self.id);
        shown["status"] = json!({ "state": self.state, "message": self.message });
        shown["create_time"] = json!(rfc3339(self.created));
        shown["update_time"] = json!(rfc3339(self.updated));
        shown["creator"] = json!(self.creator);
        if self.source().is_some() {
            shown["deployment_artifacts"] = json!({ "source_code_path": artifacts });
        }
        shown
    }
}

#[derive(Debug)]
pub struct App {
    pub name: String,
    pub id: String,
    pub oauth_client: String,
    pub oauth_integration: String,
    pub creator: String,
    pub updater: String,
    pub created: Millis,
    pub updated: Millis,
    /// The fields that can be changed, as they were asked for.
    pub spec: Map<String, Value>,
    pub compute: Compute,
    /// In place of the usual one.
    pub compute_message: Option<String>,
    pub status: Status,
    pub active: Option<String>,
    pub pending: Option<String>,
    /// A redeployment is coming that does not show yet.
    pub redeploying: bool,
    /// What the next start deploys again.
    pub last: Option<Map<String, Value>>,
    pub deployments: Vec<Deployment>,
    pub principal: PrincipalId,
    /// State and message of the latest asynchronous update.
    pub update: Option<(&'static str, String)>,
    /// No deployment is taken before.
    pub busy_until: Millis,
    /// Grows with every start, stop and delete; what was planned before one does not happen after it.
    pub turn: u64,
    /// How often compute has been started.
    pub starts: usize,
    /// Readers to whom it does not exist yet.
    pub missing_reads: u32,
    /// Readers who see it as it was, and how it was.
    pub stale: Option<(u32, Value)>,
}

impl App {
    pub fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.id == id)
    }

    pub fn deployment_mut(&mut self, id: &str) -> Option<&mut Deployment> {
        self.deployments.iter_mut().find(|deployment| deployment.id == id)
    }
}

/// How a deployment ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentEnd {
    #[default]
    Succeeds,
    /// The app that ran before goes on.
    Fails(String),
    /// It fails and the app is down.
    Crashes(String),
    Cancelled,
    /// It does not end.
    Stuck,
}

/// How a start of compute ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeEnd {
    #[default]
    Active,
    Error(String),
    Stuck,
}

/// What happens to the apps whose name fits: the first entry to the first deployment, and so on; after the last one
/// all goes well. The first script that fits an app counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// With `*` for anything.
    pub app: String,
    pub deployments: Vec<DeploymentEnd>,
    pub computes: Vec<ComputeEnd>,
}

#[derive(Debug, Default)]
pub struct Apps {
    pub list: BTreeMap<String, App>,
    pub scripts: Vec<Script>,
    pub agenda: Agenda,
}

impl Apps {
    pub fn get(&self, name: &str) -> Option<&App> {
        self.list.get(name)
    }

    fn script(&self, name: &str) -> Option<&Script> {
        self.scripts.iter().find(|script| fits(&script.app, name))
    }

    pub fn deployment_end(&self, name: &str, nth: usize) -> DeploymentEnd {
        self.script(name).and_then(|script| script.deployments.get(nth).cloned()).unwrap_or_default()
    }

    pub fn compute_end(&self, name: &str, nth: usize) -> ComputeEnd {
        self.script(name).and_then(|script| script.computes.get(nth).cloned()).unwrap_or_default()
    }
}

impl World {
    pub fn app_url(&self, name: &str) -> String {
        let host = format!("{name}-{}.aws.databricksapps.com", self.settings.workspace_id);
        match self.settings.app_url {
            AppUrl::Platform => format!("https://{host}"),
            AppUrl::Bare => host,
            AppUrl::Here => format!("{}/_apps/{name}", self.base),
        }
    }

    /// An app as `GET` shows it.
    pub fn shown_app(&self, app: &App) -> Value {
        let principal = self.principals.get(app.principal);
        let message = app.compute_message.as_deref().unwrap_or_else(|| app.compute.message());
        let mut shown = Value::Object(app.spec.clone());
        let scopes = app.spec.get("user_api_scopes").and_then(Value::as_array).cloned().unwrap_or_default();
        let own = ["iam.access-control:read", "iam.current-user:read"].map(Value::from);
        let effective: Vec<Value> = own.into_iter().chain(scopes).collect();
        let fields = json!({
            "name": app.name,
            "id": app.id,
            "url": self.app_url(&app.name),
            "creator": app.creator,
            "create_time": rfc3339(app.created),
            "updater": app.updater,
            "update_time": rfc3339(app.updated),
            "app_status": app.status.shown(),
            "compute_status": { "state": app.compute.name(), "message": message },
            "effective_user_api_scopes": effective,
            "forward_user_access_token": true,
            "service_principal_client_id": principal.name,
            "service_principal_id": principal.id.0,
            "service_principal_name": principal.display,
            "oauth2_app_client_id": app.oauth_client,
            "oauth2_app_integration_id": app.oauth_integration,
        });
        for (name, value) in fields.as_object().cloned().unwrap_or_default() {
            shown[name] = value;
        }
        if shown.get("compute_size").is_none() {
            shown["compute_size"] = json!("MEDIUM");
        }
        for (name, id) in [("active_deployment", &app.active), ("pending_deployment", &app.pending)] {
            if let Some(deployment) = id.as_ref().and_then(|id| app.deployment(id)) {
                shown[name] = deployment.shown(&principal.name, false);
            }
        }
        if let Some(source) = app.last.as_ref().and_then(|last| last.get("source_code_path")) {
            shown["default_source_code_path"] = source.clone();
        }
        shown
    }
}
