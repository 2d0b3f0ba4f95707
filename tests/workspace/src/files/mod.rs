//! Files of the workspace and of volumes: two trees with the same kind of nodes, and the APIs that reach them.

mod access;
mod export;
mod import;
mod multipart;
mod objects;
mod tree;
mod volumes;

pub use export::{export, read_file};
pub use import::{import, import_file};
pub use objects::{delete, get_status, list, mkdirs};
pub use tree::{Kind, Tree, normal};
pub use volumes::{
    delete_directory, delete_file, download, list_directory, make_directory, no_signed_urls, stat_directory,
    stat_file, upload,
};

use crate::clock::Millis;
use crate::ids::Ids;

#[derive(Debug, Default)]
pub struct Files {
    /// Without the `/Workspace` that may stand before a path.
    pub workspace: Tree,
    /// `/Volumes/<catalog>/<schema>/<volume>/…`, and what MLflow keeps.
    pub volumes: Tree,
}

impl Files {
    pub fn make_folders(&mut self, path: &str, ids: &mut Ids, now: Millis) {
        // Only a file in the way could hinder it, and there is none yet.
        drop(self.workspace.make_folders(path, ids, now));
    }
}
