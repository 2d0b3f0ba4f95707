//! What programs of our own user ask through the socket file. The page knows nothing of it.

use serde::{Deserialize, Serialize};

use crate::domain::git_credential::{Login, Request};

/// As git asks its helpers; `host` with the port.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GitRequest {
    pub protocol: String,
    pub host: String,
    pub username: Option<String>,
}

/// `login` is null where there is none for this host. Prints nothing: it holds a token.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GitAnswer {
    pub login: Option<GitLogin>,
}

/// `password_expiry_utc`: seconds since the epoch.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GitLogin {
    pub username: String,
    pub password: String,
    pub password_expiry_utc: Option<i64>,
}

/// A hook of an agent in this session was called; `payload`: what the agent gave it.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AgentHook {
    pub session_id: String,
    #[cfg_attr(test, schema(value_type = Object))]
    pub payload: serde_json::Value,
}

/// A repository has a new commit. `repository`: the absolute path of its working tree.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Committed {
    pub repository: String,
}

impl From<GitRequest> for Request {
    fn from(request: GitRequest) -> Request {
        Request { protocol: request.protocol, host: request.host, username: request.username }
    }
}

impl From<Option<Login>> for GitAnswer {
    fn from(login: Option<Login>) -> GitAnswer {
        let login = login.map(|login| GitLogin {
            username: login.username,
            password: login.password.expose().to_owned(),
            password_expiry_utc: login.expires_at,
        });
        GitAnswer { login }
    }
}
