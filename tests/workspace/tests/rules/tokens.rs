//! Tokens live by the workspace's clock.

use std::time::Duration;

use serde_json::json;
use workspace::{ExpiredAnswer, Settings};

use crate::asking::{get, post, still};

const ME: &str = "/api/2.0/preview/scim/v2/Me";

#[actix_web::test]
async fn a_token_ends_with_its_lifetime_and_leaves_the_list() {
    let workspace = still(Settings::default());
    let ann = workspace.person("ann@example.com");
    let wish = json!({ "comment": "coda-auto-rotated", "lifetime_seconds": 900 });
    let (status, made) = post(&workspace, &ann.token, "/api/2.0/token/create", wish).await;
    assert_eq!(status, 200);
    let token = made["token_value"].as_str().unwrap();
    workspace.advance(Duration::from_millis(899_999));
    assert_eq!(get(&workspace, token, ME).await.0, 200);
    workspace.advance(Duration::from_millis(1));
    let (status, refused) = get(&workspace, token, ME).await;
    assert_eq!((status, &refused["error_code"]), (403, &json!(403)));
    let (_, list) = get(&workspace, &ann.token, "/api/2.0/token/list").await;
    assert_eq!(list["token_infos"].as_array().unwrap().len(), 1);
    assert!(!workspace.is_live(token));
}

#[actix_web::test]
async fn an_unused_token_is_forgotten_after_ninety_days() {
    let workspace = still(Settings::default());
    let (used, unused) = (workspace.person("ann@example.com"), workspace.person("bob@example.com"));
    for _ in 0..2 {
        workspace.advance(Duration::from_secs(60 * 24 * 3600));
        assert_eq!(get(&workspace, &used.token, ME).await.0, 200);
    }
    assert_eq!(get(&workspace, &unused.token, ME).await.0, 403);
}

#[actix_web::test]
async fn a_revoked_token_may_work_a_moment_longer() {
    let mut settings = Settings::default();
    settings.delays.revocation = 5_000;
    let workspace = still(settings);
    let ann = workspace.person("ann@example.com");
    workspace.revoke(&ann.token);
    assert_eq!(get(&workspace, &ann.token, ME).await.0, 200);
    assert!(workspace.live_tokens("ann@example.com").is_empty());
    workspace.advance(Duration::from_secs(5));
    assert_eq!(get(&workspace, &ann.token, ME).await.0, 403);
}

#[actix_web::test]
async fn an_expired_bearer_is_answered_in_every_way_that_was_seen() {
    let workspace = still(Settings::default());
    let bearer = workspace.bearer("ann@example.com");
    assert_eq!(get(&workspace, &bearer, ME).await.0, 200);
    workspace.advance(Duration::from_secs(3600));
    for (how, status, code) in [
        (ExpiredAnswer::Forbidden, 403, json!(403)),
        (ExpiredAnswer::Expiring, 403, json!(403)),
        (ExpiredAnswer::Unauthorized, 401, json!("UNAUTHENTICATED")),
        (ExpiredAnswer::BadRequest, 400, json!("BAD_REQUEST")),
    ] {
        workspace.change(|settings| settings.oauth.expired = how);
        let (answered, body) = get(&workspace, &bearer, ME).await;
        assert_eq!((answered, &body["error_code"]), (status, &code), "{how:?}");
    }
}

#[actix_web::test]
async fn basic_credentials_with_the_name_token_count() {
    let workspace = still(Settings::default());
    let url = format!("{}{ME}", workspace.url());
    let client = reqwest::Client::new();
    for (name, status) in [("token", 200), ("ann", 401)] {
        let request = client.get(&url).basic_auth(name, Some(&workspace.admin().token));
        assert_eq!(request.send().await.unwrap().status(), status, "{name}");
    }
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
}

#[actix_web::test]
async fn there_are_limits_to_tokens() {
    let workspace = still(Settings::default());
    workspace.change(|settings| settings.tokens.quota = 2);
    let ann = workspace.person("ann@example.com");
    let create = || post(&workspace, &ann.token, "/api/2.0/token/create", json!({}));
    assert_eq!(create().await.0, 200);
    let (status, refused) = create().await;
    assert_eq!((status, refused["error_code"].as_str()), (400, Some("QUOTA_EXCEEDED")));
    workspace.change(|settings| settings.tokens.enabled = false);
    assert_eq!(create().await.0, 403);
}

#[actix_web::test]
async fn a_secret_buys_a_bearer_for_an_hour() {
    let workspace = still(Settings::default());
    let robot = workspace.robot("spawner");
    let ask = |secret: &str| {
        let request = reqwest::Client::new().post(format!("{}/oidc/v1/token", workspace.url()));
        request
            .basic_auth(&robot.client_id, Some(secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=all-apis")
            .send()
    };
    let refused = ask("wrong").await.unwrap();
    assert_eq!(refused.status(), 401);
    let given: serde_json::Value = ask(&robot.client_secret).await.unwrap().json().await.unwrap();
    assert_eq!(given["expires_in"], 3600);
    let bearer = given["access_token"].as_str().unwrap();
    assert_eq!(get(&workspace, bearer, ME).await.1["userName"], robot.client_id.as_str());
}
