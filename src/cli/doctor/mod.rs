//! `coda doctor`: looks at this machine and the server, and says what to do.
//!
//! [`report`] is what is found and how it is told, [`server`] looks at settings, state and the running server,
//! [`machine`] at what sessions need, [`mirrors`] at what stands between this machine and the world. Nothing is changed. Of variables that may hold secrets only the names are told.

mod machine;
mod mirrors;
mod report;
mod server;

use std::process::ExitCode;

use clap::Args;

use super::client::Place;
use crate::config::Config;
use report::{Finding, Level};

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing failed · 1 something did")]
pub struct DoctorOptions {
    /// One JSON object: the checks, and whether all is well
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub async fn run(options: DoctorOptions) -> anyhow::Result<ExitCode> {
    let mut findings = Vec::new();
    let config = match options.place.load() {
        Ok(config) => {
            findings.push(Finding::ok("settings", "valid"));
            findings.extend(server::look(&config).await);
            config
        }
        Err(error) => {
            findings.push(Finding::fail("settings", error.to_string(), "mend it, and ask again"));
            Config::default()
        }
    };
    findings.extend(machine::look(&config));
    findings.extend(mirrors::look(&config).await);
    let text = if options.json { report::json(&findings)? } else { report::table(&findings) };
    super::print(text.as_bytes())?;
    let failed = findings.iter().any(|finding| finding.level == Level::Fail);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
