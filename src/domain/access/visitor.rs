//! What a request says about itself.

/// Header values as they came; names follow the headers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor<'a> {
    pub host: Option<&'a str>,
    /// The name under which the platform's proxy was asked. Means nothing in local mode.
    pub forwarded_host: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub fetch_site: Option<&'a str>,
    pub bearer: Option<&'a str>,
    pub cookie: Option<&'a str>,
    pub query_token: Option<&'a str>,
    /// From the header that programs use that provision instances.
    pub bootstrap: Option<&'a str>,
    /// Whom the platform's proxy names. Means nothing in local mode.
    pub claim: Claim<'a>,
    /// It came through our own socket file, from a process of our own user or of root.
    pub local_peer: bool,
    /// The request changes something.
    pub changes_state: bool,
    pub entrance: Entrance,
}

/// What a request wants to get at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Entrance {
    /// The page and its files: they hold no secret.
    Page,
    /// Sessions and everything about them, over HTTP; MCP, too.
    #[default]
    Api,
    /// The same over a WebSocket: judged by Origin first, then by the bearer of its ticket.
    Socket,
    /// What an admin sees and does.
    Admin,
    /// What is for programs of our own user alone, through the socket file.
    Local,
    /// Where whoever provisions this instance leaves a token: opened by a secret of its own.
    Provision,
}

/// Whom identity headers name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Claim<'a> {
    #[default]
    Nobody,
    /// Not yet lower-cased.
    Person(&'a str),
    /// More than one, or something that names nobody: a proxy that is to be trusted sends no such thing.
    Unclear,
}

impl Visitor<'_> {
    /// Whoever may open the socket file can read and change all that we keep, so the socket asks for nothing more. A
    /// browser comes there only through somebody's tunnel, and is judged as everywhere.
    pub(super) fn is_at_home(&self) -> bool {
        self.local_peer && self.origin.is_none() && self.fetch_site.is_none()
    }
}

impl Entrance {
    /// From a path as the router sees it, that is without percent signs where none are needed.
    pub fn of(path: &str, reads: bool) -> Entrance {
        let within =
            |dir: &str| path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if within("/ws") {
            Entrance::Socket
        } else if path == "/api/inject-pat" {
            Entrance::Provision
        } else if within("/api/admin") {
            Entrance::Admin
        } else if within("/api/local") {
            Entrance::Local
        } else if within("/api") || within("/mcp") || !reads {
            Entrance::Api
        } else {
            Entrance::Page
        }
    }
}

impl<'a> Claim<'a> {
    /// From the values of the identity headers, the most telling header first: the first with something in it counts.
    pub fn first_of<V>(headers: impl IntoIterator<Item = V>) -> Claim<'a>
    where
        V: IntoIterator<Item = &'a [u8]>,
    {
        let claims = headers.into_iter().map(Claim::of);
        claims.into_iter().find(|claim| *claim != Claim::Nobody).unwrap_or_default()
    }

    /// From the values of one header.
    fn of(values: impl IntoIterator<Item = &'a [u8]>) -> Claim<'a> {
        let mut claim = Claim::Nobody;
        for value in values {
            let Ok(text) = std::str::from_utf8(value) else { return Claim::Unclear };
            let text = text.trim();
            claim = match claim {
                _ if text.is_empty() => claim,
                _ if text.contains(|c: char| c == ',' || c.is_whitespace() || c.is_control()) => {
                    Claim::Unclear
                }
                Claim::Nobody => Claim::Person(text),
                Claim::Person(known) if known.to_lowercase() == text.to_lowercase() => claim,
                Claim::Person(_) | Claim::Unclear => Claim::Unclear,
            };
        }
        claim
    }
}
