//! Addresses that people give for mirrors: only harmless characters, and how they replace the public ones.

/// What was given is no address to fetch from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is no usable address ({why}); give one such as https://mirror.example/path, or unset it")]
pub struct BadMirror {
    /// Of the variable.
    pub name: String,
    pub why: &'static str,
}

/// Characters of an address besides letters and digits. No quote, blank, `$`, `&`, `;` or bracket that a shell reads.
const HARMLESS: &str = "-._~:/?#@!%+,=[]";

/// The address without a slash at its end.
pub fn checked(name: &str, address: &str) -> Result<String, BadMirror> {
    let bad = |why| BadMirror { name: name.to_owned(), why };
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| bad("it begins with neither https:// nor http://"))?;
    if !address.chars().all(|c| c.is_ascii_alphanumeric() || HARMLESS.contains(c)) {
        return Err(bad("it holds a character that has no place in an address"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (host, "1"),
    };
    if host.is_empty() || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(bad("it names no host, or a port that is none"));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

/// A public address with its scheme and host replaced by a mirror's; the path stays as it is.
pub fn on_mirror(public: &str, mirror: Option<&str>) -> String {
    let Some(mirror) = mirror else { return public.to_owned() };
    let rest = public.split_once("://").map_or(public, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    let mirror = mirror.trim_end_matches('/');
    // Whoever gives the first folder, too, means the same place.
    let first = path.get(1..).and_then(|path| path.split('/').next()).unwrap_or_default();
    match mirror.strip_suffix(first) {
        Some(before) if !first.is_empty() && before.ends_with('/') => {
            format!("{}{path}", before.trim_end_matches('/'))
        }
        _ => format!("{mirror}{path}"),
    }
}

/// Without user and password, for people.
pub fn without_userinfo(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://***@{}", &rest[at + 1..]),
        None => address.to_owned(),
    }
}

/// Whether a text may be given to pip as a requirement: a name with versions, or an address of a package.
pub fn is_requirement(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@+=<>!,[]%# ".contains(c);
    let begins = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    begins && text.len() <= 500 && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B-51: an invalid mirror was an exception that nobody caught, and the setup ran for ever.
    #[test]
    fn nothing_that_a_shell_reads_is_an_address() {
        for good in [
            "https://mirror.example",
            "http://127.0.0.1:8081/repo/npm/",
            "https://user:pass@mirror.example:8443/a_b~c",
            "https://[::1]:80/x",
        ] {
            assert_eq!(checked("NPM_REGISTRY", good).as_deref(), Ok(good.trim_end_matches('/')));
        }
        for bad in [
            "",
            "mirror.example",
            "ftp://mirror.example",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "https://x.example:99999",
            "https://x.example:port/",
            "https://x.example/$(id)",
            "https://x.example/a b",
            "https://x.example/a;b",
            "https://x.example/a&b",
            "https://x.example/`id`",
            "https://x.example/'",
            "https://x.example/*",
            "https://x.example/(a)",
            "https://x.example/\n",
            "https://x.example/ä",
        ] {
            let error = checked("NPM_REGISTRY", bad).unwrap_err().to_string();
            assert!(error.starts_with("NPM_REGISTRY is no usable address"), "{bad}");
        }
    }

    #[test]
    fn a_mirror_replaces_the_host_and_keeps_the_path() {
        let public = "https://github.com/cli/cli/releases/download/v2/gh.tar.gz";
        for (mirror, address) in [
            (None, public),
            (Some("https://m.example"), "https://m.example/cli/cli/releases/download/v2/gh.tar.gz"),
            (
                Some("http://m.example:81/repo/"),
                "http://m.example:81/repo/cli/cli/releases/download/v2/gh.tar.gz",
            ),
        ] {
            assert_eq!(on_mirror(public, mirror), address);
        }
        let node = "https://nodejs.org/dist/v22.1.0/SHASUMS256.txt";
        for mirror in
            ["https://m.example/node", "https://m.example/node/dist", "https://m.example/node/dist/"]
        {
            assert_eq!(on_mirror(node, Some(mirror)), "https://m.example/node/dist/v22.1.0/SHASUMS256.txt");
        }
    }

    #[test]
    fn people_see_no_password() {
        assert_eq!(without_userinfo("https://a:b@c@m.example/x@y"), "https://***@m.example/x@y");
        assert_eq!(without_userinfo("https://m.example/x"), "https://m.example/x");
        assert_eq!(without_userinfo("plain"), "plain");
    }

    #[test]
    fn a_requirement_is_a_name_or_an_address() {
        for good in [
            "hermes-agent",
            "hermes-agent==0.19.0",
            "hermes-agent[mcp]>=0.1,<1",
            "git+https://github.com/a/b@0123abc",
        ] {
            assert!(is_requirement(good), "{good}");
        }
        for bad in ["", "-r /etc/passwd", "--index-url=x", "a; rm -rf ~", "a$(id)", "a\nb", "a|b", "a'b"] {
            assert!(!is_requirement(bad), "{bad}");
        }
    }
}
