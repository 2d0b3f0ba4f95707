//! A program from the npm registry, installed by npm into a folder of its own.

use chrono::Utc;

use super::{Done, Work, right, with};
use crate::domain::setup::address::checked;
use crate::domain::setup::version::{Published, choose};
use crate::domain::setup::{Failure, Npm, Outcome};
use crate::os::shelf::is_program;

pub async fn install(work: &Work, npm: &Npm) -> Done {
    if let Some(there) = there(work, npm).await.filter(|_| !work.forced) {
        return Ok(there);
    }
    if work.ground.shelf.is_foreign(&npm.binary) {
        let path = work.ground.shelf.bin(&npm.binary);
        return Ok(right(format!("{} was not installed by CoDA: it is left alone", path.display())));
    }
    let last = |error: &dyn ToString| Failure::last(error.to_string());
    let enterprise = &work.ground.config.enterprise;
    // An address that npm would not understand is told in our words.
    enterprise.npm_registry().map_err(|error| last(&error))?;
    if let Some(address) = npm.installer.as_ref().and_then(|name| enterprise.get(name)) {
        let name = npm.installer.as_deref().unwrap_or_default();
        let address = checked(name, address).map_err(|error| last(&error))?;
        return script(work, npm, &address).await;
    }
    enough_node(work, npm).await?;
    let version = version(work, npm).await?;
    if work.ground.shelf.installed(&npm.binary).is_some_and(|ours| ours.version == version) {
        let why = format!("version {version} is installed, and there is none newer to take");
        return Ok(Outcome::Right { why, version: Some(version) });
    }
    fetch(work, npm, &version).await?;
    work.say(&format!("{} {version} is installed", npm.package));
    Ok(with(version))
}

/// Lets npm install it into a folder of its own, and links to it when it is whole.
async fn fetch(work: &Work, npm: &Npm, version: &str) -> Result<(), Failure> {
    let shelf = work.ground.shelf.clone();
    let draft = work.blocking(move || shelf.draft()).await?;
    let words = ["npm", "install", "--global", "--no-audit", "--no-fund", "--no-update-notifier"];
    let mut argv: Vec<String> = words.map(str::to_owned).to_vec();
    // Tries are ours to count.
    argv.extend(["--fetch-retries=0".to_owned(), format!("--prefix={}", draft.path().display())]);
    argv.push(format!("{}@{version}", npm.package));
    argv.extend(npm.with.iter().cloned());
    work.run(&argv, &[]).await?;
    let program = draft.path().join("bin").join(&npm.binary);
    if !is_program(&program) {
        let (package, name) = (&npm.package, &npm.binary);
        return Err(Failure::last(format!(
            "{package} {version} brings no program `{name}`; nothing was installed"
        )));
    }
    let (shelf, tool, name, number) =
        (work.ground.shelf.clone(), work.step.id.clone(), npm.binary.clone(), version.to_owned());
    work.blocking(move || {
        let place = shelf.keep(draft, &tool, &number)?;
        shelf.link(&name, &place.join("bin").join(&name))?;
        shelf.tidy(&tool, &number);
        Ok(())
    })
    .await
}

/// It is there and runs, from us or from somebody else.
async fn there(work: &Work, npm: &Npm) -> Option<Outcome> {
    if let Some(ours) = work.ground.shelf.installed(&npm.binary).filter(|ours| ours.tool == work.step.id) {
        let wanted = ["cooldown", "latest", ours.version.as_str()].contains(&npm.version.as_str());
        let why = format!("version {} is installed", ours.version);
        return wanted.then_some(Outcome::Right { why, version: Some(ours.version) });
    }
    let path = work.found(&npm.binary)?;
    let version = work.version_of(&path).await?.to_string();
    Some(Outcome::Right { why: format!("{} is version {version}", path.display()), version: Some(version) })
}

async fn enough_node(work: &Work, npm: &Npm) -> Result<(), Failure> {
    let node = work.found("node");
    let version = match &node {
        Some(node) => work.version_of(node).await,
        None => None,
    };
    let Some(version) = version else {
        return Err(Failure::last("Node.js is not on the path; try the step that installs it again"));
    };
    if version.major() < npm.min_node {
        return Err(Failure::last(format!(
            "it needs Node.js {} or newer, and {version} is there; set NODE_MIN_MAJOR={} and try Node.js again",
            npm.min_node, npm.min_node
        )));
    }
    Ok(())
}

async fn version(work: &Work, npm: &Npm) -> Result<String, Failure> {
    let days = match npm.version.as_str() {
        "latest" => 0,
        "cooldown" => work.ground.config.npm_min_release_age_days,
        version => return Ok(version.to_owned()),
    };
    let argv = ["npm", "view", "--fetch-retries=0", npm.package.as_str(), "versions", "time", "--json"];
    let said = work.answer(&argv.map(str::to_owned)).await?;
    let unclear = |error: serde_json::Error| {
        Failure::passing(format!("what npm says of {} is not understood: {error}", npm.package))
    };
    let published: Published = serde_json::from_str(&said).map_err(unclear)?;
    let version = choose(&published, days, Utc::now());
    let version = version.map_err(|error| Failure::last(format!("{}: {error}", npm.package)))?;
    work.say(&format!("{} {version} is the highest stable version that is {days} days old", npm.package));
    Ok(version)
}

/// By the script of whoever set the variable. It installs where it likes: `~/.local/bin`, by our word.
async fn script(work: &Work, npm: &Npm, address: &str) -> Done {
    work.say(&format!("fetching {address}"));
    let text = work.ground.fetch.text(address).await?;
    let Some(text) = text.filter(|text| text.starts_with("#!")) else {
        return Err(Failure::last(format!(
            "{address} is no script; check {}",
            npm.installer.as_deref().unwrap_or_default()
        )));
    };
    let shelf = work.ground.shelf.clone();
    let (draft, file) = work
        .blocking(move || {
            let draft = shelf.draft()?;
            let file = draft.path().join("install.sh");
            std::fs::write(&file, text)?;
            Ok((draft, file))
        })
        .await?;
    work.run(&["bash".to_owned(), file.display().to_string()], &[]).await?;
    drop(draft);
    let path = work.found(&npm.binary);
    let version = match &path {
        Some(path) => work.version_of(path).await,
        None => None,
    };
    Ok(Outcome::Done { version: version.map(|version| version.to_string()) })
}
