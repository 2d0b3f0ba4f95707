//! `coda hook`: tells the server what has happened, from a hook of somebody else's. Never in the way: without a server
//! it ends at once, and always well.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::client::{Api, Place};
use crate::os::repositories;

#[derive(Debug, Args)]
pub struct HookOptions {
    /// What has happened
    #[arg(value_name = "EVENT")]
    event: HookEvent,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HookEvent {
    /// A commit in the repository of the current directory
    PostCommit,
}

/// How long a server may take to hear it.
const HEARING: Duration = Duration::from_secs(1);

pub async fn run(options: HookOptions) -> anyhow::Result<ExitCode> {
    let HookEvent::PostCommit = options.event;
    let _ = tokio::time::timeout(HEARING, tell(&options.place)).await;
    Ok(ExitCode::SUCCESS)
}

async fn tell(place: &Place) -> Option<()> {
    let repository = repositories::top_of(&std::env::current_dir().ok()?)?;
    let api = Api::new(&place.load().ok()?).ok()?;
    let body = json!({"repository": repository.to_str()?});
    api.post_once::<Value>("/api/local/post-commit", &body).await.ok()?;
    Some(())
}
