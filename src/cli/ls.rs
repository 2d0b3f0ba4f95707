//! `coda ls`: the sessions, as a table or as JSON.

use std::process::ExitCode;

use clap::Args;

use super::client::{Api, Place, Row, State};

#[derive(Debug, Args)]
pub struct LsOptions {
    /// One JSON array, as `GET /api/sessions` has it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Widest label and title, in characters.
const LABEL: usize = 24;
const TITLE: usize = 48;

const HEAD: [&str; 8] = ["LABEL", "ID", "STATE", "PROCESS", "SIZE", "IDLE", "VIEWERS", "WHERE"];

pub async fn run(options: LsOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let text = if options.json {
        let mut text = api.bytes("/api/sessions").await?.to_vec();
        text.push(b'\n');
        text
    } else {
        table(&api.sessions().await?).into_bytes()
    };
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "no sessions; start one with `coda new`\n".to_owned();
    }
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let padded = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn cells(row: &Row) -> [String; 8] {
    let place = row.cwd.as_deref().filter(|cwd| !cwd.is_empty()).unwrap_or(&row.title);
    [
        if row.label.is_empty() { "-".to_owned() } else { shown(&row.label, LABEL) },
        row.short_id().to_owned(),
        state(row),
        shown(&row.process, LABEL),
        format!("{}x{}", row.cols, row.rows),
        if row.state == State::Running { duration(row.idle_seconds) } else { "-".to_owned() },
        row.viewers.to_string(),
        shown(place, TITLE),
    ]
}

fn state(row: &Row) -> String {
    let ended = row.exit.as_ref();
    match row.state {
        State::Running => "running".to_owned(),
        State::Failed => "failed".to_owned(),
        State::Unknown => "?".to_owned(),
        State::Ended => match ended.map(|exit| (exit.code, exit.signal)) {
            Some((Some(code), _)) => format!("ended {code}"),
            Some((None, Some(signal))) => format!("signal {signal}"),
            _ => "ended ?".to_owned(),
        },
    }
}

/// Without control characters, which a label or a title may hold, and not wider than `most`.
fn shown(text: &str, most: usize) -> String {
    let mut clean: Vec<char> = text.chars().filter(|character| !character.is_control()).collect();
    if clean.len() > most {
        clean.truncate(most - 1);
        clean.push('…');
    }
    clean.into_iter().collect()
}

fn duration(seconds: f64) -> String {
    match seconds as u64 {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_is_aligned_and_harmless() {
        let row = |label: &str, exit| {
            json!({"session_id": "0123456789", "label": label, "state": if exit { "ended" } else { "running" },
            "process": "bash", "title": "\u{1b}[31mred", "idle_seconds": 75.5, "rows": 24, "cols": 80, "viewers": 1,
            "exit": if exit { json!({"code": 3, "signal": null, "at": "2026-01-01T00:00:00Z", "reason": "exited"}) } else { json!(null) }})
        };
        let rows: Vec<Row> =
            serde_json::from_value(json!([row("build", false), row(&"x".repeat(99), true)])).unwrap();
        let long = format!("{}…", "x".repeat(23));
        let expected = format!(
            "LABEL                     ID        STATE    PROCESS  SIZE   IDLE  VIEWERS  WHERE\n\
             build                     01234567  running  bash     80x24  1m    1        [31mred\n\
             {long}  01234567  ended 3  bash     80x24  -     1        [31mred\n"
        );
        assert_eq!(table(&rows), expected);
        assert!(table(&[]).contains("coda new"));
    }
}
