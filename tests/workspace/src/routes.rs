//! The route table, and how a path finds its way through it.

use crate::answer::{Answer, Outcome};
use crate::call::{Call, decoded};
use crate::effect::Forward;
use crate::world::World;
use crate::{
    apps, experiments, files, grants, oauth, permissions, principals, secrets, serving, tokens, traces,
};

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

const APPS: &[Route] = &[
    ("GET", "/api/2.0/apps", Act::Reply(apps::list)),
    ("POST", "/api/2.0/apps", Act::Reply(apps::create)),
    ("GET", "/api/2.0/apps/{name}", Act::Reply(apps::get)),
    ("PATCH", "/api/2.0/apps/{name}", Act::Reply(apps::replace)),
    ("DELETE", "/api/2.0/apps/{name}", Act::Reply(apps::delete)),
    ("POST", "/api/2.0/apps/{name}/start", Act::Reply(apps::start)),
    ("POST", "/api/2.0/apps/{name}/stop", Act::Reply(apps::stop)),
    ("POST", "/api/2.0/apps/{name}/update", Act::Reply(apps::begin_update)),
    ("GET", "/api/2.0/apps/{name}/update", Act::Reply(apps::get_update)),
    ("POST", "/api/2.0/apps/{name}/deployments", Act::Reply(apps::create_deployment)),
    ("GET", "/api/2.0/apps/{name}/deployments", Act::Reply(apps::list_deployments)),
    ("GET", "/api/2.0/apps/{name}/deployments/{deployment_id}", Act::Reply(apps::get_deployment)),
    ("GET", "/_apps/{name}/{path...}", Act::Pass(apps::visit)),
    ("POST", "/_apps/{name}/{path...}", Act::Pass(apps::visit)),
    ("HEAD", "/_apps/{name}/{path...}", Act::Pass(apps::visit)),
    ("PUT", "/_apps/{name}/{path...}", Act::Pass(apps::visit)),
    ("PATCH", "/_apps/{name}/{path...}", Act::Pass(apps::visit)),
    ("DELETE", "/_apps/{name}/{path...}", Act::Pass(apps::visit)),
];

const RIGHTS: &[Route] = &[
    ("GET", "/api/2.0/permissions/{type}/{id}", Act::Reply(permissions::get)),
    ("PUT", "/api/2.0/permissions/{type}/{id}", Act::Reply(permissions::set)),
    ("PATCH", "/api/2.0/permissions/{type}/{id}", Act::Reply(permissions::update)),
    ("GET", "/api/2.0/permissions/{type}/{id}/permissionLevels", Act::Reply(permissions::levels)),
    ("GET", "/api/2.1/unity-catalog/permissions/{type}/{full_name}", Act::Reply(grants::get)),
    ("PATCH", "/api/2.1/unity-catalog/permissions/{type}/{full_name}", Act::Reply(grants::update)),
    ("GET", "/api/2.1/unity-catalog/effective-permissions/{type}/{full_name}", Act::Reply(grants::effective)),
];

const SECRETS: &[Route] = &[
    ("POST", "/api/2.0/secrets/scopes/create", Act::Reply(secrets::create_scope)),
    ("GET", "/api/2.0/secrets/scopes/list", Act::Reply(secrets::list_scopes)),
    ("POST", "/api/2.0/secrets/scopes/delete", Act::Reply(secrets::delete_scope)),
    ("POST", "/api/2.0/secrets/put", Act::Reply(secrets::put)),
    ("GET", "/api/2.0/secrets/list", Act::Reply(secrets::list)),
    ("GET", "/api/2.0/secrets/get", Act::Reply(secrets::get)),
    ("POST", "/api/2.0/secrets/delete", Act::Reply(secrets::delete)),
    ("POST", "/api/2.0/secrets/acls/put", Act::Reply(secrets::put_acl)),
    ("GET", "/api/2.0/secrets/acls/get", Act::Reply(secrets::get_acl)),
    ("GET", "/api/2.0/secrets/acls/list", Act::Reply(secrets::list_acls)),
    ("POST", "/api/2.0/secrets/acls/delete", Act::Reply(secrets::delete_acl)),
];

const FILES: &[Route] = &[
    ("GET", "/api/2.0/workspace/get-status", Act::Reply(files::get_status)),
    ("GET", "/api/2.0/workspace/list", Act::Reply(files::list)),
    ("POST", "/api/2.0/workspace/mkdirs", Act::Reply(files::mkdirs)),
    ("POST", "/api/2.0/workspace/delete", Act::Reply(files::delete)),
    ("GET", "/api/2.0/workspace/export", Act::Reply(files::export)),
    ("POST", "/api/2.0/workspace/import", Act::Reply(files::import)),
    ("POST", "/api/2.0/workspace-files/import-file/{path...}", Act::Reply(files::import_file)),
    ("GET", "/api/2.0/workspace-files/{path...}", Act::Reply(files::read_file)),
    ("POST", "/api/2.0/fs/create-download-url", Act::Reply(files::no_signed_urls)),
    ("POST", "/api/2.0/fs/create-upload-url", Act::Reply(files::no_signed_urls)),
    ("GET", "/api/2.0/fs/files/{path...}", Act::Reply(files::download)),
    ("HEAD", "/api/2.0/fs/files/{path...}", Act::Reply(files::stat_file)),
    ("PUT", "/api/2.0/fs/files/{path...}", Act::Reply(files::upload)),
    ("DELETE", "/api/2.0/fs/files/{path...}", Act::Reply(files::delete_file)),
    ("GET", "/api/2.0/fs/directories/{path...}", Act::Reply(files::list_directory)),
    ("HEAD", "/api/2.0/fs/directories/{path...}", Act::Reply(files::stat_directory)),
    ("PUT", "/api/2.0/fs/directories/{path...}", Act::Reply(files::make_directory)),
    ("DELETE", "/api/2.0/fs/directories/{path...}", Act::Reply(files::delete_directory)),
];

const MODELS: &[Route] = &[
    ("GET", "/api/2.0/serving-endpoints", Act::Reply(serving::list)),
    ("GET", "/api/2.0/serving-endpoints:foundation-models", Act::Reply(serving::foundation_models)),
    ("GET", "/api/2.0/serving-endpoints/{name}", Act::Reply(serving::get)),
    ("GET", "/api/ai-gateway/v2/endpoints", Act::Reply(serving::gateway_endpoints)),
    ("GET", "/api/2.1/unity-catalog/model-services", Act::Reply(serving::model_services)),
    ("POST", "/serving-endpoints/{path...}", Act::Pass(serving::ask_model)),
    ("POST", "/ai-gateway/{path...}", Act::Pass(serving::ask_model)),
    ("GET", "/serving-endpoints/{path...}", Act::Pass(serving::ask_model)),
    ("GET", "/ai-gateway/{path...}", Act::Pass(serving::ask_model)),
];

const MLFLOW: &[Route] = &[
    ("GET", "/api/2.0/mlflow/experiments/get-by-name", Act::Reply(experiments::get_by_name)),
    ("GET", "/api/2.0/mlflow/experiments/get", Act::Reply(experiments::get)),
    ("POST", "/api/2.0/mlflow/experiments/create", Act::Reply(experiments::create)),
    ("POST", "/api/2.0/mlflow/experiments/search", Act::Reply(experiments::search)),
    ("GET", "/api/2.0/mlflow/experiments/search", Act::Reply(experiments::search)),
    ("POST", "/api/2.0/mlflow/experiments/update", Act::Reply(experiments::update)),
    ("POST", "/api/2.0/mlflow/experiments/delete", Act::Reply(experiments::delete)),
    ("POST", "/api/2.0/mlflow/experiments/set-experiment-tag", Act::Reply(experiments::set_tag)),
    ("POST", "/api/3.0/mlflow/traces", Act::Reply(traces::start)),
    ("POST", "/api/3.0/mlflow/traces/search", Act::Reply(traces::search)),
    ("POST", "/api/3.0/mlflow/traces/delete-traces", Act::Reply(traces::delete)),
    ("POST", "/api/2.0/mlflow/traces/delete-traces", Act::Reply(traces::delete)),
    ("GET", "/api/3.0/mlflow/traces/{trace_id}", Act::Reply(traces::get)),
    ("PATCH", "/api/2.0/mlflow/traces/{trace_id}/tags", Act::Reply(traces::set_tag)),
    ("PATCH", "/api/3.0/mlflow/traces/{trace_id}/tags", Act::Reply(traces::set_tag)),
    ("GET", "/api/2.0/mlflow/traces/{trace_id}/credentials-for-data-upload", Act::Reply(traces::credentials)),
    (
        "GET",
        "/api/2.0/mlflow/traces/{trace_id}/credentials-for-data-download",
        Act::Reply(traces::credentials),
    ),
    ("PUT", "/_signed/{key}", Act::Reply(traces::put_spans)),
    ("GET", "/_signed/{key}", Act::Reply(traces::get_spans)),
    ("POST", "/api/2.0/otel/v1/traces", Act::Reply(traces::otel)),
];

const OTHER: &[Route] =
    &[("POST", "/telemetry-ext", Act::Reply(telemetry)), ("GET", "/login.html", Act::Reply(login))];

const TABLES: &[&[Route]] = &[IDENTITY, TOKENS, APPS, RIGHTS, SECRETS, FILES, MODELS, MLFLOW, OTHER];

/// What the command line tells of its use: taken and forgotten.
fn telemetry(_: &mut World, _: &Call) -> Outcome {
    Ok(serde_json::json!({ "errors": [] }).into())
}

fn login(_: &mut World, _: &Call) -> Outcome {
    Ok(Answer::login_page())
}

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
