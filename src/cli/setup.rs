//! `coda setup`: installs what agents need in this machine, and tells how far it is.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Api, Place};

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing has failed · 1 a step has")]
pub struct SetupOptions {
    /// Wait for the end, and print each step as it begins and ends
    #[arg(long)]
    watch: bool,
    /// Begin nothing, only say how far it is
    #[arg(long)]
    status: bool,
    /// Do this step again, even if all is right; what it installs is brought up to date
    #[arg(long, value_name = "STEP", conflicts_with_all = ["status", "skip", "cancel"])]
    retry: Option<String>,
    /// Go on without this step
    #[arg(long, value_name = "STEP", conflicts_with_all = ["status", "cancel"])]
    skip: Option<String>,
    /// Stop this step and all that it started
    #[arg(long, value_name = "STEP", conflicts_with = "status")]
    cancel: Option<String>,
    /// The answer as JSON, as `GET /api/setup-status` has it
    #[arg(long, conflicts_with = "watch")]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// How often it looks while it watches.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
struct Status {
    status: String,
    #[serde(default)]
    begun: bool,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    id: String,
    label: String,
    status: String,
    #[serde(default)]
    state: String,
    error: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    seconds: Option<f64>,
    #[serde(default)]
    version: Option<String>,
}

pub async fn run(options: SetupOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    order(&api, &options).await?;
    if options.json {
        let text = api.bytes("/api/setup-status").await?;
        super::print(&[&text[..], b"\n"].concat())?;
        return Ok(ExitCode::SUCCESS);
    }
    let status = if options.watch { watched(&api).await? } else { api.get("/api/setup-status").await? };
    super::print(table(&status).as_bytes())?;
    let failed = status.steps.iter().any(|step| step.status == "error");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn order(api: &Api, options: &SetupOptions) -> anyhow::Result<()> {
    let orders = [("retry", &options.retry), ("skip", &options.skip), ("cancel", &options.cancel)];
    if let Some((order, Some(step))) = orders.into_iter().find(|(_, step)| step.is_some()) {
        api.post::<Value>(&format!("/api/setup/{step}/{order}"), &json!({})).await?;
    } else if !options.status {
        api.post::<Value>("/api/setup/start", &json!({})).await?;
    }
    Ok(())
}

/// Prints what changes until nothing does by itself any more.
async fn watched(api: &Api) -> anyhow::Result<Status> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let status: Status = api.get("/api/setup-status").await?;
        for step in &status.steps {
            let before = seen.insert(step.id.clone(), step.state.clone());
            let is_news = before.as_deref().unwrap_or("pending") != step.state;
            if is_news && step.state != "pending" {
                super::print(format!("{}\n", line(step, 0)).as_bytes())?;
            }
        }
        if !status.begun || status.status != "running" {
            super::print(b"\n")?;
            return Ok(status);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn table(status: &Status) -> String {
    let width = status.steps.iter().map(|step| step.label.chars().count()).max().unwrap_or(0);
    let mut text: String = status.steps.iter().map(|step| line(step, width) + "\n").collect();
    if !status.begun {
        text.push_str("\nnothing was asked for yet; `coda setup` begins\n");
    }
    text
}

fn line(step: &Step, width: usize) -> String {
    let word = match step.state.as_str() {
        "complete" => "done   ",
        "error" => "FAILED ",
        "cancelled" => "stopped",
        "skipped" => "skipped",
        "running" => "running",
        "waiting_for_token" => "waits  ",
        _ => "-      ",
    };
    let more = match (&step.error, &step.reason) {
        (Some(error), _) => error.clone(),
        (None, Some(reason)) => reason.clone(),
        (None, None) if step.state == "waiting_for_token" => "for the workspace's token".to_owned(),
        (None, None) => {
            let took =
                step.seconds.filter(|_| step.state == "complete").map(|seconds| format!("{seconds:.1} s"));
            step.version.clone().into_iter().chain(took).collect::<Vec<_>>().join(", ")
        }
    };
    format!("{word}  {:11}  {:width$}  {more}", step.id, step.label).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_wrong() {
        let said = json!({"status": "error", "begun": true, "steps": [
            {"id": "gh", "label": "GitHub CLI", "status": "error", "state": "error", "error": "no answer"},
            {"id": "node", "label": "Node.js", "status": "complete", "state": "complete", "error": null, "seconds": 1.25, "version": "22.1.0"},
            {"id": "x", "label": "X", "status": "skipped", "state": "skipped", "error": null, "reason": "it is off"},
        ]});
        let status: Status = serde_json::from_value(said).unwrap();
        assert_eq!(
            table(&status),
            "FAILED   gh           GitHub CLI  no answer\n\
             done     node         Node.js     22.1.0, 1.2 s\n\
             skipped  x            X           it is off\n"
        );
    }
}
