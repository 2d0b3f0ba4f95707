//! What both sides had when they last agreed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Digest;

/// Grows with each change of the format. A reader refuses what is newer; then everything is looked at anew.
const VERSION: u32 = 1;
/// Contents sent without an answer that are remembered for one file.
const MOST_SENT: usize = 8;

/// A file as a listing tells it. Two contents of one file have two stamps, unless they were written within one tick of
/// the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub bytes: u64,
    /// When it was written: nanoseconds since 1970 here, milliseconds in the workspace.
    pub modified: i64,
}

/// What is remembered of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// What both had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The stamps of that content; `None`: only a look at the content tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<Stamp>,
    /// Contents that were sent and may have arrived although no answer said so, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<Digest>,
}

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("what was synchronised last cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("what was synchronised last was written by a newer version ({0}) of coda")]
    Newer(u32),
}

/// By path within the folder, with slashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    /// Where the copy is; a manifest about another place says nothing.
    pub destination: String,
    files: BTreeMap<String, Known>,
}

impl Manifest {
    pub fn new(destination: &str) -> Manifest {
        Manifest { version: VERSION, destination: destination.to_owned(), files: BTreeMap::new() }
    }

    pub fn from_text(text: &str) -> Result<Manifest, ManifestError> {
        let manifest: Manifest = serde_json::from_str(text)?;
        if manifest.version > VERSION { Err(ManifestError::Newer(manifest.version)) } else { Ok(manifest) }
    }

    pub fn to_text(&self) -> String {
        // Strings and numbers always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn get(&self, path: &str) -> Option<&Known> {
        self.files.get(path)
    }

    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.files.keys()
    }

    /// What the file here contains, if its stamp tells.
    pub fn digest_here(&self, path: &str, stamp: Stamp) -> Option<Digest> {
        self.get(path).filter(|known| known.here == Some(stamp))?.digest
    }

    pub fn digest_there(&self, path: &str, stamp: Stamp) -> Option<Digest> {
        self.get(path).filter(|known| known.there == Some(stamp))?.digest
    }

    /// Whether this content was on both sides, or came from here.
    pub fn has_seen(&self, path: &str, digest: Digest) -> bool {
        self.get(path).is_some_and(|known| known.digest == Some(digest) || known.sent.contains(&digest))
    }

    /// Both sides have it.
    pub fn agree(&mut self, path: &str, digest: Digest, here: Option<Stamp>, there: Option<Stamp>) {
        let known = Known { digest: Some(digest), here, there, sent: Vec::new() };
        self.files.insert(path.to_owned(), known);
    }

    /// It is about to be sent.
    pub fn sending(&mut self, path: &str, digest: Digest) {
        let sent = &mut self.files.entry(path.to_owned()).or_default().sent;
        sent.retain(|other| *other != digest);
        sent.push(digest);
        if sent.len() > MOST_SENT {
            sent.remove(0);
        }
    }

    /// The file is on neither side, or is none of ours any more.
    pub fn forget(&mut self, path: &str) {
        self.files.remove(path);
    }
}
