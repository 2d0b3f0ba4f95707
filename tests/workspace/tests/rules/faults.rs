//! What happens to requests on the wire.

use std::time::{Duration, Instant};

use serde_json::json;
use workspace::{Effect, Fault, Limit, RetryAfter, Settings, Workspace};

use crate::asking::{get, post, request, still};

const LIST: &str = "/api/2.0/token/list";

/// What a client sees of one struck request: the status, or how it failed; and the body, or how that failed.
async fn seen(workspace: &Workspace, effect: Effect) -> Result<(u16, Result<String, String>), String> {
    workspace.fault(Fault::on("GET /api/2.0/token/list").effect(effect));
    let request = request(workspace, &workspace.admin().token, "GET", LIST).timeout(Duration::from_secs(2));
    let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
    let status = answer.status().as_u16();
    Ok((status, answer.text().await.map_err(|error| format!("{error:?}"))))
}

#[actix_web::test]
async fn a_reset_leaves_no_answer() {
    let workspace = still(Settings::default());
    let failed = seen(&workspace, Effect::Reset).await.unwrap_err();
    assert!(failed.contains("ConnectionReset") || failed.contains("IncompleteMessage"), "{failed}");
    assert_eq!(workspace.requests().last().unwrap().status, 0);
    assert_eq!(get(&workspace, &workspace.admin().token, LIST).await.0, 200);
}

#[actix_web::test]
async fn a_body_can_end_early_or_never() {
    let workspace = still(Settings::default());
    for effect in [Effect::Half, Effect::Stall { ms: 10_000 }] {
        let (status, body) = seen(&workspace, effect.clone()).await.unwrap();
        assert!(status == 200 && body.is_err(), "{effect:?}: {body:?}");
    }
}

#[actix_web::test]
async fn a_whole_answer_can_be_useless() {
    let workspace = still(Settings::default());
    let (status, body) = seen(&workspace, Effect::Truncated).await.unwrap();
    assert!(status == 200 && serde_json::from_str::<serde_json::Value>(&body.unwrap()).is_err());
    let (status, body) = seen(&workspace, Effect::Empty).await.unwrap();
    assert_eq!((status, body.unwrap().as_str()), (200, ""));
    let (status, body) = seen(&workspace, Effect::LoginPage).await.unwrap();
    assert!(status == 200 && body.unwrap().starts_with("<!DOCTYPE html>"));
    let (status, body) = seen(&workspace, Effect::Html { status: 502 }).await.unwrap();
    assert!(status == 502 && body.unwrap().contains("Bad Gateway"));
    let (status, body) = seen(&workspace, Effect::DeadToken).await.unwrap();
    assert!(status == 403 && body.unwrap().contains("\"error_code\":403"));
}

#[actix_web::test]
async fn a_slow_answer_comes_in_pieces() {
    let workspace = still(Settings::default());
    let began = Instant::now();
    let (_, body) = seen(&workspace, Effect::Slow { bytes: 100, ms: 30 }).await.unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&body.unwrap()).is_ok());
    assert!(began.elapsed() >= Duration::from_millis(60));
}

#[actix_web::test]
async fn a_lost_answer_has_had_its_effect() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    let lost = Fault::on("POST /api/2.0/apps").error(503, "TEMPORARILY_UNAVAILABLE", "try again");
    workspace.fault(lost.clone().after_handler());
    let create =
        |name: &str| post(&workspace, &token, "/api/2.0/apps?no_compute=true", json!({ "name": name }));
    assert_eq!(create("after").await.0, 503);
    assert!(workspace.app("after").is_some());
    workspace.fault(lost);
    assert_eq!(create("before").await.0, 503);
    assert!(workspace.app("before").is_none());
}

#[actix_web::test]
async fn the_nth_call_is_struck_and_told_when_to_come_again() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    workspace.fault(Fault::on("* /api/*").skip(1).rate_limited(RetryAfter::Seconds(2)));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(get(&workspace, &token, LIST).await.0);
    }
    assert_eq!(statuses, [200, 429, 200]);
    for (retry_after, expected) in [
        (RetryAfter::Absent, None),
        (RetryAfter::Seconds(7), Some("7".to_owned())),
        (RetryAfter::Nonsense, Some("soon".to_owned())),
    ] {
        workspace.fault(Fault::on("* /api/*").rate_limited(retry_after));
        let answer = request(&workspace, &token, "GET", LIST).send().await.unwrap();
        let header = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header, expected);
    }
}

#[actix_web::test]
async fn a_limit_opens_again_with_time() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    workspace.limit(vec![Limit {
        pattern: "GET /api/*".to_owned(),
        requests: 2,
        window: 1_000,
        retry_after: RetryAfter::Seconds(1),
        code: Some("RESOURCE_EXHAUSTED".to_owned()),
        shared: false,
    }]);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(get(&workspace, &token, LIST).await.0);
    }
    let other = workspace.person("ann@example.com");
    statuses.push(get(&workspace, &other.token, LIST).await.0);
    workspace.advance(Duration::from_secs(1));
    statuses.push(get(&workspace, &token, LIST).await.0);
    assert_eq!(statuses, [200, 200, 429, 200, 200]);
}

#[actix_web::test]
async fn an_outage_has_a_beginning_and_an_end() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    let now = workspace.now();
    workspace.fault(Fault::on("* *").always().during(now + 1_000, now + 2_000).reset());
    assert_eq!(get(&workspace, &token, LIST).await.0, 200);
    workspace.advance(Duration::from_secs(1));
    assert!(request(&workspace, &token, "GET", LIST).send().await.is_err());
    workspace.advance(Duration::from_secs(1));
    assert_eq!(get(&workspace, &token, LIST).await.0, 200);
}
