//! The decision.

use subtle::ConstantTimeEq;

use super::people::People;
use super::visitor::{Claim, Entrance, Visitor};
use crate::domain::secret::Secret;

/// The rules of this instance.
#[derive(Debug, Clone)]
pub struct Access {
    /// `None` on the platform.
    pub token: Option<String>,
    /// Opens [`Entrance::Provision`]; `None`: it is closed.
    pub bootstrap: Option<Secret>,
    /// Counts on the platform only.
    pub people: People,
    /// Host names (without port) under which browsers may reach us. Empty on the platform: any.
    pub hosts: Vec<String>,
    pub origins: Vec<String>,
}

/// Who came in, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Knows the access token, or came through the socket file.
    Local,
    /// Lower-cased.
    Person(String),
    /// Knows the secret of whoever provisions.
    Provisioner,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Identity::Local => f.write_str("local"),
            Identity::Provisioner => f.write_str("provisioner"),
            Identity::Person(email) => f.write_str(email),
        }
    }
}

/// Why somebody stays outside. The texts are shown to people; none names the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("this name is not one of ours; open the address that `coda serve` printed")]
    BadHost,
    #[error("this page may not do that from another site")]
    BadOrigin,
    #[error("sign in first: open the address that `coda serve` printed, or send it as a bearer token")]
    Unauthenticated,
    #[error("the platform did not say who you are; open this app through the workspace")]
    Unnamed,
    #[error("the request names more than one person; nobody comes in with it")]
    Unclear,
    #[error("whose app this is could not be found out yet; try again in a minute")]
    OwnerUnknown,
    #[error("you are not allowed in here; ask whose app it is to add you to its list")]
    Forbidden,
    #[error("only a program on this machine may ask that, through the socket file")]
    NotLocal,
    #[error("there is nothing here; set CODA_BOOTSTRAP_SECRET to open this address")]
    Closed,
    #[error("this is not the secret of whoever provisions this instance")]
    WrongSecret,
}

impl Access {
    /// Lets somebody in. `None`: somebody who need not say who it is yet, because the page holds no secret and says how
    /// to sign in, or because the ticket of a socket will say it ([`Access::admit_bearer`]).
    pub fn decide(&self, visitor: &Visitor<'_>) -> Result<Option<Identity>, Denied> {
        if visitor.is_at_home() {
            return Ok(Some(Identity::Local));
        }
        if !self.host_is_ours(visitor.host) {
            return Err(Denied::BadHost);
        }
        if visitor.entrance == Entrance::Local {
            return Err(Denied::NotLocal);
        }
        if visitor.entrance == Entrance::Socket {
            // A cookie alone never opens it, and neither does a header.
            return if self.own_origin(visitor) {
                self.not_somebody_else(visitor)
            } else {
                Err(Denied::BadOrigin)
            };
        }
        if visitor.entrance == Entrance::Provision {
            return self.provisioner(visitor).map(Some);
        }
        let identity = match self.identify(visitor) {
            Err(Denied::Unauthenticated) if self.shows_the_page(visitor) => return Ok(None),
            identity => identity?,
        };
        if visitor.changes_state && visitor.bearer.is_none() && !self.same_site(visitor) {
            return Err(Denied::BadOrigin);
        }
        Ok(Some(identity))
    }

    /// Whether the bearer of a ticket may open the socket now: rules may have changed, and the proxy may name somebody
    /// else than the one who asked for the ticket.
    pub fn admit_bearer(&self, bearer: &Identity, claim: Claim<'_>) -> Result<(), Denied> {
        let (None, Identity::Person(person)) = (&self.token, bearer) else { return Ok(()) };
        match claim {
            Claim::Unclear => return Err(Denied::Unclear),
            Claim::Person(named) if named.to_lowercase() != *person => return Err(Denied::Forbidden),
            Claim::Person(_) | Claim::Nobody => {}
        }
        self.people.admit(person, Entrance::Socket)
    }

    fn not_somebody_else(&self, visitor: &Visitor<'_>) -> Result<Option<Identity>, Denied> {
        match (&self.token, visitor.claim) {
            (Some(_), _) | (None, Claim::Nobody) => Ok(None),
            (None, _) => self.identify_person(visitor).map(Some),
        }
    }

    /// The secret stands in a header that no page can set.
    fn provisioner(&self, visitor: &Visitor<'_>) -> Result<Identity, Denied> {
        let secret = self.bootstrap.as_ref().ok_or(Denied::Closed)?;
        let given = [visitor.bootstrap, visitor.bearer];
        let knows = given.into_iter().flatten().any(|given| same(given, secret.expose()));
        if knows { Ok(Identity::Provisioner) } else { Err(Denied::WrongSecret) }
    }

    fn identify(&self, visitor: &Visitor<'_>) -> Result<Identity, Denied> {
        let Some(token) = &self.token else {
            return self.identify_person(visitor);
        };
        let given = [visitor.bearer, visitor.cookie, visitor.query_token];
        let known = given.into_iter().flatten().any(|given| same(given, token));
        if known { Ok(Identity::Local) } else { Err(Denied::Unauthenticated) }
    }

    fn identify_person(&self, visitor: &Visitor<'_>) -> Result<Identity, Denied> {
        let person = match visitor.claim {
            Claim::Nobody => return Err(Denied::Unnamed),
            Claim::Unclear => return Err(Denied::Unclear),
            Claim::Person(person) => person.to_lowercase(),
        };
        self.people.admit(&person, visitor.entrance)?;
        Ok(Identity::Person(person))
    }

    /// Whether a browser may have what holds no secret: the page itself, so that it can say how to sign in. On the
    /// platform nothing is open.
    fn shows_the_page(&self, visitor: &Visitor<'_>) -> bool {
        let reads = visitor.entrance == Entrance::Page && !visitor.changes_state;
        self.token.is_some() && reads && visitor.query_token.is_none()
    }

    fn host_is_ours(&self, host: Option<&str>) -> bool {
        let Some(host) = host else { return false };
        self.hosts.is_empty() || self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(without_port(host)))
    }

    /// A browser says where a request comes from; state may change only from our own pages.
    fn same_site(&self, visitor: &Visitor<'_>) -> bool {
        match (visitor.fetch_site, visitor.origin) {
            (Some(site), None) => site == "same-origin",
            (_, Some(_)) => self.own_origin(visitor),
            (None, None) => false,
        }
    }

    fn own_origin(&self, visitor: &Visitor<'_>) -> bool {
        let Some(origin) = visitor.origin else { return false };
        let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let forwarded = visitor.forwarded_host.filter(|_| self.token.is_none());
        let mut hosts = [visitor.host, forwarded].into_iter().flatten().filter(|host| !host.is_empty());
        named.is_some_and(|named| hosts.any(|host| named.eq_ignore_ascii_case(host)))
            || self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

/// Compares secrets in constant time.
fn same(given: &str, secret: &str) -> bool {
    given.as_bytes().ct_eq(secret.as_bytes()).into()
}

/// `[::1]:80` → `[::1]`, `localhost:80` → `localhost`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}
