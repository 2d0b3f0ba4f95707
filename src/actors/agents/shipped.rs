//! What comes with us in `config/`, and what people lay beside it in `<home>/.coda`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rust_embed::RustEmbed;

use crate::domain::agents::Definition;
use crate::os::agent_files::texts;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/config/agents"]
struct Files;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/config/skills"]
struct Skills;

const INSTRUCTIONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/instructions/coda.md"));

/// The files of agents that come with us: names and texts.
pub fn files() -> Vec<(String, String)> {
    let named = |name: &str| name.ends_with(".toml");
    texts_of(
        &|name| Files::get(name).map(|file| file.data.into_owned()),
        Files::iter().filter(|name| named(name)),
    )
}

/// All agents, of two with one id the person's; and what is wrong with files of theirs, which are passed over.
pub fn definitions(state: &Path) -> (Vec<Definition>, Vec<String>) {
    let folder = state.join("agents");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    paths.sort();
    let theirs =
        paths.iter().filter_map(|path| Some((path.display().to_string(), fs::read_to_string(path).ok()?)));
    let (mut agents, mut wrong) = (Vec::<Definition>::new(), Vec::new());
    for (name, text) in files().into_iter().chain(theirs) {
        match Definition::read(&name, &text) {
            Ok(agent) => {
                agents.retain(|other| other.id != agent.id);
                agents.push(agent);
            }
            Err(error) => wrong.push(error.to_string()),
        }
    }
    (agents, wrong)
}

/// Skills, with those in `<state>/skills` over ours; and instructions. Blocks on the disk.
pub fn words(state: &Path) -> (Vec<(String, String)>, String) {
    let ours = texts_of(&|name| Skills::get(name).map(|file| file.data.into_owned()), Skills::iter());
    let mut all: BTreeMap<String, String> = ours.into_iter().collect();
    all.extend(texts(&state.join("skills")));
    (all.into_iter().collect(), INSTRUCTIONS.to_owned())
}

fn texts_of(
    get: &dyn Fn(&str) -> Option<Vec<u8>>,
    names: impl Iterator<Item = std::borrow::Cow<'static, str>>,
) -> Vec<(String, String)> {
    let text = |name: &str| Some(String::from_utf8_lossy(&get(name)?).into_owned());
    let mut all: Vec<(String, String)> =
        names.filter_map(|name| Some((name.to_string(), text(&name)?))).collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_us_can_be_read_and_a_person_adds_to_it() {
        let state = tempfile::tempdir().unwrap();
        let (agents, wrong) = definitions(state.path());
        assert_eq!((agents.len(), wrong), (5, Vec::new()));
        assert!(words(state.path()).0.iter().any(|(path, _)| path == "sync/SKILL.md"));
        fs::create_dir_all(state.path().join("agents")).unwrap();
        fs::create_dir_all(state.path().join("skills/own")).unwrap();
        fs::write(state.path().join("agents/sixth.toml"), "label = \"Sixth\"").unwrap();
        fs::write(state.path().join("agents/claude.toml"), "labl = \"x\"").unwrap();
        fs::write(state.path().join("skills/own/SKILL.md"), "mine").unwrap();
        let (agents, wrong) = definitions(state.path());
        assert!(agents.len() == 6 && wrong.len() == 1 && wrong[0].contains("claude.toml"), "{wrong:?}");
        let skills = words(state.path()).0;
        assert!(skills.contains(&("own/SKILL.md".to_owned(), "mine".to_owned())), "{skills:?}");
    }
}
