//! `/_model/…`: the handle for programs in other languages, and for people with `curl`. Nobody has to prove who they
//! are: whoever reaches the port may do everything.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::log::End;
use crate::settings::Settings;
use crate::tokens::Death;
use crate::turn::Turn;
use crate::world::World;

type Outcome = Result<Answer, Answer>;

pub fn answer(world: &mut World, call: &Call) -> Answer {
    let noun = call.path.trim_start_matches("/_model").trim_matches('/');
    let outcome = match (call.method.as_str(), noun) {
        ("GET", "") => Ok(Answer::text(200, "text/plain; charset=utf-8", HELP)),
        ("GET", "script") => Ok(json!(world.script).into()),
        ("POST", "script") => add(world, call),
        ("DELETE", "script") => {
            world.script.clear();
            Ok(json!({}).into())
        }
        ("GET", "requests") => Ok(requests(world, call)),
        ("DELETE", "requests") => {
            world.log.clear();
            Ok(json!({}).into())
        }
        ("POST", "tokens") => tokens(world, call),
        ("GET", "gates") => Ok(gates(world)),
        ("POST", "gates") => move_gates(world, call),
        ("GET", "settings") => Ok(json!(world.settings).into()),
        ("PATCH", "settings") => change_settings(world, call),
        _ => Err(Answer::no_such_endpoint(&call.method, &call.path)),
    };
    outcome.unwrap_or_else(|refusal| refusal)
}

const HELP: &str = "\
The mock of the model side.

GET    /_model/script      the turns that wait
POST   /_model/script      one turn or a list, each taken by the first request that it fits:
         {\"match\": {\"wire\": \"anthropic\", \"path\": \"/ai-gateway\", \"model\": \"opus\", \"tools\": true, \"containing\": \"text\"},
          \"times\": 1, \"thinking\": \"…\", \"say\": \"…\", \"filler\": 0, \"calls\": [{\"shell\": {\"command\": \"ls\"}}],
          \"stop\": \"natural\", \"usage\": {\"input\": 1, \"cached\": 0, \"written\": 0, \"output\": 1, \"thinking\": 0},
          \"pace\": {\"chunk\": 16, \"delay_ms\": 0, \"shard\": 0}, \"gates\": [{\"before\": 1, \"name\": \"first word\"}],
          \"cut\": {\"after\": 3, \"how\": \"reset\"}, \"refusal\": {\"status\": 429, \"retry_after\": {\"seconds\": 2}, \"words\": \"vendor\"},
          \"spoilt\": \"half_json\", \"oddities\": {\"hidden_names\": true, \"stop_with_calls\": true, \"content_lists\": true,
          \"usage_always\": true}}
         wires: anthropic responses chat gemini; calls: {\"shell\": {\"command\"}} {\"write\": {\"path\", \"content\"}}
         {\"edit\": {\"path\", \"old\", \"new\"}} {\"tool\": {\"name\", \"arguments\"}}; stop: natural length filter;
         how: reset close end error; words: vendor databricks; spoilt: no_answer html not_json half_json empty
DELETE /_model/script      forgets them
GET    /_model/requests    what was asked, headers and all; ?after=NUMBER
DELETE /_model/requests    forgets it
POST   /_model/tokens      {\"accept\": TOKEN} {\"expire\": TOKEN, \"as\": \"pat\"} {\"any\": true}; as: pat jwt entra
GET    /_model/gates       which requests wait at which gate
POST   /_model/gates       {\"release\": NAME} {\"shut\": NAME}
GET    /_model/settings    all settings
PATCH  /_model/settings    some of them, whole fields: {\"vendor_keys\": true, \"absent\": [\"/ai-gateway\"]}
";

/// One or a list of something.
fn several<T: DeserializeOwned>(call: &Call) -> Result<Vec<T>, Answer> {
    let value: Value = call.body()?;
    let list = if value.is_array() { value } else { json!([value]) };
    serde_json::from_value(list).map_err(|error| Answer::invalid(error.to_string()))
}

fn add(world: &mut World, call: &Call) -> Outcome {
    for turn in several::<Turn>(call)? {
        world.add(turn).map_err(Answer::invalid)?;
    }
    Ok(json!({ "waiting": world.script.len() }).into())
}

fn requests(world: &World, call: &Call) -> Answer {
    let after: u64 = call.param("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    json!(world.log.entries().filter(|entry| entry.number > after).collect::<Vec<_>>()).into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    accept: Option<String>,
    expire: Option<String>,
    #[serde(rename = "as", default)]
    death: Death,
    any: Option<bool>,
}

fn tokens(world: &mut World, call: &Call) -> Outcome {
    let keys: Keys = call.body()?;
    if let Some(token) = keys.accept {
        world.tokens.accept(&token);
    }
    if let Some(token) = keys.expire {
        world.tokens.expire(&token, keys.death);
    }
    if let Some(any) = keys.any {
        world.tokens.any = any;
    }
    Ok(json!({}).into())
}

fn gates(world: &World) -> Answer {
    let waiting = world.log.entries().filter(|entry| entry.end == End::Open).filter_map(|entry| {
        entry.waits_at.as_ref().map(|gate| json!({ "request": entry.number, "gate": gate }))
    });
    json!(waiting.collect::<Vec<_>>()).into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hands {
    release: Option<String>,
    shut: Option<String>,
}

fn move_gates(world: &mut World, call: &Call) -> Outcome {
    let hands: Hands = call.body()?;
    if let Some(name) = hands.release {
        world.gates.release(&name);
    }
    if let Some(name) = hands.shut {
        world.gates.shut(&name);
    }
    Ok(json!({}).into())
}

fn change_settings(world: &mut World, call: &Call) -> Outcome {
    let mut settings = json!(world.settings);
    let change: serde_json::Map<String, Value> = call.body()?;
    for (name, value) in change {
        settings[name] = value;
    }
    let settings: Settings =
        serde_json::from_value(settings).map_err(|error| Answer::invalid(error.to_string()))?;
    world.settings = settings;
    Ok(json!(world.settings).into())
}
