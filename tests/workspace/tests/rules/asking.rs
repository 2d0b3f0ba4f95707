//! Asks a workspace as a client would.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use workspace::{Settings, Workspace};

/// A workspace whose time does not move by itself.
pub fn still(settings: Settings) -> Workspace {
    let workspace = Workspace::with(settings);
    workspace.run_clock(0.0);
    workspace
}

pub fn request(workspace: &Workspace, token: &str, method: &str, path: &str) -> RequestBuilder {
    let method: Method = method.parse().unwrap();
    reqwest::Client::new().request(method, format!("{}{path}", workspace.url())).bearer_auth(token)
}

/// Status and JSON.
pub async fn ask(workspace: &Workspace, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let mut request = request(workspace, token, method, path);
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
}

pub async fn get(workspace: &Workspace, token: &str, path: &str) -> (u16, Value) {
    ask(workspace, token, "GET", path, Value::Null).await
}

pub async fn post(workspace: &Workspace, token: &str, path: &str, body: Value) -> (u16, Value) {
    ask(workspace, token, "POST", path, body).await
}
