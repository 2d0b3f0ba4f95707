//! Terminals over plain requests, for where no WebSocket can be had.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::actors::session::Polled;
use crate::domain::exit::Exit;
use crate::domain::size::Size;

/// Asks for output. With `offset`: what follows it, however often it is asked. Without: what this client has not had
/// yet; `client` tells clients apart that share an address and a browser.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(optional_fields))]
pub struct OutputRequest {
    pub session_id: String,
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub offset: Option<u64>,
    /// How long to wait for news when there is none, in milliseconds (at most 20,000).
    #[serde(default)]
    #[cfg_attr(test, ts(as = "Option<u32>"), schema(maximum = 20_000))]
    pub wait_ms: u32,
    pub client: Option<String>,
}

/// Output between the offsets `from` and `offset`, cut between characters.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Output {
    pub output: String,
    /// More than what was asked for when the older output is not kept any more.
    #[cfg_attr(test, ts(type = "number"))]
    pub from: u64,
    /// Where to go on.
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    /// The program has ended and this was the last of its output.
    pub exited: bool,
    pub exit: Option<Exit>,
    /// The daemon ends and will not be back.
    pub shutting_down: bool,
    /// Told once: without this request the session would have been ended soon for want of attention.
    pub timeout_warning: bool,
}

impl From<Polled> for Output {
    fn from(polled: Polled) -> Output {
        let Polled { output, from, offset, exit, timeout_warning, shutting_down } = polled;
        Output { output, from, offset, exited: exit.is_some(), exit, shutting_down, timeout_warning }
    }
}

/// Asks for the output of several sessions; `offsets` by session, as `offset` for one.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(optional_fields))]
pub struct BatchRequest {
    #[cfg_attr(test, schema(max_items = 200))]
    pub session_ids: Vec<String>,
    #[serde(default)]
    #[cfg_attr(test, ts(as = "Option<BTreeMap<String, f64>>"))]
    pub offsets: BTreeMap<String, u64>,
    pub client: Option<String>,
}

/// Output by session. `missing`: sessions that are not there.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Batch {
    pub outputs: BTreeMap<String, Output>,
    pub missing: Vec<String>,
    pub shutting_down: bool,
}

/// Types. With `wait_ms` the answer waits so long (at most 50 ms) for what the program prints, and carries it.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(optional_fields))]
pub struct InputRequest {
    pub session_id: String,
    pub input: String,
    #[cfg_attr(test, schema(maximum = 50))]
    pub wait_ms: Option<u32>,
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub offset: Option<u64>,
    pub client: Option<String>,
}

/// Typed; with the output when `wait_ms` was given.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(untagged)]
pub enum Typed {
    Silent {
        status: &'static str,
    },
    Echo {
        status: &'static str,
        #[serde(flatten)]
        output: Output,
    },
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(optional_fields))]
pub struct ResizeRequest {
    pub session_id: String,
    #[serde(default = "eighty")]
    #[cfg_attr(test, ts(as = "Option<u16>"), schema(minimum = 1, maximum = 1000))]
    pub cols: i64,
    #[serde(default = "twenty_four")]
    #[cfg_attr(test, ts(as = "Option<u16>"), schema(minimum = 1, maximum = 1000))]
    pub rows: i64,
    pub client: Option<String>,
}

const fn eighty() -> i64 {
    80
}

const fn twenty_four() -> i64 {
    24
}

impl ResizeRequest {
    pub fn size(&self) -> Result<Size, crate::domain::size::SizeError> {
        Size::new(self.rows, self.cols)
    }
}

/// The session is looked after. `timeout_warning` as in [`Output`].
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Attended {
    pub status: &'static str,
    pub timeout_warning: bool,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct RenameRequest {
    pub session_id: String,
    /// One line, at most 200 characters.
    #[cfg_attr(test, schema(max_length = 200))]
    pub label: String,
}
