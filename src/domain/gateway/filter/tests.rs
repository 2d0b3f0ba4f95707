use serde_json::{Value, json};

use super::*;
use crate::domain::gateway::vendor::Wire;

fn mended(body: &Value) -> Value {
    let mended = request(Wire::Chat, body.to_string().as_bytes()).body;
    mended.map_or_else(|| body.clone(), |body| serde_json::from_slice(&body).unwrap())
}

fn messages(messages: Value) -> Value {
    mended(&json!({ "model": "m", "messages": messages }))["messages"].take()
}

fn parameters(model: &str, parameters: Value) -> Value {
    let tool = json!({ "type": "function", "function": { "name": "f", "parameters": parameters } });
    mended(&json!({ "model": model, "messages": [], "tools": [tool] }))["tools"][0]["function"]["parameters"]
        .take()
}

/// P-22, rules 1 to 6, and what one uncovers for another.
#[test]
fn messages_that_a_model_would_refuse_are_mended() {
    let user = json!({"role": "user", "content": "hi"});
    let calls = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "a"}]});
    for (what, given, expected) in [
        (
            "empty texts go",
            json!([{"role": "user", "content": [{"type": "text", "text": " \n"}, {"type": "text", "text": "x"}]}]),
            json!([{"role": "user", "content": [{"type": "text", "text": "x"}]}]),
        ),
        (
            "the result of a call that nobody made goes, and the message that it leaves empty",
            json!([user, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "z"}]}]),
            json!([user]),
        ),
        (
            "the result of a call stays",
            json!([{"role": "assistant", "content": [{"type": "tool_use", "id": "a"}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}]),
            json!([{"role": "assistant", "content": [{"type": "tool_use", "id": "a"}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}]),
        ),
        (
            "an assistant's message stays when nothing is left in it",
            json!([{"role": "assistant", "content": [{"type": "text", "text": ""}]}]),
            json!([{"role": "assistant", "content": []}]),
        ),
        (
            "the answer of a tool that nobody called goes",
            json!([calls, {"role": "tool", "tool_call_id": "a", "content": "1"},
                {"role": "tool", "tool_call_id": "b", "content": "2"}]),
            json!([calls, {"role": "tool", "tool_call_id": "a", "content": "1"}]),
        ),
        (
            "an empty answer of a tool stays an answer",
            json!([calls, {"role": "tool", "tool_call_id": "a", "content": ""}]),
            json!([calls, {"role": "tool", "tool_call_id": "a", "content": "."}]),
        ),
        (
            "an assistant that says nothing and calls nothing says something",
            json!([{"role": "assistant", "content": null}, {"role": "assistant", "content": "  "}]),
            json!([{"role": "assistant", "content": "."}, {"role": "assistant", "content": "."}]),
        ),
        (
            "anybody else's empty message goes",
            json!([{"role": "system", "content": ""}, user, {"role": "user", "content": " "}]),
            json!([user]),
        ),
        (
            "a result counts only for the assistant's message right before it",
            json!([calls, {"role": "assistant", "content": "done"}, {"role": "tool", "tool_call_id": "a", "content": "1"}]),
            json!([calls, {"role": "assistant", "content": "done"}]),
        ),
    ] {
        assert_eq!(messages(given), expected, "{what}");
    }
}

#[test]
fn what_needs_no_mending_keeps_its_bytes() {
    for body in [
        r#"{ "model":"m",  "messages":[{"role":"user","content":"hi"}], "temperature":0.70 }"#,
        r#"{"model":"m","messages":"none"}"#,
        "not json",
        "",
    ] {
        assert_eq!(request(Wire::Chat, body.as_bytes()).body, None, "{body}");
    }
    let messages = br#"{"model":"claude","messages":[{"role":"user","content":""}],"tools":[{"$schema":1}]}"#;
    let passed = request(Wire::Messages, messages);
    assert_eq!(
        passed,
        Mended { model: Some("claude".to_owned()), body: None },
        "Anthropic's own form passes"
    );
}

/// Rule 8, and B-63: upstream let `stream_options` pass when there were no tools.
#[test]
fn fields_that_nobody_takes_go_with_and_without_tools() {
    for tools in [json!([]), json!([{"type": "function", "function": {"name": "f", "strict": true}}])] {
        let body = json!({"model": "m", "messages": [], "tools": tools, "stream_options": {"include_usage": true},
            "$schema": "x", "store": false, "stream": true, "reasoning_effort": "high"});
        let mended = mended(&body);
        assert_eq!(
            mended.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["model", "messages", "tools", "stream", "reasoning_effort"]
        );
        assert_eq!(mended.pointer("/tools/0/function/strict"), None);
    }
    let gpt = mended(
        &json!({"model": "databricks-gpt-5", "messages": [], "reasoning_effort": "high", "reasoningSummary": 1}),
    );
    assert_eq!(gpt, json!({"model": "databricks-gpt-5", "messages": []}));
}

/// Rule 7.
#[test]
fn schemas_lose_the_words_that_models_refuse() {
    let given = json!({"$schema": "s", "$id": "i", "$comment": "c", "type": "object", "additionalProperties": false,
        "properties": {"n": {"type": "integer", "minimum": 1, "exclusiveMinimum": 0, "multipleOf": 2},
            "l": {"type": "array", "uniqueItems": true, "items": {"type": "object", "additionalProperties": {}}}}});
    let expected = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1},
        "l": {"type": "array", "items": {"type": "object"}}}});
    assert_eq!(parameters("m", given.clone()), expected);
    assert_eq!(parameters("llama-4", given)["properties"]["n"], json!({"type": "integer"}));
}

/// B-63: a parameter that was *named* like one of the words was dropped.
#[test]
fn a_parameter_may_have_any_name_and_a_value_may_be_anything() {
    let given = json!({"type": "object", "required": ["$schema"], "properties": {
        "$schema": {"type": "string"}, "additionalProperties": {"type": "boolean"}, "$ref": {"type": "string"},
        "properties": {"type": "object", "properties": {"$id": {"type": "string"}}},
        "choice": {"enum": [{"$ref": "#/x"}, "$defs"], "default": {"$comment": 1}, "const": {"$id": 2}}}});
    assert_eq!(parameters("m", given.clone()), given);
}

/// B-63: `$defs` were removed, and with them what the references meant.
#[test]
fn what_a_reference_leads_to_takes_its_place() {
    let given = json!({"type": "object", "$defs": {"p": {"type": "object", "properties": {"x": {"$ref": "#/$defs/n"}}},
        "n": {"type": "number", "$comment": "c"}, "alias": {"$ref": "#/$defs/n"}},
        "properties": {"from": {"$ref": "#/$defs/p", "description": "start"}, "to": {"anyOf": [{"$ref": "#/$defs/p"},
            {"type": "null"}]}, "other": {"$ref": "#/$defs/alias"}, "away": {"$ref": "https://x.example/s"}}});
    let point = json!({"type": "object", "properties": {"x": {"type": "number"}}});
    let mut from = json!({"description": "start"});
    from.as_object_mut().unwrap().extend(point.as_object().unwrap().clone());
    let expected = json!({"type": "object", "properties": {"from": from, "to": {"anyOf": [point, {"type": "null"}]},
        "other": {"type": "number"}, "away": {}}});
    assert_eq!(parameters("m", given), expected);
}

#[test]
fn a_reference_into_itself_ends() {
    let given = json!({"type": "object", "properties": {"tree": {"$ref": "#/definitions/node"}, "self": {"$ref": "#"}},
        "definitions": {"node": {"type": "object", "description": "a node", "properties": {
            "kids": {"type": "array", "items": {"$ref": "#/definitions/node"}}}},
            "a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}});
    let mended = parameters("m", given);
    let leaf = json!({"type": "object", "description": "a node"});
    assert_eq!(mended["properties"]["tree"]["properties"]["kids"]["items"], leaf);
    assert!(!mended.to_string().contains("$ref"), "{mended}");
    let circle = json!({"properties": {"a": {"$ref": "#/definitions/a"}},
        "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}});
    assert!(!parameters("m", circle).to_string().contains("$ref"));
}

#[test]
fn gemini_s_calls_lose_their_numbers() {
    let body = json!({"contents": [{"parts": [{"functionCall": {"id": "1", "name": "f"}}, {"text": "id"},
        {"functionResponse": {"id": "1", "name": "f", "response": {"id": 7}}}]}]});
    let mended: Value =
        serde_json::from_slice(&request(Wire::Gemini, body.to_string().as_bytes()).body.unwrap()).unwrap();
    let expected = json!({"contents": [{"parts": [{"functionCall": {"name": "f"}}, {"text": "id"},
        {"functionResponse": {"name": "f", "response": {"id": 7}}}]}]});
    assert_eq!(mended, expected);
}

#[test]
fn the_order_of_what_stays_is_kept() {
    let body = r#"{"z":1,"model":"m","messages":[],"store":true,"tools":[{"function":{"parameters":{"properties":{"z":{},"a":{"$id":"x"}}}}}]}"#;
    let mended = String::from_utf8(request(Wire::Chat, body.as_bytes()).body.unwrap()).unwrap();
    assert_eq!(
        mended,
        r#"{"z":1,"model":"m","messages":[],"tools":[{"function":{"parameters":{"properties":{"z":{},"a":{}}}}}]}"#
    );
}

// ---- answers -----------------------------------------------------------------------------------

#[test]
fn a_wrapped_call_of_a_whole_answer_gets_its_name() {
    let call =
        |name: &str, arguments: &str| json!({"id": "c", "function": {"name": name, "arguments": arguments}});
    let body = |call: Value, reason: &str| json!({"choices": [{"message": {"tool_calls": [call]}, "finish_reason": reason}]});
    let given = body(call("databricks-tool-call", r#"{"name":"edit","path":"a","n":1}"#), "stop");
    let mended: Value = serde_json::from_slice(&answer("m", given.to_string().as_bytes()).unwrap()).unwrap();
    assert_eq!(mended, body(call("edit", r#"{"path":"a","n":1}"#), "tool_calls"));
    let plain = body(call("edit", "{}"), "tool_calls").to_string();
    assert_eq!(answer("m", plain.as_bytes()), None);
    assert_eq!(
        answer("m", b"{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"),
        None
    );
    assert_eq!(answer("m", b"<html>"), None);
}

#[test]
fn gemini_s_blocks_become_a_text_and_claude_s_stay() {
    let body =
        json!({"choices": [{"message": {"content": [{"type": "text", "text": "a", "thoughtSignature": "x"},
        {"type": "text", "text": "b"}]}}]})
        .to_string();
    let mended: Value =
        serde_json::from_slice(&answer("databricks-gemini-3", body.as_bytes()).unwrap()).unwrap();
    assert_eq!(mended["choices"][0]["message"]["content"], "ab");
    assert_eq!(answer("databricks-claude", body.as_bytes()), None);
}

fn streamed(model: &str, text: &str, cut: usize) -> String {
    let (mut stream, mut out) = (ChatStream::new(model), Vec::new());
    text.as_bytes().chunks(cut).for_each(|chunk| stream.feed(chunk, &mut out));
    stream.finish(&mut out);
    String::from_utf8(out).unwrap()
}

fn event(delta: Value, reason: Value) -> String {
    let event =
        json!({"id": "x", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]});
    format!("data: {event}\n\n")
}

fn piece(name: Option<&str>, arguments: &str) -> Value {
    let mut call = json!({"index": 0, "function": {"arguments": arguments}});
    if let Some(name) = name {
        call["id"] = json!("c1");
        call["type"] = json!("function");
        call["function"]["name"] = json!(name);
    }
    json!({ "tool_calls": [call] })
}

/// What an agent puts together from a stream: content, name and arguments of its first call, reasons, `[DONE]`.
fn put_together(stream: &str) -> (String, String, String, Vec<String>, bool) {
    let (mut content, mut name, mut arguments, mut reasons) =
        (String::new(), String::new(), String::new(), vec![]);
    let mut done = false;
    for data in stream.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if data == "[DONE]" {
            done = true;
            continue;
        }
        assert!(!done, "nothing follows the end: {data}");
        let value: Value = serde_json::from_str(data).unwrap();
        let choice = &value["choices"][0];
        content += choice.pointer("/delta/content").and_then(Value::as_str).unwrap_or_default();
        let call = &choice["delta"]["tool_calls"][0]["function"];
        name += call["name"].as_str().unwrap_or_default();
        arguments += call["arguments"].as_str().unwrap_or_default();
        reasons.extend(choice["finish_reason"].as_str().map(str::to_owned));
    }
    (content, name, arguments, reasons, done)
}

/// B-60: the last piece of the arguments was sent again behind the mended ones, which made no JSON. B-61: a call that
/// was complete in one event came after the end, under the wrong name.
#[test]
fn a_wrapped_call_comes_once_whole_under_its_name_and_before_the_end() {
    let wrapped = Some("databricks-tool-call");
    let pieces = [
        vec![
            piece(wrapped, ""),
            piece(None, r#"{"name":"ed"#),
            piece(None, r#"it","p""#),
            piece(None, ":1}"),
        ],
        vec![piece(wrapped, r#"{"name":"edit","p":1}"#)],
        vec![piece(wrapped, r#"{"p":1,"name":"edit"}"#), piece(None, " ")],
    ];
    for pieces in pieces {
        let mut text = event(json!({"role": "assistant", "content": "hm"}), Value::Null);
        pieces.into_iter().for_each(|piece| text += &event(piece, Value::Null));
        text += &event(json!({}), json!("stop"));
        text += "data: [DONE]\n\n";
        for cut in [1, 13, 4096] {
            let expected = (
                "hm".to_owned(),
                "edit".to_owned(),
                r#"{"p":1}"#.to_owned(),
                vec!["tool_calls".to_owned()],
                true,
            );
            assert_eq!(put_together(&streamed("m", &text, cut)), expected, "{text}");
        }
    }
}

#[test]
fn everything_else_passes_at_once_while_a_call_is_held() {
    let (mut stream, mut out) = (ChatStream::new("m"), Vec::new());
    stream.feed(event(piece(Some("databricks-tool-call"), "{"), Value::Null).as_bytes(), &mut out);
    assert!(out.is_empty(), "all of it is held");
    let text = event(json!({"content": "meanwhile"}), Value::Null);
    stream.feed(text.as_bytes(), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), text);
}

#[test]
fn a_wrapped_call_that_never_ends_goes_as_it_came() {
    let begun = event(piece(Some("databricks-tool-call"), r#"{"name":"#), Value::Null);
    for end in [event(json!({}), json!("length")), "data: [DONE]\n\n".to_owned(), String::new()] {
        let (_, name, arguments, ..) = put_together(&streamed("m", &format!("{begun}{end}"), 50));
        assert_eq!((name.as_str(), arguments.as_str()), ("databricks-tool-call", r#"{"name":"#), "{end}");
    }
}

#[test]
fn a_stream_that_needs_no_mending_keeps_its_bytes() {
    let text = "event: x\r\ndata: {\"choices\": [ {\"delta\":{\"content\":\"gr\u{fc}\u{df}\"}} ]}\r\n\r\n: ping\n\n\
        data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata: broken {\n\ndata: [DONE]\n\ndata: tail";
    for cut in [1, 7, 4096] {
        assert_eq!(streamed("m", text, cut), text);
    }
}
