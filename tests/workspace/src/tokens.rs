//! Personal access tokens. They expire by the workspace's clock, vanish from the list when they do, and are
//! forgotten when nobody used them for long.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::clock::Millis;
use crate::ids::sha256;
use crate::principals::{Kind, PrincipalId};
use crate::settings::TokenRules;
use crate::world::World;

const DAY: Millis = 24 * 3600 * 1000;

#[derive(Debug, Clone)]
pub struct Token {
    pub id: String,
    pub value: String,
    pub owner: PrincipalId,
    pub comment: String,
    pub created: Millis,
    /// `None` never ends.
    pub expires: Option<Millis>,
    pub scopes: Vec<String>,
    last_used: Millis,
    /// Since when it is no longer listed.
    revoked: Option<Millis>,
}

impl Token {
    /// Whether it still opens the door: revocation may take a moment to arrive.
    fn works(&self, now: Millis, lag: Millis, rules: &TokenRules) -> bool {
        self.alive(now, rules) && self.revoked.is_none_or(|at| now < at + lag)
    }

    fn listed(&self, now: Millis, rules: &TokenRules) -> bool {
        self.alive(now, rules) && self.revoked.is_none()
    }

    fn alive(&self, now: Millis, rules: &TokenRules) -> bool {
        self.expires.is_none_or(|at| now < at) && now - self.last_used < rules.unused_days * DAY
    }

    fn info(&self, created_by: &str) -> Value {
        let mut info = json!({
            "token_id": self.id,
            "creation_time": self.created,
            "expiry_time": self.expires.unwrap_or(-1),
            "comment": self.comment,
            "created_by_username": created_by,
            "last_used_day": self.last_used - self.last_used.rem_euclid(DAY),
        });
        if !self.scopes.is_empty() {
            info["scopes"] = json!(self.scopes);
        }
        info
    }
}

#[derive(Debug, Default)]
pub struct Tokens {
    list: Vec<Token>,
}

impl Tokens {
    /// Whose token this is, if it still works. Counts as use.
    pub fn owner(
        &mut self,
        value: &str,
        now: Millis,
        lag: Millis,
        rules: &TokenRules,
    ) -> Option<PrincipalId> {
        let token = self.list.iter_mut().find(|token| token.value == value)?;
        if !token.works(now, lag, rules) {
            return None;
        }
        token.last_used = now.max(token.last_used);
        Some(token.owner)
    }

    pub fn live(&self, owner: PrincipalId, now: Millis, rules: &TokenRules) -> impl Iterator<Item = &Token> {
        self.list.iter().filter(move |token| token.owner == owner && token.listed(now, rules))
    }

    /// By id or by value.
    pub fn revoke(&mut self, which: &str, now: Millis) -> bool {
        let token = self
            .list
            .iter_mut()
            .find(|token| (token.id == which || token.value == which) && token.revoked.is_none());
        token.map(|token| token.revoked = Some(now)).is_some()
    }

    pub fn revoke_all(&mut self, owner: PrincipalId, now: Millis) {
        for token in self.list.iter_mut().filter(|token| token.owner == owner && token.revoked.is_none()) {
            token.revoked = Some(now);
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewToken {
    pub comment: Option<String>,
    pub lifetime_seconds: Option<i64>,
    pub scopes: Vec<String>,
    pub application_id: Option<String>,
}

impl World {
    /// A token without any check, as the page in the workspace's settings would make it.
    pub fn issue_token(&mut self, owner: PrincipalId, comment: &str, expires: Option<Millis>) -> Token {
        let value = format!("dapi{}", self.ids.hex("token", 32));
        let spare = self.ids.hex("token id", 64);
        let id = if self.settings.tokens.id_is_hash { sha256(value.as_bytes()) } else { spare };
        let now = self.now();
        let token = Token {
            id,
            value,
            owner,
            comment: comment.to_owned(),
            created: now,
            expires,
            scopes: Vec::new(),
            last_used: now,
            revoked: None,
        };
        self.tokens.list.push(token.clone());
        token
    }

    fn new_token(&mut self, owner: PrincipalId, wish: NewToken) -> Outcome {
        let rules = self.settings.tokens.clone();
        let now = self.now();
        if !rules.enabled {
            return Err(Answer::error(403, "PERMISSION_DENIED", "Personal access tokens are disabled."));
        }
        if !self.may_use_tokens(owner) {
            return Err(Answer::denied("User does not have permission to use tokens."));
        }
        let longest = rules.max_lifetime_days * DAY;
        let lifetime = match wish.lifetime_seconds {
            None => longest,
            Some(seconds) if seconds <= 0 => {
                return Err(Answer::invalid("lifetime_seconds must be a positive number of seconds."));
            }
            Some(seconds) if seconds.saturating_mul(1000) > longest => {
                let days = rules.max_lifetime_days;
                return Err(Answer::invalid(format!(
                    "Token lifetime exceeds the maximum of {days} days allowed in this workspace."
                )));
            }
            Some(seconds) => seconds * 1000,
        };
        if self.tokens.live(owner, now, &rules).count() >= rules.quota {
            let quota = rules.quota;
            return Err(Answer::error(
                400,
                "QUOTA_EXCEEDED",
                format!("The maximum number of tokens per user is {quota}."),
            ));
        }
        let comment = wish.comment.unwrap_or_default();
        let mut token = self.issue_token(owner, &comment, Some(now + lifetime));
        if !wish.scopes.is_empty() {
            token.scopes = wish.scopes;
            if let Some(kept) = self.tokens.list.last_mut() {
                kept.scopes.clone_from(&token.scopes);
            }
        }
        let by = self.principals.get(owner).name.clone();
        Ok(json!({ "token_value": token.value, "token_info": token.info(&by) }).into())
    }
}

/// `POST /api/2.0/token/create`
pub fn create(world: &mut World, call: &Call) -> Outcome {
    let wish: NewToken = call.body()?;
    world.new_token(call.who, wish)
}

/// `POST /api/2.0/token-management/on-behalf-of/tokens`
pub fn create_on_behalf(world: &mut World, call: &Call) -> Outcome {
    let wish: NewToken = call.body()?;
    if !world.caller(call).is_admin() {
        return Err(Answer::denied(
            "Only workspace admins can create tokens on behalf of service principals.",
        ));
    }
    let application = wish.application_id.clone().unwrap_or_default();
    let owner = world.principals.named(&application).filter(|found| found.kind == Kind::ServicePrincipal);
    let Some(owner) = owner.map(|found| found.id) else {
        return Err(Answer::missing(format!("Service principal {application} does not exist.")));
    };
    world.new_token(owner, wish)
}

/// `GET /api/2.0/token/list`
pub fn list(world: &mut World, call: &Call) -> Outcome {
    let name = world.caller(call).name.clone();
    let live = world.tokens.live(call.who, world.now(), &world.settings.tokens);
    let infos: Vec<Value> = live.map(|token| token.info(&name)).collect();
    let mut answer = Map::new();
    if !infos.is_empty() {
        answer.insert("token_infos".to_owned(), infos.into());
    }
    Ok(Value::Object(answer).into())
}

#[derive(Deserialize)]
struct ById {
    token_id: String,
}

/// `POST /api/2.0/token/delete`
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let ById { token_id } = call.body()?;
    let now = world.now();
    let own = world.tokens.live(call.who, now, &world.settings.tokens).any(|token| token.id == token_id);
    if !own || !world.tokens.revoke(&token_id, now) {
        return Err(Answer::missing(format!("Token with id {token_id} does not exist.")));
    }
    Ok(json!({}).into())
}

#[derive(Deserialize)]
struct Changed {
    token: NewToken,
    update_mask: String,
}

/// `PATCH /api/2.0/token/{token_id}`
pub fn update(world: &mut World, call: &Call) -> Outcome {
    let Changed { token: wish, update_mask } = call.body()?;
    let (now, who, rules) = (world.now(), call.who, world.settings.tokens.clone());
    let listed = world.tokens.list.iter_mut();
    let mut listed = listed.filter(|token| token.owner == who && token.listed(now, &rules));
    let Some(token) = listed.find(|token| token.id == call.var(0)) else {
        return Err(Answer::error(404, "NOT_FOUND", format!("Token {} not found.", call.var(0))));
    };
    for field in update_mask.split(',').map(str::trim) {
        match field {
            "comment" => token.comment = wish.comment.clone().unwrap_or_default(),
            "scopes" => token.scopes.clone_from(&wish.scopes),
            _ => return Err(Answer::invalid(format!("Unknown field in update_mask: {field}"))),
        }
    }
    Ok(json!({}).into())
}
