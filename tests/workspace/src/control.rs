//! `/_workspace/…`: the handle for programs in other languages, and for people with `curl`. Nobody has to prove
//! who they are: whoever reaches the port may do everything.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::clock::{Millis, rfc3339};
use crate::faults::{Fault, fits};
use crate::limits::Limit;
use crate::settings::Settings;
use crate::world::World;

pub fn answer(world: &mut World, call: &Call) -> Answer {
    world.settle();
    let path = call.path.trim_start_matches("/_workspace").trim_matches('/');
    let (noun, rest) = path.split_once('/').unwrap_or((path, ""));
    let outcome = match (call.method.as_str(), noun) {
        ("GET", "") => Ok(Answer::text(200, "text/plain; charset=utf-8", HELP)),
        ("GET", "clock") => Ok(clock(world)),
        ("POST", "clock") => move_clock(world, call),
        ("GET", "faults") => Ok(faults(world)),
        ("POST", "faults") => add_faults(world, call),
        ("DELETE", "faults") => remove_faults(world, rest),
        ("GET", "limits") => Ok(json!(world.limits.list()).into()),
        ("PUT", "limits") => set_limits(world, call),
        ("GET", "requests") => Ok(requests(world, call)),
        ("DELETE", "requests") => {
            world.log.clear();
            Ok(json!({}).into())
        }
        ("GET", "settings") => Ok(json!(world.settings).into()),
        ("PATCH", "settings") => change_settings(world, call),
        ("POST", "people") => add_person(world, call),
        ("POST", "robots") => add_robot(world, call),
        ("POST", "tokens") => add_token(world, call),
        ("DELETE", "tokens") => revoke(world, call),
        ("GET", "scripts") => Ok(json!(world.apps.scripts).into()),
        ("PUT", "scripts") => set_scripts(world, call),
        ("POST", "crashes") => crash(world, call),
        ("POST", "securables") => add_securable(world, call),
        ("POST", "endpoints") => add_endpoint(world, call),
        _ => Err(Answer::no_such_endpoint(&call.method, &call.path)),
    };
    outcome.unwrap_or_else(|refusal| refusal)
}

const HELP: &str = "\
The workspace emulator. Times are milliseconds since 1970 by the emulator's clock.

GET    /_workspace/clock                 {now, time, rate}
POST   /_workspace/clock                 {\"rate\": 60} {\"advance\": 60000} {\"set\": 1790000000000}
GET    /_workspace/faults                the rules that hold
POST   /_workspace/faults                one rule or a list: {\"match\": \"POST /api/2.0/apps/*\", \"skip\": 0, \"times\": 1,
                                         \"chance\": 1.0, \"after_handler\": false, \"from\": ms, \"until\": ms, \"delay_ms\": 0,
                                         \"effect\": {\"answer\": {\"status\": 503, \"headers\": [[\"x\", \"y\"]], \"body\": {}}}}
         effects: \"nothing\" {\"answer\": …} {\"rate_limited\": {\"retry_after\": {\"seconds\": 2}}} {\"html\": {\"status\": 502}}
         \"login_page\" \"login_redirect\" \"dead_token\" \"reset\" \"half\" {\"stall\": {\"ms\": 9000}} {\"slow\": {\"bytes\": 10, \"ms\": 50}}
         \"truncated\" \"empty\"; retry_after: \"absent\" {\"seconds\": n} {\"date\": n} \"nonsense\"
DELETE /_workspace/faults[/NUMBER]       one rule or all
GET    /_workspace/limits                rate limits
PUT    /_workspace/limits                [{\"match\": \"* /api/*\", \"requests\": 10, \"window\": 1000, \"retry_after\": {\"seconds\": 1}, \"shared\": false}]
GET    /_workspace/requests              the log; ?after=NUMBER, ?match=POST%20/api/2.0/token/*
DELETE /_workspace/requests              forgets it
GET    /_workspace/settings              all settings
PATCH  /_workspace/settings              some of them, nested objects merged: {\"delays\": {\"deployment\": 1000}}
POST   /_workspace/people                {\"email\": \"ann@example.com\", \"admin\": false} -> {email, id, token}
POST   /_workspace/robots                {\"name\": \"spawner\", \"admin\": true} -> {client_id, client_secret}
POST   /_workspace/tokens                {\"email\": …, \"lifetime_seconds\": 900, \"comment\": …} -> {token}
DELETE /_workspace/tokens                {\"token\": …}: revoked
GET    /_workspace/scripts               how deployments and starts of apps will end
PUT    /_workspace/scripts               [{\"app\": \"coda-*\", \"deployments\": [{\"fails\": \"text\"}], \"computes\": [\"stuck\"]}]
         the first entry is for the first one, and so on; deployments: \"succeeds\" {\"fails\": …} {\"crashes\": …} \"cancelled\"
         \"stuck\"; computes: \"active\" {\"error\": …} \"stuck\"
POST   /_workspace/crashes               {\"app\": NAME}: its process ends
POST   /_workspace/securables            {\"type\": \"volume\", \"name\": \"main.default.more\"}
POST   /_workspace/endpoints             {\"name\": …, \"state\": {\"ready\": \"READY\"}, …} as the API shows it
";

fn clock(world: &World) -> Answer {
    json!({ "now": world.now(), "time": rfc3339(world.now()), "rate": world.clock.rate() }).into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hands {
    rate: Option<f64>,
    advance: Option<Millis>,
    set: Option<Millis>,
}

fn move_clock(world: &mut World, call: &Call) -> Outcome {
    let Hands { rate, advance, set } = call.body()?;
    if let Some(to) = set {
        world.clock.set(to);
    }
    if let Some(by) = advance {
        world.clock.advance(by);
    }
    if let Some(rate) = rate {
        world.clock.run(rate);
    }
    world.settle();
    Ok(clock(world))
}

fn faults(world: &World) -> Answer {
    let rules = world.faults.list().iter();
    let rules: Vec<Value> = rules.map(|(number, rule)| json!({ "number": number, "rule": rule })).collect();
    json!(rules).into()
}

/// One object or a list of them.
fn several<T: serde::de::DeserializeOwned>(call: &Call) -> Result<Vec<T>, Answer> {
    let value: Value =
        serde_json::from_slice(&call.body).map_err(|error| Answer::malformed(error.to_string()))?;
    let list = if value.is_array() { value } else { json!([value]) };
    serde_json::from_value(list).map_err(|error| Answer::malformed(error.to_string()))
}

fn add_faults(world: &mut World, call: &Call) -> Outcome {
    let rules: Vec<Fault> = several(call)?;
    let numbers: Vec<u64> = rules.into_iter().map(|rule| world.faults.add(rule)).collect();
    Ok(json!({ "numbers": numbers }).into())
}

fn remove_faults(world: &mut World, number: &str) -> Outcome {
    if number.is_empty() {
        world.faults.clear();
    } else if !number.parse().is_ok_and(|number| world.faults.remove(number)) {
        return Err(Answer::missing(format!("There is no rule {number}.")));
    }
    Ok(json!({}).into())
}

fn set_limits(world: &mut World, call: &Call) -> Outcome {
    let limits: Vec<Limit> = several(call)?;
    world.limits.set(limits);
    Ok(json!(world.limits.list()).into())
}

fn requests(world: &World, call: &Call) -> Answer {
    let after: u64 = call.param("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let pattern = call.param("match").unwrap_or("*");
    let fitting = world
        .log
        .entries()
        .filter(|entry| entry.number > after && fits(pattern, &format!("{} {}", entry.method, entry.path)));
    json!(fitting.collect::<Vec<_>>()).into()
}

fn change_settings(world: &mut World, call: &Call) -> Outcome {
    let mut settings = json!(world.settings);
    merge(&mut settings, Value::Object(call.object()?));
    let settings: Settings =
        serde_json::from_value(settings).map_err(|error| Answer::invalid(error.to_string()))?;
    world.settings = settings;
    Ok(json!(world.settings).into())
}

/// Objects field by field, anything else replaced.
fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (name, value) in change {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change,
    }
}

fn name(object: &Map<String, Value>, field: &str) -> Result<String, Answer> {
    let found = crate::call::text(object, field).filter(|name| !name.is_empty());
    found.map(str::to_owned).ok_or_else(|| Answer::invalid(format!("{field} is missing")))
}

fn is_admin(object: &Map<String, Value>) -> bool {
    object.get("admin").and_then(Value::as_bool).unwrap_or(false)
}

fn add_person(world: &mut World, call: &Call) -> Outcome {
    let object = call.object()?;
    let id = world.person(&name(&object, "email")?);
    if is_admin(&object) {
        world.principals.get_mut(id).groups.insert("admins".to_owned());
    }
    let token = world.issue_token(id, "made at /_workspace/people", None);
    let email = &world.principals.get(id).name;
    Ok(json!({ "email": email, "id": id.0.to_string(), "token": token.value }).into())
}

fn add_robot(world: &mut World, call: &Call) -> Outcome {
    let object = call.object()?;
    let id = world.robot(&name(&object, "name")?, 0);
    if is_admin(&object) {
        world.principals.get_mut(id).groups.insert("admins".to_owned());
    }
    let robot = world.add_secret(id);
    Ok(json!({ "client_id": robot.client_id, "client_secret": robot.client_secret }).into())
}

fn add_token(world: &mut World, call: &Call) -> Outcome {
    let object = call.object()?;
    let id = world.person(&name(&object, "email")?);
    let lifetime = object.get("lifetime_seconds").and_then(Value::as_i64);
    let expires = lifetime.map(|seconds| world.now() + seconds * 1000);
    let comment = crate::call::text(&object, "comment").unwrap_or_default();
    let token = world.issue_token(id, comment, expires);
    Ok(json!({ "token": token.value, "token_id": token.id }).into())
}

fn revoke(world: &mut World, call: &Call) -> Outcome {
    let token = name(&call.object()?, "token")?;
    let now = world.now();
    world.oauth.revoke(&token);
    world.tokens.revoke(&token, now);
    Ok(json!({}).into())
}

fn set_scripts(world: &mut World, call: &Call) -> Outcome {
    world.apps.scripts = several(call)?;
    Ok(json!(world.apps.scripts).into())
}

fn crash(world: &mut World, call: &Call) -> Outcome {
    let app = name(&call.object()?, "app")?;
    if !world.crash_app(&app) {
        return Err(Answer::missing(format!("{app} is not running.")));
    }
    Ok(json!({}).into())
}

fn add_securable(world: &mut World, call: &Call) -> Outcome {
    let object = call.object()?;
    let owner = world.settings.admin.clone();
    world.grants.add(&name(&object, "type")?, &name(&object, "name")?, &owner);
    Ok(json!({}).into())
}

fn add_endpoint(world: &mut World, call: &Call) -> Outcome {
    let object = call.object()?;
    world.endpoints.insert(name(&object, "name")?, Value::Object(object));
    Ok(json!({}).into())
}
