//! What is in the workspace.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use futures_util::stream;

use super::pass::{Folder, Ground};
use crate::databricks::files::{Kind, Object};
use crate::databricks::{Class, Failure};
use crate::domain::sync::Stamp;
use crate::domain::sync::names::{self, HISTORIES, LARGEST, NEVER, Unfit};
use crate::os::sync::Scope;

/// Most entries of one copy, folders among them.
const MOST: usize = 100_000;

/// A file in the workspace.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its path in the workspace.
    pub at: String,
    pub is_notebook: bool,
    pub stamp: Stamp,
}

#[derive(Debug, Default)]
pub struct Theirs {
    /// By the path that they have here.
    pub files: BTreeMap<String, Seen>,
    /// Paths below the destination.
    pub folders: BTreeSet<String>,
    pub skipped: BTreeMap<String, Unfit>,
}

/// Everything at the destination; nothing if it is not there.
pub async fn list(ground: &Ground, folder: &Folder) -> Result<Theirs, Failure> {
    let mut theirs = Theirs::default();
    let mut notebooks = Vec::new();
    let mut level = vec![folder.destination.clone()];
    while !level.is_empty() {
        let lists = stream::iter(level).map(|at| async move { list_one(ground, &at).await });
        let lists: Vec<_> = lists.buffer_unordered(ground.concurrent).collect().await;
        level = Vec::new();
        for object in lists.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
            let Some(name) = name_of(&object, folder) else { continue };
            match object.object_type {
                Kind::Directory => {
                    level.push(format!("{}/{name}", folder.destination));
                    theirs.folders.insert(name);
                }
                Kind::File => theirs.add(name, object, folder),
                Kind::Notebook => notebooks.push((names::notebook_file(&name, &object.language), object)),
                Kind::Repo | Kind::Other => {}
            }
            if theirs.files.len() + theirs.folders.len() + notebooks.len() > MOST {
                let what = "there are too many files in the copy; remove some of them in the workspace";
                return Err(Failure::unasked("list the folder", Class::Invalid, what));
            }
        }
    }
    for (name, notebook) in notebooks {
        if theirs.files.contains_key(&name) {
            theirs.skipped.insert(name, Unfit::SameName);
        } else {
            theirs.add(name, notebook, folder);
        }
    }
    Ok(theirs)
}

async fn list_one(ground: &Ground, at: &str) -> Result<Vec<Object>, Failure> {
    match ground.workspace.list_folder(&ground.bearer, at).await {
        Err(failure) if failure.class == Class::Missing => Ok(Vec::new()),
        listed => listed,
    }
}

impl Theirs {
    fn add(&mut self, name: String, object: Object, folder: &Folder) {
        let bytes = object.size.unwrap_or(0);
        let unfit = match names::check(&name) {
            Ok(()) if bytes > LARGEST => Some(Unfit::TooLarge),
            checked => checked.err(),
        };
        if let Some(unfit) = unfit {
            self.skipped.insert(name, unfit);
        } else if folder.takes(&name) {
            let stamp = Stamp { bytes, modified: object.modified_at };
            let at = format!("/Workspace{}", names::unmounted(&object.path));
            let is_notebook = object.object_type == Kind::Notebook;
            self.files.insert(name, Seen { at, is_notebook, stamp });
        }
    }
}

/// Where it is below the destination.
fn name_of(object: &Object, folder: &Folder) -> Option<String> {
    let path = names::unmounted(&object.path);
    let name = path.strip_prefix(names::unmounted(&folder.destination))?.strip_prefix('/')?;
    let last = name.rsplit('/').next().unwrap_or(name);
    // What is never sent is never fetched: it could make git here run what somebody wrote there.
    (!name.is_empty() && !NEVER.contains(&last)).then(|| name.to_owned())
}

impl Folder {
    /// Whether a file of this name may come here. A home takes only what it would send.
    fn takes(&self, name: &str) -> bool {
        if self.scope == Scope::Project {
            return true;
        }
        let parts: Vec<&str> = name.split('/').collect();
        HISTORIES.contains(&name) || matches!(parts[..], [".claude", "projects", _, "memory", _, ..])
    }
}
