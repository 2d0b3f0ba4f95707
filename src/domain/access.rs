//! Who may come in: one decision for every entrance.
//!
//! Local mode admits whoever knows the access token (as bearer, as `?token=` once, then by cookie) and checks
//! the Host, so that a foreign page cannot reach us through a name of its own. Platform mode trusts the
//! platform's identity headers and admits the owner; an owner that is not known admits nobody.

use subtle::ConstantTimeEq;

/// What a request says about itself. Header values as they came; names follow the headers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor<'a> {
    pub host: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub fetch_site: Option<&'a str>,
    pub bearer: Option<&'a str>,
    pub cookie: Option<&'a str>,
    pub query_token: Option<&'a str>,
    pub forwarded_email: Option<&'a str>,
    /// It came through our own socket file, from a process of our own user or of root.
    pub local_peer: bool,
    /// The request changes something.
    pub changes_state: bool,
    /// The request opens a WebSocket: judged by Origin here, by its ticket elsewhere.
    pub upgrade: bool,
}

impl Visitor<'_> {
    /// Whoever may open the socket file can read and change all that we keep, so the socket asks for nothing more. A
    /// browser comes there only through somebody's tunnel, and is judged as everywhere.
    fn is_at_home(&self) -> bool {
        self.local_peer && self.origin.is_none() && self.fetch_site.is_none()
    }
}

/// The rules of this instance.
#[derive(Debug, Clone)]
pub struct Access {
    /// `None` on the platform.
    pub token: Option<String>,
    /// Lower-cased; platform only.
    pub owner: Option<String>,
    /// Host names (without port) under which browsers may reach us. Empty on the platform: any.
    pub hosts: Vec<String>,
    pub origins: Vec<String>,
}

/// Who came in, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Knows the access token, or came through the socket file.
    Local,
    Person(String),
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Identity::Local => f.write_str("local"),
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
    #[error("you are not allowed in here")]
    Forbidden,
}

impl Access {
    pub fn decide(&self, visitor: &Visitor<'_>) -> Result<Identity, Denied> {
        if visitor.is_at_home() {
            return Ok(Identity::Local);
        }
        if !self.host_is_ours(visitor.host) {
            return Err(Denied::BadHost);
        }
        if visitor.upgrade {
            // Its ticket says who it is; cookies alone never open it.
            self.own_origin(visitor).then_some(Identity::Local).ok_or(Denied::BadOrigin)
        } else {
            let identity = self.identify(visitor)?;
            if visitor.changes_state && visitor.bearer.is_none() && !self.same_site(visitor) {
                return Err(Denied::BadOrigin);
            }
            Ok(identity)
        }
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
        let email = visitor.forwarded_email.map(|email| email.trim().to_lowercase()).unwrap_or_default();
        if email.is_empty() {
            return Err(Denied::Unauthenticated);
        }
        match &self.owner {
            Some(owner) if *owner == email => Ok(Identity::Person(email)),
            _ => Err(Denied::Forbidden),
        }
    }

    /// Whether a browser may have what holds no secret: the page itself, so that it can say how to sign in. On the
    /// platform nothing is open.
    pub fn admits_anyone(&self, visitor: &Visitor<'_>) -> bool {
        self.token.is_some() && self.host_is_ours(visitor.host) && visitor.query_token.is_none()
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
        let (Some(origin), Some(host)) = (visitor.origin, visitor.host) else { return false };
        let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        named.is_some_and(|named| named.eq_ignore_ascii_case(host))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> Access {
        Access {
            token: Some("secret".into()),
            owner: None,
            hosts: vec!["127.0.0.1".into(), "localhost".into(), "[::1]".into()],
            origins: vec!["https://notebook.example".into()],
        }
    }

    const AT_HOME: Visitor<'static> = Visitor {
        host: Some("localhost:8000"),
        origin: None,
        fetch_site: None,
        bearer: None,
        cookie: None,
        query_token: None,
        forwarded_email: None,
        local_peer: false,
        changes_state: false,
        upgrade: false,
    };

    #[test]
    fn local_mode_wants_the_token() {
        let access = local();
        let reading = |visitor| access.decide(&visitor);
        assert_eq!(reading(AT_HOME), Err(Denied::Unauthenticated));
        assert_eq!(reading(Visitor { bearer: Some("wrong"), ..AT_HOME }), Err(Denied::Unauthenticated));
        assert_eq!(reading(Visitor { bearer: Some("secret"), ..AT_HOME }), Ok(Identity::Local));
        assert_eq!(reading(Visitor { cookie: Some("secret"), ..AT_HOME }), Ok(Identity::Local));
        assert_eq!(reading(Visitor { query_token: Some("secret"), ..AT_HOME }), Ok(Identity::Local));
        assert_eq!(
            reading(Visitor { forwarded_email: Some("ann@example.com"), ..AT_HOME }),
            Err(Denied::Unauthenticated),
            "identity headers mean nothing here"
        );
    }

    #[test]
    fn a_foreign_host_is_refused_before_anything_else() {
        for host in
            [None, Some("evil.example"), Some("evil.example:8000"), Some("127.0.0.1.evil.example"), Some("")]
        {
            let visitor = Visitor { host, bearer: Some("secret"), ..AT_HOME };
            assert_eq!(local().decide(&visitor), Err(Denied::BadHost), "{host:?}");
        }
        for host in ["127.0.0.1", "LOCALHOST:1", "[::1]:8000", "[::1]"] {
            let visitor = Visitor { host: Some(host), bearer: Some("secret"), ..AT_HOME };
            assert_eq!(local().decide(&visitor), Ok(Identity::Local), "{host}");
        }
    }

    #[test]
    fn a_cookie_changes_state_only_from_our_own_page() {
        let posting = Visitor { cookie: Some("secret"), changes_state: true, ..AT_HOME };
        let cases = [
            (posting, false),
            (Visitor { fetch_site: Some("same-origin"), ..posting }, true),
            (Visitor { fetch_site: Some("cross-site"), ..posting }, false),
            (Visitor { fetch_site: Some("same-site"), ..posting }, false),
            (Visitor { origin: Some("http://localhost:8000"), ..posting }, true),
            (Visitor { origin: Some("http://localhost:9000"), ..posting }, false),
            (Visitor { origin: Some("https://evil.example"), ..posting }, false),
            (Visitor { origin: Some("null"), ..posting }, false),
            (Visitor { origin: Some("https://notebook.example"), ..posting }, true),
            (Visitor { bearer: Some("secret"), ..posting }, true),
        ];
        for (visitor, allowed) in cases {
            assert_eq!(local().decide(&visitor).is_ok(), allowed, "{visitor:?}");
        }
    }

    #[test]
    fn the_page_itself_is_open_under_our_own_name_only() {
        assert!(local().admits_anyone(&AT_HOME));
        assert!(!local().admits_anyone(&Visitor { host: Some("evil.example"), ..AT_HOME }));
        assert!(!local().admits_anyone(&Visitor { query_token: Some("wrong"), ..AT_HOME }));
        assert!(!Access { token: None, ..local() }.admits_anyone(&AT_HOME));
    }

    #[test]
    fn an_upgrade_needs_our_origin() {
        let opening = Visitor { upgrade: true, cookie: Some("secret"), ..AT_HOME };
        assert_eq!(local().decide(&opening), Err(Denied::BadOrigin));
        let ours = Visitor { origin: Some("http://localhost:8000"), ..opening };
        assert_eq!(local().decide(&ours), Ok(Identity::Local));
        let foreign = Visitor { origin: Some("http://evil.example"), ..opening };
        assert_eq!(local().decide(&foreign), Err(Denied::BadOrigin));
    }

    #[test]
    fn the_socket_file_admits_programs_of_our_user_and_no_browser() {
        let platform = Access { token: None, owner: None, hosts: vec![], origins: vec![] };
        for access in [local(), platform] {
            let near = Visitor { local_peer: true, host: None, ..AT_HOME };
            assert_eq!(access.decide(&near), Ok(Identity::Local));
            assert_eq!(access.decide(&Visitor { changes_state: true, ..near }), Ok(Identity::Local));
            assert_eq!(access.decide(&Visitor { upgrade: true, ..near }), Ok(Identity::Local));
            for browser in [
                Visitor { origin: Some("https://evil.example"), ..near },
                Visitor { fetch_site: Some("cross-site"), ..near },
            ] {
                assert!(access.decide(&browser).is_err(), "{browser:?}");
                assert!(access.decide(&Visitor { host: Some("localhost"), ..browser }).is_err());
            }
        }
    }

    #[test]
    fn the_platform_admits_the_owner_only() {
        let mut access = Access { token: None, owner: None, hosts: vec![], origins: vec![] };
        let ann = Visitor { forwarded_email: Some(" Ann@Example.com"), ..AT_HOME };
        assert_eq!(access.decide(&ann), Err(Denied::Forbidden), "an unknown owner admits nobody");
        access.owner = Some("ann@example.com".into());
        assert_eq!(access.decide(&ann), Ok(Identity::Person("ann@example.com".into())));
        let bob = Visitor { forwarded_email: Some("bob@example.com"), ..AT_HOME };
        assert_eq!(access.decide(&bob), Err(Denied::Forbidden));
        assert_eq!(access.decide(&AT_HOME), Err(Denied::Unauthenticated));
    }
}
