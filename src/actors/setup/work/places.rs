//! `~/projects`: what this installation brings along, and repositories to clone.

use std::fs;
use std::io;
use std::path::Path;

use super::{Done, Work, right};
use crate::domain::setup::repositories::listed;
use crate::domain::setup::{Failure, Outcome};
use crate::os::random;

/// Makes the folder, and copies into it what is not there yet.
pub async fn projects(work: &Work) -> Done {
    let (to, from) = (work.ground.home.join("projects"), work.ground.config.projects.clone());
    let copied = work
        .blocking(move || {
            let fresh = !to.is_dir();
            fs::create_dir_all(&to)?;
            if from.as_os_str().is_empty() {
                return Ok((fresh, Vec::new()));
            }
            let mut copied = Vec::new();
            for entry in fs::read_dir(&from)? {
                let entry = entry?;
                let place = to.join(entry.file_name());
                if entry.file_type()?.is_dir() && !place.exists() {
                    whole(&to, &place, |draft| copy(&entry.path(), draft))?;
                    copied.push(place);
                }
            }
            Ok((fresh, copied))
        })
        .await?;
    let (fresh, copied) = copied;
    for folder in &copied {
        work.say(&format!("{} is new", folder.display()));
        begin_history(work, folder).await?;
    }
    if copied.is_empty() && !fresh {
        return Ok(right("nothing is new"));
    }
    Ok(Outcome::Done { version: None })
}

/// A copied project begins as a repository with one commit, by nobody in particular.
async fn begin_history(work: &Work, folder: &Path) -> Result<(), Failure> {
    if folder.join(".git").exists() || work.found("git").is_none() {
        return Ok(());
    }
    let at = folder.display().to_string();
    let git = |words: &[&str]| {
        let all = ["git", "-C", &at].into_iter().chain(words.iter().copied());
        all.map(str::to_owned).collect::<Vec<String>>()
    };
    work.run(&git(&["init", "--quiet"]), &[]).await?;
    work.run(&git(&["add", "--all"]), &[]).await?;
    let nobody = ["-c", "user.name=CoDA", "-c", "user.email=coda@localhost"];
    let commit = ["commit", "--quiet", "--message", "Begin"];
    work.run(&git(&[&nobody[..], &commit[..]].concat()), &[]).await
}

/// Clones what is not there yet. One that fails keeps no other from being cloned.
pub async fn clone(work: &Work) -> Done {
    let list = listed(&work.ground.config.repositories);
    if list.is_empty() {
        return Ok(right("no repository is asked for (GIT_REPOS)"));
    }
    let projects = work.ground.home.join("projects");
    let (mut failures, mut again, mut cloned) = (Vec::new(), false, false);
    for wanted in list {
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(error) => {
                failures.push(error.to_string());
                continue;
            }
        };
        let place = projects.join(&wanted.folder);
        if place.exists() {
            work.say(&format!("{} is there", place.display()));
            continue;
        }
        match clone_one(work, &wanted.address, &projects, &place).await {
            Ok(()) => cloned = true,
            Err(failure) => {
                again |= failure.again;
                failures.push(format!("{}: {}", wanted.folder, failure.why));
            }
        }
    }
    match failures.is_empty() {
        true if cloned => Ok(Outcome::Done { version: None }),
        true => Ok(right("all of them are there")),
        false => Err(Failure { why: failures.join("; "), again, after: None }),
    }
}

async fn clone_one(work: &Work, address: &str, projects: &Path, place: &Path) -> Result<(), Failure> {
    let unique = random::token().map_err(|error| Failure::passing(error.to_string()))?;
    let draft = projects.join(format!(".new-{unique}"));
    let argv = ["git", "clone", "--", address, &draft.display().to_string()].map(str::to_owned);
    // Nobody is there to be asked for a password.
    let cloned = work.run(&argv, &[("GIT_TERMINAL_PROMPT", "0".to_owned())]).await;
    let place = place.to_owned();
    let done = cloned.is_ok();
    work.blocking(move || match done {
        true => fs::rename(&draft, &place),
        false => fs::remove_dir_all(&draft).or(Ok(())),
    })
    .await?;
    cloned
}

/// Fills a folder that gets its name when it is whole.
fn whole(beside: &Path, place: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let unique = random::token().map_err(io::Error::other)?;
    let draft = beside.join(format!(".new-{unique}"));
    let filled = fill(&draft).and_then(|()| fs::rename(&draft, place));
    filled.inspect_err(|_| drop(fs::remove_dir_all(&draft)))
}

/// Links are copied as links.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, place) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &place)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &place)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &place)?;
        }
    }
    Ok(())
}
