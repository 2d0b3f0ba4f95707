//! What there is to do: the files that come with CoDA, and a person's own.

use std::fs;
use std::path::Path;

use crate::actors::agents::{definitions, files};
use crate::domain::setup::{Catalogue, Source};

const STEPS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/setup.toml"));

/// The catalogue with `<state>/setup.toml` and `<state>/agents/*.toml` over ours. If they cannot be used, it is ours
/// with a step that says why.
pub fn read(state: &Path) -> Catalogue {
    let ours = files();
    let steps = [Source { name: "setup.toml", text: STEPS }];
    let shipped = || Catalogue::read(&steps, &sources(&ours)).expect("a test reads the shipped files");
    let theirs = match theirs(state) {
        Ok(theirs) => theirs,
        Err(why) => return complaining(shipped(), why),
    };
    let (own_steps, own_agents): (Vec<_>, Vec<_>) =
        theirs.iter().partition(|(name, _)| name.ends_with("/setup.toml"));
    let source = |(name, text): &'_ &(String, String)| (name.clone(), text.clone());
    let own_steps: Vec<(String, String)> = own_steps.iter().map(source).collect();
    let all_agents: Vec<(String, String)> =
        ours.iter().cloned().chain(own_agents.iter().map(source)).collect();
    let all_steps: Vec<Source<'_>> = steps.into_iter().chain(sources(&own_steps)).collect();
    match Catalogue::read(&all_steps, &sources(&all_agents)) {
        Ok(catalogue) => match definitions(state).1.into_iter().next() {
            None => catalogue,
            Some(why) => complaining(catalogue, why),
        },
        Err(error) => complaining(shipped(), error.to_string()),
    }
}

fn complaining(mut catalogue: Catalogue, why: String) -> Catalogue {
    tracing::warn!(why, "the setup goes on with the steps that come with it");
    catalogue.complain(format!("{why}; until then it counts for nothing"));
    catalogue
}

fn sources(files: &[(String, String)]) -> Vec<Source<'_>> {
    files.iter().map(|(name, text)| Source { name, text }).collect()
}

/// A person's files: names and texts. Blocks on the disk, once, before anything runs.
fn theirs(state: &Path) -> Result<Vec<(String, String)>, String> {
    let mut paths = vec![state.join("setup.toml")];
    let entries = fs::read_dir(state.join("agents")).into_iter().flatten().flatten();
    paths.extend(
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "toml")),
    );
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::setup::Run;

    #[test]
    fn what_comes_with_us_is_there() {
        let state = tempfile::tempdir().unwrap();
        let catalogue = read(state.path());
        for id in ["git", "gh", "node", "claude", "codex", "gemini", "opencode", "hermes", "credentials"] {
            assert!(catalogue.step(id).is_some(), "{id}");
        }
        assert_eq!(catalogue.agents.len(), 5);
    }

    #[test]
    fn a_sixth_agent_is_a_file_and_a_broken_one_is_told() {
        let state = tempfile::tempdir().unwrap();
        fs::create_dir(state.path().join("agents")).unwrap();
        let file = state.path().join("agents/sixth.toml");
        fs::write(
            &file,
            "label = \"Sixth\"\n[install]\nkind = \"npm\"\npackage = \"sixth\"\nbinary = \"six\"\n",
        )
        .unwrap();
        let catalogue = read(state.path());
        assert_eq!(catalogue.agents.last().unwrap().label, "Sixth");
        assert!(catalogue.step("sixth").is_some());
        fs::write(&file, "[install]\nkind = \"nmp\"\n").unwrap();
        let catalogue = read(state.path());
        let Run::Wrong { why } = &catalogue.steps[0].run else { panic!("{:?}", catalogue.steps[0]) };
        assert!(why.contains("sixth.toml") && why.contains("nmp"), "{why}");
        assert_eq!(catalogue.agents.len(), 5);
    }
}
