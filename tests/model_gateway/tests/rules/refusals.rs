//! Who is let in, and how the others and the unlucky are told.

use model_gateway::{Death, ModelGateway, Settings, Turn, Wire};
use serde_json::{Value, json};

use crate::asking::{WIRES, ask, client, path, question, request, whole};

#[tokio::test]
async fn a_token_that_dies_is_refused_as_databricks_does() {
    let models = ModelGateway::start();
    let token = models.token().to_owned();
    assert_eq!(whole(&models, Wire::Chat).await.0, 200);
    for (death, status, message) in [
        (Death::Pat, 403, "Invalid access token."),
        (Death::Jwt, 403, "JWT has expired"),
        (Death::Entra, 401, "Token is expired"),
    ] {
        models.expire(&token, death);
        for wire in WIRES {
            let told = (status, json!({ "error_code": status, "message": message }));
            assert_eq!(whole(&models, wire).await, told);
        }
    }
    models.accept(&token);
    assert_eq!(whole(&models, Wire::Chat).await.0, 200);
}

#[tokio::test]
async fn only_the_bearer_counts_unless_vendor_keys_are_taken() {
    let models = ModelGateway::start();
    let ask = |name: &str, value: String| {
        let url = format!("{}{}", models.url(), path(Wire::Anthropic, false));
        client().post(url).header(name, value).json(&question(Wire::Anthropic, false)).send()
    };
    let token = models.token().to_owned();
    assert_eq!(ask("x-api-key", token.clone()).await.unwrap().status(), 401);
    assert_eq!(ask("authorization", "Bearer nonsense".into()).await.unwrap().status(), 403);
    assert_eq!(models.last_request().unwrap().bearer(), Some("nonsense"));
    models.change(|settings| settings.vendor_keys = true);
    assert_eq!(ask("x-api-key", token.clone()).await.unwrap().status(), 200);
    assert_eq!(ask("x-goog-api-key", token).await.unwrap().status(), 200);
    models.change(|settings| settings.vendor_keys = false);
    models.accept_any(true);
    assert_eq!(ask("authorization", "Bearer nonsense".into()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn each_vendor_refuses_in_its_own_words() {
    let models = ModelGateway::start();
    for status in [400, 401, 403, 429, 500, 529] {
        models.clear_script();
        models.script(Turn::refuse(status).times(0));
        for wire in WIRES {
            let (told, body) = whole(&models, wire).await;
            assert_eq!(told, status);
            let error = &body["error"];
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{wire:?} {body}");
            match wire {
                Wire::Anthropic => assert_eq!(body["type"], "error"),
                Wire::Responses | Wire::Chat => {
                    assert!(error["type"].is_string() && error.get("code").is_some())
                }
                Wire::Gemini => assert_eq!(error["code"], status),
            }
        }
    }
    models.clear_script();
    models.script(Turn::refuse(429).as_databricks());
    assert_eq!(whole(&models, Wire::Anthropic).await.1["error_code"], "REQUEST_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn when_to_come_again_is_told_only_when_wished() {
    let models = ModelGateway::start();
    models.script(Turn::refuse(429));
    models.script(Turn::refuse(429).retry_after(7));
    assert!(ask(&models, Wire::Gemini, true).await.headers().get("retry-after").is_none());
    let answer = ask(&models, Wire::Gemini, true).await;
    assert_eq!(answer.headers()["retry-after"], "7");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["details"][0]["retryDelay"], "7s");
    assert_eq!(ask(&models, Wire::Gemini, true).await.status(), 200);
}

#[tokio::test]
async fn what_is_no_request_of_the_format_is_a_400() {
    let models = ModelGateway::start();
    for wire in WIRES {
        let answer = request(&models, wire, &json!({ "model": "m" }), false).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{wire:?}");
    }
    let url = format!("{}/anthropic/v1/complete", models.url());
    assert_eq!(client().post(url).bearer_auth(models.token()).send().await.unwrap().status(), 404);
    assert!(models.last_request().unwrap().unknown_route);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let models = ModelGateway::with(Settings { largest_request: 1000, ..Settings::default() });
    let mut body = question(Wire::Anthropic, false);
    body["system"] = json!("x".repeat(2000));
    let answer = request(&models, Wire::Anthropic, &body, false).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["type"], "request_too_large");
}
