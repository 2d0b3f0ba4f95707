//! The files API: `/api/2.0/fs/{files,directories}/…` for volumes, the workspace's tree and what MLflow keeps.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::clock::http_date;
use crate::pages::Pages;
use crate::principals::PrincipalId;
use crate::world::World;

use super::tree::{Kind, Tree, normal, parent};

/// A path of this API and the tree it lies in.
struct Spot {
    path: String,
    in_workspace: bool,
}

impl Spot {
    fn read(call: &Call) -> Result<Spot, Answer> {
        let asked = format!("/{}", call.var(0).trim_start_matches('/'));
        let (path, mounted) = normal(&asked)?;
        Ok(Spot { path, in_workspace: mounted })
    }

    fn tree<'a>(&self, world: &'a World) -> &'a Tree {
        if self.in_workspace { &world.files.workspace } else { &world.files.volumes }
    }

    fn missing(&self) -> Answer {
        Answer::error(404, "NOT_FOUND", format!("The path {} does not exist.", self.path))
    }

    /// `a.b.c` of `/Volumes/a/b/c/…`.
    fn volume(&self) -> Option<String> {
        let mut parts = self.path.split('/').skip(1);
        (parts.next() == Some("Volumes")).then(|| parts.take(3).collect::<Vec<_>>().join("."))
    }

    fn check(&self, world: &World, who: PrincipalId, write: bool) -> Result<(), Answer> {
        if self.in_workspace {
            return match write {
                true => world.check_write(who, &self.path),
                false if world.can_read(who, &self.path) => Ok(()),
                false => Err(self.missing()),
            };
        }
        match self.volume() {
            Some(volume) => world.check_volume(who, &volume, write),
            None if self.path.starts_with("/WorkspaceInternal/") => Ok(()),
            None => Err(Answer::invalid(format!("The path {} is not supported.", self.path))),
        }
    }
}

/// `PUT /api/2.0/fs/files/{path...}`
pub fn upload(world: &mut World, call: &Call) -> Outcome {
    let spot = Spot::read(call)?;
    spot.check(world, call.who, true)?;
    let overwrite = call.flag("overwrite");
    match spot.tree(world).get(&spot.path).map(|node| &node.kind) {
        Some(Kind::File(_)) if !overwrite => {
            let message = format!("The file {} already exists.", spot.path);
            return Err(Answer::error(409, "ALREADY_EXISTS", message));
        }
        Some(Kind::File(_)) | None => {}
        Some(_) => return Err(Answer::error(409, "ALREADY_EXISTS", "The path is a directory.")),
    }
    let (path, now) = (spot.path.as_str(), world.time);
    let tree = if spot.in_workspace { &mut world.files.workspace } else { &mut world.files.volumes };
    tree.make_folders(parent(path), &mut world.ids, now)?;
    tree.put(path, Kind::File(call.body.clone()), &mut world.ids, now);
    Ok(Answer::empty(204))
}

fn file(world: &World, call: &Call) -> Result<(Bytes, i64), Answer> {
    let spot = Spot::read(call)?;
    spot.check(world, call.who, false)?;
    let node = spot.tree(world).get(&spot.path).ok_or_else(|| spot.missing())?;
    match &node.kind {
        Kind::File(bytes) => Ok((bytes.clone(), node.modified)),
        _ => Err(spot.missing()),
    }
}

/// `GET /api/2.0/fs/files/{path...}`
pub fn download(world: &mut World, call: &Call) -> Outcome {
    let (bytes, modified) = file(world, call)?;
    Ok(Answer::bytes(bytes).with("Last-Modified", http_date(modified)))
}

/// `HEAD /api/2.0/fs/files/{path...}`
pub fn stat_file(world: &mut World, call: &Call) -> Outcome {
    download(world, call)
}

/// `DELETE /api/2.0/fs/files/{path...}`
pub fn delete_file(world: &mut World, call: &Call) -> Outcome {
    let spot = Spot::read(call)?;
    spot.check(world, call.who, true)?;
    file(world, call)?;
    let tree = if spot.in_workspace { &mut world.files.workspace } else { &mut world.files.volumes };
    tree.remove(&spot.path);
    Ok(Answer::empty(204))
}

/// A folder that exists, the volume itself among them.
fn folder(world: &World, call: &Call) -> Result<Spot, Answer> {
    let spot = Spot::read(call)?;
    spot.check(world, call.who, false)?;
    let is_root = spot.volume().is_some_and(|_| spot.path.split('/').count() == 5);
    if !is_root && !spot.tree(world).is_folder(&spot.path) {
        return Err(spot.missing());
    }
    Ok(spot)
}

/// `GET /api/2.0/fs/directories/{path...}`
pub fn list_directory(world: &mut World, call: &Call) -> Outcome {
    let spot = folder(world, call)?;
    let mount = if spot.in_workspace { "/Workspace" } else { "" };
    let children = spot.tree(world).children(&spot.path).map(|(path, node)| {
        let mut entry = json!({ "path": format!("{mount}{path}"), "name": path.rsplit('/').next() });
        entry["is_directory"] = json!(node.kind == Kind::Directory);
        if let Kind::File(bytes) = &node.kind {
            entry["file_size"] = json!(bytes.len());
        }
        entry["last_modified"] = json!(node.modified);
        entry
    });
    let children: Vec<Value> = children.collect();
    Pages::read(world, call)?.answer("contents", children)
}

/// `HEAD /api/2.0/fs/directories/{path...}`
pub fn stat_directory(world: &mut World, call: &Call) -> Outcome {
    folder(world, call)?;
    Ok(Answer::empty(200))
}

/// `PUT /api/2.0/fs/directories/{path...}`
pub fn make_directory(world: &mut World, call: &Call) -> Outcome {
    let spot = Spot::read(call)?;
    spot.check(world, call.who, true)?;
    let now = world.time;
    let tree = if spot.in_workspace { &mut world.files.workspace } else { &mut world.files.volumes };
    tree.make_folders(&spot.path, &mut world.ids, now)
        .map_err(|_| Answer::error(409, "ALREADY_EXISTS", "A file already exists at the path."))?;
    Ok(Answer::empty(204))
}

/// `DELETE /api/2.0/fs/directories/{path...}`
pub fn delete_directory(world: &mut World, call: &Call) -> Outcome {
    let spot = folder(world, call)?;
    spot.check(world, call.who, true)?;
    if spot.tree(world).below(&spot.path).next().is_some() {
        return Err(Answer::error(400, "DIRECTORY_NOT_EMPTY", "The directory is not empty."));
    }
    let tree = if spot.in_workspace { &mut world.files.workspace } else { &mut world.files.volumes };
    tree.remove(&spot.path);
    Ok(Answer::empty(204))
}

/// `POST /api/2.0/fs/create-{download,upload}-url`: not switched on here, so clients take the way above.
pub fn no_signed_urls(_: &mut World, call: &Call) -> Outcome {
    Err(Answer::no_such_endpoint(&call.method, &call.path))
}
