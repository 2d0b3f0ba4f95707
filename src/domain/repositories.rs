//! Which repositories have moved: their HEAD is somewhere else than at the last look.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the log of a repository's HEAD looks like. Git adds a line to it with each commit, merge, rebase or checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub bytes: u64,
    /// When it was written, in nanoseconds since the epoch.
    pub written: i128,
}

/// The repositories as they were at the last look.
#[derive(Debug, Default)]
pub struct Repositories {
    last: Option<BTreeMap<PathBuf, Mark>>,
}

impl Repositories {
    /// Those that moved since the last look, new ones among them. The first look finds none: what was there before is
    /// no news.
    pub fn look(&mut self, now: BTreeMap<PathBuf, Mark>) -> Vec<PathBuf> {
        let before = self.last.replace(now.clone());
        let Some(before) = before else { return Vec::new() };
        now.into_iter().filter(|(path, mark)| before.get(path) != Some(mark)).map(|(path, _)| path).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_since_the_last_look_is_told_once() {
        let looked = |marks: &[(&str, u64)]| -> BTreeMap<PathBuf, Mark> {
            marks.iter().map(|&(path, bytes)| (path.into(), Mark { bytes, written: 1 })).collect()
        };
        let mut repositories = Repositories::default();
        for (marks, moved) in [
            (&[("a", 1), ("b", 1)][..], &[][..]),
            (&[("a", 1), ("b", 1)], &[]),
            (&[("a", 2), ("b", 1)], &["a"]),
            (&[("b", 1), ("c", 1)], &["c"]),
            (&[("a", 2), ("b", 1), ("c", 0)], &["a", "c"]),
        ] {
            let told = repositories.look(looked(marks));
            assert_eq!(told, moved.iter().map(PathBuf::from).collect::<Vec<_>>(), "{marks:?}");
        }
    }
}
