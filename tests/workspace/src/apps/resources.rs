//! What an app asks for as resources, its service principal is given as a side effect; who asks must be able to
//! give it.

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::principals::PrincipalId;
use crate::world::World;

use super::app::App;

/// Where a resource has the name of what it is about, and the type of that in permissions.
const BY_NAME: [(&str, &str, &str); 3] = [
    ("serving_endpoint", "name", "serving-endpoints"),
    ("experiment", "experiment_id", "experiments"),
    ("app", "name", "apps"),
];

fn resources(spec: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    spec.get("resources").and_then(Value::as_array).into_iter().flatten()
}

impl World {
    /// What of the resources does not exist, or is not the caller's to give.
    pub fn check_resources(&self, who: PrincipalId, spec: &Map<String, Value>) -> Result<(), Answer> {
        for resource in resources(spec) {
            if resource["name"].as_str().is_none_or(str::is_empty) {
                return Err(Answer::invalid("A resource must have a name."));
            }
            for (kind, field, plural) in BY_NAME {
                let Some(wish) = resource.get(kind) else { continue };
                let name = wish[field].as_str().unwrap_or_default();
                let key = self.object_key(plural, name).ok_or_else(|| {
                    Answer::missing(format!(
                        "The {kind} {name} of resource {} does not exist.",
                        resource["name"]
                    ))
                })?;
                if plural == "experiments" && !self.may_manage(who, &key) {
                    return Err(Answer::denied(format!("User does not have Manage permissions on {key}.")));
                }
            }
        }
        Ok(())
    }

    fn object_key(&self, plural: &str, name: &str) -> Option<String> {
        let id = match plural {
            "serving-endpoints" => self.endpoints.get(name)?["id"].as_str()?.to_owned(),
            "experiments" => self.experiments.get(name)?.id.clone(),
            _ => self.apps.get(name)?.name.clone(),
        };
        Some(format!("/{plural}/{id}"))
    }

    pub fn give_resources(&mut self, app: &App) {
        let principal = self.principals.get(app.principal).name.clone();
        let wishes: Vec<Value> = resources(&app.spec).cloned().collect();
        for wish in wishes {
            let text = |pointer: &str| wish.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if wish.get("secret").is_some() {
                self.share_secret(&principal, text("/secret/scope"), text("/secret/permission"));
            }
            if wish.get("uc_securable").is_some() {
                let (kind, name) =
                    (text("/uc_securable/securable_type"), text("/uc_securable/securable_full_name"));
                self.grants.give(kind, name, &principal, text("/uc_securable/permission"));
                let mut parts = name.split('.');
                if let (Some(catalog), Some(schema)) = (parts.next(), parts.next()) {
                    self.grants.give("catalog", catalog, &principal, "USE_CATALOG");
                    self.grants.give("schema", &format!("{catalog}.{schema}"), &principal, "USE_SCHEMA");
                }
            }
            for (kind, field, plural) in BY_NAME {
                let name = text(&format!("/{kind}/{field}")).to_owned();
                let level = text(&format!("/{kind}/permission")).to_owned();
                if let Some(key) = self.object_key(plural, &name).filter(|_| wish.get(kind).is_some()) {
                    self.grant_level(app.principal, &key, &level);
                }
            }
        }
    }
}
