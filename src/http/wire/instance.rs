//! What this instance is.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;

use crate::domain::owner::Owner;
use crate::domain::receipt::Receipt;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Health {
    pub status: &'static str,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Version {
    pub version: &'static str,
    pub commit: Option<&'static str>,
    /// What there is besides sessions: `setup`, `credentials`.
    pub parts: &'static [&'static str],
}

/// Done. `detail` says so when there was nothing to do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Done {
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub detail: Option<&'static str>,
}

impl Done {
    pub const OK: Done = Done { status: "ok", detail: None };
}

/// A ticket that opens one WebSocket, once. `expires_in`: seconds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Ticket {
    pub ticket: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_in: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "ReceiptList"))]
pub struct Receipts {
    pub receipts: Vec<Receipt>,
}

/// What the Python daemon kept in `app_state.json`. Times are RFC 3339, `last_rotation_time` is epoch seconds; null is
/// what is not known or has not happened.
#[derive(Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct AppState {
    pub app_owner: Option<String>,
    pub owner_resolved_at: Option<String>,
    pub last_rotation_time: Option<f64>,
    pub last_rotation_iso: Option<String>,
    pub last_token_id: Option<String>,
}

impl AppState {
    /// Settings whose names begin so are facts of the state.
    pub const PREFIX: &str = "app_state.";

    /// `facts`: the settings under [`AppState::PREFIX`]; one of another type than ours counts as unknown.
    pub fn new(owner: Option<&Owner>, facts: &BTreeMap<String, Value>) -> AppState {
        let fact = |name: &str| facts.get(&format!("{}{name}", AppState::PREFIX));
        let text = |name: &str| fact(name).and_then(Value::as_str).map(str::to_owned);
        AppState {
            app_owner: owner.map(|owner| owner.email.clone()),
            owner_resolved_at: owner
                .map(|owner| owner.resolved_at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            last_rotation_time: fact("last_rotation_time").and_then(Value::as_f64),
            last_rotation_iso: text("last_rotation_iso"),
            last_token_id: text("last_token_id"),
        }
    }
}
