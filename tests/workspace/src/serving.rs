//! Serving endpoints, the probes of the AI gateway, and the hook that hands requests for models to a mock.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::effect::Forward;
use crate::pages::Pages;
use crate::world::World;

const MODELS: [(&str, &str, &[&str]); 4] = [
    ("databricks-claude-sonnet-4-5", "llm/v1/chat", &["anthropic/v1/messages"]),
    ("databricks-claude-opus-4-5", "llm/v1/chat", &["anthropic/v1/messages"]),
    ("databricks-gpt-5-2", "llm/v1/chat", &["openai/v1/responses"]),
    ("databricks-gemini-2-5-pro", "llm/v1/chat", &["gemini/v1/generateContent"]),
];

/// What a workspace offers without anyone having made it.
pub fn endpoints() -> BTreeMap<String, Value> {
    let models = MODELS.iter().enumerate();
    models.map(|(at, (name, task, apis))| ((*name).to_owned(), endpoint(at, name, task, apis))).collect()
}

fn endpoint(at: usize, name: &str, task: &str, apis: &[&str]) -> Value {
    let model = name.trim_start_matches("databricks-");
    json!({
        "name": name,
        "id": format!("{:032x}", at + 1),
        "creator": "System-User",
        "creation_timestamp": 1_700_000_000_000_i64,
        "state": { "ready": "READY", "config_update": "NOT_UPDATING" },
        "task": task,
        "config": { "served_entities": [{
            "name": name,
            "entity_name": format!("system.ai.{model}"),
            "foundation_model": {
                "name": name, "display_name": model, "ai_gateway_v2_supported": true, "api_types": apis,
            },
        }] },
        "tags": [],
        "ai_gateway": { "usage_tracking_config": { "enabled": true } },
    })
}

/// `GET /api/2.0/serving-endpoints`: no pages.
pub fn list(world: &mut World, _: &Call) -> Outcome {
    let all: Vec<&Value> = world.endpoints.values().collect();
    Ok(if all.is_empty() { json!({}) } else { json!({ "endpoints": all }) }.into())
}

/// `GET /api/2.0/serving-endpoints:foundation-models`
pub fn foundation_models(world: &mut World, _: &Call) -> Outcome {
    let all = world.endpoints.values();
    let all: Vec<&Value> = all
        .filter(|endpoint| endpoint.pointer("/config/served_entities/0/foundation_model").is_some())
        .collect();
    Ok(json!({ "endpoints": all }).into())
}

/// `GET /api/2.0/serving-endpoints/{name}`
pub fn get(world: &mut World, call: &Call) -> Outcome {
    let name = call.var(0);
    let found = world.endpoints.get(name);
    let found =
        found.ok_or_else(|| Answer::missing(format!("Endpoint with name '{name}' does not exist.")))?;
    Ok(found.clone().into())
}

fn gateway(world: &World, call: &Call) -> Result<(), Answer> {
    if world.settings.gateway.ai_gateway {
        return Ok(());
    }
    Err(Answer::no_such_endpoint(&call.method, &call.path))
}

/// `GET /api/ai-gateway/v2/endpoints`
pub fn gateway_endpoints(world: &mut World, call: &Call) -> Outcome {
    gateway(world, call)?;
    let names: Vec<Value> = world.endpoints.keys().map(|name| json!({ "name": name })).collect();
    Pages::read(world, call)?.answer("endpoints", names)
}

/// `GET /api/2.1/unity-catalog/model-services`
pub fn model_services(world: &mut World, call: &Call) -> Outcome {
    gateway(world, call)?;
    let names = world.endpoints.keys().map(|name| {
        let model = name.trim_start_matches("databricks-");
        json!({ "name": model, "full_name": format!("system.ai.{model}") })
    });
    let names: Vec<Value> = names.collect();
    Pages::read(world, call)?.answer("model_services", names)
}

/// Anything below `/serving-endpoints/` and `/ai-gateway/`: as it came, to the mock behind the hook.
pub fn ask_model(world: &mut World, call: &Call) -> Result<Forward, Answer> {
    if call.path.starts_with("/ai-gateway/") {
        gateway(world, call)?;
    }
    let Some(base) = &world.settings.gateway.forward_to else {
        let message = "No model is behind this emulator: set gateway.forward_to.";
        return Err(Answer::error(404, "ENDPOINT_NOT_FOUND", message));
    };
    Ok(Forward {
        url: format!("{}{}{}", base.trim_end_matches('/'), call.path, query(call)),
        headers: vec![],
    })
}

/// The query as it came in, encoded again.
pub fn query(call: &Call) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<String> =
        call.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
