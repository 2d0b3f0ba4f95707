//! Mirrors, proxies and certificates: checked, listed, and told to npm.

use super::{Done, Work, right};
use crate::domain::setup::{Failure, Outcome};
use crate::os::atomic_file::{self, Readers};

pub async fn apply(work: &Work) -> Done {
    let enterprise = &work.ground.config.enterprise;
    if enterprise.is_empty() && !enterprise.is_mode_on() {
        return Ok(right("no mirror, proxy or certificate is set"));
    }
    enterprise.listed().iter().for_each(|line| work.say(line));
    for name in enterprise.missing() {
        work.say(&format!(
            "ENTERPRISE_MODE is on, and {name} is not set: that is fetched from the public place"
        ));
    }
    let last = |error: &dyn ToString| Failure::last(error.to_string());
    enterprise.npm_registry().map_err(|error| last(&error))?;
    if let Some(path) = enterprise.certificates().map(str::to_owned) {
        let there = work.blocking({
            let path = path.clone();
            move || Ok(std::path::Path::new(&path).is_file())
        });
        if !there.await? {
            return Err(Failure::last(format!(
                "the certificates {path} are not there; see REQUESTS_CA_BUNDLE"
            )));
        }
    }
    let (path, enterprise) = (work.ground.home.join(".npmrc"), enterprise.clone());
    let edited = tokio::task::spawn_blocking(move || {
        let needs_any = enterprise.npm_registry().is_ok_and(|registry| registry.is_some())
            || enterprise.npm_token().is_some();
        if !needs_any {
            return Ok(());
        }
        let edit = |old: &[u8]| enterprise.npmrc(&String::from_utf8_lossy(old)).map(String::into_bytes);
        atomic_file::edit(&path, Readers::Owner, edit).map(|_| ()).map_err(|error| error.to_string())
    });
    edited.await.map_err(|error| last(&error))?.map_err(Failure::passing)?;
    Ok(Outcome::Done { version: None })
}
