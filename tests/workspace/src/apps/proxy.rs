//! `/_apps/<name>/…`: an imitation of the platform's proxy in front of an app. It wants an OAuth bearer of somebody
//! who may use the app, sends everyone else to sign in, and tells the app who it is.
//!
//! Absent: WebSockets, and the platform's time-outs.

use crate::answer::Answer;
use crate::call::Call;
use crate::effect::Forward;
use crate::principals::Kind;
use crate::serving;
use crate::world::World;

use super::app::Status;

/// Anything below `/_apps/{name}`
pub fn visit(world: &mut World, call: &Call) -> Result<Forward, Answer> {
    let name = call.var(0);
    let Some(app) = world.apps.get(name) else { return Err(Answer::html(404)) };
    let who = match world.oauth_holder(call) {
        Some(who) if world.may_visit(who, name) => who,
        _ => return Err(Answer::redirect(302, &format!("{}/login.html?next_url=/_apps/{name}", world.base))),
    };
    if app.status != Status::Running {
        return Err(Answer::html(503));
    }
    let path = call.vars.get(1).map(String::as_str).unwrap_or_default();
    let Some(base) = world.settings.app_upstreams.get(name).cloned() else {
        return Err(match path {
            "health" => serde_json::json!({ "status": "ok" }).into(),
            _ => Answer::text(200, "text/html", format!("<!DOCTYPE html><title>{name}</title>\n")),
        });
    };
    let principal = world.principals.get(who);
    let email = if principal.kind == Kind::Person { principal.name.clone() } else { String::new() };
    let headers = vec![
        ("authorization".to_owned(), String::new()),
        (
            "x-forwarded-host".to_owned(),
            format!("{name}-{}.aws.databricksapps.com", world.settings.workspace_id),
        ),
        ("x-forwarded-user".to_owned(), format!("{}@{}", principal.id.0, world.settings.workspace_id)),
        ("x-forwarded-preferred-username".to_owned(), principal.name.clone()),
        ("x-forwarded-email".to_owned(), email),
        ("x-real-ip".to_owned(), "127.0.0.1".to_owned()),
        ("x-request-id".to_owned(), world.ids.request()),
    ];
    Ok(Forward { url: format!("{}/{path}{}", base.trim_end_matches('/'), serving::query(call)), headers })
}
