//! People, groups and service principals, and `Me`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::clock::Millis;
use crate::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId(pub u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Person,
    ServicePrincipal,
}

#[derive(Debug, Clone)]
pub struct Principal {
    pub id: PrincipalId,
    pub kind: Kind,
    /// A person's e-mail address; a service principal's application id.
    pub name: String,
    pub display: String,
    pub groups: BTreeSet<String>,
    /// Until then grants and permissions say that nobody of this name exists.
    pub known_from: Millis,
    /// Client secrets of a service principal.
    pub secrets: Vec<String>,
}

impl Principal {
    pub fn is_admin(&self) -> bool {
        self.groups.contains("admins")
    }

    /// The folder that everyone has for themselves.
    pub fn home(&self) -> String {
        format!("/Users/{}", self.name)
    }
}

#[derive(Debug, Default)]
pub struct Principals {
    list: Vec<Principal>,
}

impl Principals {
    pub fn get(&self, id: PrincipalId) -> &Principal {
        self.list
            .iter()
            .find(|principal| principal.id == id)
            .expect("ids are given out here and never taken back")
    }

    pub fn get_mut(&mut self, id: PrincipalId) -> &mut Principal {
        let found = self.list.iter_mut().find(|principal| principal.id == id);
        found.expect("ids are given out here and never taken back")
    }

    /// By e-mail address, whatever its case, or by application id.
    pub fn named(&self, name: &str) -> Option<&Principal> {
        self.list.iter().find(|principal| principal.name.eq_ignore_ascii_case(name))
    }

    pub fn all(&self) -> impl Iterator<Item = &Principal> {
        self.list.iter()
    }

    pub fn add(&mut self, principal: Principal) -> PrincipalId {
        let id = principal.id;
        self.list.push(principal);
        id
    }
}

/// The groups that exist without anyone making them.
pub const GROUPS: [&str; 3] = ["users", "admins", "account users"];

impl World {
    /// The person with this address; made when there is none.
    pub fn person(&mut self, email: &str) -> PrincipalId {
        if let Some(found) = self.principals.named(email) {
            return found.id;
        }
        let display = email.split('@').next().unwrap_or(email).to_owned();
        let groups = BTreeSet::from(["users".to_owned()]);
        self.principal(Kind::Person, email.to_owned(), display, groups, 0)
    }

    /// A new service principal; permissions know it `known_after` from now.
    pub fn robot(&mut self, display: &str, known_after: Millis) -> PrincipalId {
        let name = self.ids.uuid("application");
        let groups = BTreeSet::from(["users".to_owned()]);
        let known_from = self.now() + known_after;
        self.principal(Kind::ServicePrincipal, name, display.to_owned(), groups, known_from)
    }

    fn principal(
        &mut self,
        kind: Kind,
        name: String,
        display: String,
        groups: BTreeSet<String>,
        known_from: Millis,
    ) -> PrincipalId {
        let id = PrincipalId(self.ids.number());
        let principal = Principal { id, kind, name, display, groups, known_from, secrets: Vec::new() };
        let home = principal.home();
        self.principals.add(principal);
        self.files.make_folders(&home, &mut self.ids, self.time);
        id
    }

    pub fn caller(&self, call: &Call) -> &Principal {
        self.principals.get(call.who)
    }

    /// Whether grants and permissions know the name yet. Groups have always been there.
    pub fn is_known(&self, name: &str) -> bool {
        let now = self.now();
        GROUPS.contains(&name)
            || self.principals.named(name).is_some_and(|principal| principal.known_from <= now)
    }
}

/// `GET /api/2.0/preview/scim/v2/Me`
pub fn me(world: &mut World, call: &Call) -> Outcome {
    let caller = world.caller(call);
    let mut user = json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:workspace:2.0:User",
        ],
        "id": caller.id.0.to_string(),
        "userName": caller.name,
        "displayName": caller.display,
        "active": true,
        "groups": caller.groups.iter().map(|group| json!({
            "display": group, "value": group_id(group), "$ref": format!("Groups/{}", group_id(group)), "type": "direct",
        })).collect::<Vec<Value>>(),
        "entitlements": [{ "value": "workspace-access" }, { "value": "databricks-sql-access" }],
        "externalId": format!("external-{}", caller.id.0),
    });
    if caller.kind == Kind::Person {
        user["name"] = json!({ "givenName": caller.display, "familyName": "Example" });
        user["emails"] = json!([{ "type": "work", "value": caller.name, "primary": true }]);
    }
    Ok(chosen(user, call).into())
}

/// What `attributes` and `excludedAttributes` leave.
fn chosen(mut user: Value, call: &Call) -> Value {
    let names = |param: &str| -> Option<Vec<String>> {
        call.param(param).map(|list| list.split(',').map(|name| name.trim().to_owned()).collect())
    };
    let Some(object) = user.as_object_mut() else { return user };
    if let Some(wanted) = names("attributes") {
        object.retain(|name, _| name == "schemas" || name == "id" || wanted.contains(name));
    }
    if let Some(unwanted) = names("excludedAttributes") {
        object.retain(|name, _| !unwanted.contains(name));
    }
    user
}

fn group_id(name: &str) -> u64 {
    name.bytes().fold(100_000, |sum, byte| sum + u64::from(byte))
}

/// Whatever else of SCIM is asked for.
pub fn no_such_resource(_: &mut World, call: &Call) -> Outcome {
    Err(Answer::scim(404, &format!("{} not found", call.var(0))))
}
