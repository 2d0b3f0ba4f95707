//! `coda capture`: prints what a session shows.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::client::{Api, Place};

#[derive(Debug, Args)]
pub struct CaptureOptions {
    /// Its id, the beginning of its id, or its label
    #[arg(value_name = "SESSION")]
    session: String,
    /// The last so many lines, of what has scrolled away too [default: the screen]
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    lines: Option<u32>,
    /// Plain text, text that draws the whole screen on a terminal, or HTML
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Ansi,
    Html,
}

pub async fn run(options: CaptureOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let id = api.session(&options.session).await?.session_id;
    let format = match options.format {
        Format::Text => "text",
        Format::Ansi => "ansi",
        Format::Html => "html",
    };
    let lines = options.lines.map(|lines| format!("&lines={lines}")).unwrap_or_default();
    super::print(&api.bytes(&format!("/api/sessions/{id}/screen?format={format}{lines}")).await?)?;
    Ok(ExitCode::SUCCESS)
}
