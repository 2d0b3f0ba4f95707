//! `coda kill`: ends the programs of sessions.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

use super::client::{Api, Place, Row, State, find};

#[derive(Debug, Args)]
pub struct KillOptions {
    /// Their ids, beginnings of ids, or labels
    #[arg(value_name = "SESSION", required = true)]
    sessions: Vec<String>,
    /// Take them off the list, too: their screens and histories are gone for good
    #[arg(long)]
    forget: bool,
    #[command(flatten)]
    place: Place,
}

/// How long programs may take to end: HUP, after 2 s TERM, after 3 s more KILL, and their last output.
const ENDING: Duration = Duration::from_secs(12);
const PAUSE: Duration = Duration::from_millis(25);

pub async fn run(options: KillOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let rows = api.sessions().await?;
    // All names are looked up before anything is done.
    let meant: Result<Vec<&Row>, _> = options.sessions.iter().map(|named| find(&rows, named)).collect();
    let meant = meant?;
    for row in &meant {
        if row.state != State::Ended {
            close(&api, &row.session_id).await?;
        } else if !options.forget {
            eprintln!("{} has ended already; --forget takes it off the list", row.name());
        }
    }
    for row in &meant {
        until_ended(&api, row).await?;
        if options.forget {
            close(&api, &row.session_id).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn close(api: &Api, id: &str) -> anyhow::Result<()> {
    api.post::<Value>("/api/session/close", &json!({"session_id": id})).await?;
    Ok(())
}

async fn until_ended(api: &Api, row: &Row) -> anyhow::Result<()> {
    let began = Instant::now();
    while began.elapsed() < ENDING {
        let rows = api.sessions().await?;
        let now = rows.iter().find(|now| now.session_id == row.session_id);
        if now.is_none_or(|now| now.state == State::Ended) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("{} has not ended within {} s; look at `coda ls`", row.name(), ENDING.as_secs())
}
