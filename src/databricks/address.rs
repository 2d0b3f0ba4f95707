//! Where the workspace is.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// Scheme, host and port of a workspace; no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

/// What was given as the address is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("{0:?} is no address of a workspace; give one such as https://adb-123.4.azuredatabricks.net")]
    Unreadable(String),
    #[error("{0} is not encrypted, and a token must not travel so; give the https:// address")]
    Clear(String),
}

impl Address {
    /// With or without a scheme, with or without what follows the host. `http` is for this machine alone.
    pub fn parse(text: &str) -> Result<Address, BadAddress> {
        let unreadable = || BadAddress::Unreadable(text.to_owned());
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&full).map_err(|_| unreadable())?;
        let named = url.host_str().is_some_and(|host| !host.is_empty());
        if !named || !url.username().is_empty() || url.password().is_some() {
            return Err(unreadable());
        }
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(&url) => {}
            "http" => return Err(BadAddress::Clear(format!("http://{}", url.authority()))),
            _ => return Err(unreadable()),
        }
        let origin = format!("{}://{}/", url.scheme(), url.authority());
        Url::parse(&origin).map(Address).map_err(|_| unreadable())
    }

    /// The address of `path`, whose segments are escaped already. `path` begins with a slash.
    pub(super) fn at(&self, path: &str) -> Result<Url, BadAddress> {
        let whole = format!("{self}{path}");
        Url::parse(&whole).map_err(|_| BadAddress::Unreadable(whole))
    }

    /// The host alone, without port.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl fmt::Display for Address {
    /// Without a slash at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_however_it_is_written() {
        for (text, address) in [
            ("adb-1.2.azuredatabricks.net", "https://adb-1.2.azuredatabricks.net"),
            (" https://Dbc-A.cloud.databricks.com/?o=12 \n", "https://dbc-a.cloud.databricks.com"),
            ("https://x.example:8443/browse/", "https://x.example:8443"),
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
            ("http://[::1]:5000", "http://[::1]:5000"),
            ("http://localhost:5000", "http://localhost:5000"),
        ] {
            assert_eq!(
                Address::parse(text).map(|address| address.to_string()),
                Ok(address.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_token_never_goes_in_the_clear() {
        for text in ["http://workspace.example", "http://10.0.0.1:80"] {
            assert!(matches!(Address::parse(text), Err(BadAddress::Clear(_))), "{text}");
        }
        for text in ["", "  ", "ftp://x", "https://", "https://me:secret@x.example", "not a host"] {
            assert!(matches!(Address::parse(text), Err(BadAddress::Unreadable(_))), "{text}");
        }
    }
}
