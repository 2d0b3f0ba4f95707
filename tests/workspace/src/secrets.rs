//! Secret scopes, secrets and who may read them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::clock::Millis;
use crate::principals::PrincipalId;
use crate::world::World;

const LARGEST_VALUE: usize = 128 * 1024;
const MOST_SECRETS: usize = 1000;
const LONGEST_NAME: usize = 128;
/// From weakest to strongest.
const LEVELS: [&str; 3] = ["READ", "WRITE", "MANAGE"];

#[derive(Debug, Default)]
pub struct Secrets {
    scopes: BTreeMap<String, Scope>,
}

#[derive(Debug, Default)]
struct Scope {
    secrets: BTreeMap<String, (Vec<u8>, Millis)>,
    /// By principal or group.
    acls: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wish {
    scope: String,
    key: String,
    principal: String,
    permission: String,
    string_value: Option<String>,
    bytes_value: Option<String>,
    initial_manage_principal: Option<String>,
}

fn valid(name: &str, what: &str) -> Result<(), Answer> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        return Err(Answer::invalid(format!("{what} name '{name}' is not valid.")));
    }
    Ok(())
}

impl World {
    /// The scope, when it exists and the caller has at least this level.
    fn scope(&mut self, who: PrincipalId, name: &str, level: &str) -> Result<&mut Scope, Answer> {
        let principal = self.principals.get(who);
        let rank = |level: &str| LEVELS.iter().position(|other| *other == level);
        let Some(scope) = self.secrets.scopes.get_mut(name) else {
            return Err(Answer::missing(format!("Scope {name} does not exist!")));
        };
        let mut acls = scope.acls.iter();
        let allowed = principal.is_admin()
            || acls.any(|(holder, held)| {
                (*holder == principal.name || principal.groups.contains(holder)) && rank(held) >= rank(level)
            });
        if !allowed {
            let message =
                format!("User {} does not have {level} permission on scope: {name}.", principal.name);
            return Err(Answer::denied(message));
        }
        Ok(scope)
    }

    /// What an app with this resource is given.
    pub fn share_secret(&mut self, principal: &str, scope: &str, permission: &str) {
        if let Some(scope) = self.secrets.scopes.get_mut(scope) {
            scope.acls.insert(principal.to_owned(), permission.to_owned());
        }
    }
}

/// `POST /api/2.0/secrets/scopes/create`
pub fn create_scope(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    valid(&wish.scope, "Scope")?;
    if world.secrets.scopes.contains_key(&wish.scope) {
        let message = format!("Scope {} already exists!", wish.scope);
        return Err(Answer::error(400, "RESOURCE_ALREADY_EXISTS", message));
    }
    let holder = wish.initial_manage_principal.unwrap_or_else(|| world.caller(call).name.clone());
    let acls = BTreeMap::from([(holder, "MANAGE".to_owned())]);
    world.secrets.scopes.insert(wish.scope, Scope { acls, ..Scope::default() });
    Ok(json!({}).into())
}

/// `GET /api/2.0/secrets/scopes/list`
pub fn list_scopes(world: &mut World, _: &Call) -> Outcome {
    let scopes = world.secrets.scopes.keys();
    let scopes: Vec<Value> =
        scopes.map(|name| json!({ "name": name, "backend_type": "DATABRICKS" })).collect();
    Ok(if scopes.is_empty() { json!({}) } else { json!({ "scopes": scopes }) }.into())
}

/// `POST /api/2.0/secrets/scopes/delete`
pub fn delete_scope(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    world.scope(call.who, &wish.scope, "MANAGE")?;
    world.secrets.scopes.remove(&wish.scope);
    Ok(json!({}).into())
}

/// `POST /api/2.0/secrets/put`
pub fn put(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    valid(&wish.key, "Key")?;
    let now = world.now();
    let scope = world.scope(call.who, &wish.scope, "WRITE")?;
    let value = match (wish.string_value, wish.bytes_value) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(bytes)) => {
            STANDARD.decode(bytes).map_err(|_| Answer::invalid("bytes_value is not valid base64."))?
        }
        _ => return Err(Answer::malformed("One of string_value and bytes_value must be given.")),
    };
    if value.len() > LARGEST_VALUE {
        return Err(Answer::invalid("The secret value is larger than 128 KB."));
    }
    if scope.secrets.len() >= MOST_SECRETS && !scope.secrets.contains_key(&wish.key) {
        return Err(Answer::error(400, "RESOURCE_LIMIT_EXCEEDED", "A scope holds at most 1000 secrets."));
    }
    scope.secrets.insert(wish.key, (value, now));
    Ok(json!({}).into())
}

/// `GET /api/2.0/secrets/list`
pub fn list(world: &mut World, call: &Call) -> Outcome {
    let scope = world.scope(call.who, call.needed("scope")?, "READ")?;
    let secrets = scope.secrets.iter();
    let secrets: Vec<Value> =
        secrets.map(|(key, (_, at))| json!({ "key": key, "last_updated_timestamp": at })).collect();
    Ok(if secrets.is_empty() { json!({}) } else { json!({ "secrets": secrets }) }.into())
}

fn no_such_key(scope: &str, key: &str) -> Answer {
    Answer::missing(format!("Secret does not exist with scope: {scope} and key: {key}"))
}

/// `GET /api/2.0/secrets/get`
pub fn get(world: &mut World, call: &Call) -> Outcome {
    let (name, key) = (call.needed("scope")?, call.needed("key")?);
    let scope = world.scope(call.who, name, "READ")?;
    let (value, _) = scope.secrets.get(key).ok_or_else(|| no_such_key(name, key))?;
    Ok(json!({ "key": key, "value": STANDARD.encode(value) }).into())
}

/// `POST /api/2.0/secrets/delete`
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    let scope = world.scope(call.who, &wish.scope, "WRITE")?;
    scope.secrets.remove(&wish.key).ok_or_else(|| no_such_key(&wish.scope, &wish.key))?;
    Ok(json!({}).into())
}

/// `POST /api/2.0/secrets/acls/put`
pub fn put_acl(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    let known = world.is_known(&wish.principal);
    let scope = world.scope(call.who, &wish.scope, "MANAGE")?;
    if !LEVELS.contains(&wish.permission.as_str()) {
        return Err(Answer::invalid(format!("'{}' is not a permission.", wish.permission)));
    }
    if !known {
        return Err(Answer::missing(format!("Failed to find principal {}", wish.principal)));
    }
    scope.acls.insert(wish.principal, wish.permission);
    Ok(json!({}).into())
}

fn no_such_acl(scope: &str, principal: &str) -> Answer {
    Answer::missing(format!("Failed to get secret acl for principal {principal} for scope {scope}."))
}

/// `GET /api/2.0/secrets/acls/get`
pub fn get_acl(world: &mut World, call: &Call) -> Outcome {
    let (name, principal) = (call.needed("scope")?, call.needed("principal")?);
    let scope = world.scope(call.who, name, "MANAGE")?;
    let permission = scope.acls.get(principal).ok_or_else(|| no_such_acl(name, principal))?;
    Ok(json!({ "principal": principal, "permission": permission }).into())
}

/// `GET /api/2.0/secrets/acls/list`
pub fn list_acls(world: &mut World, call: &Call) -> Outcome {
    let scope = world.scope(call.who, call.needed("scope")?, "MANAGE")?;
    let items = scope.acls.iter();
    let items = items.map(|(who, permission)| json!({ "principal": who, "permission": permission }));
    Ok(json!({ "items": items.collect::<Vec<_>>() }).into())
}

/// `POST /api/2.0/secrets/acls/delete`
pub fn delete_acl(world: &mut World, call: &Call) -> Outcome {
    let wish: Wish = call.body()?;
    let scope = world.scope(call.who, &wish.scope, "MANAGE")?;
    scope.acls.remove(&wish.principal).ok_or_else(|| no_such_acl(&wish.scope, &wish.principal))?;
    Ok(json!({}).into())
}
