//! One step for one file. Right before something is replaced it is looked at again: what changed since the listing is
//! left for the next turn.

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::pass::Turn;
use super::there::Seen;
use crate::databricks::files::Kind;
use crate::databricks::{Class, Failure};
use crate::domain::sync::{Decision, Digest, Here, Stamp, Step, history, names};
use crate::os::sync::{Content, Scope, WriteError, keep_aside, read, write};

/// Names that are tried for what must make room, and times that a new file is written when no answer comes.
const TRIES: u32 = 5;

/// What a step came to.
pub struct Done {
    /// What both sides have now; `None`: nothing.
    pub agreed: Option<Agreed>,
    /// Where the other content is.
    pub kept: Option<String>,
}

pub struct Agreed {
    pub digest: Digest,
    pub here: Option<Stamp>,
    pub there: Option<Stamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("it changed meanwhile")]
    Changed,
    #[error("it is gone")]
    Gone,
    #[error("the workspace made something else of it than a file")]
    NotAFile,
    #[error("{0}")]
    Disk(String),
}

impl From<WriteError> for Trouble {
    fn from(error: WriteError) -> Trouble {
        match error {
            WriteError::Changed => Trouble::Changed,
            error => Trouble::Disk(error.to_string()),
        }
    }
}

impl Turn<'_> {
    pub(super) async fn carry_out(&self, step: &Step) -> Result<Done, Trouble> {
        let path = step.path.as_str();
        let seen = self.theirs.files.get(path);
        let there = seen.ok_or(Trouble::Gone);
        match step.decision {
            Decision::Upload => self.upload(path, seen, None).await,
            Decision::KeepTheirs => {
                let kept = self.keep_theirs(path, there?).await?;
                self.upload(path, seen, Some(kept)).await
            }
            Decision::Delete => self.delete(there?).await,
            Decision::Download => self.download(path, there?, self.digest_here(path), None).await,
            Decision::KeepOurs => self.keep_ours(path, there?).await,
            Decision::Join => self.join(path, there?).await,
            Decision::Nothing | Decision::Same | Decision::LeaveTheirs => Err(Trouble::Gone),
        }
    }

    // ---- there ---------------------------------------------------------------------------------

    async fn upload(&self, path: &str, seen: Option<&Seen>, kept: Option<String>) -> Result<Done, Trouble> {
        let content = self.content(path).await?;
        let at = format!("{}/{path}", self.folder.destination);
        let bytes = Bytes::from(content.bytes);
        let there = match seen.filter(|seen| !seen.is_notebook) {
            None => self.put_new(&at, &bytes).await?,
            Some(seen) => {
                self.still(seen).await?;
                self.put(&at, &bytes, true).await?;
                self.stamp(&at).await?
            }
        };
        let agreed = Agreed { digest: content.digest, here: content.stamp, there: Some(there) };
        Ok(Done { agreed: Some(agreed), kept })
    }

    async fn put(&self, at: &str, bytes: &Bytes, overwrite: bool) -> Result<(), Failure> {
        let (workspace, who) = (&self.ground.workspace, &self.ground.bearer);
        if names::is_notebook(at, bytes) {
            workspace.write_raw(who, at, bytes, overwrite).await
        } else {
            workspace.write_file(who, at, bytes.clone(), overwrite).await
        }
    }

    /// Writes what is not there yet, and nothing else. An answer that got lost is found out by looking.
    async fn put_new(&self, at: &str, bytes: &Bytes) -> Result<Stamp, Trouble> {
        let mut tries = 0;
        loop {
            tries += 1;
            let failure = match self.put(at, bytes, false).await {
                Ok(()) => return self.stamp(at).await,
                Err(failure) => failure,
            };
            if failure.class != Class::Exists && !failure.perhaps_done {
                return Err(failure.into());
            }
            match self.ground.workspace.object(&self.ground.bearer, at).await? {
                Some(object) if object.object_type != Kind::File => return Err(Trouble::NotAFile),
                Some(object) => {
                    let theirs = self.ground.workspace.read_file(&self.ground.bearer, at).await?;
                    let stamp = Stamp { bytes: object.size.unwrap_or(0), modified: object.modified_at };
                    return if theirs == *bytes { Ok(stamp) } else { Err(Trouble::Changed) };
                }
                None if tries >= TRIES => return Err(failure.into()),
                None => {}
            }
        }
    }

    async fn stamp(&self, at: &str) -> Result<Stamp, Trouble> {
        match self.ground.workspace.object(&self.ground.bearer, at).await? {
            Some(object) if object.object_type == Kind::File => {
                Ok(Stamp { bytes: object.size.unwrap_or(0), modified: object.modified_at })
            }
            _ => Err(Trouble::NotAFile),
        }
    }

    /// It is what the listing told.
    async fn still(&self, seen: &Seen) -> Result<(), Trouble> {
        let object = self.ground.workspace.object(&self.ground.bearer, &seen.at).await?;
        let object = object.ok_or(Trouble::Changed)?;
        let stamp = Stamp { bytes: object.size.unwrap_or(0), modified: object.modified_at };
        if stamp == seen.stamp { Ok(()) } else { Err(Trouble::Changed) }
    }

    async fn delete(&self, seen: &Seen) -> Result<Done, Trouble> {
        self.still(seen).await?;
        self.ground.workspace.delete(&self.ground.bearer, &seen.at, false).await?;
        Ok(Done { agreed: None, kept: None })
    }

    /// Writes theirs a second time, beside itself. Done twice, it is there once: the name tells its time.
    async fn keep_theirs(&self, path: &str, seen: &Seen) -> Result<String, Trouble> {
        let bytes = self.ground.workspace.read_file(&self.ground.bearer, &seen.at).await?;
        for number in 0..TRIES {
            let name = names::conflict(path, seen.stamp.modified, number);
            let at = format!("{}/{name}", self.folder.destination);
            match self.put_new(&at, &bytes).await {
                Ok(_) => return Ok(name),
                Err(Trouble::Changed | Trouble::NotAFile) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Err(Trouble::Changed)
    }

    // ---- here ----------------------------------------------------------------------------------

    async fn content(&self, path: &str) -> Result<Content, Trouble> {
        let (root, path) = (self.folder.root.clone(), path.to_owned());
        let content = spawn_blocking(move || read(&root, &path)).await.map_err(|_| Trouble::Gone)?;
        content.map_err(|error| Trouble::Disk(error.to_string()))?.ok_or(Trouble::Gone)
    }

    fn digest_here(&self, path: &str) -> Option<Digest> {
        match self.listing.files.get(path) {
            Some(Here::File(digest)) => Some(*digest),
            _ => None,
        }
    }

    async fn download(
        &self,
        path: &str,
        seen: &Seen,
        expected: Option<Digest>,
        kept: Option<String>,
    ) -> Result<Done, Trouble> {
        let bytes = self.ground.workspace.read_file(&self.ground.bearer, &seen.at).await?;
        let digest = Digest::of(&bytes);
        self.write_here(path, bytes.to_vec(), expected).await?;
        Ok(Done { agreed: Some(Agreed { digest, here: None, there: Some(seen.stamp) }), kept })
    }

    async fn write_here(&self, path: &str, bytes: Vec<u8>, expected: Option<Digest>) -> Result<(), Trouble> {
        let (root, path) = (self.folder.root.clone(), path.to_owned());
        let private = self.folder.scope == Scope::State;
        let written = spawn_blocking(move || write(&root, &path, &bytes, expected, private)).await;
        Ok(written.map_err(|_| Trouble::Gone)??)
    }

    async fn keep_ours(&self, path: &str, seen: &Seen) -> Result<Done, Trouble> {
        let expected = self.digest_here(path).ok_or(Trouble::Gone)?;
        let bytes = self.ground.workspace.read_file(&self.ground.bearer, &seen.at).await?;
        let (root, name) = (self.folder.root.clone(), path.to_owned());
        let kept = spawn_blocking(move || keep_aside(&root, &name, expected)).await;
        let kept = kept.map_err(|_| Trouble::Gone)??;
        let digest = Digest::of(&bytes);
        self.write_here(path, bytes.to_vec(), Some(expected)).await?;
        let agreed = Agreed { digest, here: None, there: Some(seen.stamp) };
        Ok(Done { agreed: Some(agreed), kept: Some(kept) })
    }

    /// Makes the two one, here; the next turn sends it.
    async fn join(&self, path: &str, seen: &Seen) -> Result<Done, Trouble> {
        let theirs = self.ground.workspace.read_file(&self.ground.bearer, &seen.at).await?;
        let ours = self.content(path).await?;
        let joined = history::join(&theirs, &ours.bytes);
        self.write_here(path, joined, Some(ours.digest)).await?;
        let agreed = Agreed { digest: Digest::of(&theirs), here: None, there: Some(seen.stamp) };
        Ok(Done { agreed: Some(agreed), kept: None })
    }
}
