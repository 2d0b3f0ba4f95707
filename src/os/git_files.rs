//! Git's settings on the disk: our own file, and the line in the person's that leads to it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::atomic_file::{self, EditError, Readers};
use super::session_files::{FilesError, make_private_dir};
use crate::domain::git_config::{self, Person};
use crate::domain::git_credential::Site;

/// Name of the file that says who commits, beside ours.
const IDENTITY: &str = "identity";

/// Git does not know about us; all else works.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Edit(#[from] EditError<std::convert::Infallible>),
    #[error("git cannot read {}; correct it by hand", .0.display())]
    Unreadable(PathBuf),
    #[error("the path {} is not UTF-8; choose another --home", .0.display())]
    Path(PathBuf),
}

/// What git is to know.
#[derive(Debug, Clone)]
pub struct Settings {
    pub home: PathBuf,
    /// Our folder.
    pub folder: PathBuf,
    pub sites: Vec<Site>,
    /// This program.
    pub program: PathBuf,
}

impl Settings {
    /// Writes our file, and the line that leads to it. Blocks on the disk and on git.
    pub fn write(&self) -> Result<(), Error> {
        make_private_dir(&self.folder)?;
        let text = |path: &Path| path.to_str().map(str::to_owned).ok_or_else(|| Error::Path(path.to_owned()));
        let ours = self.folder.join("config");
        let helper =
            [text(&self.program)?, "git-credential".to_owned(), "--home".to_owned(), text(&self.home)?];
        let config = git_config::rendered(&self.sites, &helper, IDENTITY);
        atomic_file::write(&ours, Readers::Owner, config.as_bytes())?;
        let theirs = self.first_read();
        let Some(values) = listed(&["--file", &text(&theirs)?])? else {
            return if theirs.exists() { Err(Error::Unreadable(theirs)) } else { self.lead(&theirs, &ours) };
        };
        let includes = values.split('\0').filter_map(|entry| entry.strip_prefix("include.path\n"));
        if git_config::leads_to(includes, &ours, &self.home) { Ok(()) } else { self.lead(&theirs, &ours) }
    }

    /// Says who commits where nobody else has said so.
    pub fn identify(&self, person: &Person) -> Result<(), Error> {
        make_private_dir(&self.folder)?;
        let system = listed(&["--system"])?.unwrap_or_default();
        // Ours would win over the machine's own.
        if system.split('\0').any(|entry| entry.starts_with("user.email\n")) {
            return Ok(());
        }
        let path = self.folder.join(IDENTITY);
        atomic_file::write(&path, Readers::Owner, git_config::identity(person).as_bytes())?;
        Ok(())
    }

    /// The person's file that git reads first. Where there is only the one in `.config`, another would hide it from
    /// `git config --global`.
    fn first_read(&self) -> PathBuf {
        let in_config = self.home.join(".config/git/config");
        if in_config.exists() { in_config } else { self.home.join(".gitconfig") }
    }

    fn lead(&self, theirs: &Path, ours: &Path) -> Result<(), Error> {
        let ours = ours.to_str().ok_or_else(|| Error::Path(ours.to_owned()))?;
        let add = |old: &[u8]| Ok(git_config::with_include(old, ours));
        atomic_file::edit(theirs, Readers::AsBefore, add)?;
        Ok(())
    }
}

/// What git reads there; `None`: nothing, or nothing that it understands. Without git nobody asks.
fn listed(place: &[&str]) -> Result<Option<String>, Error> {
    let mut git = Command::new("git");
    git.arg("config").args(place).args(["--list", "-z"]).env_remove("GIT_CONFIG_NOSYSTEM");
    git.stdin(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    let output = git.output().map_err(|source| FilesError { act: "run", path: "git".into(), source })?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}
