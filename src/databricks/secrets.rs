//! Secrets that the workspace keeps. `/api/2.0/secrets/…`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Call, Class, Credential, Failure, Workspace};
use crate::domain::secret::Secret;

#[derive(Serialize)]
struct Scope<'a> {
    scope: &'a str,
}

#[derive(Serialize)]
struct Put<'a> {
    scope: &'a str,
    key: &'a str,
    string_value: &'a str,
}

#[derive(Serialize)]
struct Acl<'a> {
    scope: &'a str,
    principal: &'a str,
    permission: &'a str,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

impl Workspace {
    /// Makes a scope; one that is there already will do.
    pub async fn create_secret_scope(&self, who: &dyn Credential, scope: &str) -> Result<(), Failure> {
        let call =
            Call::post("create the secret scope", "/api/2.0/secrets/scopes/create").json(&Scope { scope });
        match self.send(who, call.once()).await {
            Err(failure) if failure.class != Class::Exists => Err(failure),
            _ => Ok(()),
        }
    }

    pub async fn put_secret(
        &self,
        who: &dyn Credential,
        scope: &str,
        key: &str,
        value: &Secret,
    ) -> Result<(), Failure> {
        let body = Put { scope, key, string_value: value.expose() };
        self.send(who, Call::post("store the secret", "/api/2.0/secrets/put").json(&body).once())
            .await
            .map(drop)
    }

    pub async fn secret(&self, who: &dyn Credential, scope: &str, key: &str) -> Result<Secret, Failure> {
        let name = "read the secret";
        let call = Call::get(name, "/api/2.0/secrets/get").with("scope", scope).with("key", key);
        let read: Value = self.ask(who, call).await?;
        let bytes = STANDARD.decode(read.value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let odd = || Failure::without_answer(name, Class::NotAnApi, "its value is no text", false);
        bytes.map(Secret::new).ok_or_else(odd)
    }

    /// `permission`: `READ`, `WRITE` or `MANAGE`; `principal` as in Unity Catalog.
    pub async fn permit_secret_scope(
        &self,
        who: &dyn Credential,
        scope: &str,
        principal: &str,
        permission: &str,
    ) -> Result<(), Failure> {
        let body = Acl { scope, principal, permission };
        self.send(who, Call::post("open the secret scope", "/api/2.0/secrets/acls/put").json(&body).once())
            .await
            .map(drop)
    }
}
