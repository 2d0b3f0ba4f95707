//! One turn of one folder: look at both sides, decide, carry out, remember.

use std::collections::BTreeSet;
use std::path::PathBuf;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::task::spawn_blocking;

use super::carry::{Done, Trouble};
use super::report::{Hope, Progress, Report, is_general, may_pass};
use super::there::{self, Theirs};
use crate::actors::credentials::Bearer;
use crate::databricks::{Failure, Workspace};
use crate::domain::sync::{Decision, Digest, Here, Manifest, Plan, Sides, Step, There, Way, plan, unread};
use crate::os::sync::{Listing, Scope, list, load, save};

/// What every turn needs.
#[derive(Clone)]
pub struct Ground {
    pub workspace: Workspace,
    pub bearer: Bearer,
    /// Calls at the same time.
    pub concurrent: usize,
    /// Where manifests lie.
    pub memory: PathBuf,
}

/// A folder and where its copy is.
#[derive(Debug, Clone)]
pub struct Folder {
    pub root: PathBuf,
    pub destination: String,
    pub scope: Scope,
}

/// A turn under way.
pub(super) struct Turn<'a> {
    pub ground: &'a Ground,
    pub folder: &'a Folder,
    pub listing: Listing,
    pub theirs: Theirs,
    manifest: Manifest,
    report: Report,
}

/// Does it all. What it was interrupted in is seen by the next turn.
pub async fn pass(ground: &Ground, folder: &Folder, way: Way, progress: &Progress) -> Report {
    progress.begin(0);
    let (looked, theirs) = match look(ground, folder).await {
        Ok(seen) => seen,
        Err(report) => return *report,
    };
    let (listing, manifest) = looked;
    if way == Way::Restore && theirs.files.is_empty() {
        return Report::nothing(
            format!("there is nothing at {} in the workspace", folder.destination),
            false,
        );
    }
    let mut turn = Turn { ground, folder, listing, theirs, manifest, report: Report::default() };
    match turn.work(way, progress).await {
        Ok(()) => turn.report,
        Err(report) => *report,
    }
}

type Looked = ((Listing, Manifest), Theirs);

async fn look(ground: &Ground, folder: &Folder) -> Result<Looked, Box<Report>> {
    let (memory, here) = (ground.memory.clone(), folder.clone());
    let looked = spawn_blocking(move || {
        let manifest = load(&memory, &here.root, &here.destination);
        // A folder that is to be restored need not be there yet.
        if here.scope == Scope::Project && !here.root.exists() {
            let unreadable = vec![String::new()];
            return Ok((Listing { unreadable, ..Listing::default() }, Manifest::new(&here.destination)));
        }
        list(&here.root, here.scope, &manifest).map(|listing| (listing, manifest))
    });
    let theirs = there::list(ground, folder).await.map_err(|failure| Box::new(Report::failure(&failure)))?;
    let looked = looked.await.map_err(|_| Box::new(Report::nothing("the daemon is ending", true)))?;
    Ok((looked.map_err(|error| Box::new(Report::nothing(error.to_string(), false)))?, theirs))
}

impl Turn<'_> {
    async fn work(&mut self, way: Way, progress: &Progress) -> Result<(), Box<Report>> {
        let mut sides = self.sides(way);
        self.read_unread(&mut sides).await.map_err(|failure| Box::new(Report::failure(&failure)))?;
        let plan = plan(way, &sides, &self.manifest);
        self.note(&plan, &sides);
        self.keep().await?;
        progress.begin(plan.deletions.len() + plan.steps.len());
        // Each in its turn: what makes room comes before what needs it.
        let went_on = self.carry_all(plan.deletions, progress).await;
        if went_on {
            self.tidy(&plan.empty).await;
            self.make_folders(&plan.steps).await;
            self.carry_all(plan.steps, progress).await;
        }
        self.keep().await
    }

    fn sides(&self, way: Way) -> Sides {
        let there = self.theirs.files.iter();
        let there =
            there.map(|(path, seen)| (path.clone(), There(self.manifest.digest_there(path, seen.stamp))));
        // Nobody can be surprised by what is missing here when it is brought back.
        let unreadable = if way == Way::Restore { Vec::new() } else { self.listing.unreadable.clone() };
        Sides { here: self.listing.files.clone(), there: there.collect(), unreadable }
    }

    /// One that cannot be read is left out of this turn, unless none can.
    async fn read_unread(&mut self, sides: &mut Sides) -> Result<(), Failure> {
        let (turn, hope) = (&*self, &Hope::default());
        let reads = stream::iter(unread(sides)).map(|path| async move {
            if hope.is_lost() {
                return None;
            }
            let seen = &turn.theirs.files[&path];
            let bytes = turn.ground.workspace.read_file(&turn.ground.bearer, &seen.at).await;
            hope.note(bytes.as_ref().err());
            Some((path, bytes.map(|bytes| Digest::of(&bytes))))
        });
        let read: Vec<_> = reads.buffer_unordered(turn.ground.concurrent).collect().await;
        for (path, digest) in read.into_iter().flatten() {
            match digest {
                Ok(digest) => drop(sides.there.insert(path, There(Some(digest)))),
                Err(failure) if hope.is_lost() && is_general(&failure) => return Err(failure),
                Err(failure) => {
                    sides.here.insert(path.clone(), Here::Held);
                    self.report.fail(path, &failure, may_pass(&failure));
                }
            }
        }
        Ok(())
    }

    /// Takes over what needs no step, and what is about to be sent.
    fn note(&mut self, plan: &Plan, sides: &Sides) {
        for (path, unfit) in self.listing.skipped.iter().chain(&self.theirs.skipped) {
            self.report.skip(path.clone(), unfit);
        }
        let digest = |path: &String| match sides.here.get(path) {
            Some(Here::File(digest)) => Some(*digest),
            _ => None,
        };
        for path in &plan.same {
            let Some(digest) = digest(path) else { continue };
            let there = self.theirs.files.get(path).map(|seen| seen.stamp);
            self.manifest.agree(path, digest, self.listing.stamps.get(path).copied(), there);
        }
        plan.forget.iter().for_each(|path| self.manifest.forget(path));
        plan.theirs.iter().for_each(|path| self.report.leave(path.clone()));
        self.report.same = plan.same.len();
        for step in &plan.steps {
            if let (Decision::Upload | Decision::KeepTheirs, Some(digest)) =
                (step.decision, digest(&step.path))
            {
                self.manifest.sending(&step.path, digest);
            }
        }
    }

    async fn keep(&self) -> Result<(), Box<Report>> {
        let (memory, root, manifest) =
            (self.ground.memory.clone(), self.folder.root.clone(), self.manifest.clone());
        let kept = spawn_blocking(move || save(&memory, &root, &manifest)).await;
        match kept {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let what = format!("remember what was synchronised: {error}; check the disk");
                Err(Box::new(Report { error: Some(what), again: true, ..self.report.clone() }))
            }
            Err(_) => Err(Box::new(Report::nothing("the daemon is ending", true))),
        }
    }

    /// Folders there that hold nothing any more. One that does all the same is left.
    async fn tidy(&self, empty: &[String]) {
        for folder in empty {
            let at = format!("{}/{folder}", self.folder.destination);
            let removed = self.ground.workspace.delete(&self.ground.bearer, &at, false).await;
            if let Err(failure) = removed {
                tracing::debug!(at, %failure, "a folder stays");
            }
        }
    }

    /// One call makes a folder and those above it. What goes wrong is told by the files.
    async fn make_folders(&self, steps: &[Step]) {
        let sent =
            steps.iter().filter(|step| matches!(step.decision, Decision::Upload | Decision::KeepTheirs));
        let above = sent.map(|step| step.path.rsplit_once('/').map_or("", |(folder, _)| folder));
        let missing: BTreeSet<&str> = above.filter(|folder| !self.theirs.folders.contains(*folder)).collect();
        let made = stream::iter(missing).map(|folder| async move {
            let at = format!("{}/{folder}", self.folder.destination);
            drop(self.ground.workspace.make_folder(&self.ground.bearer, at.trim_end_matches('/')).await);
        });
        made.buffer_unordered(self.ground.concurrent).collect::<Vec<()>>().await;
    }

    /// Whether it is worth going on.
    async fn carry_all(&mut self, steps: Vec<Step>, progress: &Progress) -> bool {
        let (turn, hope) = (&*self, &Hope::default());
        let carried = stream::iter(steps).map(|step| async move {
            if hope.is_lost() {
                return (step, None);
            }
            let done = turn.carry_out(&step).await;
            match &done {
                Ok(_) => hope.note(None),
                Err(Trouble::Failure(failure)) => hope.note(Some(failure)),
                Err(_) => {}
            }
            progress.step();
            (step, Some(done))
        });
        let carried: Vec<_> = carried.buffer_unordered(turn.ground.concurrent).collect().await;
        for (step, done) in carried {
            match done {
                Some(done) => self.account(step, done, hope.is_lost()),
                None => self.report.again = true,
            }
        }
        !hope.is_lost()
    }

    /// `ended`: the turn ends with this.
    fn account(&mut self, step: Step, done: Result<Done, Trouble>, ended: bool) {
        let Step { path, decision } = step;
        match done {
            Ok(Done { agreed, kept }) => {
                match decision {
                    Decision::Delete => self.report.deleted += 1,
                    Decision::Upload | Decision::KeepTheirs => self.report.uploaded += 1,
                    _ => self.report.downloaded += 1,
                }
                if let Some(kept) = kept {
                    tracing::info!(path, kept, "both sides changed: one is kept beside");
                    self.report.keep(path.clone(), kept);
                }
                // What was joined goes there with the next turn.
                self.report.again |= decision == Decision::Join;
                match agreed {
                    Some(agreed) => self.manifest.agree(&path, agreed.digest, agreed.here, agreed.there),
                    None => self.manifest.forget(&path),
                }
            }
            Err(Trouble::Gone) => self.report.again = true,
            Err(Trouble::Failure(failure)) => {
                if ended && is_general(&failure) && self.report.error.is_none() {
                    self.report.error = Some(failure.to_string());
                }
                self.report.fail(path, &failure, may_pass(&failure));
            }
            Err(trouble @ Trouble::Changed) => self.report.fail(path, trouble, true),
            Err(trouble) => self.report.fail(path, trouble, false),
        }
    }
}
