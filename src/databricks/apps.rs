//! Apps and their deployments. `/api/2.0/apps/…`
//!
//! A state of a word we do not know is [`None`]-like ([`Compute::Other`]): new words must not break anything.

use serde::{Deserialize, Serialize};

use super::call::segment;
use super::{Call, Credential, Failure, Workspace};

/// Entries that a page of a list should have.
const PAGE: u32 = 100;
/// Pages that are read at most; a list that never ends is cut.
const MOST_PAGES: usize = 200;

/// An app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct App {
    pub name: String,
    pub description: String,
    /// Sometimes without its scheme.
    pub url: String,
    /// E-mail address of whoever made it.
    pub creator: String,
    pub compute_status: State<Compute>,
    pub app_status: State<Running>,
    pub active_deployment: Option<Deployment>,
    pub pending_deployment: Option<Deployment>,
    /// Application id of the app's service principal.
    pub service_principal_client_id: String,
}

/// A state with what the platform says about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct State<T> {
    pub state: T,
    pub message: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compute {
    Active,
    Deleting,
    Error,
    Starting,
    Stopped,
    Stopping,
    Updating,
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Running {
    Deploying,
    Running,
    Crashed,
    Unavailable,
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Deployment {
    pub deployment_id: String,
    pub source_code_path: String,
    pub status: State<Progress>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Progress {
    InProgress,
    Succeeded,
    Failed,
    Cancelled,
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Serialize)]
struct New<'a> {
    name: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct Source<'a> {
    source_code_path: &'a str,
    mode: &'a str,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Page {
    apps: Vec<App>,
    next_page_token: String,
}

impl Workspace {
    pub async fn app(&self, who: &dyn Credential, name: &str) -> Result<App, Failure> {
        self.ask(who, Call::get("look at the app", path(name, ""))).await
    }

    /// All apps. Pages may be empty; only a missing token ends the list.
    pub async fn apps(&self, who: &dyn Credential) -> Result<Vec<App>, Failure> {
        let mut apps = Vec::new();
        let mut token = String::new();
        for _ in 0..MOST_PAGES {
            let call = Call::get("list the apps", "/api/2.0/apps").with("page_size", PAGE);
            let call = if token.is_empty() { call } else { call.with("page_token", &token) };
            let page: Page = self.ask(who, call).await?;
            apps.extend(page.apps);
            if page.next_page_token.is_empty() {
                break;
            }
            token = page.next_page_token;
        }
        Ok(apps)
    }

    /// Asks for a new app; it is made when its compute is active.
    pub async fn create_app(
        &self,
        who: &dyn Credential,
        name: &str,
        description: &str,
    ) -> Result<App, Failure> {
        self.ask(who, Call::post("create the app", "/api/2.0/apps").json(&New { name, description })).await
    }

    pub async fn delete_app(&self, who: &dyn Credential, name: &str) -> Result<(), Failure> {
        self.send(who, Call::delete("delete the app", path(name, ""))).await.map(drop)
    }

    pub async fn start_app(&self, who: &dyn Credential, name: &str) -> Result<App, Failure> {
        self.ask(who, Call::post("start the app", path(name, "/start")).json(&Empty {})).await
    }

    pub async fn stop_app(&self, who: &dyn Credential, name: &str) -> Result<App, Failure> {
        self.ask(who, Call::post("stop the app", path(name, "/stop")).json(&Empty {}).once()).await
    }

    /// Asks for a deployment of a folder in the workspace.
    pub async fn deploy_app(
        &self,
        who: &dyn Credential,
        name: &str,
        folder: &str,
    ) -> Result<Deployment, Failure> {
        let source = Source { source_code_path: folder, mode: "SNAPSHOT" };
        self.ask(who, Call::post("deploy the app", path(name, "/deployments")).json(&source)).await
    }

    pub async fn deployment(
        &self,
        who: &dyn Credential,
        name: &str,
        id: &str,
    ) -> Result<Deployment, Failure> {
        let path = path(name, &format!("/deployments/{}", segment(id)));
        self.ask(who, Call::get("look at the deployment", path)).await
    }
}

#[derive(Serialize)]
struct Empty {}

fn path(name: &str, rest: &str) -> String {
    format!("/api/2.0/apps/{}{rest}", segment(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_read_with_what_it_has() {
        let app: App = serde_json::from_str(
            r#"{"name":"x","compute_status":{"state":"HIBERNATING"},"app_status":{"state":"RUNNING","message":"m"},"new":1}"#,
        )
        .unwrap();
        assert_eq!((app.compute_status.state, app.app_status.state), (Compute::Other, Running::Running));
        assert_eq!((app.app_status.message.as_str(), app.creator.as_str()), ("m", ""));
    }
}
