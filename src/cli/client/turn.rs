//! A turn of the synchronisation, followed until it is over.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use super::{Api, AskError};
use crate::http::wire::{SyncAccepted, SyncNotes, SyncRow, SyncStatus};

/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(200);
/// Lines about single files.
const LINES: usize = 10;

/// Exit codes that programs of older installations know.
const FAILED: u8 = 1;
const OUTSIDE: u8 = 2;
const NOT_EMPTY: u8 = 3;

/// Shows how far it is, and at the end what came of it.
pub async fn follow(
    api: &Api,
    what: &str,
    accepted: Result<SyncAccepted, AskError>,
) -> anyhow::Result<ExitCode> {
    let accepted = match accepted {
        Ok(accepted) => accepted,
        Err(AskError::Refused { code, message }) if code == "outside" || code == "not_empty" => {
            eprintln!("coda: {message}");
            return Ok(ExitCode::from(if code == "outside" { OUTSIDE } else { NOT_EMPTY }));
        }
        Err(error) => return Err(error.into()),
    };
    let shows = std::io::stderr().is_terminal();
    let mut seen = 0;
    loop {
        let status: SyncStatus = api.get("/api/sync-status").await?;
        let row = status.folders.into_iter().find(|row| row.what == what && row.name == accepted.name);
        // What was accepted waits, is under way or is finished, unless another server knows nothing of it.
        let known = row.filter(|row| row.finished >= accepted.turn || row.standing != "idle");
        let Some(row) = known else { anyhow::bail!("the server was restarted meanwhile; ask again") };
        if row.finished >= accepted.turn {
            if shows {
                eprint!("\r\x1b[K");
            }
            return tell(&row, status.user.as_deref());
        }
        if shows && row.total > 0 && row.done != seen {
            seen = row.done;
            eprint!("\r\x1b[K{}: {} of {}", row.name, row.done, row.total);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn tell(row: &SyncRow, user: Option<&str>) -> anyhow::Result<ExitCode> {
    let whose = user.map(|user| format!(" ({user})")).unwrap_or_default();
    let summary = format!(
        "{}{whose}: {} uploaded, {} downloaded, {} deleted, {} unchanged\n",
        row.name, row.uploaded, row.downloaded, row.deleted, row.same
    );
    crate::cli::print(summary.as_bytes())?;
    list("kept beside, because both sides changed", &row.kept);
    list("changed in the workspace and left there; `coda restore --force` brings them here", &row.theirs);
    list("left out", &row.skipped);
    list("failed", &row.failed);
    let Some(error) = &row.error else { return Ok(ExitCode::SUCCESS) };
    let again = if row.again && row.what == "project" { "; it is tried again by itself" } else { "" };
    eprintln!("coda: {error}{again}");
    Ok(ExitCode::from(FAILED))
}

fn list(title: &str, notes: &SyncNotes) {
    if notes.count == 0 {
        return;
    }
    eprintln!("{} {title}:", notes.count);
    for note in notes.files.iter().take(LINES) {
        eprintln!("  {}: {}", note.path, note.text);
    }
    if notes.count > LINES {
        eprintln!("  and {} more; see /api/sync-status", notes.count - LINES);
    }
}
