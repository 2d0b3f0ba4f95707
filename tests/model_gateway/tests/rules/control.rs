//! The handle over HTTP.

use model_gateway::{ModelGateway, Wire};
use serde_json::{Value, json};

use crate::asking::{SOON, ask, client, events, text_of, whole};

async fn tell(models: &ModelGateway, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_model/{path}", models.url());
    let mut request = client().request(method.parse().unwrap(), url);
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_script_and_a_gate_work_from_outside() {
    let models = ModelGateway::start();
    let turns = json!([
        { "say": "first", "gates": [{ "before": 0, "name": "go" }], "usage": { "input": 5, "output": 2 } },
        { "refusal": { "status": 429, "retry_after": { "seconds": 1 } } },
    ]);
    assert_eq!(tell(&models, "POST", "script", turns).await, (200, json!({ "waiting": 2 })));
    let asking = events(&models, Wire::Responses);
    let releasing = async {
        assert!(models.until(SOON, |models| models.waiting("go") == 1).await);
        let (_, waiting) = tell(&models, "GET", "gates", Value::Null).await;
        assert_eq!(waiting, json!([{ "request": 1, "gate": "go" }]));
        tell(&models, "POST", "gates", json!({ "release": "go" })).await;
    };
    let (told, ()) = tokio::join!(asking, releasing);
    assert_eq!(text_of(Wire::Responses, &told), "first");
    assert_eq!(whole(&models, Wire::Gemini).await.0, 429);
    let (_, requests) = tell(&models, "GET", "requests?after=1", Value::Null).await;
    assert_eq!(requests[0]["status"], 429);
    assert_eq!(requests[0]["body"]["contents"][0]["role"], "user");
    assert_eq!(tell(&models, "DELETE", "requests", Value::Null).await.0, 200);
    assert!(models.requests().is_empty());
}

#[tokio::test]
async fn tokens_and_settings_change_while_it_runs() {
    let models = ModelGateway::start();
    tell(&models, "POST", "tokens", json!({ "expire": models.token(), "as": "jwt" })).await;
    assert_eq!(ask(&models, Wire::Chat, true).await.status(), 403);
    tell(&models, "POST", "tokens", json!({ "accept": models.token() })).await;
    let (status, settings) =
        tell(&models, "PATCH", "settings", json!({ "otherwise": { "say": "hm" } })).await;
    assert_eq!((status, &settings["otherwise"]["say"]), (200, &json!("hm")));
    assert_eq!(text_of(Wire::Chat, &events(&models, Wire::Chat).await), "hm");
}

#[tokio::test]
async fn nonsense_is_refused_with_a_reason() {
    let models = ModelGateway::start();
    for (path, body) in [
        ("script", json!({ "sya": "typing error" })),
        ("script", json!({ "say": "x", "filler": 1_000_000_000 })),
        ("tokens", json!({ "expire": "x", "as": "murder" })),
    ] {
        let (status, told) = tell(&models, "POST", path, body).await;
        assert_eq!(status, 400, "{path}");
        assert!(!told["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(tell(&models, "GET", "nothing", Value::Null).await.0, 404);
    assert_eq!(tell(&models, "GET", "", Value::Null).await.0, 200);
}
