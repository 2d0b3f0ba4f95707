//! MLflow traces: the record of one, and its spans, which come through a signed address without a bearer.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::{Call, text};
use crate::experiments::Tag;
use crate::pages::Pages;
use crate::world::World;

#[derive(Debug, Default)]
pub struct Trace {
    experiment: String,
    info: Map<String, Value>,
    tags: BTreeMap<String, String>,
    pub spans: Option<Bytes>,
}

impl Trace {
    fn shown(&self) -> Value {
        let mut info = self.info.clone();
        info.insert("tags".to_owned(), json!(self.tags));
        Value::Object(info)
    }
}

fn no_such_trace(id: &str) -> Answer {
    Answer::missing(format!("Trace with ID {id} does not exist."))
}

/// `POST /api/3.0/mlflow/traces`
pub fn start(world: &mut World, call: &Call) -> Outcome {
    let body = Value::Object(call.object()?);
    let info = body.pointer("/trace/trace_info").and_then(Value::as_object);
    let Some(info) = info.cloned() else { return Err(Answer::invalid("trace.trace_info is missing.")) };
    let id = text(&info, "trace_id").unwrap_or_default().to_owned();
    if !id.starts_with("tr-") {
        return Err(Answer::invalid(format!("'{id}' is not a trace id.")));
    }
    let location = body.pointer("/trace/trace_info/trace_location/mlflow_experiment/experiment_id");
    let experiment = location.and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(known) = world.experiments.get(&experiment) else {
        return Err(Answer::missing(format!("Node ID {experiment} does not exist.")));
    };
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in info.get("tags").and_then(Value::as_object).into_iter().flatten() {
        tags.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    tags.insert("mlflow.artifactLocation".to_owned(), format!("{}/{id}/artifacts", known.artifacts));
    let trace = Trace { experiment, info, tags, spans: None };
    let shown = trace.shown();
    world.experiments.traces.insert(id, trace);
    Ok(json!({ "trace": { "trace_info": shown } }).into())
}

/// `GET /api/3.0/mlflow/traces/{trace_id}`
pub fn get(world: &mut World, call: &Call) -> Outcome {
    let trace = world.experiments.traces.get(call.var(0)).ok_or_else(|| no_such_trace(call.var(0)))?;
    Ok(json!({ "trace": { "trace_info": trace.shown() } }).into())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Search {
    locations: Vec<Value>,
    experiment_ids: Vec<String>,
    max_results: Option<usize>,
    page_token: Option<String>,
}

/// `POST /api/3.0/mlflow/traces/search`, newest first
pub fn search(world: &mut World, call: &Call) -> Outcome {
    let wish: Search = call.body()?;
    let mut wanted = wish.experiment_ids;
    wanted.extend(wish.locations.iter().filter_map(|location| {
        location.pointer("/mlflow_experiment/experiment_id").and_then(Value::as_str).map(str::to_owned)
    }));
    let all = world.experiments.traces.values();
    let mut found: Vec<Value> =
        all.filter(|trace| wanted.contains(&trace.experiment)).map(Trace::shown).collect();
    found.sort_by_key(|trace| {
        std::cmp::Reverse(trace["request_time"].as_str().unwrap_or_default().to_owned())
    });
    let mut call = call.clone();
    call.query.extend(wish.max_results.map(|most| ("max_results".to_owned(), most.to_string())));
    call.query.extend(wish.page_token.map(|token| ("page_token".to_owned(), token)));
    Pages::read(world, &call)?.answer("traces", found)
}

/// `PATCH /api/2.0/mlflow/traces/{trace_id}/tags`
pub fn set_tag(world: &mut World, call: &Call) -> Outcome {
    let Tag { key, value } = call.body()?;
    let trace = world.experiments.traces.get_mut(call.var(0)).ok_or_else(|| no_such_trace(call.var(0)))?;
    trace.tags.insert(key, value);
    Ok(json!({}).into())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Deletion {
    experiment_id: String,
    request_ids: Vec<String>,
    trace_ids: Vec<String>,
}

/// `POST /api/{2.0,3.0}/mlflow/traces/delete-traces`
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let mut wish: Deletion = call.body()?;
    wish.trace_ids.append(&mut wish.request_ids);
    let traces = &mut world.experiments.traces;
    let before = traces.len();
    traces.retain(|id, trace| trace.experiment != wish.experiment_id || !wish.trace_ids.contains(id));
    Ok(json!({ "traces_deleted": before - traces.len() }).into())
}

/// `GET /api/2.0/mlflow/traces/{trace_id}/credentials-for-data-{upload,download}`
pub fn credentials(world: &mut World, call: &Call) -> Outcome {
    let id = call.var(0).to_owned();
    if !world.experiments.traces.contains_key(&id) {
        return Err(no_such_trace(&id));
    }
    let key = world.ids.hex("signed", 40);
    world.experiments.signed.insert(key.clone(), id);
    let uri = format!("{}/_signed/{key}", world.base);
    let header = json!({ "name": "x-signed", "value": &key[..8] });
    Ok(json!({ "credential_info": {
        "signed_uri": uri, "type": "AWS_PRESIGNED_URL", "headers": [header],
    } })
    .into())
}

fn signed(world: &World, call: &Call) -> Result<String, Answer> {
    let key = call.var(0);
    let refused = || Answer::text(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>");
    if call.header("authorization").is_some() || call.header("x-signed") != key.get(..8) {
        return Err(refused());
    }
    world.experiments.signed.get(key).cloned().ok_or_else(refused)
}

/// `PUT` to a signed address: with its headers, and without a bearer.
pub fn put_spans(world: &mut World, call: &Call) -> Outcome {
    let id = signed(world, call)?;
    let trace = world.experiments.traces.get_mut(&id).ok_or_else(|| no_such_trace(&id))?;
    trace.spans = Some(call.body.clone());
    Ok(Answer::empty(200))
}

/// `GET` from a signed address
pub fn get_spans(world: &mut World, call: &Call) -> Outcome {
    let id = signed(world, call)?;
    let spans = world.experiments.traces.get(&id).and_then(|trace| trace.spans.clone());
    spans
        .map(Answer::bytes)
        .ok_or_else(|| Answer::text(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>"))
}

/// `POST /api/2.0/otel/v1/traces`: only for a table of Unity Catalog.
pub fn otel(world: &mut World, call: &Call) -> Outcome {
    let Some(table) = call.header("x-databricks-uc-table-name") else {
        return Err(Answer::invalid("Missing required header: X-Databricks-UC-Table-Name"));
    };
    if call.header("content-type") != Some("application/x-protobuf") {
        return Err(Answer::error(
            415,
            "INVALID_PARAMETER_VALUE",
            "Content-Type must be application/x-protobuf",
        ));
    }
    world.experiments.spans.push((table.to_owned(), call.body.len()));
    Ok(Answer::text(200, "application/x-protobuf", Bytes::new()))
}
