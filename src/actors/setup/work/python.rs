//! A program from the Python index, in an environment of its own.

use super::{Done, Work, right, with};
use crate::domain::setup::address::is_requirement;
use crate::domain::setup::{Failure, Outcome, Python};
use crate::os::shelf;

pub async fn install(work: &Work, python: &Python) -> Done {
    if let Some(there) = there(work, python).await.filter(|_| !work.forced) {
        return Ok(there);
    }
    if work.ground.shelf.is_foreign(&python.binary) {
        let path = work.ground.shelf.bin(&python.binary);
        return Ok(right(format!("{} was not installed by CoDA: it is left alone", path.display())));
    }
    let replaced = python.replaced_by.as_ref().and_then(|name| work.ground.config.enterprise.get(name));
    let package = replaced.unwrap_or(&python.package).to_owned();
    if !is_requirement(&package) {
        let name = python.replaced_by.as_deref().unwrap_or("package");
        return Err(Failure::last(format!(
            "{name} is {package:?}, which is no requirement that pip understands; mend or unset it"
        )));
    }
    // Such an environment cannot be moved: it is made in its place, and linked to when it is whole.
    let unique = crate::os::random::token().map_err(|error| Failure::passing(error.to_string()))?;
    let place = work.ground.shelf.place(&work.step.id, &unique[..12]);
    let made = make(work, python, &package, &place).await;
    let program = place.join("bin").join(&python.binary);
    let version = match &made {
        Ok(()) => work.version_of(&program).await,
        Err(_) => None,
    };
    if made.is_err() || !shelf::is_program(&program) {
        let gone = place.clone();
        work.blocking(move || std::fs::remove_dir_all(gone).or(Ok(()))).await?;
        made?;
        return Err(Failure::last(format!(
            "{package} brings no program `{}`; nothing was installed",
            python.binary
        )));
    }
    let (shelf, tool, name) = (work.ground.shelf.clone(), work.step.id.clone(), python.binary.clone());
    work.blocking(move || {
        shelf.link(&name, &program)?;
        shelf.tidy(&tool, &unique[..12]);
        Ok(())
    })
    .await?;
    Ok(version.map_or(Outcome::Done { version: None }, |version| with(version.to_string())))
}

/// With uv where it is, which also brings a Python that fits; else with the Python of this machine.
async fn make(work: &Work, python: &Python, package: &str, place: &std::path::Path) -> Result<(), Failure> {
    let at = place.display().to_string();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let own = place.join("bin/python").display().to_string();
    let install = if work.found("uv").is_some() {
        work.run(&words(&["uv", "venv", "--python", "3.11", &at]), &[]).await?;
        words(&["uv", "pip", "install", "--python", &own, package])
    } else if work.found("python3").is_some() {
        work.run(&words(&["python3", "-m", "venv", &at]), &[]).await?;
        words(&[
            &own,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
            "--retries",
            "1",
            package,
        ])
    } else {
        return Err(Failure::last(
            "neither uv nor python3 is on the path; install one of them, or skip this step",
        ));
    };
    let index = work.ground.variable("UV_DEFAULT_INDEX").to_owned();
    let more = if index.is_empty() { Vec::new() } else { vec![("PIP_INDEX_URL", index)] };
    let install: Vec<String> = install.into_iter().chain(python.with.iter().cloned()).collect();
    work.run(&install, &more).await
}

async fn there(work: &Work, python: &Python) -> Option<Outcome> {
    let path = work.found(&python.binary)?;
    let version = work.version_of(&path).await.map(|version| version.to_string());
    let said = version.as_deref().unwrap_or("there");
    Some(Outcome::Right { why: format!("{} is {said}", path.display()), version })
}
