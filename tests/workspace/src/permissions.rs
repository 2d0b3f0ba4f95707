//! Access lists of objects: apps, folders, experiments, serving endpoints, and the right to make tokens.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::principals::{GROUPS, Kind, PrincipalId};
use crate::world::World;

/// Plural in the path, the type in answers, and the levels from weakest to strongest.
type Type = (&'static str, &'static str, &'static [&'static str]);

const FILES: &[&str] = &["CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"];
const TYPES: [Type; 7] = [
    ("apps", "apps", &["CAN_USE", "CAN_MANAGE"]),
    ("directories", "directory", FILES),
    ("files", "file", FILES),
    ("notebooks", "notebook", FILES),
    ("experiments", "mlflowExperiment", &["CAN_READ", "CAN_EDIT", "CAN_MANAGE"]),
    ("serving-endpoints", "serving-endpoint", &["CAN_VIEW", "CAN_QUERY", "CAN_MANAGE"]),
    ("authorization", "tokens", &["CAN_USE"]),
];
const TOKENS: &str = "/authorization/tokens";

/// The field of an entry that names its principal, and the name.
type Who = (String, String);

#[derive(Debug)]
pub struct Permissions {
    /// By `/apps/<name>` and the like. Direct grants only.
    lists: BTreeMap<String, BTreeMap<Who, String>>,
}

impl Default for Permissions {
    /// Everyone may make tokens.
    fn default() -> Permissions {
        let everyone = ("group_name".to_owned(), "users".to_owned());
        let tokens = BTreeMap::from([(everyone, "CAN_USE".to_owned())]);
        Permissions { lists: BTreeMap::from([(TOKENS.to_owned(), tokens)]) }
    }
}

impl Permissions {
    pub fn forget(&mut self, object: &str) {
        self.lists.remove(object);
    }
}

impl World {
    /// Whether somebody has exactly this level, by name or through a group.
    pub fn has_level(&self, who: PrincipalId, object: &str, level: &str) -> bool {
        let principal = self.principals.get(who);
        self.permissions.lists.get(object).is_some_and(|list| {
            list.iter().any(|((_, name), granted)| {
                granted == level
                    && (name.eq_ignore_ascii_case(&principal.name) || principal.groups.contains(name))
            })
        })
    }

    pub fn may_manage(&self, who: PrincipalId, object: &str) -> bool {
        self.principals.get(who).is_admin() || self.has_level(who, object, "CAN_MANAGE")
    }

    pub fn may_use_tokens(&self, who: PrincipalId) -> bool {
        self.principals.get(who).is_admin() || self.has_level(who, TOKENS, "CAN_USE")
    }

    pub fn grant_level(&mut self, who: PrincipalId, object: &str, level: &str) {
        let principal = self.principals.get(who);
        let field = match principal.kind {
            Kind::Person => "user_name",
            Kind::ServicePrincipal => "service_principal_name",
        };
        let entry = (field.to_owned(), principal.name.clone());
        self.permissions.lists.entry(object.to_owned()).or_default().insert(entry, level.to_owned());
    }

    /// Taking away the right to tokens ends those that are there.
    fn end_tokens_without_right(&mut self) {
        let all: Vec<PrincipalId> = self.principals.all().map(|principal| principal.id).collect();
        let now = self.now();
        for who in all {
            if !self.may_use_tokens(who) {
                self.tokens.revoke_all(who, now);
            }
        }
    }

    /// The object's key, its type and levels, once it exists and the caller may manage it.
    fn object(&self, call: &Call) -> Result<(String, Type), Answer> {
        let (plural, id) = (call.var(0), call.var(1));
        let found = TYPES.iter().find(|(other, ..)| *other == plural);
        let Some(found) = found else {
            return Err(Answer::bad_request(format!("request_object_type is not recognized: {plural}")));
        };
        let exists = match plural {
            "apps" => self.apps.get(id).is_some(),
            "experiments" => self.experiments.get(id).is_some(),
            "serving-endpoints" => self.endpoints.values().any(|endpoint| endpoint["id"] == id),
            "authorization" => id == "tokens",
            _ => id.parse().is_ok_and(|id| self.files.workspace.path_of(id).is_some()),
        };
        if !exists {
            let message = match plural {
                "apps" => format!("App with name {id} does not exist or is deleted."),
                _ => format!("{id} does not exist."),
            };
            return Err(Answer::missing(message));
        }
        let plural = if matches!(plural, "files" | "notebooks") { "directories" } else { plural };
        let key = format!("/{plural}/{id}");
        let home = id.parse().ok().and_then(|id| self.files.workspace.path_of(id));
        let own = home.is_some_and(|path| path.starts_with(&self.caller(call).home()));
        if !own && !self.may_manage(call.who, &key) {
            let name = &self.caller(call).name;
            return Err(Answer::denied(format!("{name} does not have Manage permissions on {key}.")));
        }
        Ok((key, *found))
    }

    fn list_of(&self, key: &str, kind: Type) -> Answer {
        let mut entries: Vec<Value> = Vec::new();
        for ((field, name), level) in self.permissions.lists.get(key).into_iter().flatten() {
            let principal = self.principals.named(name).map(|principal| principal.display.clone());
            let mut entry = json!({ "all_permissions": [{ "permission_level": level, "inherited": false }] });
            entry[field] = json!(name);
            if let Some(display) = principal {
                entry["display_name"] = json!(display);
            }
            entries.push(entry);
        }
        let above = format!("/{}/", kind.0);
        let strongest = kind.2.last().copied().unwrap_or("CAN_MANAGE");
        let inherited =
            json!({ "permission_level": strongest, "inherited": true, "inherited_from_object": [above] });
        entries.push(json!({ "group_name": "admins", "all_permissions": [inherited] }));
        json!({ "object_id": key, "object_type": kind.1, "access_control_list": entries }).into()
    }
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    access_control_list: Vec<BTreeMap<String, String>>,
}

/// `GET /api/2.0/permissions/{type}/{id}`
pub fn get(world: &mut World, call: &Call) -> Outcome {
    let (key, kind) = world.object(call)?;
    Ok(world.list_of(&key, kind))
}

/// `GET /api/2.0/permissions/{type}/{id}/permissionLevels`
pub fn levels(world: &mut World, call: &Call) -> Outcome {
    let (_, kind) = world.object(call)?;
    let levels = kind.2.iter().map(|level| json!({ "permission_level": level, "description": level }));
    Ok(json!({ "permission_levels": levels.collect::<Vec<_>>() }).into())
}

/// `PUT`: all direct grants are replaced.
pub fn set(world: &mut World, call: &Call) -> Outcome {
    change(world, call, true)
}

/// `PATCH`: grants are added or raised.
pub fn update(world: &mut World, call: &Call) -> Outcome {
    change(world, call, false)
}

fn change(world: &mut World, call: &Call, replace: bool) -> Outcome {
    let (key, kind) = world.object(call)?;
    let Change { access_control_list } = call.body()?;
    let mut wanted = Vec::new();
    for entry in access_control_list {
        wanted.push(read(world, &entry, kind)?);
    }
    let list = world.permissions.lists.entry(key.clone()).or_default();
    if replace {
        list.clear();
    }
    let rank = |level: &str| kind.2.iter().position(|other| *other == level);
    for (who, level) in wanted {
        let kept = list.entry(who).or_default();
        if rank(&level) > rank(kept) {
            *kept = level;
        }
    }
    if key == TOKENS {
        world.end_tokens_without_right();
    }
    Ok(world.list_of(&key, kind))
}

/// Whom an entry is about, and what it gives.
fn read(world: &World, entry: &BTreeMap<String, String>, kind: Type) -> Result<(Who, String), Answer> {
    let level = entry.get("permission_level").map(String::as_str).unwrap_or_default();
    if !kind.2.contains(&level) {
        let message = format!("'{level}' is not a valid permission level for {}.", kind.1);
        return Err(Answer::invalid(message));
    }
    let fields = [
        ("user_name", "UserName", Some(Kind::Person)),
        ("service_principal_name", "ServicePrincipalName", Some(Kind::ServicePrincipal)),
        ("group_name", "GroupName", None),
    ];
    for (field, word, wanted) in fields {
        let Some(name) = entry.get(field) else { continue };
        let known = match wanted {
            None => GROUPS.contains(&name.as_str()),
            Some(wanted) => {
                world.is_known(name)
                    && world.principals.named(name).is_some_and(|principal| principal.kind == wanted)
            }
        };
        if !known {
            let message = format!("Principal: {word}({name}) does not exist");
            return Err(match world.settings.unknown_principal_status {
                400 => Answer::invalid(message),
                status => Answer::error(status, "RESOURCE_DOES_NOT_EXIST", message),
            });
        }
        let name = world.principals.named(name).map_or_else(|| name.clone(), |found| found.name.clone());
        return Ok(((field.to_owned(), name), level.to_owned()));
    }
    Err(Answer::invalid("One of user_name, group_name and service_principal_name must be given."))
}
