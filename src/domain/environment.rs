//! The environment of a session's program: an allowlist, then a look at every name and value.
//!
//! This is hygiene of inheritance, not a sandbox: a program under the same user can read what that user can.

/// Names that pass as they are.
const ALLOWED: &[&str] = &[
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "SHELL",
    "COLORTERM",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "LESS",
    "NO_COLOR",
    "FORCE_COLOR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "ENTERPRISE_MODE",
    "UV_HTTP_TIMEOUT",
    "NPM_REGISTRY",
    "npm_config_registry",
    "GITHUB_API_BASE",
    "GITHUB_RELEASE_MIRROR",
    "CLAUDE_INSTALLER_URL",
    "HERMES_PIP_URL",
    "DEEPWIKI_MCP_URL",
    "EXA_MCP_URL",
    "ANTHROPIC_MODEL",
    "CODEX_MODEL",
    "GEMINI_MODEL",
    "OPENCODE_MODEL",
    "HERMES_MODEL",
    "DATABRICKS_CONFIG_FILE",
    "DATABRICKS_CONFIG_PROFILE",
];

/// Names that pass by how they begin.
const ALLOWED_PREFIXES: &[&str] = &["LC_", "ENABLE_"];

/// Parts of a name that make it look like a credential.
const SUSPICIOUS: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSPHRASE",
    "CREDENTIAL",
    "BEARER",
    "AUTH",
    "SESSION",
    "COOKIE",
    "SIGNING",
    "SALT",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "CLIENT_ID",
    "_KEY",
    "_PAT",
    "_PWD",
];

/// The variables a session starts with, from those of the parent.
///
/// `~/.local/bin` comes first on the path, the terminal is `xterm-256color`, and the locale is UTF-8.
pub fn build(parent: impl IntoIterator<Item = (String, String)>, home: &str) -> Vec<(String, String)> {
    let mut passed: Vec<(String, String)> =
        parent.into_iter().filter(|(name, value)| may_pass(name, value)).collect();
    let path = take(&mut passed, "PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned());
    let own = format!("{home}/.local/bin");
    let path = if path.split(':').any(|part| part == own) { path } else { format!("{own}:{path}") };
    take(&mut passed, "HOME");
    if !passed.iter().any(|(name, value)| matches!(name.as_str(), "LANG" | "LC_ALL") && is_utf8(value)) {
        take(&mut passed, "LANG");
        take(&mut passed, "LC_ALL");
        passed.push(("LANG".to_owned(), "C.UTF-8".to_owned()));
    }
    for (name, value) in
        [("HOME", home), ("PATH", &path), ("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]
    {
        take(&mut passed, name);
        passed.push((name.to_owned(), value.to_owned()));
    }
    passed
}

fn take(variables: &mut Vec<(String, String)>, wanted: &str) -> Option<String> {
    let position = variables.iter().position(|(name, _)| name == wanted)?;
    Some(variables.swap_remove(position).1)
}

fn may_pass(name: &str, value: &str) -> bool {
    let listed = ALLOWED.contains(&name) || ALLOWED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    listed && !looks_like_credential(name) && !has_userinfo(value) && !value.contains('\0')
}

/// Whether a variable of this name should never reach a program.
pub fn looks_like_credential(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SUSPICIOUS.iter().any(|part| name.contains(part))
}

/// Whether a value is a URL that carries a user or password.
pub fn has_userinfo(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        authority.contains('@')
    })
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn built(parent: &[(&str, &str)]) -> Vec<(String, String)> {
        build(parent.iter().map(|(name, value)| (name.to_string(), value.to_string())), "/home/ann")
    }

    fn get(variables: &[(String, String)], wanted: &str) -> Option<String> {
        variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    }

    #[test]
    fn the_terminal_locale_and_path_are_set() {
        let variables = built(&[("PATH", "/bin"), ("LANG", "POSIX"), ("TERM", "dumb"), ("LC_TIME", "de_DE")]);
        assert_eq!(get(&variables, "PATH").unwrap(), "/home/ann/.local/bin:/bin");
        assert_eq!(get(&variables, "TERM").unwrap(), "xterm-256color");
        assert_eq!(get(&variables, "LANG").unwrap(), "C.UTF-8");
        assert_eq!(get(&variables, "LC_TIME").unwrap(), "de_DE");
        assert_eq!(get(&variables, "HOME").unwrap(), "/home/ann");
        assert_eq!(get(&built(&[("LANG", "en_GB.UTF-8")]), "LANG").unwrap(), "en_GB.UTF-8");
    }

    #[test]
    fn credentials_never_pass() {
        let variables = built(&[
            ("DATABRICKS_TOKEN", "dapi"),
            ("HTTPS_PROXY", "http://ann:pw@proxy:80/"),
            ("ENABLE_API_KEY", "x"),
            ("CLAUDECODE", "1"),
        ]);
        for name in ["DATABRICKS_TOKEN", "HTTPS_PROXY", "ENABLE_API_KEY", "CLAUDECODE"] {
            assert_eq!(get(&variables, name), None, "{name}");
        }
        assert!(get(&built(&[("HTTPS_PROXY", "http://proxy:80/")]), "HTTPS_PROXY").is_some());
    }

    proptest! {
        #[test]
        fn whatever_the_parent_has(
            parent in prop::collection::vec((
                prop_oneof!["[A-Za-z_]{1,20}", "(ENABLE_|LC_)[A-Z_]{0,12}", Just("HTTP_PROXY".to_owned())],
                prop_oneof![".{0,30}", "https?://[a-z]{1,5}(:[a-z]{1,5})?@[a-z]{1,9}/"],
            ), 0..40),
        ) {
            for (name, value) in build(parent, "/home/ann") {
                prop_assert!(!looks_like_credential(&name), "{name}");
                prop_assert!(!has_userinfo(&value), "{name}={value}");
            }
        }
    }
}
