//! The environment of a session's program: an allowlist, then a look at every name and value. One builder for
//! every way to start a session.
//!
//! This is hygiene of inheritance, not a sandbox: a program under the same user can read what that user can.

use std::ffi::OsString;

use super::mask;

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
    "IS_SANDBOX",
    "ZDOTDIR",
];

/// Names that pass by how they begin.
const ALLOWED_PREFIXES: &[&str] = &["LC_", "ENABLE_"];

/// Parts of a name that make it look like a credential.
const SUSPICIOUS: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
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

/// Variables of ours that a session's program gets besides: reviewed one by one, the only names that pass without
/// a look at how they sound.
const OWN: &[&str] = &[
    "CODA_SESSION_ID",
    "CODA_TASK_ID",
    "CODA_SHELL_NONCE",
    "CODA_BASH_LOGIN",
    "CODA_ZDOTDIR",
    "ENV",
    "ZDOTDIR",
];

/// The variables every session starts with. There is no way to one but from a parent's, through the allowlist.
#[derive(Debug, Clone, Default)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// What of the parent's variables passes. `~/.local/bin` comes first on the path, the terminal is
    /// `xterm-256color`, and the locale is UTF-8. What is not UTF-8 does not pass.
    pub fn from_parent(parent: impl IntoIterator<Item = (OsString, OsString)>, home: &str) -> Environment {
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let passing = parent.into_iter().filter_map(text).filter(|(name, value)| may_pass(name, value));
        let mut passed: Vec<(String, String)> = passing.collect();
        let path = take(&mut passed, "PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned());
        let own = format!("{home}/.local/bin");
        let path = if path.split(':').any(|part| part == own) { path } else { format!("{own}:{path}") };
        if !passed.iter().any(|(name, value)| matches!(name.as_str(), "LANG" | "LC_ALL") && is_utf8(value)) {
            take(&mut passed, "LC_ALL");
            set(&mut passed, "LANG", "C.UTF-8");
        }
        for (name, value) in
            [("HOME", home), ("PATH", &path), ("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]
        {
            set(&mut passed, name, value);
        }
        Environment(passed)
    }

    /// The variables of one session: these, and `own` of ours over them. A name that is not one of ours is left out.
    pub fn with<'a>(&self, own: impl IntoIterator<Item = (&'a str, String)>) -> Vec<(String, String)> {
        let mut variables = self.0.clone();
        for (name, value) in own.into_iter().filter(|(name, _)| OWN.contains(name)) {
            set(&mut variables, name, &value);
        }
        variables
    }

    /// As [`Environment::with`], and what the gateway gives this session, whose names it has looked at.
    pub fn with_given<'a>(
        &self,
        own: impl IntoIterator<Item = (&'a str, String)>,
        given: Vec<(String, String)>,
    ) -> Vec<(String, String)> {
        let mut variables = self.with(own);
        given.iter().for_each(|(name, value)| set(&mut variables, name, value));
        variables
    }

    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

fn set(variables: &mut Vec<(String, String)>, name: &str, value: &str) {
    variables.retain(|(other, _)| other != name);
    variables.push((name.to_owned(), value.to_owned()));
}

fn take(variables: &mut Vec<(String, String)>, wanted: &str) -> Option<String> {
    let position = variables.iter().position(|(name, _)| name == wanted)?;
    Some(variables.swap_remove(position).1)
}

fn may_pass(name: &str, value: &str) -> bool {
    let listed = ALLOWED.contains(&name) || ALLOWED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    // A proxy may be named without its scheme.
    let bare_userinfo = name.to_ascii_uppercase().ends_with("_PROXY") && value.contains('@');
    listed
        && !looks_like_credential(name)
        && !has_userinfo(value)
        && !bare_userinfo
        && !mask::has_secret(value)
        && !name.contains(['=', '\0'])
        && !value.contains('\0')
}

/// Whether a variable of this name should never reach a program.
pub fn looks_like_credential(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SUSPICIOUS.iter().any(|part| name.contains(part))
}

/// Whether a value holds a URL, alone or in a list, with a user or password, or with a port that is none: what
/// stands there is the beginning of a password with a slash in it.
pub fn has_userinfo(value: &str) -> bool {
    value.match_indices("://").any(|(at, scheme)| {
        let rest = &value[at + scheme.len()..];
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
        let host = authority
            .split(|c: char| c.is_whitespace() || ",;|\"'<>".contains(c))
            .next()
            .unwrap_or(authority);
        let port = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or("", |(_, port)| port);
        authority.contains('@') || !port.bytes().all(|digit| digit.is_ascii_digit())
    })
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}

#[cfg(test)]
mod tests;
