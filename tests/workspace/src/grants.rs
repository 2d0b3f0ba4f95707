//! Privileges of Unity Catalog: who may use a catalog, a schema, a volume.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::pages::Pages;
use crate::principals::PrincipalId;
use crate::world::World;

type Privileges = BTreeMap<String, BTreeSet<String>>;

#[derive(Debug, Default)]
pub struct Grants {
    /// Type and full name, with the owner and what is granted directly.
    securables: BTreeMap<(String, String), (String, Privileges)>,
    /// The order of answers is not stable; it follows this.
    turn: usize,
}

impl Grants {
    /// What a new workspace has.
    pub fn furnish(&mut self, owner: &str) {
        for (kind, name) in [
            ("catalog", "main"),
            ("schema", "main.default"),
            ("volume", "main.default.files"),
            ("catalog", "system"),
            ("schema", "system.ai"),
        ] {
            self.add(kind, name, owner);
        }
    }

    pub fn add(&mut self, kind: &str, name: &str, owner: &str) {
        let key = (kind.to_ascii_lowercase(), name.to_ascii_lowercase());
        self.securables.entry(key).or_insert_with(|| (owner.to_owned(), Privileges::new()));
    }

    pub fn give(&mut self, kind: &str, name: &str, principal: &str, privilege: &str) {
        let key = (kind.to_ascii_lowercase(), name.to_ascii_lowercase());
        if let Some((_, privileges)) = self.securables.get_mut(&key) {
            privileges.entry(principal.to_owned()).or_default().insert(privilege.to_owned());
        }
    }

    fn has(&self, kind: &str, name: &str, names: &[&str], privilege: &str) -> bool {
        let found = self.securables.get(&(kind.to_owned(), name.to_owned()));
        found.is_some_and(|(owner, privileges)| {
            names.contains(&owner.as_str())
                || names
                    .iter()
                    .filter_map(|name| privileges.get(*name))
                    .any(|set| set.contains(privilege) || set.contains("ALL_PRIVILEGES"))
        })
    }
}

/// The securable itself and those that it lies in: volume, schema, catalog.
fn line(kind: &str, name: &str) -> Vec<(String, String)> {
    let mut line = vec![(kind.to_owned(), name.to_owned())];
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 2 {
        line.push(("schema".to_owned(), parts[..2].join(".")));
    }
    if parts.len() > 1 {
        line.push(("catalog".to_owned(), parts[0].to_owned()));
    }
    line
}

impl World {
    /// Whether a privilege on this securable, or one above it, is held.
    fn has_privilege(&self, who: PrincipalId, kind: &str, name: &str, privilege: &str) -> bool {
        let principal = self.principals.get(who);
        let mut names: Vec<&str> = principal.groups.iter().map(String::as_str).collect();
        names.push(&principal.name);
        names.push("account users");
        line(kind, name).iter().any(|(kind, name)| self.grants.has(kind, name, &names, privilege))
    }

    /// Reading a volume needs three privileges, writing four.
    pub fn check_volume(&self, who: PrincipalId, volume: &str, write: bool) -> Result<(), Answer> {
        let volume = volume.to_ascii_lowercase();
        if !self.grants.securables.contains_key(&("volume".to_owned(), volume.clone())) {
            return Err(Answer::missing(format!("Volume '{volume}' does not exist.")));
        }
        if self.principals.get(who).is_admin() {
            return Ok(());
        }
        let parts: Vec<&str> = volume.split('.').collect();
        let schema = parts[..parts.len().min(2)].join(".");
        let mut needed = vec![
            ("catalog", parts[0].to_owned(), "USE_CATALOG"),
            ("schema", schema, "USE_SCHEMA"),
            ("volume", volume.clone(), "READ_VOLUME"),
        ];
        if write {
            needed.push(("volume", volume.clone(), "WRITE_VOLUME"));
        }
        for (kind, name, privilege) in needed {
            if !self.has_privilege(who, kind, &name, privilege) {
                let message = format!("User does not have {privilege} on {kind} '{name}'.");
                return Err(Answer::denied(message));
            }
        }
        Ok(())
    }

    /// The securable of a request, in lower case as the server keeps it.
    fn securable(&self, call: &Call) -> Result<(String, String), Answer> {
        let key = (call.var(0).to_ascii_lowercase(), call.var(1).to_ascii_lowercase());
        if self.grants.securables.contains_key(&key) {
            return Ok(key);
        }
        let (kind, name) = key;
        let word: String = kind[..1].to_ascii_uppercase() + &kind[1..];
        let code = format!("{}_DOES_NOT_EXIST", kind.to_ascii_uppercase());
        Err(Answer::error(404, &code, format!("{word} '{name}' does not exist.")))
    }
}

fn shown(world: &mut World, privileges: &Privileges) -> Vec<Value> {
    let some = privileges.iter().filter(|(_, set)| !set.is_empty());
    let mut list: Vec<Value> =
        some.map(|(principal, set)| json!({ "principal": principal, "privileges": set })).collect();
    world.grants.turn += 1;
    let turn = world.grants.turn % list.len().max(1);
    list.rotate_left(turn);
    list
}

/// `GET /api/2.1/unity-catalog/permissions/{type}/{full_name}`; pages only where `max_results` is given.
pub fn get(world: &mut World, call: &Call) -> Outcome {
    let key = world.securable(call)?;
    let mut privileges = world.grants.securables[&key].1.clone();
    if let Some(principal) = call.param("principal") {
        privileges.retain(|name, _| name == principal);
    }
    if call.param("max_results").is_some() {
        let pages = Pages::read(world, call)?;
        let list = privileges.iter().filter(|(_, set)| !set.is_empty());
        let list = list.map(|(principal, set)| json!({ "principal": principal, "privileges": set }));
        return pages.answer("privilege_assignments", list.collect());
    }
    let list = shown(world, &privileges);
    Ok(if list.is_empty() { json!({}) } else { json!({ "privilege_assignments": list }) }.into())
}

/// `GET /api/2.1/unity-catalog/effective-permissions/{type}/{full_name}`: with what comes from above.
pub fn effective(world: &mut World, call: &Call) -> Outcome {
    let (kind, name) = world.securable(call)?;
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (at, above) in line(&kind, &name).into_iter().enumerate() {
        let Some((_, privileges)) = world.grants.securables.get(&above) else { continue };
        for (principal, set) in privileges {
            for privilege in set {
                let mut entry = json!({ "privilege": privilege });
                if at > 0 {
                    entry["inherited_from_type"] = json!(above.0.to_ascii_uppercase());
                    entry["inherited_from_name"] = json!(above.1);
                }
                all.entry(principal.clone()).or_default().push(entry);
            }
        }
    }
    if let Some(principal) = call.param("principal") {
        all.retain(|name, _| name == principal);
    }
    let list = all.into_iter().map(|(principal, set)| json!({ "principal": principal, "privileges": set }));
    Ok(json!({ "privilege_assignments": list.collect::<Vec<_>>() }).into())
}

#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Change {
    principal: String,
    add: BTreeSet<String>,
    remove: BTreeSet<String>,
}

/// `PATCH /api/2.1/unity-catalog/permissions/{type}/{full_name}`: all or nothing.
pub fn update(world: &mut World, call: &Call) -> Outcome {
    let key = world.securable(call)?;
    let Changes { changes } = call.body()?;
    let is_owner = world.grants.securables[&key].0 == world.caller(call).name;
    let may =
        world.caller(call).is_admin() || is_owner || world.has_privilege(call.who, &key.0, &key.1, "MANAGE");
    if !may {
        let (kind, name) = key;
        return Err(Answer::denied(format!("User does not have MANAGE on {kind} '{name}'.")));
    }
    for change in changes.iter().filter(|change| !change.principal.is_empty()) {
        let principal = &change.principal;
        if change.add.intersection(&change.remove).next().is_some() {
            let message = format!("Duplicate privileges to add and delete for principal {principal}.");
            return Err(Answer::invalid(message));
        }
        if !world.is_known(principal) {
            let status = world.settings.unknown_principal_status;
            let message = format!("Could not find principal with name {principal}");
            return Err(Answer::error(status, "PRINCIPAL_DOES_NOT_EXIST", message));
        }
    }
    let Some((_, privileges)) = world.grants.securables.get_mut(&key) else { return Ok(json!({}).into()) };
    for change in changes.into_iter().filter(|change| !change.principal.is_empty()) {
        let set = privileges.entry(change.principal).or_default();
        if change.remove.contains("ALL_PRIVILEGES") {
            set.clear();
        }
        set.retain(|privilege| !change.remove.contains(privilege));
        set.extend(change.add.into_iter().map(|privilege| privilege.replace(' ', "_").to_ascii_uppercase()));
    }
    privileges.retain(|_, set| !set.is_empty());
    let privileges = privileges.clone();
    let list = shown(world, &privileges);
    Ok(json!({ "privilege_assignments": list }).into())
}
