//! What was said of a session's activity, in its folder: `activity.json`, for the owner's eyes only.

use std::fs;
use std::io;
use std::path::Path;

use super::atomic_file::{self, Readers};
use crate::domain::activity::Activities;

const NAME: &str = "activity.json";

/// What is there; nothing if it cannot be read, for it is a hint only.
pub fn read(folder: &Path) -> Activities {
    let bytes = fs::read(folder.join(NAME)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

pub fn write(folder: &Path, activities: &Activities) -> io::Result<()> {
    let text = serde_json::to_vec(activities)?;
    atomic_file::write(&folder.join(NAME), Readers::Owner, &text).map(drop).map_err(io::Error::other)
}
