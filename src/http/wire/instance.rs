//! What this instance is.

use serde::Serialize;

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
