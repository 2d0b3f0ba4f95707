//! The page's types, from these.

use crate::config::UiMode;
use crate::domain::activity::{Activity, Source};
use crate::domain::event::Event;
use crate::domain::exit::{Exit, Reason};
use crate::domain::frames::{ClientFrame, History, Mode, ServerFrame};
use crate::domain::receipt::Receipt;
use crate::domain::screen::Widths;
use crate::domain::setup::State;
use crate::domain::tasks::{Decision, Doubt, Failure, Kind, State as TaskState};
use crate::http::error::ErrorBody;
use crate::http::wire::*;
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
    add(PatToken::decl(&config));
    add(PatConfigured::decl(&config));
    add(PatTarget::decl(&config));
    add(PatStatus::decl(&config));
    add(TraceLanded::decl(&config));
    add(TraceTrouble::decl(&config));
    add(TraceStatus::decl(&config));
    add(GatewayTrouble::decl(&config));
    add(GatewayStatus::decl(&config));
    add(UsageSums::decl(&config));
    add(UsageRow::decl(&config));
    add(Usage::decl(&config));
    add(State::decl(&config));
    add(SetupStep::decl(&config));
    add(SetupStatus::decl(&config));
    add(AgentRow::decl(&config));
    add(AgentList::decl(&config));
    add(SyncAccepted::decl(&config));
    add(SyncNote::decl(&config));
    add(SyncNotes::decl(&config));
    add(SyncRow::decl(&config));
    add(SyncStatus::decl(&config));
    add(SessionState::decl(&config));
    add(Activity::decl(&config));
    add(Source::decl(&config));
    add(DoubtRow::decl(&config));
    add(ActivityRow::decl(&config));
    add(SessionRow::decl(&config));
    add(NewSession::decl(&config));
    add(SessionId::decl(&config));
    add(CreatedSession::decl(&config));
    add(ActiveSession::decl(&config));
    add(ActiveSessions::decl(&config));
    add(TmuxSessions::decl(&config));
    add(CapacityState::decl(&config));
    add(SessionSlots::decl(&config));
    add(Capacity::decl(&config));
    add(LimitReached::decl(&config));
    add(UploadKind::decl(&config));
    add(Uploaded::decl(&config));
    add(Attached::decl(&config));
    add(Done::decl(&config));
    add(OutputRequest::decl(&config));
    add(Output::decl(&config));
    add(BatchRequest::decl(&config));
    add(Batch::decl(&config));
    add(InputRequest::decl(&config));
    add(Typed::decl(&config));
    add(ResizeRequest::decl(&config));
    add(Attended::decl(&config));
    add(RenameRequest::decl(&config));
    add(Ticket::decl(&config));
    add(Receipts::decl(&config));
    add(CommandRow::decl(&config));
    add(CommandList::decl(&config));
    add(SearchMatch::decl(&config));
    add(SearchAnswer::decl(&config));
    for declaration in [
        Show::decl(&config),
        RecordingPart::decl(&config),
        RecordingPause::decl(&config),
        RecordingCommand::decl(&config),
        Recording::decl(&config),
        Replay::decl(&config),
    ] {
        add(declaration);
    }
    for declaration in [
        TaskState::decl(&config),
        Kind::decl(&config),
        Decision::decl(&config),
        Doubt::decl(&config),
        Failure::decl(&config),
        TaskStep::decl(&config),
        TaskQuestion::decl(&config),
        TaskRow::decl(&config),
        TaskCounts::decl(&config),
        TaskList::decl(&config),
        TaskTaken::decl(&config),
        TaskEvent::decl(&config),
        TaskWhole::decl(&config),
        NewTask::decl(&config),
        TaskReply::decl(&config),
    ] {
        add(declaration);
    }
    add(ActorRow::decl(&config));
    add(AuditRow::decl(&config));
    add(AuditPage::decl(&config));
    add(AppState::decl(&config));
    add(UiMode::decl(&config));
    add(Workplace::decl(&config));
    add(ChangeWorkplace::decl(&config));
    add(WorkplaceConflict::decl(&config));
    add(ErrorBody::decl(&config));
    add(Mode::decl(&config));
    add(History::decl(&config));
    add(Widths::decl(&config));
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
