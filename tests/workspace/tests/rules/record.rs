//! The log, and the handle for programs in other languages.

use serde_json::{Value, json};
use workspace::{Settings, fingerprint};

use crate::asking::{ask, get, post, still};

#[actix_web::test]
async fn the_log_tells_what_came_and_no_secret() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    let (_, made) = post(&workspace, &token, "/api/2.0/token/create", json!({ "comment": "c" })).await;
    let value = made["token_value"].as_str().unwrap().to_owned();
    get(&workspace, &value, "/api/2.0/token/list").await;
    post(&workspace, &token, "/api/2.0/secrets/scopes/create", json!({ "scope": "s" })).await;
    let secret = json!({ "scope": "s", "key": "k", "string_value": "hush-hush" });
    post(&workspace, &token, "/api/2.0/secrets/put", secret).await;
    let robot = workspace.robot("r");
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        robot.client_id, robot.client_secret
    );
    let request = reqwest::Client::new().post(format!("{}/oidc/v1/token", workspace.url()));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let log = serde_json::to_string(&workspace.requests()).unwrap();
    for hidden in [&token, &value, "hush-hush", &robot.client_secret] {
        assert!(!log.contains(hidden), "{log}");
    }
    assert_eq!(workspace.requests()[1].token.as_deref(), Some(fingerprint(&value).as_str()));
    assert_eq!(workspace.requests()[0].body["comment"], "c");
    assert_eq!(workspace.asked()[1], "GET /api/2.0/token/list");
}

#[actix_web::test]
async fn other_programs_steer_over_http() {
    let workspace = still(Settings::default());
    let control = |method: &'static str, noun: &str, body: Value| {
        let path = format!("/_workspace/{noun}");
        let workspace = &workspace;
        async move { ask(workspace, "", method, &path, body).await }
    };
    let (_, before) = control("GET", "clock", Value::Null).await;
    let (_, after) = control("POST", "clock", json!({ "advance": 5_000 })).await;
    assert_eq!(after["now"].as_i64().unwrap() - before["now"].as_i64().unwrap(), 5_000);
    let (_, made) = control("POST", "people", json!({ "email": "ann@example.com" })).await;
    let token = made["token"].as_str().unwrap();
    let rule =
        json!({ "match": "GET /api/2.0/token/list", "times": 1, "effect": { "html": { "status": 502 } } });
    let (_, numbers) = control("POST", "faults", rule).await;
    assert_eq!(numbers["numbers"].as_array().unwrap().len(), 1);
    assert_eq!(get(&workspace, token, "/api/2.0/token/list").await.0, 502);
    assert_eq!(get(&workspace, token, "/api/2.0/token/list").await.0, 200);
    let (status, _) =
        control("PATCH", "settings", json!({ "delays": { "deployment": 7 }, "page_size": 3 })).await;
    assert_eq!(status, 200);
    let (_, settings) = control("GET", "settings", Value::Null).await;
    assert_eq!((&settings["delays"]["deployment"], &settings["page_size"]), (&json!(7), &json!(3)));
    assert_eq!(control("PATCH", "settings", json!({ "nonsense": 1 })).await.0, 400);
    assert_eq!(control("POST", "faults", json!({ "macht": "x" })).await.0, 400);
    let (_, log) = control("GET", "requests?match=GET%20/api/*", Value::Null).await;
    assert_eq!(log.as_array().unwrap().len(), 2);
}
