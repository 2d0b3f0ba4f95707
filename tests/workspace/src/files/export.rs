//! Files and notebooks on their way out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::world::World;

use super::import::LARGEST;
use super::objects::Place;
use super::tree::Kind;

/// `GET /api/2.0/workspace/export`
pub fn export(world: &mut World, call: &Call) -> Outcome {
    let place = Place::read(call.needed("path")?)?;
    let node = world.files.workspace.get(&place.path).ok_or_else(|| place.missing())?;
    if !world.can_read(call.who, &place.path) {
        return Err(Answer::denied(format!("User does not have permission to read path {}.", place.asked)));
    }
    let format = call.param("format").unwrap_or("SOURCE");
    let (content, kind) = match (&node.kind, format) {
        (Kind::Directory, "SOURCE" | "AUTO" | "DBC" | "RAW") => (archive(), "dbc"),
        (Kind::Directory | Kind::Experiment(_), _) => {
            return Err(Answer::bad_request(format!("{} cannot be exported.", node.kind.name())));
        }
        (Kind::File(bytes), _) => (bytes.clone(), extension(&place.path)),
        (Kind::Notebook { source, format: kept, .. }, "JUPYTER") => (jupyter(source, kept), "ipynb"),
        (Kind::Notebook { source, format: "JUPYTER", .. }, "AUTO") => (source.clone(), "ipynb"),
        (Kind::Notebook { source, format: kept, language }, "SOURCE" | "AUTO" | "RAW") => {
            (source_of(source, kept), extension_of(language))
        }
        (Kind::Notebook { source, .. }, "HTML") => (html(source), "html"),
        (Kind::Notebook { .. }, "DBC") => (archive(), "dbc"),
        (Kind::Notebook { .. }, other) => {
            return Err(Answer::invalid(format!("The format {other} is not supported for this object.")));
        }
    };
    if content.len() > LARGEST {
        let code = match node.kind {
            Kind::Notebook { .. } => "MAX_NOTEBOOK_SIZE_EXCEEDED",
            _ => "MAX_READ_SIZE_EXCEEDED",
        };
        return Err(Answer::error(400, code, "The file is larger than the maximum of 10485760 bytes."));
    }
    if call.flag("direct_download") {
        return Ok(Answer::bytes(content));
    }
    Ok(json!({ "content": STANDARD.encode(&content), "file_type": kind }).into())
}

/// `GET /api/2.0/workspace-files/{path...}`
pub fn read_file(world: &mut World, call: &Call) -> Outcome {
    let place = Place::read(&format!("/{}", call.var(0).trim_start_matches('/')))?;
    let node = world.files.workspace.get(&place.path).ok_or_else(|| place.missing())?;
    if !world.can_read(call.who, &place.path) {
        return Err(Answer::denied(format!("User does not have permission to read path {}.", place.asked)));
    }
    match &node.kind {
        Kind::File(bytes) | Kind::Notebook { source: bytes, .. } => Ok(Answer::bytes(bytes.clone())),
        Kind::Directory | Kind::Experiment(_) => Err(Answer::bad_request("Path is not a file.")),
    }
}

fn extension(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("file", |(_, extension)| extension)
}

fn extension_of(language: &str) -> &'static str {
    match language {
        "R" => "r",
        "SCALA" => "scala",
        "SQL" => "sql",
        _ => "py",
    }
}

/// What a notebook separates its cells with.
const CELL: &str = "\n\n# COMMAND ----------\n\n";

fn jupyter(source: &Bytes, kept: &str) -> Bytes {
    if kept == "JUPYTER" {
        return source.clone();
    }
    let text = String::from_utf8_lossy(source);
    let text = text.split_once('\n').map_or("", |(_, rest)| rest);
    let cells = text.split(CELL).map(|cell| {
        json!({ "cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [],
            "source": cell.split_inclusive('\n').collect::<Vec<_>>() })
    });
    let notebook = json!({
        "cells": cells.collect::<Vec<Value>>(),
        "metadata": { "language_info": { "name": "python" } },
        "nbformat": 4,
        "nbformat_minor": 0,
    });
    Bytes::from(notebook.to_string())
}

fn source_of(source: &Bytes, kept: &str) -> Bytes {
    let notebook: Value = match kept {
        "JUPYTER" => serde_json::from_slice(source).unwrap_or(Value::Null),
        _ => return source.clone(),
    };
    let cells = notebook["cells"].as_array().cloned().unwrap_or_default();
    let text = |cell: &Value| match &cell["source"] {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect::<String>(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let cells: Vec<String> = cells.iter().map(text).collect();
    Bytes::from(format!("# Databricks notebook source\n{}\n", cells.join(CELL)))
}

fn html(source: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(source).replace('&', "&amp;").replace('<', "&lt;");
    Bytes::from(format!("<!DOCTYPE html>\n<html><body><pre>{text}</pre></body></html>\n"))
}

/// An empty archive: what is in a real one is Databricks' own affair.
fn archive() -> Bytes {
    let mut zip = b"PK\x05\x06".to_vec();
    zip.extend_from_slice(&[0; 18]);
    Bytes::from(zip)
}
