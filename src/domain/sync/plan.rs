//! Two listings and a manifest, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Contents, Decision, Other, Way, decide};
use super::names::HISTORIES;
use super::{Digest, Manifest};

/// A file here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    File(Digest),
    /// It is there and cannot be synchronised: too large, a link, an impossible name.
    Held,
}

/// A file in the workspace; its content, if it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct There(pub Option<Digest>);

/// What is on both sides, by path.
#[derive(Debug, Clone, Default)]
pub struct Sides {
    pub here: BTreeMap<String, Here>,
    pub there: BTreeMap<String, There>,
    /// Folders here, or parts of them, that could not be read. An empty path is the whole.
    pub unreadable: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub path: String,
    pub decision: Decision,
}

/// What to do: deletions first, because they make room, then folders, then all else in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub deletions: Vec<Step>,
    /// Folders there that hold nothing any more, deepest first.
    pub empty: Vec<String>,
    pub steps: Vec<Step>,
    /// Both sides have the same.
    pub same: Vec<String>,
    /// Nothing to remember any more.
    pub forget: Vec<String>,
    /// Files that changed in the workspace alone and stay as they are.
    pub theirs: Vec<String>,
}

/// Files whose content over there decides and is not known.
pub fn unread(sides: &Sides) -> Vec<String> {
    let is_unknown = |path: &&String| {
        let there = sides.there.get(*path);
        there.is_some_and(|there| there.0.is_none()) && matches!(sides.here.get(*path), Some(Here::File(_)))
    };
    sides.here.keys().filter(is_unknown).cloned().collect()
}

pub fn plan(way: Way, sides: &Sides, manifest: &Manifest) -> Plan {
    let mut plan = Plan::default();
    let paths: BTreeSet<&String> =
        sides.here.keys().chain(sides.there.keys()).chain(manifest.paths()).collect();
    for path in paths {
        let here = match sides.here.get(path) {
            Some(Here::Held) => continue,
            Some(Here::File(digest)) => Some(*digest),
            None if sides.hides(path) => continue,
            None => None,
        };
        let there = sides.there.get(path).map(|there| Other {
            digest: there.0,
            seen: there.0.is_some_and(|digest| manifest.has_seen(path, digest)),
        });
        let base = manifest.get(path).and_then(|known| known.digest);
        let joins = HISTORIES.contains(&path.as_str());
        let decision = decide(way, Contents { here, there, base, joins });
        let step = Step { path: path.clone(), decision };
        match decision {
            Decision::Nothing if here.is_none() && there.is_none() => plan.forget.push(step.path),
            Decision::Nothing => {}
            Decision::Same => plan.same.push(step.path),
            Decision::LeaveTheirs => plan.theirs.push(step.path),
            Decision::Delete => plan.deletions.push(step),
            _ => plan.steps.push(step),
        }
    }
    plan.empty = emptied(&plan.deletions, sides);
    plan
}

impl Sides {
    /// Whether a file here may be where nobody could look.
    fn hides(&self, path: &str) -> bool {
        self.unreadable.iter().any(|folder| folder.is_empty() || is_below(path, folder) || path == folder)
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Folders that hold nothing once these are deleted, and that nothing will be put into.
fn emptied(deletions: &[Step], sides: &Sides) -> Vec<String> {
    let deleted: BTreeSet<&str> = deletions.iter().map(|step| step.path.as_str()).collect();
    let stay = sides.there.keys().filter(|path| !deleted.contains(path.as_str())).chain(sides.here.keys());
    let needed: BTreeSet<&str> = stay.flat_map(|path| folders_of(path)).collect();
    let mut empty: Vec<String> = deleted
        .iter()
        .flat_map(|path| folders_of(path))
        .filter(|folder| !needed.contains(folder))
        .map(str::to_owned)
        .collect();
    empty.sort_by_key(|folder| std::cmp::Reverse(folder.matches('/').count()));
    empty.dedup();
    empty
}

/// The folders above a path, within the root.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}
