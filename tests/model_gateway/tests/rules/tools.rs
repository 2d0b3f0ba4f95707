//! Calls of tools, in each format.

use model_gateway::{ModelGateway, Turn, Wire};
use serde_json::{Value, json};

use crate::asking::{WIRES, events, joined, question, read_events, request};

const COMMAND: &str = "rm -rf build && echo 'ä'";

/// A request that offers a shell, as the format spells it.
fn with_shell(wire: Wire, stream: bool) -> Value {
    let schema = json!({
        "type": "object",
        "properties": { "command": { "type": "string" }, "description": { "type": "string" } },
        "required": ["command", "description"],
    });
    let mut body = question(wire, stream);
    body["tools"] = match wire {
        Wire::Anthropic => json!([{ "name": "bash", "input_schema": schema }]),
        Wire::Responses => json!([{ "type": "function", "name": "bash", "parameters": schema }]),
        Wire::Chat => json!([{ "type": "function", "function": { "name": "bash", "parameters": schema } }]),
        Wire::Gemini => {
            json!([{ "functionDeclarations": [{ "name": "bash", "parametersJsonSchema": schema }] }])
        }
    };
    body
}

/// Name and arguments of the call in a stream.
fn call_in(wire: Wire, events: &[Value]) -> (String, Value) {
    let (name, arguments) = match wire {
        Wire::Anthropic => (joined(events, "/content_block/name"), joined(events, "/delta/partial_json")),
        Wire::Responses => {
            let item = events.last().unwrap()["response"]["output"][1].clone();
            (item["name"].as_str().unwrap().to_owned(), item["arguments"].as_str().unwrap().to_owned())
        }
        Wire::Chat => (
            joined(events, "/choices/0/delta/tool_calls/0/function/name"),
            joined(events, "/choices/0/delta/tool_calls/0/function/arguments"),
        ),
        Wire::Gemini => {
            let pointer = "/candidates/0/content/parts/0/functionCall";
            let call = events.iter().find_map(|event| event.pointer(pointer)).unwrap();
            (call["name"].as_str().unwrap().to_owned(), call["args"].to_string())
        }
    };
    (name, serde_json::from_str(&arguments).unwrap())
}

#[tokio::test]
async fn a_command_is_called_by_the_tool_that_is_offered() {
    let models = ModelGateway::start();
    models.script(Turn::say("I tidy up.").shell(COMMAND).times(0));
    for wire in WIRES {
        let answer = request(&models, wire, &with_shell(wire, true), true).send().await.unwrap();
        let events = read_events(&answer.text().await.unwrap());
        let expected = json!({ "command": COMMAND, "description": "ok" });
        assert_eq!(call_in(wire, &events), ("bash".to_owned(), expected), "{wire:?}");
        let text = events.iter().map(Value::to_string).collect::<String>();
        let reason = match wire {
            Wire::Anthropic => "\"stop_reason\":\"tool_use\"",
            Wire::Chat => "\"finish_reason\":\"tool_calls\"",
            Wire::Responses => "\"status\":\"completed\"",
            Wire::Gemini => "\"finishReason\":\"STOP\"",
        };
        assert!(text.contains(reason), "{wire:?}: {text}");
    }
}

/// Agents ask for a title in the middle of everything; that request must not take the turn that was meant for the work.
#[tokio::test]
async fn a_request_without_the_tool_does_not_take_the_turn() {
    let models = ModelGateway::start();
    models.script(Turn::default().shell(COMMAND));
    assert!(!joined(&events(&models, Wire::Chat).await, "/choices/0/delta/content").is_empty());
    assert_eq!(models.unheard(), 1);
}

#[tokio::test]
async fn whole_answers_call_tools_too() {
    let models = ModelGateway::start();
    models.script(Turn::default().call("look", json!({ "at": "x" })).times(0));
    for wire in WIRES {
        let answer = request(&models, wire, &question(wire, false), false).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let found = match wire {
            Wire::Anthropic => (&body["content"][0]["name"], body["content"][0]["input"].to_string()),
            Wire::Responses => {
                (&body["output"][0]["name"], body["output"][0]["arguments"].as_str().unwrap().to_owned())
            }
            Wire::Chat => {
                let call = &body["choices"][0]["message"]["tool_calls"][0]["function"];
                (&call["name"], call["arguments"].as_str().unwrap().to_owned())
            }
            Wire::Gemini => {
                let call = &body["candidates"][0]["content"]["parts"][0]["functionCall"];
                (&call["name"], call["args"].to_string())
            }
        };
        assert_eq!(found, (&json!("look"), "{\"at\":\"x\"}".to_owned()), "{wire:?}");
    }
}

#[tokio::test]
async fn a_free_tool_gets_text() {
    let models = ModelGateway::start();
    models.script(Turn::default().edit("a.txt", "one", "two"));
    let mut body = question(Wire::Responses, true);
    body["tools"] = json!([{ "type": "custom", "name": "apply_patch", "format": { "type": "grammar" } }]);
    let answer = request(&models, Wire::Responses, &body, true).send().await.unwrap();
    let events = read_events(&answer.text().await.unwrap());
    let item = &events.last().unwrap()["response"]["output"][0];
    assert_eq!((&item["type"], &item["name"]), (&json!("custom_tool_call"), &json!("apply_patch")));
    assert!(item["input"].as_str().unwrap().contains("*** Update File: a.txt"));
}
