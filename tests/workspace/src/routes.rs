//! The route table, and how a path finds its way through it.

use crate::answer::{Answer, Outcome};
use crate::call::{Call, decoded};
use crate::effect::Forward;
use crate::world::World;
use crate::{oauth, principals, tokens};

#[derive(Clone, Copy)]
pub enum Act {
    Reply(fn(&mut World, &Call) -> Outcome),
    /// Passed on to another server, streaming.
    Pass(fn(&mut World, &Call) -> Result<Forward, Answer>),
}

/// `{x}` is one segment, `{x...}` the rest; a segment is decoded after it was cut out, so `%2F` never cuts.
pub type Route = (&'static str, &'static str, Act);

const IDENTITY: &[Route] = &[
    ("GET", "/.well-known/databricks-config", Act::Reply(oauth::config)),
    ("GET", "/oidc/.well-known/oauth-authorization-server", Act::Reply(oauth::metadata)),
    ("GET", "/oidc/.well-known/openid-configuration", Act::Reply(oauth::metadata)),
    ("GET", "/oidc/jwks.json", Act::Reply(oauth::keys)),
    ("GET", "/oidc/v1/authorize", Act::Reply(oauth::authorize)),
    ("POST", "/oidc/v1/token", Act::Reply(oauth::token)),
    ("GET", "/oidc/accounts/{account}/.well-known/oauth-authorization-server", Act::Reply(oauth::metadata)),
    ("GET", "/oidc/accounts/{account}/.well-known/openid-configuration", Act::Reply(oauth::metadata)),
    ("GET", "/oidc/accounts/{account}/jwks.json", Act::Reply(oauth::keys)),
    ("GET", "/oidc/accounts/{account}/v1/authorize", Act::Reply(oauth::authorize)),
    ("POST", "/oidc/accounts/{account}/v1/token", Act::Reply(oauth::token)),
    ("GET", "/api/2.0/preview/scim/v2/Me", Act::Reply(principals::me)),
    ("GET", "/api/2.0/preview/scim/v2/{resource...}", Act::Reply(principals::no_such_resource)),
];

const TOKENS: &[Route] = &[
    ("POST", "/api/2.0/token/create", Act::Reply(tokens::create)),
    ("GET", "/api/2.0/token/list", Act::Reply(tokens::list)),
    ("POST", "/api/2.0/token/delete", Act::Reply(tokens::delete)),
    ("PATCH", "/api/2.0/token/{token_id}", Act::Reply(tokens::update)),
    ("POST", "/api/2.0/token-management/on-behalf-of/tokens", Act::Reply(tokens::create_on_behalf)),
];

const TABLES: &[&[Route]] = &[IDENTITY, TOKENS];

/// What answers this request, and what its `{…}` stand for. The first route that fits wins.
pub fn find(method: &str, path: &str) -> Option<(Act, Vec<String>)> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let routes = TABLES.iter().flat_map(|table| table.iter());
    let mut fitting = routes.filter(|(wanted, ..)| *wanted == method);
    fitting.find_map(|(_, pattern, act)| Some((*act, vars(pattern, &segments)?)))
}

fn vars(pattern: &str, segments: &[&str]) -> Option<Vec<String>> {
    let mut vars = Vec::new();
    let mut rest = segments.iter();
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        if part.ends_with("...}") {
            let tail: Vec<String> = rest.map(|segment| decoded(segment)).collect();
            vars.push(tail.join("/"));
            return Some(vars);
        }
        let segment = rest.next()?;
        if part.starts_with('{') {
            vars.push(decoded(segment));
        } else if part != decoded(segment) {
            return None;
        }
    }
    rest.next().is_none().then_some(vars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_that_are_escaped_do_not_cut() {
        let cut = |path: &str| {
            path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let of = |pattern: &str, path: &str| {
            let segments = cut(path);
            vars(pattern, &segments.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert_eq!(of("/a/{x}/c", "/a/b%2Fb/c"), Some(vec!["b/b".to_owned()]));
        assert_eq!(of("/a/{x...}", "/a/%2FUsers%2Fx"), Some(vec!["/Users/x".to_owned()]));
        assert_eq!(of("/a/{x...}", "/a/Users/x%20y"), Some(vec!["Users/x y".to_owned()]));
        assert_eq!(of("/a/{x}", "/a/b/c"), None);
        assert_eq!(of("/a/b", "/a"), None);
    }
}
