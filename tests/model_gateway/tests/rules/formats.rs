//! What each format looks like, whole and as a stream: text, usage, reason of the end, ids.

use model_gateway::{ModelGateway, Settings, Stop, Turn, Usage, When, Wire};
use serde_json::{Value, json};

use crate::asking::{WIRES, ask, client, events, question, request, text_of, whole};

const USAGE: Usage = Usage { input: 100, cached: 30, written: 7, output: 50, thinking: 20 };

fn thinker() -> Turn {
    Turn::say("Grüße, and a longer text than one chunk.").thinking("Let me see.").usage(USAGE)
}

#[tokio::test]
async fn without_a_script_every_format_says_ok() {
    let models = ModelGateway::start();
    for wire in WIRES {
        let (status, body) = whole(&models, wire).await;
        assert_eq!(status, 200, "{wire:?}");
        let text = match wire {
            Wire::Anthropic => &body["content"][0]["text"],
            Wire::Responses => &body["output"][0]["content"][0]["text"],
            Wire::Chat => &body["choices"][0]["message"]["content"],
            Wire::Gemini => &body["candidates"][0]["content"]["parts"][0]["text"],
        };
        assert_eq!(text, "ok", "{wire:?}");
        assert_eq!(text_of(wire, &events(&models, wire).await), "ok", "{wire:?}");
    }
    assert!(models.requests().iter().all(|entry| !entry.scripted && entry.status == 200));
}

#[tokio::test]
async fn an_answer_that_must_have_a_form_has_it() {
    let models = ModelGateway::start();
    let schema =
        json!({ "type": "object", "properties": { "title": { "type": "string" } }, "required": ["title"] });
    let mut body = question(Wire::Chat, false);
    body["response_format"] = json!({ "type": "json_schema", "json_schema": { "schema": schema } });
    let answer: Value =
        request(&models, Wire::Chat, &body, false).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "{\"title\":\"ok\"}");
}

#[tokio::test]
async fn messages_tell_the_prompt_first_and_the_answer_last() {
    let models = ModelGateway::start();
    models.script(thinker().times(2));
    let (_, body) = whole(&models, Wire::Anthropic).await;
    assert_eq!(
        (&body["stop_reason"], &body["content"][0]["thinking"]),
        (&json!("end_turn"), &json!("Let me see."))
    );
    assert_eq!((&body["usage"]["input_tokens"], &body["usage"]["output_tokens"]), (&json!(100), &json!(50)));
    let events = events(&models, Wire::Anthropic).await;
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(kinds[kinds.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    let start = &events[0]["message"];
    assert!(start["id"].as_str().unwrap().starts_with("msg_01"));
    assert_eq!(start["usage"]["input_tokens"], 100);
    assert_eq!(start["usage"]["cache_read_input_tokens"], 30);
    assert_eq!(start["usage"]["cache_creation_input_tokens"], 7);
    assert_eq!(start["usage"]["output_tokens"], 1);
    let end = &events[events.len() - 2];
    assert_eq!(
        (&end["usage"]["output_tokens"], &end["delta"]["stop_reason"]),
        (&json!(50), &json!("end_turn"))
    );
    assert_eq!(text_of(Wire::Anthropic, &events), "Grüße, and a longer text than one chunk.");
    assert!(events.iter().any(|event| event["delta"]["type"] == "signature_delta"));
}

#[tokio::test]
async fn responses_number_their_events_and_end_with_the_whole() {
    let models = ModelGateway::start();
    models.script(thinker());
    let events = events(&models, Wire::Responses).await;
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    assert_eq!(events[0]["type"], "response.created");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["response"]["status"]),
        (&json!("response.completed"), &json!("completed"))
    );
    assert_eq!(
        last["response"]["usage"],
        json!({
            "input_tokens": 137, "input_tokens_details": { "cached_tokens": 30 }, "output_tokens": 50,
            "output_tokens_details": { "reasoning_tokens": 20 }, "total_tokens": 187,
        })
    );
    let output = &last["response"]["output"];
    assert_eq!((&output[0]["type"], &output[1]["type"]), (&json!("reasoning"), &json!("message")));
    assert_eq!(output[1]["content"][0]["text"], text_of(Wire::Responses, &events));
}

#[tokio::test]
async fn chat_completions_tell_usage_when_asked_and_say_done() {
    let models = ModelGateway::start();
    models.script(thinker().times(2));
    let told = events(&models, Wire::Chat).await;
    assert_eq!(told.last().unwrap(), "[DONE]");
    let usage = &told[told.len() - 2];
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["prompt_tokens"], 137);
    assert_eq!(usage["usage"]["completion_tokens"], 50);
    assert_eq!(usage["usage"]["prompt_tokens_details"]["cached_tokens"], 30);
    assert_eq!(told[told.len() - 3]["choices"][0]["finish_reason"], "stop");
    assert_eq!(text_of(Wire::Chat, &told), "Grüße, and a longer text than one chunk.");
    let mut body = question(Wire::Chat, true);
    body.as_object_mut().unwrap().remove("stream_options");
    let text = request(&models, Wire::Chat, &body, true).send().await.unwrap().text().await.unwrap();
    assert!(!text.contains("usage"), "{text}");
}

#[tokio::test]
async fn gemini_tells_usage_in_every_event_and_ends_lines_its_own_way() {
    let models = ModelGateway::start();
    models.script(thinker().times(3));
    let told = events(&models, Wire::Gemini).await;
    let last = told.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    let usage = &last["usageMetadata"];
    assert_eq!((&usage["promptTokenCount"], &usage["candidatesTokenCount"]), (&json!(137), &json!(30)));
    assert_eq!((&usage["cachedContentTokenCount"], &usage["thoughtsTokenCount"]), (&json!(30), &json!(20)));
    assert_eq!(usage["totalTokenCount"], 187);
    assert!(told.iter().all(|event| event["usageMetadata"]["promptTokenCount"] == 137));
    assert!(told.iter().all(|event| event["modelVersion"] == "gemini-2.5-pro"));
    assert!(ask(&models, Wire::Gemini, true).await.text().await.unwrap().contains("}\r\n\r\n"));
    let url = format!("{}/gemini/v1beta/models/m:streamGenerateContent", models.url());
    let answer = client().post(url).bearer_auth(models.token()).json(&question(Wire::Gemini, true));
    let list: Value = answer.send().await.unwrap().json().await.unwrap();
    assert!(list.as_array().unwrap().len() > 2);
}

#[tokio::test]
async fn a_limit_of_tokens_ends_each_format_in_its_words() {
    let models = ModelGateway::start();
    models.script(Turn { stop: Stop::Length, ..Turn::say("half a sen").times(0) });
    for wire in WIRES {
        let (_, body) = whole(&models, wire).await;
        let reason = match wire {
            Wire::Anthropic => &body["stop_reason"],
            Wire::Responses => &body["incomplete_details"]["reason"],
            Wire::Chat => &body["choices"][0]["finish_reason"],
            Wire::Gemini => &body["candidates"][0]["finishReason"],
        };
        let words = ["max_tokens", "max_output_tokens", "length", "MAX_TOKENS"];
        assert!(words.contains(&reason.as_str().unwrap()), "{wire:?}: {reason}");
    }
    let last = events(&models, Wire::Responses).await.pop().unwrap();
    assert_eq!(last["type"], "response.incomplete");
}

#[tokio::test]
async fn answers_carry_the_id_of_their_request() {
    let models = ModelGateway::start();
    for (wire, name) in [(Wire::Anthropic, "request-id"), (Wire::Chat, "x-request-id")] {
        let one = ask(&models, wire, false).await.headers()[name].clone();
        let other = ask(&models, wire, true).await.headers()[name].clone();
        assert!(one.to_str().unwrap().starts_with("req_"));
        assert_ne!(one, other);
    }
}

#[tokio::test]
async fn tokens_are_counted_and_models_are_listed() {
    let models = ModelGateway::start();
    let url = |path: &str| format!("{}{path}", models.url());
    let count = |path| client().post(url(path)).bearer_auth(models.token()).body("x".repeat(400)).send();
    let counted: Value = count("/anthropic/v1/messages/count_tokens").await.unwrap().json().await.unwrap();
    assert_eq!(counted["input_tokens"], 100);
    let counted: Value = count("/gemini/v1beta/models/m:countTokens").await.unwrap().json().await.unwrap();
    assert_eq!(counted["totalTokens"], 100);
    for path in ["/anthropic/v1/models", "/openai/v1/models", "/gemini/v1beta/models", "/mlflow/v1/models"] {
        let list = client().get(url(path)).bearer_auth(models.token()).send().await.unwrap();
        assert!(list.text().await.unwrap().contains("databricks-gpt-5-2"), "{path}");
    }
    assert_eq!(client().head(url("/")).send().await.unwrap().status(), 200, "a probe needs no token");
}

#[tokio::test]
async fn a_turn_waits_for_the_request_that_it_fits() {
    let models = ModelGateway::start();
    models.script(Turn::say("for gemini").fitting(When { wire: Some(Wire::Gemini), ..When::default() }));
    models
        .script(Turn::say("for hello").fitting(When { containing: Some("hello".into()), ..When::default() }));
    models.script(Turn::say("for tools").with_tools());
    assert_eq!(text_of(Wire::Chat, &events(&models, Wire::Chat).await), "for hello");
    assert_eq!(text_of(Wire::Chat, &events(&models, Wire::Chat).await), "ok");
    assert_eq!(text_of(Wire::Gemini, &events(&models, Wire::Gemini).await), "for gemini");
    assert_eq!(models.unheard(), 1);
}

#[tokio::test]
async fn a_prefix_can_be_absent() {
    let models = ModelGateway::with(Settings { absent: vec!["/ai-gateway".into()], ..Settings::default() });
    let url = format!("{}/ai-gateway/anthropic/v1/messages", models.url());
    let answer = client().post(url).bearer_auth(models.token()).json(&question(Wire::Anthropic, false));
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await.unwrap()["error_code"], "ENDPOINT_NOT_FOUND");
    assert!(!models.last_request().unwrap().unknown_route);
}
