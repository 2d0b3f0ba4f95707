//! Asks whether models are in a place.

use std::time::Duration;

use crate::databricks::{Call, Class, Workspace};
use crate::domain::gateway::{Found, Places, Probe};
use crate::domain::secret::Secret;

/// How long a place may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn ask(probe: Probe, workspace: Workspace, places: Places, token: Secret) -> Found {
    match probe {
        Probe::Workspace => workspace_gateway(&workspace, &token).await,
        Probe::Dedicated => match places.dedicated {
            Some(host) => dedicated(&host).await,
            None => Found::Missing,
        },
    }
}

/// Whether the workspace has a gateway below its own address.
async fn workspace_gateway(workspace: &Workspace, token: &Secret) -> Found {
    let call = Call::get("look for the gateway", "/api/ai-gateway/v2/endpoints");
    let call = call.with("page_size", 1).within(PATIENCE);
    let answer = tokio::time::timeout(PATIENCE, workspace.send(token, call)).await;
    match answer {
        Ok(Ok(_)) => Found::There,
        Ok(Err(failure)) if matches!(failure.class, Class::Missing | Class::Forbidden | Class::Invalid) => {
            Found::Missing
        }
        Ok(Err(_)) | Err(_) => Found::Unclear,
    }
}

/// Whether anybody answers there, whatever it is; asked without a token.
async fn dedicated(host: &str) -> Found {
    let client =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
    let Ok(client) = client else { return Found::Unclear };
    match client.get(format!("{host}/")).send().await {
        Ok(_) => Found::There,
        // Its name leads nowhere, or nobody listens.
        Err(error) if error.is_connect() && !error.is_timeout() => Found::Missing,
        Err(_) => Found::Unclear,
    }
}
