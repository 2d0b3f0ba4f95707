//! What Databricks' chat completions do differently.

use model_gateway::{ModelGateway, Oddities, Turn, Wire};
use serde_json::{Value, json};

use crate::asking::{events, joined, whole};

fn call() -> Turn {
    Turn::default().call("write_file", json!({ "path": "a", "content": "b" }))
}

#[tokio::test]
async fn a_hidden_name_stands_among_the_arguments() {
    let models = ModelGateway::start();
    let odd = Oddities { hidden_names: true, stop_with_calls: true, ..Oddities::default() };
    models.script(call().odd(odd).paced(5, 0).times(2));
    let told = events(&models, Wire::Chat).await;
    assert_eq!(joined(&told, "/choices/0/delta/tool_calls/0/function/name"), "databricks-tool-call");
    let arguments = joined(&told, "/choices/0/delta/tool_calls/0/function/arguments");
    let arguments: Value = serde_json::from_str(&arguments).unwrap();
    assert_eq!(arguments, json!({ "name": "write_file", "path": "a", "content": "b" }));
    assert_eq!(joined(&told, "/choices/0/finish_reason"), "stop");
    let (_, body) = whole(&models, Wire::Chat).await;
    let choice = &body["choices"][0];
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["name"], "databricks-tool-call");
}

#[tokio::test]
async fn content_can_be_a_list_and_usage_be_everywhere() {
    let models = ModelGateway::start();
    let odd = Oddities { content_lists: true, usage_always: true, ..Oddities::default() };
    models.script(Turn::say("hello").odd(odd).times(2));
    let told = events(&models, Wire::Chat).await;
    assert_eq!(joined(&told, "/choices/0/delta/content/0/text"), "hello");
    assert!(
        told.iter().filter(|event| event.is_object()).all(|event| event["usage"]["prompt_tokens"].is_u64())
    );
    let (_, body) = whole(&models, Wire::Chat).await;
    assert_eq!(body["choices"][0]["message"]["content"][0]["type"], "text");
}
