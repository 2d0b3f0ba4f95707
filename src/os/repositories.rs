//! Repositories below a folder, and how far each is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::domain::repositories::Mark;

/// Most that are looked at; further ones are not seen.
const MOST: usize = 2_000;

/// What git writes when HEAD moves, in the two ways it keeps references.
const LOGS: [&str; 2] = ["logs/HEAD", "reftable/tables.list"];

/// Every repository in `folder` and in folders in it, with its mark; one without a commit has none and is left out.
/// Blocks on the disk.
pub fn marks(folder: &Path) -> BTreeMap<PathBuf, Mark> {
    let mut marks = BTreeMap::new();
    let top: Vec<PathBuf> = folders(folder).collect();
    let (there, deeper): (Vec<PathBuf>, Vec<PathBuf>) =
        top.into_iter().partition(|path| path.join(".git").exists());
    for path in there.into_iter().chain(deeper.iter().flat_map(|path| folders(path))).take(MOST) {
        if let Some(mark) = git_dir(&path).as_deref().and_then(mark) {
            marks.insert(path, mark);
        }
    }
    marks
}

/// Without links: they may lead in a circle.
fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).take(MOST)
}

/// Where the repository of a working tree lies: a worktree or submodule has a file that says so.
fn git_dir(tree: &Path) -> Option<PathBuf> {
    let dot = tree.join(".git");
    if dot.is_dir() {
        return Some(dot);
    }
    let text = fs::read_to_string(dot).ok()?;
    Some(tree.join(text.strip_prefix("gitdir:")?.trim()))
}

fn mark(git_dir: &Path) -> Option<Mark> {
    let metadata = LOGS.iter().find_map(|log| fs::metadata(git_dir.join(log)).ok())?;
    let written = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    Some(Mark { bytes: metadata.size(), written })
}

/// The top of the working tree that `path` is in.
pub fn top_of(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}
