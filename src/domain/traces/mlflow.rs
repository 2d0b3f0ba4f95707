//! A turn in MLflow's words: the record of a trace (REST, version 3), and its spans.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use super::turn::{Kind, Span, State, Turn};

/// Longest preview, and longest value among the metadata, in characters; MLflow's own bounds.
const PREVIEW: usize = 1_000;
const VALUE: usize = 250;

/// What was found when a trace was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    Landed,
    /// It is not what was sent, in this.
    Differs(&'static str),
}

/// The record: `{"trace": {"trace_info": …}}`.
pub fn info(turn: &Turn, experiment: &str, user: &str) -> Value {
    let duration = turn.ended.saturating_sub(turn.started);
    let mut metadata = Map::new();
    let mut put =
        |name: &str, value: String| metadata.insert(name.to_owned(), shortened(&value, VALUE).into());
    put("mlflow.trace_schema.version", "3".to_owned());
    put("mlflow.traceInputs", turn.prompt.clone());
    put("mlflow.traceOutputs", turn.answer.clone());
    put("mlflow.trace.session", turn.session.clone());
    put("mlflow.trace.user", user.to_owned());
    put("mlflow.user", user.to_owned());
    put("mlflow.source.name", "coda".to_owned());
    put("mlflow.source.type", "LOCAL".to_owned());
    put("mlflow.trace.tokenUsage", usage(sum(turn)).to_string());
    json!({ "trace": { "trace_info": {
        "trace_id": turn.trace(),
        "trace_location": { "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": experiment } },
        "request_time": rfc3339(turn.started),
        "execution_duration": format!("{}.{:03}s", duration / 1_000_000_000, duration / 1_000_000 % 1_000),
        "state": if turn.state == State::Done { "OK" } else { "ERROR" },
        "request_preview": shortened(&turn.prompt, PREVIEW),
        "response_preview": shortened(&turn.answer, PREVIEW),
        "trace_metadata": metadata,
        "tags": {
            "mlflow.traceName": name(turn),
            "coda.agent": turn.agent,
            "coda.session": turn.session,
        },
    } } })
}

/// The document with the spans: the turn itself, and below it every call.
pub fn spans(turn: &Turn) -> Value {
    let root = json!({
        "trace_id": BASE64_STANDARD.encode(bytes(&turn.id)),
        "span_id": span_id(turn, 0),
        "parent_span_id": null,
        "name": name(turn),
        "start_time_unix_nano": turn.started,
        "end_time_unix_nano": turn.ended,
        "events": [],
        "links": [],
        "status": status(match &turn.state {
            State::Failed(why) => Some(why),
            State::Open | State::Done => None,
        }),
        "attributes": attributes(turn, "AGENT", [
            ("mlflow.spanInputs", json!({ "prompt": turn.prompt })),
            ("mlflow.spanOutputs", json!({ "answer": turn.answer })),
            ("mlflow.chat.tokenUsage", usage(sum(turn))),
            ("coda.calls_left_out", json!(turn.left_out)),
        ]),
    });
    let below = turn.spans.iter().enumerate().map(|(place, span)| child(turn, span, place as u64 + 1));
    json!({ "spans": std::iter::once(root).chain(below).collect::<Vec<_>>() })
}

fn child(turn: &Turn, span: &Span, number: u64) -> Value {
    let attributes = match span.kind {
        Kind::Tool => attributes(
            turn,
            "TOOL",
            [("mlflow.spanInputs", readable(&span.input)), ("mlflow.spanOutputs", json!(span.output))],
        ),
        Kind::Model => {
            let asked = |(name, arguments): &(String, String)| json!({ "name": name, "arguments": readable(arguments) });
            let calls: Vec<Value> = span.calls.iter().map(asked).collect();
            let mut attributes = attributes(
                turn,
                "CHAT_MODEL",
                [
                    ("mlflow.spanInputs", json!({ "input": span.input })),
                    ("mlflow.spanOutputs", json!({ "text": span.output, "tool_calls": calls })),
                    ("mlflow.llm.model", json!(span.name)),
                    ("coda.first_byte_ms", json!(span.first_byte_ms)),
                ],
            );
            if let (Some(tokens), Value::Object(all)) = (span.tokens, &mut attributes) {
                all.insert("mlflow.chat.tokenUsage".to_owned(), usage(tokens).to_string().into());
            }
            attributes
        }
    };
    json!({
        "trace_id": BASE64_STANDARD.encode(bytes(&turn.id)),
        "span_id": span_id(turn, number),
        "parent_span_id": span_id(turn, 0),
        "name": if span.name.is_empty() { "model" } else { span.name.as_str() },
        "start_time_unix_nano": span.started,
        "end_time_unix_nano": span.ended,
        "events": [],
        "links": [],
        "status": status(span.error.as_ref()),
        "attributes": attributes,
    })
}

/// Whether what was read back is the turn.
pub fn proof(turn: &Turn, info: &Value, document: &[u8]) -> Proof {
    let info = info.pointer("/trace/trace_info").unwrap_or(info);
    if info["trace_id"] != turn.trace() {
        return Proof::Differs("its id");
    }
    let Ok(document) = serde_json::from_slice::<Value>(document) else { return Proof::Differs("its spans") };
    let ids = |document: &Value| -> Vec<String> {
        let all = document["spans"].as_array().into_iter().flatten();
        all.filter_map(|span| span["span_id"].as_str().map(str::to_owned)).collect()
    };
    if ids(&document) == ids(&spans(turn)) { Proof::Landed } else { Proof::Differs("its spans") }
}

fn name(turn: &Turn) -> String {
    format!("{} {}", turn.agent, if turn.has_tools { "turn" } else { "request" })
}

/// Every value is JSON in a text.
fn attributes<const N: usize>(turn: &Turn, kind: &str, own: [(&str, Value); N]) -> Value {
    let all = [("mlflow.traceRequestId", json!(turn.trace())), ("mlflow.spanType", json!(kind))];
    let all = all.into_iter().chain(own).filter(|(_, value)| !value.is_null());
    Value::Object(all.map(|(name, value)| (name.to_owned(), value.to_string().into())).collect())
}

fn status(error: Option<&String>) -> Value {
    match error {
        Some(why) => json!({ "code": "STATUS_CODE_ERROR", "message": why }),
        None => json!({ "code": "STATUS_CODE_OK", "message": "" }),
    }
}

/// Arguments are an object where they can be read as one.
fn readable(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn sum(turn: &Turn) -> [u64; 4] {
    let all = turn.spans.iter().filter_map(|span| span.tokens);
    all.fold([0; 4], |sum, tokens| std::array::from_fn(|at| sum[at].saturating_add(tokens[at])))
}

/// MLflow counts what came from a cache or went into one as input, too.
fn usage([input, cached, written, output]: [u64; 4]) -> Value {
    let input = input.saturating_add(cached).saturating_add(written);
    json!({
        "input_tokens": input,
        "output_tokens": output,
        "total_tokens": input.saturating_add(output),
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
    })
}

/// Told by the turn and the span's place, and never nothing.
fn span_id(turn: &Turn, number: u64) -> String {
    let own = bytes(&turn.id);
    let (first, _) = own.split_at(8);
    let base = first.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)) | 1 << 63;
    BASE64_STANDARD.encode((base ^ number).to_be_bytes())
}

fn bytes(hex: &str) -> [u8; 16] {
    u128::from_str_radix(hex, 16).unwrap_or(1).to_be_bytes()
}

fn rfc3339(nanos: u64) -> String {
    let time = DateTime::from_timestamp_nanos(i64::try_from(nanos).unwrap_or(i64::MAX));
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
