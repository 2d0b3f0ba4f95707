//! Where a person looks at a session.

/// What is known of our own address.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// From the settings; it wins.
    pub configured: Option<&'a str>,
    /// What the proxy in front of us was asked for; only where a proxy is trusted.
    pub forwarded_host: Option<&'a str>,
    /// What we were asked for ourselves.
    pub host: Option<&'a str>,
    /// Whether browsers reach us by https.
    pub tls: bool,
}

/// The page with this session in front; None when nobody has said what we are called.
pub fn viewer_url(known: &Known<'_>, session_id: &str) -> Option<String> {
    let base = base(known)?;
    Some(format!("{base}/#tabs={session_id}&active={session_id}"))
}

fn base(known: &Known<'_>) -> Option<String> {
    if let Some(url) = said(known.configured) {
        let has_scheme = url.starts_with("http://") || url.starts_with("https://");
        return Some(if has_scheme { url.to_owned() } else { format!("https://{url}") });
    }
    let host = said(known.forwarded_host).or(said(known.host))?;
    let scheme = if known.tls { "https" } else { "http" };
    Some(format!("{scheme}://{host}"))
}

/// Without blanks and a slash at the end; None when nothing is left.
fn said(text: Option<&str>) -> Option<&str> {
    // A proxy behind a proxy appends its own.
    let first = text?.split(',').next().unwrap_or_default();
    Some(first.trim().trim_end_matches('/')).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_win_then_the_proxy_then_the_host() {
        let all = Known {
            configured: Some("https://coda.example/"),
            forwarded_host: Some("app.example"),
            host: Some("127.0.0.1:8000"),
            tls: true,
        };
        for (known, expected) in [
            (all, Some("https://coda.example")),
            (Known { configured: Some("coda.example"), ..all }, Some("https://coda.example")),
            (Known { configured: Some("http://coda.example"), ..all }, Some("http://coda.example")),
            (Known { configured: Some("  "), ..all }, Some("https://app.example")),
            (Known { configured: None, ..all }, Some("https://app.example")),
            (
                Known { configured: None, forwarded_host: Some("a.example, b"), ..all },
                Some("https://a.example"),
            ),
            (
                Known { configured: None, forwarded_host: Some(""), tls: false, ..all },
                Some("http://127.0.0.1:8000"),
            ),
            (Known::default(), None),
        ] {
            let expected = expected.map(|base| format!("{base}/#tabs=id&active=id"));
            assert_eq!(viewer_url(&known, "id"), expected, "{known:?}");
        }
    }
}
