//! What was written last, by hashes: a token that lay in a file is nothing that is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A newer one is not read: then everything that is there counts as somebody's own, and nothing of it is changed.
const VERSION: u32 = 1;
/// Between the parts of a key's path.
const BETWEEN: &str = "\u{1f}";

/// Of one agent: its files by their paths below home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    pub files: BTreeMap<String, Written>,
}

/// Of one file: each key with the hash of its value. While it is being written it has both, the old one and the new:
/// whoever is killed in between knows both for theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Written(BTreeMap<String, Vec<String>>);

impl Default for Record {
    fn default() -> Record {
        Record { version: VERSION, files: BTreeMap::new() }
    }
}

impl Record {
    /// What cannot be read is as nothing.
    pub fn read(text: &[u8]) -> Record {
        let read: Option<Record> = serde_json::from_slice(text).ok();
        read.filter(|record| record.version == VERSION).unwrap_or_default()
    }

    pub fn text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("names and hashes are JSON");
        text.push(b'\n');
        text
    }
}

impl Written {
    /// Whether this value of a key is one that we wrote; `None`: we never wrote the key.
    pub fn is_ours(&self, path: &[String], value: Option<&Value>) -> Option<bool> {
        let hashes = self.0.get(&path.join(BETWEEN))?;
        Some(value.is_some_and(|value| hashes.contains(&hash(value))))
    }

    pub fn set(&mut self, path: &[String], value: &Value) {
        self.0.insert(path.join(BETWEEN), vec![hash(value)]);
    }

    /// Another key as it was in `other`.
    pub(super) fn keep(&mut self, path: &[String], other: &Written) {
        let key = path.join(BETWEEN);
        if let Some(hashes) = other.0.get(&key) {
            self.0.insert(key, hashes.clone());
        }
    }

    /// The paths of all keys.
    pub fn paths(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        self.0.keys().map(|key| key.split(BETWEEN).map(str::to_owned).collect())
    }

    /// What may be in the file while it goes from `self` to `next`.
    #[must_use]
    pub fn between(&self, next: &Written) -> Written {
        let mut both = self.clone();
        for (key, hashes) in &next.0 {
            let known = both.0.entry(key.clone()).or_default();
            let new: Vec<String> = hashes.iter().filter(|hash| !known.contains(hash)).cloned().collect();
            known.extend(new);
        }
        both
    }
}

fn hash(value: &Value) -> String {
    let text = serde_json::to_vec(value).expect("a value is JSON");
    Sha256::digest(&text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
