//! A program that is published as a file on GitHub.

use super::{Done, Ground, Work, right, with};
use crate::domain::setup::address::on_mirror;
use crate::domain::setup::release::{Announced, Release, checksum, tag_of, version_of};
use crate::domain::setup::{Failure, Outcome};
use crate::os::{shelf, unpack};

/// Stands before the GitHub CLI. Its menus for signing in want a browser on this machine: here it is always the code
/// that is typed into a browser elsewhere.
const GH: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/setup/gh"));

/// A release.
struct Found {
    tag: String,
    announced: Option<Announced>,
}

/// A failure that no other try mends.
fn last(error: impl ToString) -> Failure {
    Failure::last(error.to_string())
}

pub async fn install(work: &Work, release: &Release) -> Done {
    if let Some(outcome) = there(work, release).filter(|_| !work.forced) {
        return wrapped(work, release).await.map(|()| outcome);
    }
    if work.ground.shelf.is_foreign(&release.binary) {
        let path = work.ground.shelf.bin(&release.binary);
        return Ok(right(format!(
            "{} is there and was not installed by CoDA: it is left alone",
            path.display()
        )));
    }
    let wanted = wanted(work, release).await?;
    let (shelf, tool) = (work.ground.shelf.clone(), work.step.id.clone());
    let draft = work.blocking(move || shelf.draft()).await?;
    let packed = draft.path().join("packed");
    work.say(&format!("fetching {}", wanted.address));
    let bytes = work.ground.fetch.file(&wanted.address, &packed, wanted.sha256.as_deref()).await?;
    work.say(&format!(
        "{bytes} bytes{}",
        if wanted.sha256.is_some() { ", as they were published" } else { "" }
    ));
    let (shelf, name, version, member) =
        (work.ground.shelf.clone(), release.binary.clone(), wanted.version.clone(), wanted.member);
    let kept = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let program = draft.path().join(&name);
        match member {
            Some(member) => unpack::member(&packed, &member, &program)?,
            None => unpack::program(&packed, &program)?,
        }
        std::fs::remove_file(&packed)?;
        let place = shelf.keep(draft, &tool, &version)?;
        shelf.link(&name, &place.join(&name))?;
        shelf.tidy(&tool, &version);
        Ok(())
    });
    let unpacked = kept.await.map_err(last)?;
    unpacked.map_err(|error| {
        Failure::passing(format!("unpack {}: {error}; nothing was installed", wanted.address))
    })?;
    wrapped(work, release).await?;
    work.say(&format!("{} {} is installed", release.binary, wanted.version));
    Ok(with(wanted.version))
}

/// What is to be fetched, and what it should be.
struct Wanted {
    version: String,
    address: String,
    sha256: Option<String>,
    member: Option<String>,
}

async fn wanted(work: &Work, release: &Release) -> Result<Wanted, Failure> {
    let target = release.target(&Ground::machine()).map_err(last)?;
    let mirror = work.ground.config.enterprise.mirror("GITHUB_RELEASE_MIRROR").map_err(last)?;
    let Found { tag, announced } = newest(work, release, mirror.as_deref()).await?;
    let version = version_of(&tag).to_owned();
    let filled = |name: &String| Release::filled(name, &version, target);
    let at = |file: &str| on_mirror(&release.download(&tag, file), mirror.as_deref());
    let file = filled(&release.asset);
    let sha256 = match &release.checksums {
        Some(list) => Some(published(work, &at(&filled(list)), &file).await?),
        None => announced.and_then(|announced| announced.digest(&file)),
    };
    if sha256.is_none() {
        work.say("nobody publishes a checksum of it: what is fetched is taken as it is");
    }
    let member = release.member.as_ref().map(filled);
    Ok(Wanted { address: at(&file), sha256, member, version })
}

/// Why nothing is to be done.
fn there(work: &Work, release: &Release) -> Option<Outcome> {
    let shelf = &work.ground.shelf;
    if let Some(ours) = shelf.installed(&release.binary) {
        let wanted = &release.version;
        let right_one = ours.version == *wanted || wanted == "latest";
        let why = format!("version {} is installed", ours.version);
        return right_one.then_some(Outcome::Right { why, version: Some(ours.version) });
    }
    let name = release.wrapper.as_ref().unwrap_or(&release.binary);
    let other = release.or_existing.then(|| work.found(name)).flatten()?;
    let is_our_wrapper = release.wrapper.is_some() && other == shelf.bin(name);
    (!is_our_wrapper).then(|| right(format!("{} is there", other.display())))
}

/// Writes the script that stands before it, where the program is ours.
async fn wrapped(work: &Work, release: &Release) -> Result<(), Failure> {
    let Some(wrapper) = release.wrapper.clone() else { return Ok(()) };
    let (shelf, binary) = (work.ground.shelf.clone(), release.binary.clone());
    work.blocking(move || match shelf::is_program(&shelf.bin(&binary)) {
        true => shelf.script(&wrapper, GH),
        false => Ok(()),
    })
    .await
}

/// Which release. Where GitHub's interface has had enough of us, its page still says.
async fn newest(work: &Work, release: &Release, mirror: Option<&str>) -> Result<Found, Failure> {
    if release.version != "latest" {
        return Ok(Found { tag: format!("v{}", version_of(&release.version)), announced: None });
    }
    let api = work.ground.config.enterprise.mirror("GITHUB_API_BASE").map_err(last)?;
    let asked = work.ground.fetch.text(&on_mirror(&release.newest(), api.as_deref())).await;
    let failure = match asked {
        Ok(Some(text)) => match serde_json::from_str::<Announced>(&text) {
            Ok(announced) => {
                return Ok(Found { tag: announced.tag_name.clone(), announced: Some(announced) });
            }
            Err(error) => Failure::last(format!(
                "what GitHub says of {} is not understood: {error}",
                release.repository
            )),
        },
        Ok(None) => Failure::last(format!("GitHub knows no release of {}", release.repository)),
        Err(failure) => failure,
    };
    work.say(&failure.why);
    work.say("asking the page of the releases instead");
    let page = on_mirror(&release.newest_page(), mirror);
    match work.ground.fetch.leads_to(&page).await.ok().flatten() {
        Some(place) if tag_of(&place).is_some() => {
            Ok(Found { tag: tag_of(&place).unwrap_or_default().to_owned(), announced: None })
        }
        _ => Err(failure),
    }
}

/// The SHA-256 that the file must have, by the publisher's list.
async fn published(work: &Work, list: &str, file: &str) -> Result<String, Failure> {
    let text = work.ground.fetch.text(list).await?;
    let named = text.as_deref().and_then(|text| checksum(text, file));
    named.ok_or_else(|| {
        last(format!("{list} does not say what {file} should be; put the list on the mirror, too; nothing was installed"))
    })
}
