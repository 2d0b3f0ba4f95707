//! Files and notebooks on their way in: `workspace/import` as JSON or as a form, and `workspace-files/import-file`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::principals::PrincipalId;
use crate::world::World;

use super::multipart;
use super::objects::Place;
use super::tree::{Kind, parent};

/// Of the import and export APIs, and of each file in an app's source.
pub const LARGEST: usize = 10 * 1024 * 1024;

/// Extension, language, and the line that makes a source file a notebook.
const LANGUAGES: [(&str, &str, &str); 4] = [
    (".py", "PYTHON", "# Databricks notebook source"),
    (".r", "R", "# Databricks notebook source"),
    (".scala", "SCALA", "// Databricks notebook source"),
    (".sql", "SQL", "-- Databricks notebook source"),
];

#[derive(Deserialize, Default)]
#[serde(default)]
struct Import {
    path: String,
    content: String,
    format: Option<String>,
    language: Option<String>,
    overwrite: bool,
}

/// `POST /api/2.0/workspace/import`
pub fn import(world: &mut World, call: &Call) -> Outcome {
    let form = call.header("content-type").is_some_and(|kind| kind.starts_with("multipart/form-data"));
    let (wish, content) = if form { from_form(call)? } else { from_json(call)? };
    if content.len() > LARGEST {
        let message = "The content is larger than the maximum of 10485760 bytes.";
        return Err(Answer::error(400, "MAX_NOTEBOOK_SIZE_EXCEEDED", message));
    }
    let place = Place::read(&wish.path)?;
    let (path, kind) = match wish.format.as_deref().unwrap_or("SOURCE") {
        "AUTO" => auto(&place.path, content),
        "RAW" => (place.path.clone(), Kind::File(content)),
        "SOURCE" => {
            let language = wish.language.as_deref().and_then(language).ok_or_else(|| {
                Answer::invalid("The language must be specified when the format is SOURCE.")
            })?;
            (place.path.clone(), Kind::Notebook { language, format: "SOURCE", source: content })
        }
        "JUPYTER" => {
            let kind = Kind::Notebook { language: "PYTHON", format: "JUPYTER", source: content };
            (place.path.trim_end_matches(".ipynb").to_owned(), kind)
        }
        other => return Err(Answer::invalid(format!("The format {other} is not supported for import."))),
    };
    put(world, call.who, &place, path, kind, wish.overwrite, false)
}

fn language(name: &str) -> Option<&'static str> {
    LANGUAGES.iter().map(|(_, language, _)| *language).find(|language| *language == name)
}

fn from_json(call: &Call) -> Result<(Import, Bytes), Answer> {
    let wish: Import = call.body()?;
    let content = STANDARD.decode(&wish.content);
    let content = content.map_err(|_| Answer::invalid("The content is not valid base64."))?;
    Ok((wish, Bytes::from(content)))
}

fn from_form(call: &Call) -> Result<(Import, Bytes), Answer> {
    let parts = multipart::parts(call).ok_or_else(|| Answer::malformed("The form could not be read"))?;
    let bytes = |name: &str| parts.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.clone());
    let text = |name: &str| bytes(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let wish = Import {
        path: text("path").ok_or_else(|| Answer::invalid("Missing required field: path"))?,
        content: String::new(),
        format: text("format"),
        language: text("language"),
        overwrite: text("overwrite").is_some_and(|flag| flag == "true"),
    };
    Ok((wish, bytes("content").unwrap_or_default()))
}

/// A notebook, without its extension, when its name and its first line say so; else a file.
fn auto(path: &str, content: Bytes) -> (String, Kind) {
    if let Some(stem) = path.strip_suffix(".ipynb") {
        let kind = Kind::Notebook { language: "PYTHON", format: "JUPYTER", source: content };
        return (stem.to_owned(), kind);
    }
    let lower = path.to_ascii_lowercase();
    for (extension, language, header) in LANGUAGES {
        if lower.ends_with(extension) && content.starts_with(header.as_bytes()) {
            let stem = &path[..path.len() - extension.len()];
            return (stem.to_owned(), Kind::Notebook { language, format: "SOURCE", source: content });
        }
    }
    (path.to_owned(), Kind::File(content))
}

/// `POST /api/2.0/workspace-files/import-file/{path...}`
pub fn import_file(world: &mut World, call: &Call) -> Outcome {
    let asked = format!("/{}", call.var(0).trim_start_matches('/'));
    let place = Place::read(&asked)?;
    let (path, kind) = auto(&place.path, call.body.clone());
    put(world, call.who, &place, path, kind, call.flag("overwrite"), true)
}

/// `as_files`: the files API has errors of its own for what is already there.
fn put(
    world: &mut World,
    who: PrincipalId,
    place: &Place,
    path: String,
    kind: Kind,
    overwrite: bool,
    as_files: bool,
) -> Outcome {
    world.check_write(who, &path)?;
    let tree = &world.files.workspace;
    let above = parent(&path);
    if !tree.is_folder(above) {
        let above = place.shown(above);
        return Err(Answer::missing(format!("The parent folder ({above}) does not exist.")));
    }
    let shown = place.shown(&path);
    match tree.get(&path).map(|node| &node.kind) {
        Some(Kind::Directory | Kind::Experiment(_)) => {
            let message = format!("{shown} already exists.");
            return Err(Answer::error(400, "RESOURCE_ALREADY_EXISTS", message));
        }
        Some(Kind::Notebook { .. }) if !overwrite && as_files => {
            let message = format!("RESOURCE_ALREADY_EXISTS: {shown} already exists.");
            return Err(Answer::error(400, "", message));
        }
        Some(Kind::File(_)) if !overwrite && as_files => {
            let message = format!("File already exists at ({shown}).");
            return Err(Answer::error(409, "RESOURCE_ALREADY_EXISTS", message));
        }
        Some(_) if !overwrite => {
            let message = format!("{shown} already exists. Please pass overwrite as true to overwrite it.");
            return Err(Answer::error(400, "RESOURCE_ALREADY_EXISTS", message));
        }
        Some(_) | None => {}
    }
    world.files.workspace.put(&path, kind, &mut world.ids, world.time);
    Ok(json!({}).into())
}
