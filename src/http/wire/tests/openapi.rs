//! The OpenAPI document, from these types and the routes' own annotations.

use std::collections::BTreeSet;

use utoipa::OpenApi;
use utoipa::openapi::{Content, RefOr, ResponseBuilder};

use crate::http::error::ErrorBody;
use crate::http::{
    admin, capacity, commands, credentials, downloads, events, gateway, health, local, panes, polling,
    receipts, recordings, screen, search, session, setup, sync, tasks, tickets, traces, uploads, workplace,
    ws,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
/// Addresses that are the page's, not the interface's.
const PAGE: [&str; 1] = ["/"];

/// A new route is a line here, too.
#[derive(OpenApi)]
#[openapi(
    info(title = "CoDA", description = "Persistent terminal sessions over HTTP. The WebSocket: docs/protocol.md."),
    paths(
        health::health,
        health::version,
        health::openapi,
        health::app_state,
        credentials::status,
        credentials::configure,
        credentials::inject,
        gateway::show,
        gateway::usage,
        traces::show,
        setup::status,
        setup::start,
        setup::retry,
        setup::skip,
        setup::cancel,
        setup::agents,
        session::create,
        session::attach,
        session::close,
        session::readopt,
        session::rename,
        session::list,
        panes::active,
        panes::tmux,
        polling::output,
        polling::batch,
        polling::input,
        polling::heartbeat,
        polling::resize,
        recordings::cast,
        recordings::text,
        recordings::replay,
        screen::screen,
        commands::list,
        search::search,
        receipts::list,
        sync::status,
        sync::project,
        sync::restore,
        tasks::list,
        tasks::create,
        tasks::show,
        tasks::reply,
        tasks::cancel,
        capacity::show,
        capacity::status,
        uploads::upload,
        workplace::read,
        workplace::change,
        downloads::download,
        tickets::issue,
        events::events,
        ws::open,
        admin::actors,
        admin::crash,
        admin::restart,
        admin::audit,
        local::git_credential,
        local::post_commit,
        local::agent_hook,
    ),
    components(schemas(ErrorBody)),
    tags(
        (name = "sessions", description = "Make, drive, list and end sessions"),
        (name = "polling", description = "Terminals over plain requests"),
        (name = "records", description = "What sessions leave behind"),
        (name = "tasks", description = "Work that is handed to agents"),
        (name = "instance", description = "This instance and the way in"),
        (name = "local", description = "For programs of the same user, through the socket file only"),
        (name = "admin", description = "What an admin sees and does"),
    )
)]
struct Document;

fn generated() -> String {
    let mut document = Document::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let schema = utoipa::openapi::Ref::from_schema_name("ErrorBody");
    let refusal = ResponseBuilder::new()
        .description("Refused or failed: what and why")
        .content("application/json", Content::new(Some(RefOr::Ref(schema))))
        .build();
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal.clone()));
        }
    }
    document.to_pretty_json().unwrap() + "\n"
}

/// `WRITE_TYPES=1` writes the file instead of comparing it: that is what `make types` does.
#[test]
fn the_document_is_current() {
    let generated = generated();
    if std::env::var_os("WRITE_TYPES").is_some() {
        std::fs::write(PATH, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(committed == generated, "docs/openapi.json is not current: run `make types` and commit it");
}

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let table = include_str!("../../routes.rs");
    let of = |call: &str, method: &str| -> Vec<(String, String)> {
        let lines = table.lines().filter_map(|line| line.trim().strip_prefix(call));
        let paths = lines.map(|rest| rest.split('"').next().unwrap().to_owned());
        paths.map(|path| (method.to_owned(), path)).collect()
    };
    let mut routes: BTreeSet<(String, String)> = of(".service(reads(\"", "get").into_iter().collect();
    routes.extend(of(".service(orders(\"", "post"));
    routes.extend(["get", "post"].into_iter().flat_map(|method| of(".service(keeps(\"", method)));
    routes.retain(|(_, path)| !PAGE.contains(&path.as_str()));
    let document: serde_json::Value = serde_json::from_str(&generated()).unwrap();
    let described = document["paths"].as_object().unwrap().iter();
    let described: BTreeSet<(String, String)> = described
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    assert_eq!(routes, described);
}
