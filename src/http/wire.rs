//! The bodies of requests and answers. `static/src/wire.ts` is generated from here and from
//! [`crate::domain::frames`] by a test; see `CONTRIBUTING.md`.

use chrono::Utc;
use serde::{Deserialize, Serialize};

use crate::actors::sessions::Listed;
use crate::actors::supervisor::Row;
use crate::domain::exit::Exit;
use crate::domain::receipt::Receipt;
use crate::domain::size::Size;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Health {
    pub status: &'static str,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Version {
    pub version: &'static str,
    pub commit: Option<&'static str>,
}

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CreateSession", optional_fields))]
pub struct NewSession {
    pub label: Option<String>,
    pub command: Option<Vec<String>>,
    pub cwd: Option<String>,
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub rows: Option<i64>,
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub cols: Option<i64>,
}

/// Names one session, in requests and answers.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionId {
    pub session_id: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    Running,
    Ended,
    Failed,
}

/// One row of `/api/sessions`. Times are seconds since the epoch.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionRow {
    pub session_id: String,
    pub label: String,
    pub created_at: f64,
    pub last_poll_time: f64,
    pub exited: bool,
    pub process: String,
    pub idle_seconds: f64,
    pub state: SessionState,
    pub rows: u16,
    pub cols: u16,
    pub title: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    pub viewers: usize,
    pub exit: Option<Exit>,
    pub failure: Option<String>,
    pub receipt: Option<Receipt>,
    /// Output that could not be stored (full disk), in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub journal_gap: u64,
}

impl From<Listed> for SessionRow {
    fn from(listed: Listed) -> SessionRow {
        let Listed { record, description, failure, offset } = listed;
        let now = Utc::now().timestamp_millis() as f64 / 1e3;
        let described = description.as_ref();
        let program = record.argv.first().map_or("unknown", String::as_str);
        let started = program.rsplit('/').next().unwrap_or(program).to_owned();
        let size = described.map_or(record.size, |it| it.size);
        let exit = described.and_then(|it| it.exit.clone()).or(record.exit);
        let state = match (&failure, &exit) {
            (Some(_), _) => SessionState::Failed,
            (None, Some(_)) => SessionState::Ended,
            (None, None) => SessionState::Running,
        };
        SessionRow {
            session_id: record.id,
            label: record.label,
            created_at: record.created_at.timestamp_millis() as f64 / 1e3,
            last_poll_time: now - described.map_or(0.0, |it| it.unwatched_seconds),
            exited: exit.is_some(),
            process: described.and_then(|it| it.process.clone()).unwrap_or(started),
            idle_seconds: described.map_or(0.0, |it| (it.idle_seconds * 10.0).round() / 10.0),
            state,
            rows: size.rows,
            cols: size.cols,
            title: described.map(|it| it.title.clone()).unwrap_or_default(),
            offset: described.map_or(offset, |it| it.offset),
            viewers: described.map_or(0, |it| it.viewers),
            exit,
            failure,
            receipt: described.and_then(|it| it.receipt.clone()),
            journal_gap: described.map_or(0, |it| it.journal_gap),
        }
    }
}

/// Answer to `/api/session/attach`: the screen as text with escape sequences.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Attached {
    pub session_id: String,
    pub label: String,
    pub output: Vec<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    pub process: String,
    pub created_at: f64,
    pub exited: bool,
    pub exit: Option<Exit>,
}

/// Done. `detail` says so when there was nothing to do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Ticket {
    pub ticket: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_in: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ReceiptList"))]
pub struct Receipts {
    pub receipts: Vec<Receipt>,
}

/// One supervised actor. Times are RFC 3339, durations microseconds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ActorRow {
    pub name: String,
    pub state: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub restarts: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub crashes: u64,
    pub last_panic: Option<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub busy_us: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub longest_turn_us: u64,
}

impl From<Row> for ActorRow {
    fn from(row: Row) -> ActorRow {
        ActorRow {
            name: row.name.to_string(),
            state: format!("{:?}", row.state).to_lowercase(),
            restarts: row.restarts,
            crashes: row.crashes,
            last_panic: row.last_panic.map(|last| last.panic.to_string()),
            busy_us: row.busy.total.as_micros() as u64,
            longest_turn_us: row.busy.longest.as_micros() as u64,
        }
    }
}

impl NewSession {
    /// The size, if one is asked for; a side that is missing takes `default`'s.
    pub fn size(&self, default: Size) -> Result<Option<Size>, crate::domain::size::SizeError> {
        if self.rows.is_none() && self.cols.is_none() {
            return Ok(None);
        }
        Size::new(self.rows.unwrap_or(default.rows.into()), self.cols.unwrap_or(default.cols.into()))
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::exit::Reason;
    use crate::domain::frames::{ClientFrame, Mode, ServerFrame};
    use crate::http::error::ErrorBody;
    use ts_rs::{Config, TS};

    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/static/src/wire.ts");
    /// Server messages that the page names one by one.
    const NAMED: &[(&str, &str)] = &[
        ("Joined", "joined"),
        ("InputAck", "input_ack"),
        ("Resized", "resized"),
        ("SessionExited", "session_exited"),
        ("SessionClosed", "session_closed"),
        ("ServerError", "error"),
    ];

    fn generated() -> String {
        let config = Config::default();
        let mut text = String::from(
            "// Generated from the Rust types by `make types`; do not edit. What they mean: docs/protocol.md.\n\
             // Times in session rows are epoch seconds; all others are RFC 3339, UTC. Offsets are bytes.\n",
        );
        let mut add = |declaration: String| text.push_str(&format!("\nexport {declaration}\n"));
        add(Reason::decl(&config));
        add(Exit::decl(&config));
        add(Receipt::decl(&config));
        add(Health::decl(&config));
        add(Version::decl(&config));
        add(SessionState::decl(&config));
        add(SessionRow::decl(&config));
        add(NewSession::decl(&config));
        add(SessionId::decl(&config));
        add(Attached::decl(&config));
        add(Done::decl(&config));
        add(Ticket::decl(&config));
        add(Receipts::decl(&config));
        add(ActorRow::decl(&config));
        add(ErrorBody::decl(&config));
        add(Mode::decl(&config));
        add(ClientFrame::decl(&config));
        add(Event::decl(&config));
        add(ServerFrame::decl(&config));
        for (name, kind) in NAMED {
            add(format!("type {name} = Extract<ServerMessage, {{ type: \"{kind}\" }}>;"));
        }
        text
    }

    /// `WRITE_TYPES=1` writes the file instead of comparing it: that is what `make types` does.
    #[test]
    fn the_page_has_these_types() {
        let generated = generated();
        if std::env::var_os("WRITE_TYPES").is_some() {
            std::fs::write(PATH, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(PATH).unwrap();
        assert!(committed == generated, "static/src/wire.ts is not current: run `make types` and commit it");
    }
}
