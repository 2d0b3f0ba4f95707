//! `coda sync`: brings a project to the workspace, and waits until it is there. Also called as `wsync`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::client::{Api, Place, turn};

#[derive(Debug, Args)]
pub struct SyncOptions {
    /// A path in a project below ~/projects [default: the current directory]
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::DirPath)]
    path: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

pub async fn run(options: SyncOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let path = std::path::absolute(options.path.unwrap_or_else(|| PathBuf::from(".")))?;
    let accepted = api.post("/api/sync/project", &json!({"path": path.to_string_lossy()})).await;
    turn::follow(&api, "project", accepted).await
}
