//! Puts what is wanted into a file that is also somebody else's: three-way, key by key.

use serde_json::Value;

use super::definition::Format;
use super::document::{Document, Slot, Unreadable, read};
use super::record::Written;

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// `None`: it is right as it is, byte for byte.
    pub text: Option<String>,
    /// What is ours in it now, or was and may be again.
    pub written: Written,
    /// Keys that are wanted, but somebody else's: they stay as they are.
    pub kept: Vec<String>,
    /// Keys that somebody removed: they stay away.
    pub removed: Vec<String>,
}

/// `old`: the file, if there is one; `last`: what was written into it; `wanted`: paths of keys with their values.
pub fn merge(
    format: Format,
    old: Option<&str>,
    last: &Written,
    wanted: &[(Vec<String>, Value)],
) -> Result<Merged, Unreadable> {
    let mut document = read(format, old.unwrap_or_default())?;
    // Of a file that is gone nobody wanted to keep a part out; a text, which is one key, is what was removed.
    let nothing = Written::default();
    let last = if old.is_none() && !format.is_text() { &nothing } else { last };
    let mut merged =
        Merged { text: None, written: Written::default(), kept: Vec::new(), removed: Vec::new() };
    let mut changed = false;
    for path in last.paths().filter(|path| wanted.iter().all(|(other, _)| other != path)) {
        if let Slot::Taken(value) = document.get(&path)
            && last.is_ours(&path, Some(&value)) == Some(true)
        {
            document.remove(&path);
            changed = true;
        }
    }
    for (path, value) in wanted {
        changed |= put(document.as_mut(), path, value, last, &mut merged);
    }
    if changed {
        merged.text = Some(document.text()).filter(|text| Some(text.as_str()) != old);
    }
    Ok(merged)
}

/// One key; whether the document is another now.
fn put(
    document: &mut dyn Document,
    path: &[String],
    value: &Value,
    last: &Written,
    merged: &mut Merged,
) -> bool {
    match document.get(path) {
        Slot::Taken(there) if there == *value => merged.written.set(path, value),
        Slot::Taken(there) if last.is_ours(path, Some(&there)) == Some(true) => {
            document.set(path, value);
            merged.written.set(path, value);
            return true;
        }
        Slot::Free if last.is_ours(path, None).is_none() => {
            document.set(path, value);
            merged.written.set(path, value);
            return true;
        }
        Slot::Free => {
            merged.written.keep(path, last);
            merged.removed.push(path.join("."));
        }
        Slot::Taken(_) | Slot::Blocked => {
            merged.written.keep(path, last);
            merged.kept.push(path.join("."));
        }
    }
    false
}
