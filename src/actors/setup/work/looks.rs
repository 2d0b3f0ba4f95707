//! Steps that only look whether something is there.

use super::{Done, Work, right, with};
use crate::actors::credentials::{GetLease, LeaseReport, Outcome as Written};
use crate::actors::traces::PrepareTraces;
use crate::domain::setup::address::checked;
use crate::domain::setup::{Failure, Outcome};
use crate::os::atomic_file::{self, Readers};

/// Git itself. Who commits and where it signs in, it learns elsewhere, also without any setup.
pub async fn git(work: &Work) -> Done {
    let argv = ["git", "--version"].map(str::to_owned);
    let said = work.answer(&argv).await?;
    let version = crate::domain::setup::version::Version::said(&said);
    work.say(said.trim());
    let name = ["git", "config", "--global", "--includes", "user.email"].map(str::to_owned);
    match work.answer(&name).await {
        Ok(email) => work.say(&format!("commits are made by {}", email.trim())),
        Err(_) => work.say("git does not know yet who commits; it learns that from the workspace's token"),
    }
    Ok(version.map_or(Outcome::Done { version: None }, |version| with(version.to_string())))
}

/// Writes down which editors there are, for agents and scripts that ask.
pub async fn editors(work: &Work, names: &[String]) -> Done {
    let there: Vec<&String> = names.iter().filter(|name| work.found(name).is_some()).collect();
    let text: String = there.iter().map(|name| format!("{name}\n")).collect();
    work.say(if there.is_empty() { "there is no editor yet" } else { text.trim_end() });
    let path = work.ground.home.join(".local/share/coda/editors.txt");
    work.blocking(move || {
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        atomic_file::write(&path, Readers::AsBefore, text.as_bytes()).map_err(std::io::Error::other)
    })
    .await?;
    Ok(Outcome::Done { version: None })
}

/// The gateway answers.
pub async fn gateway(work: &Work) -> Done {
    let Some(address) = &work.ground.gateway else {
        return Ok(right("agents go to their models themselves"));
    };
    let address = checked("CODA_GATEWAY_URL", address).map_err(|error| Failure::last(error.to_string()))?;
    let status = work.ground.fetch.status(&format!("{address}/health")).await?;
    if status.is_success() {
        return Ok(Outcome::Done { version: None });
    }
    Err(Failure::passing(format!("the gateway answered {status}; look at the log of `coda serve`")))
}

/// The credentials write the file by themselves; here it is seen whether they could.
pub async fn databrickscfg(work: &Work) -> Done {
    let lease = lease(work).await?;
    let ours = lease.targets.iter().find(|target| target.name.contains("databrickscfg"));
    match ours.map(|target| &target.outcome) {
        Some(Written::Failed(why)) => Err(Failure::passing(why.clone())),
        None => Err(Failure::passing("the token is not written yet; paste one if there is none")),
        Some(_) => Ok(Outcome::Done { version: None }),
    }
}

/// The token counts, and is everywhere where it should be.
pub async fn token(work: &Work) -> Done {
    let lease = lease(work).await?;
    if !lease.status.is_held {
        return Err(Failure::passing("the workspace takes the token no more; paste a new one"));
    }
    for target in &lease.targets {
        if let Written::Failed(why) = &target.outcome {
            return Err(Failure::passing(format!("{} has an old token: {why}", target.name)));
        }
    }
    work.say(&format!("it is the token of {}", lease.status.user.as_deref().unwrap_or("somebody unknown")));
    Ok(Outcome::Done { version: None })
}

/// The experiment is there, if traces are on. The traces make it themselves; here it is seen whether they could.
pub async fn traces(work: &Work) -> Done {
    let asked = work.ground.traces.send(PrepareTraces).await;
    let asked =
        asked.map_err(|_| Failure::passing("the traces do not answer; look at the log of `coda serve`"))?;
    match asked.map_err(Failure::passing)? {
        None => Ok(right("traces are off; MLFLOW_TRACING_ENABLED turns them on")),
        Some(experiment) => {
            work.say(&format!("traces go to the experiment {experiment}"));
            Ok(Outcome::Done { version: None })
        }
    }
}

async fn lease(work: &Work) -> Result<LeaseReport, Failure> {
    let asked = work.ground.credentials.send(GetLease).await;
    asked.map_err(|_| Failure::passing("the credentials do not answer; look at the log of `coda serve`"))
}
