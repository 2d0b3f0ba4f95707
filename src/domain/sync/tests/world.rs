//! Two small sides without disks or networks, synchronised by the book.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::sync::{
    Decision, Digest, Here, Manifest, Sides, Stamp, Step, There, Way, history, names, plan, unread,
};

/// A file: its content, and a time that grows with every write.
pub type Files = BTreeMap<String, (String, i64)>;

#[derive(Debug, Default)]
pub struct World {
    pub here: Files,
    pub there: Files,
    pub manifest: Option<Manifest>,
    pub clock: i64,
    /// Contents that somebody overwrote or deleted with his own hands, on the side where he saw them.
    pub given_up: BTreeSet<String>,
}

/// What becomes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Luck {
    Done,
    Refused,
    /// It is done, and nobody says so.
    Lost,
    /// The daemon is killed before it, and what it knew since the last keeping is gone.
    Killed,
}

fn stamp((content, modified): &(String, i64)) -> Stamp {
    Stamp { bytes: content.len() as u64, modified: *modified }
}

fn digest(content: &str) -> Digest {
    Digest::of(content.as_bytes())
}

impl World {
    pub fn write(&mut self, here: bool, path: &str, content: Option<String>) {
        self.clock += 1;
        let clock = self.clock;
        let side = if here { &mut self.here } else { &mut self.there };
        let before = match content {
            Some(content) => side.insert(path.to_owned(), (content, clock)),
            None => side.remove(path),
        };
        self.given_up.extend(before.map(|(content, _)| content));
    }

    /// Every content that is somewhere.
    pub fn contents(&self) -> Vec<&str> {
        self.here.values().chain(self.there.values()).map(|(content, _)| content.as_str()).collect()
    }

    fn sides(&self, manifest: &Manifest) -> Sides {
        let here = self.here.iter().map(|(path, file)| {
            let known = manifest.digest_here(path, stamp(file));
            (path.clone(), Here::File(known.unwrap_or_else(|| digest(&file.0))))
        });
        let there = self.there.iter();
        let there = there.map(|(path, file)| (path.clone(), There(manifest.digest_there(path, stamp(file)))));
        let mut sides = Sides { here: here.collect(), there: there.collect(), unreadable: Vec::new() };
        for path in unread(&sides) {
            let content = digest(&self.there[&path].0);
            sides.there.insert(path, There(Some(content)));
        }
        sides
    }

    /// One pass; the lucks are those of its steps, and whatever comes after them is done.
    pub fn pass(&mut self, way: Way, mut lucks: impl Iterator<Item = Luck>) {
        let mut manifest = self.manifest.take().unwrap_or_else(|| Manifest::new("there"));
        let sides = self.sides(&manifest);
        let plan = plan(way, &sides, &manifest);
        for path in &plan.same {
            let (here, there) = (&self.here[path], &self.there[path]);
            manifest.agree(path, digest(&here.0), Some(stamp(here)), Some(stamp(there)));
        }
        plan.forget.iter().for_each(|path| manifest.forget(path));
        let sent =
            plan.steps.iter().filter(|step| matches!(step.decision, Decision::Upload | Decision::KeepTheirs));
        for step in sent {
            manifest.sending(&step.path, digest(&self.here[&step.path].0));
        }
        // Kept before anything is sent.
        self.manifest = Some(manifest.clone());
        for step in plan.deletions.iter().chain(&plan.steps) {
            match lucks.next().unwrap_or(Luck::Done) {
                Luck::Done => self.carry_out(step, Some(&mut manifest)),
                Luck::Lost => self.carry_out(step, None),
                Luck::Refused => {}
                Luck::Killed => return,
            }
        }
        self.manifest = Some(manifest);
    }

    fn carry_out(&mut self, step: &Step, manifest: Option<&mut Manifest>) {
        self.clock += 1;
        let (path, clock) = (step.path.clone(), self.clock);
        match step.decision {
            Decision::Delete => {
                self.there.remove(&path);
            }
            Decision::KeepTheirs => {
                let theirs = self.there[&path].clone();
                self.there.insert(free(&self.there, &path, theirs.1), theirs);
                self.there.insert(path.clone(), (self.here[&path].0.clone(), clock));
            }
            Decision::KeepOurs => {
                let ours = self.here[&path].clone();
                self.here.insert(free(&self.here, &path, ours.1), ours);
                self.here.insert(path.clone(), (self.there[&path].0.clone(), clock));
            }
            Decision::Upload => {
                self.there.insert(path.clone(), (self.here[&path].0.clone(), clock));
            }
            Decision::Download => {
                self.here.insert(path.clone(), (self.there[&path].0.clone(), clock));
            }
            Decision::Join => {
                let joined = history::join(self.there[&path].0.as_bytes(), self.here[&path].0.as_bytes());
                self.here.insert(path.clone(), (String::from_utf8(joined).unwrap(), clock));
            }
            Decision::Nothing | Decision::Same | Decision::LeaveTheirs => unreachable!("{step:?}"),
        }
        let Some(manifest) = manifest else { return };
        match (step.decision, self.there.get(&path)) {
            (Decision::Delete, _) | (_, None) => manifest.forget(&path),
            (Decision::Join, Some(there)) => {
                manifest.agree(&path, digest(&there.0), None, Some(stamp(there)));
            }
            (_, Some(there)) => {
                let here = stamp(&self.here[&path]);
                manifest.agree(&path, digest(&there.0), Some(here), Some(stamp(there)));
            }
        }
    }
}

fn free(side: &Files, path: &str, modified: i64) -> String {
    (0..).map(|number| names::conflict(path, modified, number)).find(|name| !side.contains_key(name)).unwrap()
}
