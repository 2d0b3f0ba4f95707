//! OAuth: discovery in both address styles, client credentials for service principals, and the sign-in of people
//! with a code and PKCE, where the page that would ask them says yes at once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::{Answer, Outcome};
use crate::call::{Call, Credential};
use crate::clock::Millis;
use crate::principals::{Kind, PrincipalId};
use crate::settings::HostStyle;
use crate::world::World;

#[derive(Debug)]
struct Access {
    value: String,
    owner: PrincipalId,
    expires: Millis,
}

/// A code that can be turned into tokens once, or a refresh token.
#[derive(Debug)]
struct Promise {
    value: String,
    owner: PrincipalId,
    /// PKCE, S256.
    challenge: Option<String>,
}

#[derive(Debug, Default)]
pub struct Oauth {
    access: Vec<Access>,
    codes: Vec<Promise>,
    refresh: Vec<Promise>,
}

/// What is known about a bearer.
#[derive(Debug, PartialEq, Eq)]
pub enum Bearer {
    Live(PrincipalId),
    Expired,
    Unknown,
}

impl Oauth {
    pub fn owner(&self, value: &str, now: Millis) -> Bearer {
        match self.access.iter().find(|access| access.value == value) {
            Some(access) if now < access.expires => Bearer::Live(access.owner),
            Some(_) => Bearer::Expired,
            None => Bearer::Unknown,
        }
    }

    /// Forgets a bearer: it is as dead as a token that never was.
    pub fn revoke(&mut self, value: &str) {
        self.access.retain(|access| access.value != value);
    }
}

impl World {
    /// A bearer as `POST /oidc/v1/token` would give it.
    pub fn issue_bearer(&mut self, owner: PrincipalId) -> String {
        let (now, lifetime) = (self.now(), self.settings.oauth.lifetime);
        let expires = now + lifetime * 1000;
        let subject = self.principals.get(owner).name.clone();
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"at+jwt","kid":"workspace"}"#);
        let claims = json!({
            "sub": subject, "client_id": subject, "iss": format!("{}/oidc", self.base), "scope": "all-apis",
            "iat": now / 1000, "exp": expires / 1000, "jti": self.ids.uuid("jti"),
        });
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signature = URL_SAFE_NO_PAD.encode(self.ids.hex("signature", 64));
        let value = format!("{head}.{claims}.{signature}");
        self.oauth.access.push(Access { value: value.clone(), owner, expires });
        value
    }

    fn bearer_answer(&mut self, owner: PrincipalId, refresh: bool) -> Answer {
        let access = self.issue_bearer(owner);
        let lifetime = self.settings.oauth.lifetime;
        let expires_in = if self.settings.oauth.expires_in_as_text {
            json!(lifetime.to_string())
        } else {
            json!(lifetime)
        };
        let mut answer = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": expires_in, "scope": "all-apis",
        });
        if refresh {
            let value = self.ids.hex("refresh token", 48);
            self.oauth.refresh.push(Promise { value: value.clone(), owner, challenge: None });
            answer["refresh_token"] = json!(value);
            answer["scope"] = json!("all-apis offline_access");
        }
        answer.into()
    }
}

fn issuer(world: &World) -> String {
    match world.settings.host {
        HostStyle::Workspace => format!("{}/oidc", world.base),
        HostStyle::Account | HostStyle::Unified => {
            format!("{}/oidc/accounts/{}", world.base, world.settings.account_id)
        }
    }
}

/// `GET /.well-known/databricks-config`
pub fn config(world: &mut World, _: &Call) -> Outcome {
    let (account, base) = (world.settings.account_id.clone(), world.base.clone());
    let mut config = json!({ "account_id": account, "cloud": "AWS" });
    let (style, endpoint) = match world.settings.host {
        HostStyle::Workspace => ("WORKSPACE_HOST", format!("{base}/oidc")),
        HostStyle::Account => ("ACCOUNT_HOST", format!("{base}/oidc/accounts/{{account_id}}")),
        HostStyle::Unified => ("UNIFIED_HOST", format!("{base}/oidc/accounts/{{account_id}}")),
    };
    config["host_type"] = json!(style);
    config["oidc_endpoint"] = json!(endpoint);
    if world.settings.host == HostStyle::Workspace {
        config["workspace_id"] = json!(world.settings.workspace_id.to_string());
    }
    Ok(config.into())
}

/// `GET {oidc_endpoint}/.well-known/oauth-authorization-server`, and the same as `openid-configuration`
pub fn metadata(world: &mut World, call: &Call) -> Outcome {
    check_account(world, call)?;
    let issuer = issuer(world);
    Ok(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/v1/authorize"),
        "token_endpoint": format!("{issuer}/v1/token"),
        "jwks_uri": format!("{issuer}/jwks.json"),
        "scopes_supported": ["all-apis", "email", "offline_access", "openid", "profile", "sql"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
    })
    .into())
}

/// In the account's style the path names the account.
fn check_account(world: &World, call: &Call) -> Result<(), Answer> {
    match call.vars.first() {
        Some(account) if *account != world.settings.account_id => {
            Err(Answer::oauth(404, "not_found", "No such account"))
        }
        _ => Ok(()),
    }
}

/// `GET /oidc/v1/authorize`: signs the first admin in, or whom `login_hint` names, and sends the browser back.
pub fn authorize(world: &mut World, call: &Call) -> Outcome {
    check_account(world, call)?;
    let Some(back) = call.param("redirect_uri") else {
        return Err(Answer::oauth(400, "invalid_request", "redirect_uri is missing"));
    };
    let local = back.starts_with("http://localhost:") || back.starts_with("http://127.0.0.1:");
    if !local || call.param("response_type") != Some("code") {
        return Err(Answer::oauth(400, "invalid_request", "redirect_uri or response_type is not allowed"));
    }
    let owner = match call.param("login_hint") {
        Some(email) => world.person(email),
        None => world.admin,
    };
    let value = world.ids.hex("code", 32);
    let challenge = call.param("code_challenge").map(str::to_owned);
    world.oauth.codes.push(Promise { value: value.clone(), owner, challenge });
    let joint = if back.contains('?') { '&' } else { '?' };
    let state = call.param("state").unwrap_or_default();
    Ok(Answer::redirect(302, &format!("{back}{joint}code={value}&state={}", encoded(state))))
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// `POST /oidc/v1/token`
pub fn token(world: &mut World, call: &Call) -> Outcome {
    check_account(world, call)?;
    let form = call.form();
    let field = |name: &str| form.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    match field("grant_type") {
        Some("client_credentials") => {
            let owner = client(world, call, field("client_id"), field("client_secret"))?;
            if field("scope").is_some_and(|scope| scope.split(' ').any(|one| !is_scope(one))) {
                return Err(Answer::oauth(400, "invalid_scope", "The requested scope is invalid"));
            }
            Ok(world.bearer_answer(owner, false))
        }
        Some("authorization_code") => {
            let code = field("code").unwrap_or_default();
            let at = world.oauth.codes.iter().position(|promise| promise.value == code);
            let Some(at) = at else { return Err(invalid_grant()) };
            let promise = world.oauth.codes.remove(at);
            let verifier = field("code_verifier").unwrap_or_default();
            if promise.challenge.is_some_and(|challenge| challenge != s256(verifier)) {
                return Err(invalid_grant());
            }
            Ok(world.bearer_answer(promise.owner, true))
        }
        Some("refresh_token") => {
            let given = field("refresh_token").unwrap_or_default();
            let found = world.oauth.refresh.iter().position(|promise| promise.value == given);
            let Some(at) = found else { return Err(invalid_grant()) };
            let owner = world.oauth.refresh.remove(at).owner;
            Ok(world.bearer_answer(owner, true))
        }
        Some(other) => {
            Err(Answer::oauth(400, "unsupported_grant_type", &format!("Unsupported grant type: {other}")))
        }
        None => Err(Answer::oauth(400, "invalid_request", "grant_type is missing")),
    }
}

/// The service principal behind an id and a secret, sent as Basic or in the form.
fn client(world: &World, call: &Call, id: Option<&str>, secret: Option<&str>) -> Result<PrincipalId, Answer> {
    let (id, secret) = match call.credential() {
        // RFC 6749 §2.3.1: both are form-encoded before they are joined.
        Credential::Basic(id, secret) => (crate::call::decoded(&id), crate::call::decoded(&secret)),
        _ => (id.unwrap_or_default().to_owned(), secret.unwrap_or_default().to_owned()),
    };
    let found = world.principals.named(&id);
    let found = found.filter(|found| found.kind == Kind::ServicePrincipal && found.secrets.contains(&secret));
    found
        .map(|found| found.id)
        .ok_or_else(|| Answer::oauth(401, "invalid_client", "Client authentication failed"))
}

fn is_scope(scope: &str) -> bool {
    matches!(scope, "all-apis" | "email" | "offline_access" | "openid" | "profile" | "sql")
        || scope.contains(':')
        || scope.contains('.')
}

fn invalid_grant() -> Answer {
    Answer::oauth(400, "invalid_grant", "The provided authorization grant or refresh token is invalid")
}

fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// `GET /oidc/jwks.json`: tokens here are not signed, so there is no key.
pub fn keys(_: &mut World, _: &Call) -> Outcome {
    Ok(json!({ "keys": Value::Array(Vec::new()) }).into())
}
