//! Node.js, from the archives of its makers.

use super::{Done, Ground, Work, right, with};
use crate::domain::setup::address::on_mirror;
use crate::domain::setup::release::{node_archive, node_target};
use crate::domain::setup::{Failure, Outcome};
use crate::os::unpack;

/// What people type of it.
const PROGRAMS: [&str; 3] = ["node", "npm", "npx"];

pub async fn install(work: &Work) -> Done {
    if let Some(there) = there(work).await.filter(|_| !work.forced) {
        return Ok(there);
    }
    let Wanted { version, address, sha256 } = wanted(work).await?;
    let shelf = work.ground.shelf.clone();
    let draft = work.blocking(move || shelf.draft()).await?;
    let (packed, tree) = (draft.path().join("packed"), draft.path().join("tree"));
    work.say(&format!("fetching {address}"));
    let bytes = work.ground.fetch.file(&address, &packed, Some(&sha256)).await?;
    work.say(&format!("{bytes} bytes, as they were published"));
    let node = tree.join("bin/node");
    let unpacked = tokio::task::spawn_blocking(move || {
        unpack::tree(&packed, &tree).and_then(|()| std::fs::remove_file(&packed))
    });
    let unpacked = unpacked.await.map_err(|error| Failure::passing(error.to_string()))?;
    unpacked
        .map_err(|error| Failure::passing(format!("unpack {address}: {error}; nothing was installed")))?;
    if work.version_of(&node).await.is_none() {
        let last = work.voice.last().unwrap_or_default();
        return Err(Failure::last(format!(
            "Node.js {version} does not run on this machine: {last}; nothing was installed"
        )));
    }
    let (shelf, tool, number) = (work.ground.shelf.clone(), work.step.id.clone(), version.clone());
    work.blocking(move || {
        let place = shelf.keep(draft, &tool, &number)?.join("tree/bin");
        for name in PROGRAMS {
            shelf.link(name, &place.join(name))?;
        }
        shelf.tidy(&tool, &number);
        Ok(())
    })
    .await?;
    Ok(with(version))
}

/// An archive, and what it should be.
struct Wanted {
    version: String,
    address: String,
    sha256: String,
}

async fn wanted(work: &Work) -> Result<Wanted, Failure> {
    let machine = Ground::machine();
    let target = node_target(&machine).ok_or_else(|| {
        Failure::last(format!(
            "nodejs.org has no Node.js for {machine}; install it by hand, or skip this step"
        ))
    })?;
    let config = &work.ground.config;
    let mirror = config.enterprise.mirror("NODE_DIST_MIRROR");
    let mirror = mirror.map_err(|error| Failure::last(error.to_string()))?;
    let folder = match config.node_version.as_str() {
        "" => format!("latest-v{}.x", config.node_min_major),
        version => format!("v{version}"),
    };
    let at = |file: &str| on_mirror(&format!("https://nodejs.org/dist/{folder}/{file}"), mirror.as_deref());
    let list = at("SHASUMS256.txt");
    let text = work.ground.fetch.text(&list).await?;
    let found = text.as_deref().and_then(|text| node_archive(text, target));
    let (version, sha256) = found.ok_or_else(|| {
        Failure::last(format!(
            "{list} names no Node.js for {target}; check NODE_VERSION and NODE_DIST_MIRROR; nothing was installed"
        ))
    })?;
    let address = at(&format!("node-v{version}-{target}.tar.gz"));
    Ok(Wanted { version, address, sha256 })
}

/// A Node that will do, with its npm.
async fn there(work: &Work) -> Option<Outcome> {
    let (node, _) = (work.found("node")?, work.found("npm")?);
    let version = work.version_of(&node).await?;
    let config = &work.ground.config;
    let ours = work.ground.shelf.installed("node");
    // Who names a version wants that one of ours.
    if ours.is_some_and(|ours| !config.node_version.is_empty() && ours.version != config.node_version) {
        return None;
    }
    let version = (version.major() >= config.node_min_major).then(|| version.to_string())?;
    let Outcome::Right { why, .. } = right(format!("{} is version {version}", node.display())) else {
        return None;
    };
    Some(Outcome::Right { why, version: Some(version) })
}
