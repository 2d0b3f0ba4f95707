use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::domain::gateway::{Finished, Outcome, Tokens, Wire};

const BOUNDS: Bounds = Bounds { text: 1_000, turn: 10_000, spans: 20 };
const SECOND: u64 = 1_000_000_000;

fn finished(outcome: Outcome) -> Finished {
    Finished {
        session: "s1".to_owned(),
        agent: "claude".to_owned(),
        model: "m".to_owned(),
        outcome,
        metered: true,
        tokens: Some(Tokens { input: 10, cached: 5, written: 1, output: 3 }),
        first_byte: Some(Duration::from_millis(20)),
        total: Duration::from_secs(1),
    }
}

fn call(wire: Wire, ended: u64, outcome: Outcome, request: &Value, answer: &Value) -> Call {
    let (request, answer) = (request.to_string(), answer.to_string());
    Call::read(&Heard {
        wire,
        finished: &finished(outcome),
        trouble: None,
        ended: ended * SECOND,
        request: Some(request.as_bytes()),
        answer: Some(answer.as_bytes()),
        events: false,
    })
}

fn book() -> Book {
    Book::new(BOUNDS, 3, Duration::from_secs(60))
}

fn id() -> String {
    "0123456789abcdef0123456789abcdef".to_owned()
}

/// The same turn in each of the interfaces: a prompt, a tool, its result, an answer.
fn turns() -> [(Wire, [Value; 2], [Value; 2]); 4] {
    let tool = json!([{ "name": "Bash" }]);
    let input = json!({ "command": "ls" });
    let messages = json!([{ "role": "user", "content": [
        { "type": "text", "text": "<system-reminder>be good</system-reminder>" }, { "type": "text", "text": "list" } ] }]);
    let mut second = messages.as_array().unwrap().clone();
    second.push(json!({ "role": "assistant", "content": [{ "type": "tool_use", "id": "c1", "name": "Bash", "input": input }] }));
    second.push(json!({ "role": "user", "content": [
        { "type": "tool_result", "tool_use_id": "c1", "content": [{ "type": "text", "text": "a.txt" }] },
        { "type": "text", "text": "<system-reminder>still</system-reminder>" } ] }));
    let spoken =
        json!({ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "list" }] });
    let context = json!({ "type": "message", "role": "user", "content": [
        { "type": "input_text", "text": "<environment_context>\n<cwd>/x</cwd>\n</environment_context>" }] });
    let asked =
        json!({ "type": "function_call", "call_id": "c1", "name": "Bash", "arguments": input.to_string() });
    let given = json!({ "type": "function_call_output", "call_id": "c1", "output": "a.txt" });
    let chat = json!([{ "role": "system", "content": "x" }, { "role": "user", "content": "list" }]);
    let chat_call = json!({ "id": "c1", "type": "function", "function": { "name": "Bash", "arguments": input.to_string() } });
    let mut chat_second = chat.as_array().unwrap().clone();
    chat_second.push(json!({ "role": "assistant", "tool_calls": [chat_call] }));
    chat_second.push(json!({ "role": "tool", "tool_call_id": "c1", "content": "a.txt" }));
    let gemini = json!({ "role": "user", "parts": [{ "text": "list" }] });
    let gemini_call = json!({ "functionCall": { "name": "Bash", "args": input } });
    let gemini_result = json!({ "functionResponse": { "name": "Bash", "response": { "output": "a.txt" } } });
    [
        (
            Wire::Messages,
            [json!({ "tools": tool, "messages": messages }), json!({ "tools": tool, "messages": second })],
            [
                json!({ "type": "message", "content": [{ "type": "tool_use", "id": "c1", "name": "Bash", "input": input }] }),
                json!({ "type": "message", "content": [{ "type": "text", "text": "one file" }] }),
            ],
        ),
        (
            Wire::Responses,
            [
                json!({ "tools": tool, "input": [context, spoken] }),
                json!({ "tools": tool, "input": [context, spoken, asked, given] }),
            ],
            [
                json!({ "output": [{ "type": "reasoning" }, asked] }),
                json!({ "output": [{ "type": "message", "content": [{ "type": "output_text", "text": "one file" }] }] }),
            ],
        ),
        (
            Wire::Chat,
            [json!({ "tools": tool, "messages": chat }), json!({ "tools": tool, "messages": chat_second })],
            [
                json!({ "choices": [{ "message": { "content": null, "tool_calls": [chat_call] } }] }),
                json!({ "choices": [{ "message": { "content": "one file" } }] }),
            ],
        ),
        (
            Wire::Gemini,
            [
                json!({ "tools": tool, "contents": [gemini] }),
                json!({ "tools": tool, "contents": [gemini, { "role": "model", "parts": [gemini_call] }, { "role": "user", "parts": [gemini_result] }] }),
            ],
            [
                json!({ "candidates": [{ "content": { "parts": [{ "text": "hm", "thought": true }, gemini_call] } }] }),
                json!([{ "candidates": [{ "content": { "parts": [{ "text": "one " }] } }] }, { "candidates": [{ "content": { "parts": [{ "text": "file" }] } }] }]),
            ],
        ),
    ]
}

fn whole_turn(wire: Wire) -> Turn {
    let (_, [ask, again], [answer, last]) = turns().into_iter().find(|(own, ..)| *own == wire).unwrap();
    let mut book = book();
    assert_eq!(book.hear(&call(wire, 10, Outcome::Answered, &ask, &answer), id), []);
    assert_eq!(book.open(), 1, "{wire:?}");
    let over = book.hear(&call(wire, 14, Outcome::Answered, &again, &last), id);
    assert_eq!((over.len(), book.open()), (1, 0), "{wire:?}");
    over.into_iter().next().unwrap()
}

#[test]
fn a_turn_is_the_same_in_every_interface() {
    for (wire, ..) in turns() {
        let turn = whole_turn(wire);
        let told: Vec<_> =
            turn.spans.iter().map(|span| (span.kind, span.name.as_str(), span.output.as_str())).collect();
        assert_eq!(
            told,
            [(Kind::Model, "m", ""), (Kind::Tool, "Bash", "a.txt"), (Kind::Model, "m", "one file")],
            "{wire:?}"
        );
        assert_eq!(
            (turn.prompt.as_str(), turn.answer.as_str(), &turn.state),
            ("list", "one file", &State::Done),
            "{wire:?}"
        );
        assert_eq!((turn.started, turn.ended), (9 * SECOND, 14 * SECOND));
        let tool = &turn.spans[1];
        assert_eq!(
            (tool.started, tool.ended, tool.input.as_str()),
            (10 * SECOND, 13 * SECOND, "{\"command\":\"ls\"}")
        );
        assert_eq!(turn.spans[2].input, "a.txt");
    }
}

#[test]
fn answers_are_read_from_streams() {
    let events = |all: &[Value]| all.iter().map(|value| format!("data: {value}\n\n")).collect::<String>();
    let asked = json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":1}" });
    for (wire, events) in [
        (
            Wire::Messages,
            events(&[
                json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
                json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "he" } }),
                json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "llo" } }),
                json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "id": "c", "name": "f", "input": {} } }),
                json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "input_json_delta", "partial_json": "{\"a\":" } }),
                json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "input_json_delta", "partial_json": "1}" } }),
            ]),
        ),
        (
            Wire::Responses,
            events(&[
                json!({ "type": "response.output_item.done", "item": { "type": "message", "content": [{ "type": "output_text", "text": "hello" }] } }),
                json!({ "type": "response.output_item.done", "item": asked }),
                json!({ "type": "response.completed", "response": { "output": [] } }),
            ]),
        ),
        (
            Wire::Chat,
            events(&[
                json!({ "choices": [{ "delta": { "content": "hello" } }] }),
                json!({ "choices": [{ "delta": { "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "f", "arguments": "{\"a\"" } }] } }] }),
                json!({ "choices": [{ "delta": { "tool_calls": [{ "index": 0, "function": { "arguments": ":1}" } }] } }] }),
            ]) + "data: [DONE]\n\n",
        ),
        (
            Wire::Gemini,
            events(&[
                json!({ "candidates": [{ "content": { "parts": [{ "text": "hello" }] } }] }),
                json!({ "candidates": [{ "content": { "parts": [{ "functionCall": { "id": "c", "name": "f", "args": { "a": 1 } } }] } }] }),
            ]),
        ),
    ] {
        let called = ToolCall { id: Some("c".into()), name: "f".into(), arguments: "{\"a\":1}".into() };
        let expected = Reply { text: "hello".into(), calls: vec![called] };
        assert_eq!(Reply::read(wire, true, events.as_bytes()), expected, "{wire:?}");
        assert_eq!(
            Reply::read(wire, true, &events.as_bytes()[..events.len() / 9]),
            Reply::default(),
            "{wire:?}"
        );
    }
}

#[test]
fn a_refused_call_is_tried_again_in_the_same_turn() {
    let (wire, [ask, _], [_, last]) = turns().into_iter().next().unwrap();
    let mut book = book();
    assert_eq!(book.hear(&call(wire, 10, Outcome::Throttled, &ask, &json!({})), id), []);
    let over = book.hear(&call(wire, 12, Outcome::Answered, &ask, &last), id);
    assert_eq!(over[0].state, State::Done);
    let errors: Vec<bool> = over[0].spans.iter().map(|span| span.error.is_some()).collect();
    assert_eq!(errors, [true, false]);
}

#[test]
fn a_turn_that_is_given_up_ends_with_the_reason() {
    let ask = |prompts: &[&str]| {
        let said = prompts.iter().map(|text| json!({ "role": "user", "content": text }));
        json!({ "tools": [1], "messages": said.collect::<Vec<_>>() })
    };
    let answer = json!({ "type": "message", "content": [{ "type": "text", "text": "yes" }] });
    let mut book = book();
    book.hear(&call(Wire::Messages, 10, Outcome::Cancelled, &ask(&["one"]), &json!({})), id);
    let over = book.hear(&call(Wire::Messages, 12, Outcome::Answered, &ask(&["one", "two"]), &answer), id);
    let told: Vec<_> = over.iter().map(|turn| (turn.prompt.as_str(), &turn.state)).collect();
    let left = State::Failed("the agent did not wait for the end".to_owned());
    assert_eq!(told, [("one", &left), ("two", &State::Done)]);

    book.hear(&call(Wire::Messages, 20, Outcome::Failed, &ask(&["three"]), &json!({})), id);
    assert_eq!(book.ended_by(79 * SECOND), []);
    assert!(matches!(&book.ended_by(80 * SECOND)[0].state, State::Failed(_)));

    for prompt in ["a", "b", "c"] {
        let call = call(Wire::Messages, 90, Outcome::Failed, &ask(&[prompt]), &json!({}));
        assert_eq!(book.hear(&call, id), []);
    }
    let over = book.hear(&call(Wire::Messages, 90, Outcome::Failed, &ask(&["d"]), &json!({})), id);
    assert_eq!((over[0].prompt.as_str(), book.open()), ("a", 3));
}

#[test]
fn a_request_on_the_side_is_no_part_of_the_turn() {
    let (wire, [ask, again], [answer, last]) = turns().into_iter().next().unwrap();
    let mut side = ask.clone();
    side.as_object_mut().unwrap().shift_remove("tools");
    let mut book = book();
    book.hear(&call(wire, 10, Outcome::Answered, &ask, &answer), id);
    let over = book.hear(&call(wire, 11, Outcome::Answered, &side, &last), id);
    assert_eq!((over.len(), over[0].has_tools, over[0].spans.len()), (1, false, 1));
    assert_eq!(book.hear(&call(wire, 12, Outcome::Answered, &again, &last), id)[0].spans.len(), 3);
}

#[test]
fn a_turn_is_bounded_and_has_no_secret() {
    let token = format!("dapi{}", "0a".repeat(16));
    let ask = json!({ "tools": [1], "messages": [{ "role": "user", "content": format!("use {token} {}", "x".repeat(5_000)) }] });
    let calls: Vec<Value> = (0..100).map(|at| json!({ "type": "tool_use", "id": at.to_string(), "name": "t", "input": { "v": "y".repeat(900) } })).collect();
    let answer = json!({ "type": "message", "content": calls });
    let mut book = book();
    book.hear(&call(Wire::Messages, 10, Outcome::Answered, &ask, &answer), id);
    let turn = book.ended_by(u64::MAX).remove(0);
    assert_eq!((turn.spans.len(), turn.left_out), (20, 81));
    let text = serde_json::to_string(&turn).unwrap();
    assert!(text.len() < 40_000 && !text.contains(&token), "{} bytes", text.len());
    assert!(turn.prompt.ends_with("bytes more)"));
}

#[test]
fn a_kept_turn_comes_back_as_it_was_and_an_unknown_form_does_not() {
    let mut turn = whole_turn(Wire::Chat);
    let text = serde_json::to_string(&KeptTurn::new(turn.clone())).unwrap();
    let back = KeptTurn::parse(text.as_bytes()).unwrap();
    assert_eq!(spans(&back), spans(&turn));
    assert_eq!(KeptTurn::parse(text.replace("\"version\":1", "\"version\":2").as_bytes()), None);
    assert_eq!(KeptTurn::parse(&text.as_bytes()[..text.len() / 2]), None);
    let earlier = KeptTurn::name(&turn);
    turn.ended += 1;
    assert!(earlier < KeptTurn::name(&turn));
}

#[test]
fn the_oldest_go_until_the_rest_fits() {
    let kept: Vec<Kept> = (0..4).map(|at| Kept { name: at.to_string(), bytes: 10 }).collect();
    for (most, most_bytes, gone) in [(4, 40, 0), (3, 40, 1), (4, 25, 2), (2, 5, 4), (0, 0, 4)] {
        assert_eq!(surplus(&kept, most, most_bytes), gone, "{most} {most_bytes}");
    }
}

#[test]
fn a_trace_says_what_the_turn_was_and_is_known_again() {
    let turn = whole_turn(Wire::Messages);
    let info = info(&turn, "42", "ann@example.com");
    let told = &info["trace"]["trace_info"];
    assert_eq!(told["trace_id"], "tr-0123456789abcdef0123456789abcdef");
    assert_eq!(told["trace_location"]["mlflow_experiment"]["experiment_id"], "42");
    assert_eq!(
        (&told["request_time"], &told["execution_duration"]),
        (&json!("1970-01-01T00:00:09.000Z"), &json!("5.000s"))
    );
    assert_eq!(
        (&told["state"], &told["request_preview"], &told["response_preview"]),
        (&json!("OK"), &json!("list"), &json!("one file"))
    );
    let usage: Value =
        serde_json::from_str(told["trace_metadata"]["mlflow.trace.tokenUsage"].as_str().unwrap()).unwrap();
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(32), &json!(6)));
    let document = spans(&turn);
    let all = document["spans"].as_array().unwrap();
    assert_eq!(all.len(), 4);
    assert!(
        all[0]["parent_span_id"].is_null()
            && all[1..].iter().all(|span| span["parent_span_id"] == all[0]["span_id"])
    );
    assert_eq!(all[2]["attributes"]["mlflow.spanInputs"], "{\"command\":\"ls\"}");
    assert_eq!(all[2]["attributes"]["mlflow.spanType"], "\"TOOL\"");
    assert_eq!(proof(&turn, &info, document.to_string().as_bytes()), Proof::Landed);
    assert_eq!(proof(&turn, &info, b"{\"spans\": []}"), Proof::Differs("its spans"));
    assert_eq!(proof(&turn, &json!({}), document.to_string().as_bytes()), Proof::Differs("its id"));
}
