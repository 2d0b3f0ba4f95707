//! `coda hook`: tells the server what has happened, from a hook of somebody else's. Never in the way: without a server
//! it ends at once, and always well, and it prints nothing, for agents obey what their hooks print.

use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::client::{Api, Place};
use crate::domain::activity::essence;
use crate::os::repositories;

#[derive(Debug, Args)]
pub struct HookOptions {
    /// What has happened
    #[arg(value_name = "EVENT")]
    event: HookEvent,
    /// What the agent says about it, in JSON [default: standard input]
    #[arg(value_name = "PAYLOAD")]
    payload: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HookEvent {
    /// A commit in the repository of the current directory
    PostCommit,
    /// An agent in the session of this process called one of its hooks
    Agent,
}

/// How long a server may take to hear it.
const HEARING: Duration = Duration::from_secs(1);
/// Longest payload that is read, in bytes: results of tools may be in it.
const MOST: u64 = 16 * 1024 * 1024;

pub async fn run(options: HookOptions) -> anyhow::Result<ExitCode> {
    let told = async {
        match options.event {
            HookEvent::PostCommit => tell_of_a_commit(&options.place).await,
            HookEvent::Agent => tell_of_an_agent(&options.place, options.payload).await,
        }
    };
    let _ = tokio::time::timeout(HEARING, told).await;
    Ok(ExitCode::SUCCESS)
}

async fn tell_of_a_commit(place: &Place) -> Option<()> {
    let repository = repositories::top_of(&std::env::current_dir().ok()?)?;
    let body = json!({"repository": repository.to_str()?});
    tell(place, "/api/local/post-commit", &body).await
}

async fn tell_of_an_agent(place: &Place, payload: Option<String>) -> Option<()> {
    let session_id = std::env::var("CODA_SESSION_ID").ok()?;
    let text = match payload {
        Some(text) => text,
        None => tokio::task::spawn_blocking(read_input).await.ok()?.ok()?,
    };
    let payload: Value = serde_json::from_str(&text).ok()?;
    let body = json!({"session_id": session_id, "payload": essence(&payload)});
    tell(place, "/api/local/agent-hook", &body).await
}

fn read_input() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(MOST).read_to_string(&mut text).map(|_| text)
}

async fn tell(place: &Place, path: &str, body: &Value) -> Option<()> {
    let api = Api::new(&place.load().ok()?).ok()?;
    api.post_once::<Value>(path, body).await.ok()?;
    Some(())
}
