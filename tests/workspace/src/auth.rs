//! The front door: who is behind a credential, or how it is turned away.

use crate::answer::Answer;
use crate::call::{Call, Credential};
use crate::oauth::Bearer;
use crate::principals::PrincipalId;
use crate::settings::ExpiredAnswer;
use crate::world::World;

/// What may be asked by anyone.
pub fn is_open(path: &str) -> bool {
    path.starts_with("/.well-known/")
        || path.starts_with("/oidc/")
        || path.starts_with("/_signed/")
        || path.starts_with("/_apps/")
        || path.starts_with("/login.html")
}

impl World {
    pub fn authenticate(&mut self, call: &Call) -> Result<PrincipalId, Answer> {
        let token = match call.credential() {
            Credential::Bearer(token) => token,
            Credential::Basic(name, token) if name == "token" => token,
            Credential::None | Credential::Basic(..) | Credential::Other => {
                return Err(Answer::no_credential());
            }
        };
        match self.oauth.owner(&token, self.time) {
            Bearer::Live(owner) => return Ok(owner),
            Bearer::Expired => return Err(expired(self.settings.oauth.expired)),
            Bearer::Unknown => {}
        }
        let (now, lag) = (self.time, self.settings.delays.revocation);
        let owner = self.tokens.owner(&token, now, lag, &self.settings.tokens);
        owner.ok_or_else(Answer::dead_token)
    }

    /// Who holds the OAuth token of the call; the platform's proxy takes no other.
    pub fn oauth_holder(&self, call: &Call) -> Option<PrincipalId> {
        match self.oauth.owner(&call.secret()?, self.time) {
            Bearer::Live(who) => Some(who),
            Bearer::Expired | Bearer::Unknown => None,
        }
    }
}

fn expired(how: ExpiredAnswer) -> Answer {
    match how {
        ExpiredAnswer::Forbidden => Answer::front_door(403, "JWT has expired"),
        ExpiredAnswer::Expiring => {
            Answer::front_door(403, "Token is expiring within 30 seconds. (token expired)")
        }
        ExpiredAnswer::Unauthorized => Answer::error(401, "UNAUTHENTICATED", "Token is expired"),
        ExpiredAnswer::BadRequest => Answer::error(
            400,
            "BAD_REQUEST",
            "io.jsonwebtoken.ExpiredJwtException: JWT expired. Allowed clock skew: 0 milliseconds.",
        ),
    }
}
