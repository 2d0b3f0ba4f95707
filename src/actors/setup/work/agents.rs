//! The files of agents.

use super::{Done, Work, right};
use crate::domain::setup::{Failure, Outcome};

/// Writes what an agent wants, and tells what somebody else had a hand in.
pub async fn configure(work: &Work, id: &str) -> Done {
    let agents = work.ground.agents.clone();
    agents.look().await;
    let agent = id.to_owned();
    let done = work.blocking(move || Ok(agents.configure(&agent))).await?;
    let report = done.map_err(|error| Failure::passing(error.to_string()))?;
    let told = [
        ("is written", &report.changed),
        ("was changed by hand, and stays", &report.kept),
        ("was removed by hand, and stays away", &report.removed),
    ];
    for (what, list) in told {
        list.iter().for_each(|one| work.say(&format!("{one} {what}")));
    }
    match (report.failed.is_empty(), report.changed.is_empty()) {
        (false, _) => Err(Failure::last(report.failed.join("; "))),
        (true, true) => Ok(right("all files are as they should be")),
        (true, false) => Ok(Outcome::Done { version: None }),
    }
}
