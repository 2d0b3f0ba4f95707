//! Apps change by themselves, as the clock goes.

use std::time::Duration;

use serde_json::{Value, json};
use workspace::{ComputeEnd, DeploymentEnd, Script, Settings, Workspace};

use crate::asking::{ask, get, post, still};

const APP: &str = "/api/2.0/apps/coda";

/// A running app with one deployment of a source that exists.
async fn deployed(settings: Settings) -> Workspace {
    let workspace = still(settings);
    let token = workspace.admin().token.clone();
    post(&workspace, &token, "/api/2.0/workspace/mkdirs", json!({ "path": "/Shared/source" })).await;
    let (status, made) = post(&workspace, &token, "/api/2.0/apps", json!({ "name": "coda" })).await;
    assert_eq!((status, &made["compute_status"]["state"]), (200, &json!("STARTING")));
    wait(&workspace);
    assert_eq!(deploy(&workspace).await.0, 200);
    assert_eq!(workspace.app("coda").unwrap()["pending_deployment"]["status"]["state"], "IN_PROGRESS");
    wait(&workspace);
    workspace
}

/// Long enough for whatever is under way.
fn wait(workspace: &Workspace) {
    workspace.advance(Duration::from_secs(10));
}

async fn deploy(workspace: &Workspace) -> (u16, Value) {
    let wish = json!({ "source_code_path": "/Workspace/Shared/source" });
    post(workspace, &workspace.admin().token, &format!("{APP}/deployments"), wish).await
}

async fn order(workspace: &Workspace, what: &str) -> (u16, Value) {
    post(workspace, &workspace.admin().token, &format!("{APP}/{what}"), json!({})).await
}

fn states(workspace: &Workspace) -> (String, String) {
    let app = workspace.app("coda").unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&app["compute_status"]["state"]), text(&app["app_status"]["state"]))
}

#[actix_web::test]
async fn a_start_deploys_the_last_source_again_and_shows_it_late() {
    let workspace = deployed(Settings::default()).await;
    let first = workspace.app("coda").unwrap()["active_deployment"]["deployment_id"].clone();
    order(&workspace, "stop").await;
    assert_eq!(states(&workspace), ("STOPPING".to_owned(), "UNAVAILABLE".to_owned()));
    wait(&workspace);
    assert!(workspace.app("coda").unwrap().get("active_deployment").is_none());
    let (_, started) = order(&workspace, "start").await;
    assert_eq!(started["compute_status"]["state"], "STARTING");
    assert!(started.get("pending_deployment").is_none());
    let (status, refused) = deploy(&workspace).await;
    assert_eq!(status, 400);
    assert!(refused["message"].as_str().unwrap().contains("active deployment in progress"), "{refused}");
    workspace.advance(Duration::from_millis(21));
    assert!(workspace.app("coda").unwrap().get("pending_deployment").is_some());
    wait(&workspace);
    let app = workspace.app("coda").unwrap();
    assert_ne!(app["active_deployment"]["deployment_id"], first);
    assert_eq!(app["default_source_code_path"], "/Workspace/Shared/source");
    assert_eq!(states(&workspace), ("ACTIVE".to_owned(), "RUNNING".to_owned()));
    for (what, state) in [("start", "ACTIVE state"), ("stop", ""), ("stop", "STOPPING state")] {
        let (_, answer) = order(&workspace, what).await;
        assert!(answer["message"].as_str().unwrap_or_default().contains(state), "{answer}");
    }
}

#[actix_web::test]
async fn scripts_say_how_deployments_end() {
    let workspace = still(Settings::default());
    drop(workspace);
    let workspace = deployed(Settings::default()).await;
    let ends = vec![
        DeploymentEnd::Succeeds,
        DeploymentEnd::Fails("no such command".to_owned()),
        DeploymentEnd::Crashes("exit 1".to_owned()),
        DeploymentEnd::Cancelled,
        DeploymentEnd::Stuck,
    ];
    workspace.script(vec![Script { app: "co*".to_owned(), deployments: ends, computes: vec![] }]);
    for (deployment, app) in
        [("FAILED", "RUNNING"), ("FAILED", "CRASHED"), ("CANCELLED", "RUNNING"), ("IN_PROGRESS", "DEPLOYING")]
    {
        let (status, made) = deploy(&workspace).await;
        assert_eq!(status, 200, "{made}");
        wait(&workspace);
        let path = format!("{APP}/deployments/{}", made["deployment_id"].as_str().unwrap());
        let (_, read) = get(&workspace, &workspace.admin().token, &path).await;
        assert_eq!(read["status"]["state"], deployment);
        assert_eq!(states(&workspace).1, app);
    }
    assert_eq!(deploy(&workspace).await.0, 400, "one is stuck");
    order(&workspace, "stop").await;
    assert!(workspace.app("coda").unwrap().get("pending_deployment").is_none());
}

#[actix_web::test]
async fn compute_may_fail_to_start() {
    let workspace = deployed(Settings::default()).await;
    order(&workspace, "stop").await;
    wait(&workspace);
    let computes = vec![ComputeEnd::Active, ComputeEnd::Error("no capacity".to_owned())];
    workspace.script(vec![Script { app: "*".to_owned(), deployments: vec![], computes }]);
    order(&workspace, "start").await;
    wait(&workspace);
    let app = workspace.app("coda").unwrap();
    assert_eq!(app["compute_status"], json!({ "state": "ERROR", "message": "no capacity" }));
}

#[actix_web::test]
async fn a_source_with_too_large_a_file_fails() {
    let workspace = deployed(Settings::default()).await;
    let url = format!("{}/api/2.0/workspace-files/import-file/Shared%2Fsource%2Fbin", workspace.url());
    let large = vec![0_u8; 10 * 1024 * 1024 + 1];
    let request = reqwest::Client::new().post(url).bearer_auth(&workspace.admin().token).body(large);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let (_, made) = deploy(&workspace).await;
    wait(&workspace);
    let path = format!("{APP}/deployments/{}", made["deployment_id"].as_str().unwrap());
    let (_, read) = get(&workspace, &workspace.admin().token, &path).await;
    assert_eq!(read["status"]["state"], "FAILED");
    assert!(read["status"]["message"].as_str().unwrap().contains("File is larger than 10485760 bytes"));
}

#[actix_web::test]
async fn readers_learn_of_a_write_late() {
    let mut settings = Settings::default();
    settings.consistency.missing_reads = 2;
    settings.consistency.stale_reads = 1;
    let workspace = still(settings);
    let token = workspace.admin().token.clone();
    let wish = json!({ "name": "coda", "description": "old" });
    post(&workspace, &token, "/api/2.0/apps?no_compute=true", wish).await;
    let read = || async { get(&workspace, &token, APP).await };
    assert_eq!((read().await.0, read().await.0, read().await.0), (404, 404, 200));
    let (_, written) = ask(&workspace, &token, "PATCH", APP, json!({ "description": "new" })).await;
    assert_eq!(written["description"], "new");
    assert_eq!(read().await.1["description"], "old");
    assert_eq!(read().await.1["description"], "new");
}

#[actix_web::test]
async fn a_deleted_app_keeps_its_name_for_a_while() {
    let workspace = deployed(Settings::default()).await;
    let token = workspace.admin().token.clone();
    let (status, _) = ask(&workspace, &token, "DELETE", APP, Value::Null).await;
    assert_eq!(status, 200);
    let (status, refused) = post(&workspace, &token, "/api/2.0/apps", json!({ "name": "coda" })).await;
    assert_eq!((status, &refused["error_code"]), (409, &json!("RESOURCE_ALREADY_EXISTS")));
    workspace.advance(Duration::from_secs(13));
    assert_eq!(get(&workspace, &token, APP).await.0, 404);
    assert_eq!(post(&workspace, &token, "/api/2.0/apps", json!({ "name": "coda" })).await.0, 200);
}

#[actix_web::test]
async fn a_workspace_takes_so_many_apps() {
    let workspace = still(Settings { app_limit: 1, ..Settings::default() });
    let token = workspace.admin().token.clone();
    let create = |name: &str| post(&workspace, &token, "/api/2.0/apps", json!({ "name": name }));
    assert_eq!(create("one").await.0, 200);
    assert_eq!(create("two").await.1["error_code"], "QUOTA_EXCEEDED");
}

#[actix_web::test]
async fn an_app_is_given_what_it_asks_for() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    post(&workspace, &token, "/api/2.0/secrets/scopes/create", json!({ "scope": "coda" })).await;
    let secret = json!({ "scope": "coda", "key": "k", "string_value": "v" });
    post(&workspace, &token, "/api/2.0/secrets/put", secret).await;
    let resources = json!([{ "name": "s", "secret": { "scope": "coda", "key": "k", "permission": "READ" } }]);
    post(&workspace, &token, "/api/2.0/apps", json!({ "name": "coda", "resources": resources })).await;
    let robot = workspace.app_robot("coda").unwrap();
    let bearer = workspace.bearer(&robot.client_id);
    let (status, read) = get(&workspace, &bearer, "/api/2.0/secrets/get?scope=coda&key=k").await;
    assert_eq!((status, &read["value"]), (200, &json!("dg==")));
}
