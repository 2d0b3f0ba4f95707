//! `coda restore`: brings a project back from the workspace.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::client::{Api, Place, turn};

#[derive(Debug, Args)]
pub struct RestoreOptions {
    /// Its path below ~/projects [default: the project of the current directory]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Also into a folder with something in it; what is in the way is kept beside, nothing is overwritten
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

pub async fn run(options: RestoreOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let here = std::env::current_dir()?;
    let path = options.name.is_none().then(|| here.to_string_lossy().into_owned());
    let ask = json!({"name": options.name, "path": path, "force": options.force});
    let accepted = api.post("/api/sync/restore", &ask).await;
    turn::follow(&api, "restore", accepted).await
}
