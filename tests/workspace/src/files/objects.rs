//! `workspace/get-status`, `list`, `mkdirs` and `delete`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::world::World;

use super::tree::{Kind, Node, normal};

/// A path as its caller wrote it, and as the tree has it.
pub struct Place {
    pub asked: String,
    pub path: String,
    /// Answers begin with `/Workspace`.
    pub mounted: bool,
}

impl Place {
    pub fn read(asked: &str) -> Result<Place, Answer> {
        let (path, mounted) = normal(asked)?;
        Ok(Place { asked: asked.to_owned(), path, mounted })
    }

    pub fn shown(&self, path: &str) -> String {
        if self.mounted { format!("/Workspace{path}") } else { path.to_owned() }
    }

    pub fn missing(&self) -> Answer {
        Answer::missing(format!("Path ({}) doesn't exist.", self.asked))
    }
}

fn info(path: String, node: &Node, call: &Call) -> Value {
    let mut info = json!({ "object_type": node.kind.name(), "path": path, "object_id": node.id });
    info["resource_id"] = json!(node.id.to_string());
    match &node.kind {
        Kind::Directory => {}
        Kind::File(bytes) => {
            info["size"] = json!(bytes.len());
            info["created_at"] = json!(node.created);
            info["modified_at"] = json!(node.modified);
        }
        Kind::Notebook { language, format, .. } => {
            info["language"] = json!(language);
            info["created_at"] = json!(node.created);
            info["modified_at"] = json!(node.modified);
            if call.flag("return_export_info") {
                info["repos_export_format"] = json!(format);
            }
        }
        Kind::Experiment(id) => info["resource_id"] = json!(id),
    }
    info
}

/// `GET /api/2.0/workspace/get-status`
pub fn get_status(world: &mut World, call: &Call) -> Outcome {
    let place = Place::read(call.needed("path")?)?;
    if place.path == "/" {
        let path = place.shown("/").trim_end_matches('/').to_owned();
        let path = if path.is_empty() { "/".to_owned() } else { path };
        return Ok(
            json!({ "object_type": "DIRECTORY", "path": path, "object_id": 0, "resource_id": "0" }).into()
        );
    }
    let node = world.files.workspace.get(&place.path).ok_or_else(|| place.missing())?;
    Ok(info(place.shown(&place.path), node, call).into())
}

/// `GET /api/2.0/workspace/list`: no pages; a file is a list of itself; what cannot be read is not there.
pub fn list(world: &mut World, call: &Call) -> Outcome {
    let place = Place::read(call.needed("path")?)?;
    let tree = &world.files.workspace;
    if !world.can_read(call.who, &place.path) {
        return Err(place.missing());
    }
    if !tree.is_folder(&place.path) {
        let node = tree.get(&place.path).ok_or_else(|| place.missing())?;
        return Ok(json!({ "objects": [info(place.shown(&place.path), node, call)] }).into());
    }
    let since: i64 = call.param("notebooks_modified_after").and_then(|since| since.parse().ok()).unwrap_or(0);
    let children = tree.children(&place.path).filter(|(path, node)| {
        let old = matches!(node.kind, Kind::Notebook { .. }) && node.modified < since;
        !old && (place.path != "/Users" || world.can_read(call.who, path))
    });
    let objects: Vec<Value> = children.map(|(path, node)| info(place.shown(path), node, call)).collect();
    Ok(if objects.is_empty() { json!({}) } else { json!({ "objects": objects }) }.into())
}

#[derive(Deserialize)]
struct Path {
    path: String,
    #[serde(default)]
    recursive: bool,
}

/// `POST /api/2.0/workspace/mkdirs`
pub fn mkdirs(world: &mut World, call: &Call) -> Outcome {
    let Path { path, .. } = call.body()?;
    let place = Place::read(&path)?;
    if !world.files.workspace.is_folder(&place.path) {
        world.check_write(call.who, &place.path)?;
        world.files.workspace.make_folders(&place.path, &mut world.ids, world.time)?;
    }
    Ok(json!({}).into())
}

/// `POST /api/2.0/workspace/delete`
pub fn delete(world: &mut World, call: &Call) -> Outcome {
    let Path { path, recursive } = call.body()?;
    let place = Place::read(&path)?;
    world.files.workspace.get(&place.path).ok_or_else(|| place.missing())?;
    world.check_write(call.who, &place.path)?;
    if !recursive && world.files.workspace.below(&place.path).next().is_some() {
        let message = format!("Folder ({}) is not empty", place.asked);
        return Err(Answer::error(400, "DIRECTORY_NOT_EMPTY", message));
    }
    world.files.workspace.remove(&place.path);
    Ok(json!({}).into())
}
