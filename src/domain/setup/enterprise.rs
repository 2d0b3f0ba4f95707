//! Companies put mirrors, proxies and certificates between a machine and the world: the variables that say so, and what
//! follows from them.

use super::address::{BadMirror, checked, without_userinfo};
use crate::domain::secret::Secret;

/// The variables, in the order of the list that people see. The last field of each: its value is a secret.
const KNOWN: [(&str, bool); 19] = [
    ("ENTERPRISE_MODE", false),
    ("HTTPS_PROXY", false),
    ("HTTP_PROXY", false),
    ("NO_PROXY", false),
    ("REQUESTS_CA_BUNDLE", false),
    ("SSL_CERT_FILE", false),
    ("NODE_EXTRA_CA_CERTS", false),
    ("UV_DEFAULT_INDEX", false),
    ("UV_HTTP_TIMEOUT", false),
    ("NPM_REGISTRY", false),
    ("npm_config_registry", false),
    ("NPM_TOKEN", true),
    ("GITHUB_API_BASE", false),
    ("GITHUB_RELEASE_MIRROR", false),
    ("NODE_DIST_MIRROR", false),
    ("CLAUDE_INSTALLER_URL", false),
    ("HERMES_PIP_URL", false),
    ("DEEPWIKI_MCP_URL", false),
    ("EXA_MCP_URL", false),
];

/// What enterprise mode expects to be set.
const EXPECTED: [&str; 3] = ["UV_DEFAULT_INDEX", "NPM_REGISTRY", "GITHUB_RELEASE_MIRROR"];

/// What is set of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Enterprise {
    set: Vec<(&'static str, String)>,
    npm_token: Option<Secret>,
    /// Host of the workspace, which is reached without a proxy.
    workspace: Option<String>,
}

impl Enterprise {
    /// `set`: a variable that is there and not empty. `workspace`: its address or host.
    pub fn read(set: &dyn Fn(&str) -> Option<String>, workspace: Option<&str>) -> Enterprise {
        // A proxy may be written in either case.
        let either = |name: &str| set(name).or_else(|| set(&name.to_ascii_lowercase()));
        let is_set = |(name, secret): &(&'static str, bool)| {
            if *secret { None } else { either(name).map(|value| (*name, value)) }
        };
        Enterprise {
            set: KNOWN.iter().filter_map(is_set).collect(),
            npm_token: set("NPM_TOKEN").map(Secret::new),
            workspace: workspace.map(|address| host_of(address).to_owned()),
        }
    }

    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.set.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    }

    /// The mirror that this variable names, if it does and the address can be used.
    pub fn mirror(&self, name: &str) -> Result<Option<String>, BadMirror> {
        self.get(name).map(|address| checked(name, address)).transpose()
    }

    /// Where npm fetches from; what npm itself was told wins.
    pub fn npm_registry(&self) -> Result<Option<String>, BadMirror> {
        match self.mirror("npm_config_registry")? {
            None => self.mirror("NPM_REGISTRY"),
            registry => Ok(registry),
        }
    }

    pub fn npm_token(&self) -> Option<&Secret> {
        self.npm_token.as_ref()
    }

    /// A file with the certificates of who stands in between.
    pub fn certificates(&self) -> Option<&str> {
        ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"].into_iter().find_map(|name| self.get(name))
    }

    pub fn is_mode_on(&self) -> bool {
        let word = self.get("ENTERPRISE_MODE").unwrap_or_default().to_ascii_lowercase();
        ["true", "1", "yes", "on"].contains(&word.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.npm_token.is_none()
    }

    /// Variables that programs need besides, where nobody has set them; `NO_PROXY` gets the workspace in any case, so
    /// that no token goes through a proxy.
    pub fn derived(&self, is_set: &dyn Fn(&str) -> bool) -> Vec<(&'static str, String)> {
        let mut derived = Vec::new();
        let mut add = |name: &'static str, value: String| {
            if !is_set(name) {
                derived.push((name, value));
            }
        };
        for (upper, lower) in [("HTTPS_PROXY", "https_proxy"), ("HTTP_PROXY", "http_proxy")] {
            if let Some(proxy) = self.get(upper) {
                add(upper, proxy.to_owned());
                add(lower, proxy.to_owned());
            }
        }
        if let Some(bundle) = self.get("REQUESTS_CA_BUNDLE") {
            for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"] {
                add(name, bundle.to_owned());
            }
        }
        if let Ok(Some(registry)) = self.npm_registry() {
            add("npm_config_registry", registry);
        }
        if let Some(list) = self.no_proxy() {
            derived.push(("NO_PROXY", list.clone()));
            derived.push(("no_proxy", list));
        }
        derived
    }

    fn no_proxy(&self) -> Option<String> {
        let given = self.get("NO_PROXY");
        let workspace = self.workspace.as_deref().filter(|_| self.get("HTTPS_PROXY").is_some());
        let mut hosts: Vec<&str> = given.unwrap_or_default().split(',').map(str::trim).collect();
        hosts.retain(|host| !host.is_empty());
        hosts.extend(workspace.filter(|host| !hosts.contains(host)));
        (!hosts.is_empty()).then(|| hosts.join(","))
    }

    /// Every variable with its value, or that it is not set. No secret, no password of an address.
    pub fn listed(&self) -> Vec<String> {
        let line = |(name, secret): &(&'static str, bool)| match (secret, self.get(name)) {
            (true, _) if self.npm_token.is_some() => format!("{name} = ***"),
            (false, Some(value)) => format!("{name} = {}", without_userinfo(value)),
            _ => format!("{name} is not set"),
        };
        KNOWN.iter().map(line).collect()
    }

    /// What enterprise mode expects and does not find.
    pub fn missing(&self) -> Vec<&'static str> {
        if !self.is_mode_on() {
            return Vec::new();
        }
        EXPECTED.into_iter().filter(|name| self.get(name).is_none()).collect()
    }

    /// Every address in use, with the variable that names it: for a look whether they can be reached.
    pub fn addresses(&self) -> Vec<(&'static str, &str)> {
        let is_address = |value: &str| value.starts_with("http://") || value.starts_with("https://");
        self.set
            .iter()
            .filter(|(_, value)| is_address(value))
            .map(|(name, value)| (*name, value.as_str()))
            .collect()
    }

    /// `.npmrc` with the registry and its token, and everything else as it was.
    pub fn npmrc(&self, old: &str) -> Result<String, BadMirror> {
        let registry = self.npm_registry()?;
        let place = registry.as_deref().unwrap_or("https://registry.npmjs.org");
        let place = place.split_once("://").map_or(place, |(_, rest)| rest);
        let place = place.rsplit_once('@').map_or(place, |(_, host)| host);
        let mut ours = Vec::new();
        if let Some(registry) = &registry {
            ours.push(("registry".to_owned(), format!("{registry}/")));
        }
        if let Some(token) = &self.npm_token {
            ours.push((format!("//{place}/:_authToken"), token.expose().to_owned()));
            ours.push(("always-auth".to_owned(), "true".to_owned()));
        }
        let is_ours = |line: &&str| {
            let key = line.split('=').next().unwrap_or_default().trim();
            ours.iter().any(|(name, _)| name == key)
        };
        let kept = old.lines().filter(|line| !is_ours(line)).map(str::to_owned);
        let lines: Vec<String> =
            kept.chain(ours.iter().map(|(name, value)| format!("{name}={value}"))).collect();
        Ok(if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" })
    }
}

fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Enterprise {
        let of = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Enterprise::read(&of, Some("https://adb-1.azuredatabricks.net"))
    }

    fn derived(set: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        read(set).derived(&|name| set.iter().any(|(key, _)| *key == name))
    }

    #[test]
    fn without_variables_nothing_follows() {
        assert!(read(&[]).is_empty() && derived(&[]).is_empty());
        assert_eq!(read(&[]).npmrc("").unwrap(), "");
        assert_eq!(read(&[]).npmrc("a=b\n").unwrap(), "a=b\n");
    }

    #[test]
    fn proxies_are_told_in_both_cases_and_the_workspace_goes_around_them() {
        let got = derived(&[("HTTPS_PROXY", "http://p:1")]);
        assert!(got.contains(&("https_proxy", "http://p:1".into())));
        assert!(got.contains(&("NO_PROXY", "adb-1.azuredatabricks.net".into())));
        let got =
            derived(&[("https_proxy", "http://p:1"), ("NO_PROXY", "a.example, adb-1.azuredatabricks.net")]);
        assert!(got.contains(&("HTTPS_PROXY", "http://p:1".into())));
        assert!(got.contains(&("no_proxy", "a.example,adb-1.azuredatabricks.net".into())));
        assert!(derived(&[("HTTP_PROXY", "http://p:1")]).iter().all(|(name, _)| *name != "NO_PROXY"));
    }

    #[test]
    fn certificates_reach_every_kind_of_program_and_never_replace_what_is_set() {
        let got = derived(&[("REQUESTS_CA_BUNDLE", "/ca.pem"), ("SSL_CERT_FILE", "/own.pem")]);
        assert!(got.contains(&("CURL_CA_BUNDLE", "/ca.pem".into())));
        assert!(got.contains(&("NODE_EXTRA_CA_CERTS", "/ca.pem".into())));
        assert!(got.iter().all(|(name, _)| *name != "SSL_CERT_FILE"));
    }

    #[test]
    fn the_registry_of_npm_itself_wins() {
        let both = [("NPM_REGISTRY", "https://a.example/npm/"), ("npm_config_registry", "https://b.example")];
        assert_eq!(read(&both).npm_registry().unwrap().as_deref(), Some("https://b.example"));
        assert!(read(&[("NPM_REGISTRY", "https://a.example/$(id)")]).npm_registry().is_err());
        assert!(derived(&[("NPM_REGISTRY", "nonsense")]).is_empty(), "nothing is made of a bad one");
    }

    #[test]
    fn npm_s_file_keeps_what_is_not_ours() {
        let enterprise =
            read(&[("NPM_REGISTRY", "https://a.example:8443/npm/"), ("NPM_TOKEN", "npm_secret")]);
        let old = "; mine\nsave-exact=true\nregistry = https://old.example/\n";
        let new = enterprise.npmrc(old).unwrap();
        assert_eq!(
            new,
            "; mine\nsave-exact=true\nregistry=https://a.example:8443/npm/\n//a.example:8443/npm/:_authToken=npm_secret\nalways-auth=true\n"
        );
        assert_eq!(enterprise.npmrc(&new).unwrap(), new, "again changes nothing");
    }

    #[test]
    fn the_list_shows_no_secret() {
        let set =
            [("HTTPS_PROXY", "http://ann:pw@p:1"), ("NPM_TOKEN", "npm_secret"), ("ENTERPRISE_MODE", "Yes")];
        let text = read(&set).listed().join("\n");
        assert!(text.contains("HTTPS_PROXY = http://***@p:1") && text.contains("NPM_TOKEN = ***"));
        assert!(
            !text.contains("pw@") && !text.contains("npm_secret") && text.contains("NO_PROXY is not set")
        );
        assert_eq!(read(&set).missing(), EXPECTED);
        assert!(read(&[("ENTERPRISE_MODE", "no")]).missing().is_empty());
    }

    #[test]
    fn only_addresses_are_looked_at() {
        let set = [
            ("NPM_REGISTRY", "https://a.example"),
            ("UV_HTTP_TIMEOUT", "30"),
            ("HERMES_PIP_URL", "hermes-agent==1"),
        ];
        assert_eq!(read(&set).addresses(), [("NPM_REGISTRY", "https://a.example")]);
    }
}
