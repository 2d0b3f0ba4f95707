//! Who is refused what.

use std::time::Duration;

use serde_json::{Value, json};
use workspace::Settings;

use crate::asking::{ask, get, post, still};

#[actix_web::test]
async fn an_unknown_route_is_told_and_marked() {
    let workspace = still(Settings::default());
    let (status, answer) = get(&workspace, &workspace.admin().token, "/api/2.0/jobs/list").await;
    assert_eq!((status, &answer["error_code"]), (404, &json!("ENDPOINT_NOT_FOUND")));
    assert!(workspace.requests().last().unwrap().unknown_route);
}

#[actix_web::test]
async fn a_new_principal_is_unknown_with_the_status_that_was_chosen() {
    let mut settings = Settings::default();
    settings.delays.principal = 20_000;
    let workspace = still(settings);
    let token = workspace.admin().token.clone();
    let (_, app) = post(&workspace, &token, "/api/2.0/apps?no_compute=true", json!({ "name": "coda" })).await;
    let path = "/api/2.1/unity-catalog/permissions/catalog/MAIN";
    let wish =
        json!({ "changes": [{ "principal": app["service_principal_client_id"], "add": ["USE_CATALOG"] }] });
    for status in [404, 400] {
        workspace.change(|settings| settings.unknown_principal_status = status);
        let (answered, refused) = ask(&workspace, &token, "PATCH", path, wish.clone()).await;
        assert_eq!((answered, &refused["error_code"]), (status, &json!("PRINCIPAL_DOES_NOT_EXIST")));
    }
    workspace.advance(Duration::from_secs(20));
    assert_eq!(ask(&workspace, &token, "PATCH", path, wish).await.0, 200);
}

#[actix_web::test]
async fn only_who_may_manage_changes() {
    let workspace = still(Settings::default());
    let (ann, bob) = (workspace.person("ann@example.com"), workspace.person("bob@example.com"));
    post(&workspace, &ann.token, "/api/2.0/apps?no_compute=true", json!({ "name": "anns" })).await;
    let path = "/api/2.0/permissions/apps/anns";
    assert_eq!(get(&workspace, &bob.token, "/api/2.0/apps/anns").await.0, 403);
    assert_eq!(get(&workspace, &bob.token, path).await.0, 403);
    let (_, list) = get(&workspace, &bob.token, "/api/2.0/apps").await;
    assert_eq!(list, json!({}));
    let wish =
        json!({ "access_control_list": [{ "user_name": "BOB@example.com", "permission_level": "CAN_USE" }] });
    assert_eq!(ask(&workspace, &ann.token, "PATCH", path, wish).await.0, 200);
    assert_eq!(get(&workspace, &bob.token, "/api/2.0/apps/anns").await.0, 200);
    assert_eq!(ask(&workspace, &bob.token, "DELETE", "/api/2.0/apps/anns", Value::Null).await.0, 403);
    let grant = json!({ "changes": [{ "principal": "bob@example.com", "add": ["USE_CATALOG"] }] });
    let catalog = "/api/2.1/unity-catalog/permissions/catalog/main";
    assert_eq!(ask(&workspace, &ann.token, "PATCH", catalog, grant).await.0, 403);
}

#[actix_web::test]
async fn a_home_can_be_opened_to_another() {
    let workspace = still(Settings::default());
    let (ann, bob) = (workspace.person("ann@example.com"), workspace.person("bob@example.com"));
    let home = "/api/2.0/workspace/list?path=/Users/ann@example.com";
    assert_eq!(get(&workspace, &bob.token, home).await.0, 404);
    let (_, status) =
        get(&workspace, &bob.token, "/api/2.0/workspace/get-status?path=/Users/ann@example.com").await;
    let path = format!("/api/2.0/permissions/directories/{}", status["object_id"]);
    let wish = json!({ "access_control_list": [{ "user_name": "bob@example.com", "permission_level": "CAN_READ" }] });
    assert_eq!(ask(&workspace, &ann.token, "PATCH", &path, wish).await.0, 200);
    assert_eq!(get(&workspace, &bob.token, home).await.0, 200);
    let wish = json!({ "path": "/Users/ann@example.com/x" });
    assert_eq!(post(&workspace, &bob.token, "/api/2.0/workspace/mkdirs", wish).await.0, 403);
}

#[actix_web::test]
async fn spans_travel_without_a_bearer() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    let wish = json!({ "name": "/Users/admin@example.com/coda" });
    let (_, made) = post(&workspace, &token, "/api/2.0/mlflow/experiments/create", wish).await;
    let location = json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": made });
    let info = json!({ "trace_id": "tr-1", "trace_location": location, "state": "OK", "tags": {} });
    let wish = json!({ "trace": { "trace_info": info } });
    let (status, kept) = post(&workspace, &token, "/api/3.0/mlflow/traces", wish).await;
    assert_eq!(status, 200);
    assert!(kept.pointer("/trace/trace_info/tags/mlflow.artifactLocation").is_some(), "{kept}");
    let path = "/api/2.0/mlflow/traces/tr-1/credentials-for-data-upload";
    let (_, answer) = get(&workspace, &token, path).await;
    let address = answer["credential_info"]["signed_uri"].as_str().unwrap();
    let header = &answer["credential_info"]["headers"][0];
    let put = reqwest::Client::new().put(address).body("{\"spans\":[]}");
    let put = put.header(header["name"].as_str().unwrap(), header["value"].as_str().unwrap());
    let with_bearer = put.try_clone().unwrap().bearer_auth(&token);
    assert_eq!(with_bearer.send().await.unwrap().status(), 403);
    assert_eq!(put.send().await.unwrap().status(), 200);
    assert_eq!(workspace.spans("tr-1").unwrap(), "{\"spans\":[]}");
}
