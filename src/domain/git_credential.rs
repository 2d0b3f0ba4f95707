//! What git asks its credential helpers, who may be told, and the answer.
//!
//! A token goes to the sites it was given for and to no other: scheme, host and port must be the same, never a part of
//! a name. What is unclear is not answered; git then asks somebody else, or the person.

use std::fmt;

use zeroize::Zeroizing;

use super::secret::Secret;

/// Most that git says, in bytes.
pub const MOST: usize = 64 * 1024;

/// What git wants to sign in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub protocol: String,
    /// With the port, if the address has one.
    pub host: String,
    pub username: Option<String>,
}

impl Request {
    /// From `key=value` lines up to an empty one. Keys that are not known here mean nothing; one of ours that is there
    /// twice, or holds what no address holds, is somebody's trick: `None`, as for a request that names no site.
    pub fn parse(input: &[u8]) -> Option<Request> {
        let text = std::str::from_utf8(input).ok().filter(|text| text.len() <= MOST)?;
        let [mut protocol, mut host, mut username] = [None, None, None];
        for line in text.split('\n').take_while(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=')?;
            let slot = match key {
                "protocol" => &mut protocol,
                "host" => &mut host,
                "username" => &mut username,
                _ => continue,
            };
            if slot.is_some() || value.contains(|c: char| c.is_control()) {
                return None;
            }
            *slot = Some(value.to_owned());
        }
        Some(Request { protocol: protocol?, host: host?, username })
    }
}

/// Where a token may go: a host, with its port if that is not the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    secure: bool,
    /// In lower case.
    host: String,
}

/// What was given as a site is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSite {
    #[error("give the whole name of a host, such as github.com")]
    Name,
    #[error("a token does not travel unencrypted: only this machine may be named with http://")]
    Clear,
}

impl Site {
    /// `github.com`, `git.example:8443`, `https://github.com/`; `http://` for this machine alone.
    pub fn parse(text: &str) -> Result<Site, BadSite> {
        let text = text.trim().to_ascii_lowercase();
        let (secure, rest) = match text.strip_prefix("http://") {
            Some(rest) => (false, rest),
            None => (true, text.strip_prefix("https://").unwrap_or(&text)),
        };
        let host = rest.strip_suffix('/').unwrap_or(rest);
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !host.ends_with(']') => (name, Some(port)),
            _ => (host, None),
        };
        let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let named = match inner {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            }
        };
        if !named || port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err(BadSite::Name);
        }
        let here = matches!(name, "localhost" | "[::1]") || name.starts_with("127.");
        if !secure && !here {
            return Err(BadSite::Clear);
        }
        Ok(Site { secure, host: host.to_owned() })
    }

    pub fn is_meant_by(&self, request: &Request) -> bool {
        let scheme = if self.secure { "https" } else { "http" };
        request.protocol == scheme && request.host.eq_ignore_ascii_case(&self.host)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.host)
    }
}

/// What git is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub username: String,
    pub password: Secret,
    /// Seconds since the epoch after which it is worth nothing.
    pub expires_at: Option<i64>,
}

impl Login {
    /// The answer as git reads it; `None`: a value does not fit on a line.
    pub fn rendered(&self) -> Option<Zeroizing<String>> {
        let password = self.password.expose();
        let broken = |text: &str| text.is_empty() || text.contains(|c: char| c.is_control());
        if broken(&self.username) || broken(password) {
            return None;
        }
        let mut text = Zeroizing::new(String::with_capacity(self.username.len() + password.len() + 64));
        text.push_str("username=");
        text.push_str(&self.username);
        text.push_str("\npassword=");
        text.push_str(password);
        if let Some(expires_at) = self.expires_at {
            text.push_str(&format!("\npassword_expiry_utc={expires_at}"));
        }
        text.push('\n');
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(input: &str) -> Option<(String, String, Option<String>)> {
        let request = Request::parse(input.as_bytes())?;
        Some((request.protocol, request.host, request.username))
    }

    #[test]
    fn requests_are_read_as_git_writes_them() {
        let meant = Some(("https".to_owned(), "github.com".to_owned(), None));
        for input in [
            "protocol=https\nhost=github.com\n\n",
            "protocol=https\nhost=github.com",
            "host=github.com\ncapability[]=authtype\nwwwauth[]=Basic realm=\"x=y\"\nprotocol=https\npath=a/b\n",
            "protocol=https\nhost=github.com\n\nhost=evil.example\n",
        ] {
            assert_eq!(asked(input), meant, "{input:?}");
        }
        let named = asked("protocol=https\nusername=ann=b\nhost=h:8443\n").unwrap();
        assert_eq!(named, ("https".to_owned(), "h:8443".to_owned(), Some("ann=b".to_owned())));
        // The second is how a line break in an address once sent a token to somebody else (CVE-2020-5260), the third
        // how a carriage return did (CVE-2024-52006).
        for input in [
            "",
            "protocol=https\nhost=evil.example\nhost=github.com\n",
            "protocol=https\nhost=evil.example\rgithub.com\n",
            "protocol=https\nhost=a\0b\n",
            "protocol=https\n",
            "host=github.com\n",
            "protocol=https\nnonsense\nhost=github.com\n",
        ] {
            assert_eq!(asked(input), None, "{input:?}");
        }
        assert_eq!(Request::parse(b"protocol=https\nhost=\xff\n"), None);
        assert_eq!(asked(&format!("protocol=https\nhost=h\nx={}\n", "x".repeat(MOST))), None);
    }

    /// The helper that came before answered every host whose name held the configured one.
    #[test]
    fn only_the_same_site_is_meant() {
        for (site, protocol, host, meant) in [
            ("github.com", "https", "github.com", true),
            ("GitHub.com", "https", "GITHUB.com", true),
            ("https://github.com/", "https", "github.com", true),
            ("github.com", "http", "github.com", false),
            ("github.com", "ssh", "github.com", false),
            ("github.com", "HTTPS", "github.com", false),
            ("github.com", "https", "github.com.evil.example", false),
            ("github.com", "https", "evil-github.com", false),
            ("github.com", "https", "gist.github.com", false),
            ("github.com", "https", "github.com:8443", false),
            ("github.com", "https", "github.com.", false),
            ("github.com", "https", "github.com@evil.example", false),
            ("github.com", "https", "github.com/evil", false),
            ("github.com", "https", "", false),
            ("git.example:8443", "https", "git.example:8443", true),
            ("git.example:8443", "https", "git.example", false),
            ("git.example:8443", "https", "git.example:84433", false),
            ("http://127.0.0.1:80", "http", "127.0.0.1:80", true),
            ("http://127.0.0.1:80", "https", "127.0.0.1:80", false),
            ("http://[::1]:80", "http", "[::1]:80", true),
        ] {
            let request = Request { protocol: protocol.to_owned(), host: host.to_owned(), username: None };
            assert_eq!(Site::parse(site).unwrap().is_meant_by(&request), meant, "{site} {protocol} {host}");
        }
        for text in ["", "a b", "git.example:", "git.example:x", "a/b", "ann@git.example", "ssh://x", "*"] {
            assert_eq!(Site::parse(text), Err(BadSite::Name), "{text:?}");
        }
        assert_eq!(Site::parse("http://git.example"), Err(BadSite::Clear));
    }

    #[test]
    fn an_answer_is_lines_or_nothing() {
        let login = |username: &str, password: &str| Login {
            username: username.to_owned(),
            password: Secret::new(password),
            expires_at: None,
        };
        let said = |login: &Login| login.rendered().map(|text| text.to_string());
        assert_eq!(said(&login("x", "a=b c")), Some("username=x\npassword=a=b c\n".to_owned()));
        let ending = Login { expires_at: Some(17), ..login("x", "y") };
        let text = "username=x\npassword=y\npassword_expiry_utc=17\n";
        assert_eq!(said(&ending), Some(text.to_owned()));
        for (username, password) in [("x\ny", "z"), ("x", "y\nhost=z"), ("x", "y\0"), ("", "y"), ("x", "")] {
            assert_eq!(said(&login(username, password)), None);
        }
    }
}
