//! What is open in the page, and how it is arranged.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::UiMode;
use crate::domain::workplace::{self, Change, VERSION};

/// A person's workplace. `layout` and `settings` are objects of the page's making, null when nothing is kept yet.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Workplace {
    pub version: u32,
    /// What a change must name as its `base`; 0 while nothing is kept.
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    /// How a page begins whose layout does not say it.
    pub mode: UiMode,
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"), schema(value_type = Option<Object>))]
    pub layout: Option<Value>,
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"), schema(value_type = Option<Object>))]
    pub settings: Option<Value>,
}

/// What to keep; what is left out stays as it is.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct ChangeWorkplace {
    /// The revision that the page has seen.
    #[cfg_attr(test, ts(type = "number"))]
    pub base: u64,
    #[cfg_attr(test, ts(optional, type = "object"), schema(value_type = Option<Object>))]
    pub layout: Option<Value>,
    #[cfg_attr(test, ts(optional, type = "object"), schema(value_type = Option<Object>))]
    pub settings: Option<Value>,
}

/// The refusal of a change that was made from an older revision, with the present one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct WorkplaceConflict {
    pub error: String,
    pub code: String,
    pub workplace: Workplace,
}

impl Workplace {
    pub fn new(kept: workplace::Workplace, mode: UiMode) -> Workplace {
        let workplace::Workplace { revision, layout, settings } = kept;
        Workplace { version: VERSION, revision, mode, layout, settings }
    }
}

impl From<ChangeWorkplace> for Change {
    fn from(change: ChangeWorkplace) -> Change {
        let ChangeWorkplace { base, layout, settings } = change;
        Change { base, layout, settings }
    }
}
