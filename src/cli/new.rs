//! `coda new`: starts a session.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::attach::{self, DetachKey};
use super::client::{Api, Place};
use crate::domain::size::Size;

#[derive(Debug, Args)]
pub struct NewOptions {
    /// What to call it
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    label: String,
    /// Directory to start in [default: this one, or that of --from]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    cwd: Option<PathBuf>,
    /// Go on from this session: in its directory, and below its history if it has ended
    #[arg(long, value_name = "SESSION")]
    from: Option<String>,
    /// Columns and rows, such as 80x24 [default: this terminal's]
    #[arg(long, value_name = "COLSxROWS", value_parser = size)]
    size: Option<Size>,
    /// Do not attach; print the id
    #[arg(long, short)]
    detach: bool,
    /// Key that detaches; see `coda attach --help`
    #[arg(long, value_name = "KEY", default_value = attach::DETACH)]
    detach_key: DetachKey,
    #[command(flatten)]
    place: Place,
    /// Program and arguments [default: the configured shell]
    #[arg(last = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<String>,
}

fn size(text: &str) -> Result<Size, String> {
    let say = || "say columns and rows, such as 80x24".to_owned();
    let (cols, rows) = text.split_once('x').ok_or_else(say)?;
    let (cols, rows) = (cols.parse().map_err(|_| say())?, rows.parse().map_err(|_| say())?);
    Size::new(rows, cols).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
struct Created {
    session_id: String,
}

pub async fn run(options: NewOptions) -> anyhow::Result<ExitCode> {
    let api = Api::new(&options.place.load()?)?;
    let attach = !options.detach && std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let Created { session_id } = api.post("/api/session", &body(&api, &options, attach).await?).await?;
    if attach {
        return attach::watch(&api, &session_id, options.detach_key, false).await;
    }
    super::print(format!("{session_id}\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

async fn body(api: &Api, options: &NewOptions, attach: bool) -> anyhow::Result<Value> {
    let mut body = json!({"label": options.label});
    if let Some(named) = &options.from {
        body["from"] = json!(api.session(named).await?.session_id);
    }
    match &options.cwd {
        Some(cwd) => body["cwd"] = json!(std::path::absolute(cwd).context("find the directory")?),
        None if options.from.is_some() => {}
        None => {
            let here = std::env::current_dir();
            body["cwd"] = json!(here.context("find the current directory; choose one with --cwd")?);
        }
    }
    if !options.command.is_empty() {
        body["command"] = json!(options.command);
    }
    let size = options.size.or_else(|| attach.then(attach::own_size));
    if let Some(Size { rows, cols }) = size {
        (body["rows"], body["cols"]) = (json!(rows), json!(cols));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_columns_and_rows() {
        assert_eq!(size("80x24"), Ok(Size { rows: 24, cols: 80 }));
        for wrong in ["80", "80x", "x24", "80x24x1", "0x24", "80x1001", "-1x3"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
