//! What is passed on to other servers.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::{StreamExt, stream};
use serde_json::json;
use workspace::Settings;

use crate::asking::{post, request, still};

/// Says in pieces what it was asked.
async fn echo(request: HttpRequest, body: String) -> HttpResponse {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let told = json!({
        "path": request.uri().to_string(), "body": body, "authorization": header("authorization"),
        "email": header("x-forwarded-email"), "user": header("x-forwarded-preferred-username"),
    });
    let pieces: Vec<_> = told
        .to_string()
        .into_bytes()
        .chunks(7)
        .map(|piece| Ok::<_, std::io::Error>(web::Bytes::copy_from_slice(piece)))
        .collect();
    HttpResponse::Ok().content_type("text/event-stream").streaming(stream::iter(pieces))
}

fn upstream() -> String {
    let server = HttpServer::new(|| App::new().default_service(web::to(echo))).workers(1);
    let server = server.bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    format!("http://{address}")
}

#[actix_web::test]
async fn models_are_asked_with_the_bearer_of_the_caller() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    let path = "/serving-endpoints/anthropic/v1/messages";
    assert_eq!(post(&workspace, &token, path, json!({})).await.0, 404, "nobody is behind the hook yet");
    workspace.change(|settings| settings.gateway.forward_to = Some(upstream()));
    assert_eq!(post(&workspace, "dapi0", path, json!({})).await.0, 403);
    let answer =
        request(&workspace, &token, "POST", &format!("{path}?beta=true")).body("hello").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut pieces = answer.bytes_stream();
    let mut body = Vec::new();
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece.unwrap());
    }
    let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(told["path"], format!("{path}?beta=true"));
    assert_eq!((&told["body"], &told["authorization"]), (&json!("hello"), &json!(format!("Bearer {token}"))));
    assert_eq!(post(&workspace, &token, "/ai-gateway/anthropic/v1/messages", json!({})).await.0, 404);
}

#[actix_web::test]
async fn the_proxy_lets_in_who_may_use_the_app_and_says_who_it_is() {
    let workspace = still(Settings::default());
    let token = workspace.admin().token.clone();
    post(&workspace, &token, "/api/2.0/apps", json!({ "name": "coda" })).await;
    workspace.person("ann@example.com");
    let visit = |bearer: String| {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        client.get(format!("{}/_apps/coda/health", workspace.url())).bearer_auth(bearer).send()
    };
    let admin = workspace.bearer(&workspace.admin().email);
    assert_eq!(visit(admin.clone()).await.unwrap().status(), 503, "it is still starting");
    workspace.advance(std::time::Duration::from_secs(10));
    assert_eq!(visit(admin.clone()).await.unwrap().text().await.unwrap(), "{\"status\":\"ok\"}");
    for foreign in [token, workspace.bearer("ann@example.com"), "nonsense".to_owned()] {
        assert_eq!(visit(foreign).await.unwrap().status(), 302);
    }
    workspace.change(|settings| drop(settings.app_upstreams.insert("coda".to_owned(), upstream())));
    let told: serde_json::Value = visit(admin).await.unwrap().json().await.unwrap();
    assert_eq!((&told["path"], &told["email"]), (&json!("/health"), &json!("admin@example.com")));
    assert_eq!(told["authorization"], "");
    workspace.crash_app("coda");
}
