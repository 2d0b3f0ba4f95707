use super::*;

const OURS: &str = r#"
[[step]]
id = "git"
label = "Git"
run = { kind = "git" }
[[step]]
id = "tool"
needs = ["git"]
timeout_seconds = 60
run = { kind = "command", command = ["make", "tool"] }
produces = ["~/.local/bin/tool"]
"#;

fn source<'a>(name: &'a str, text: &'a str) -> Source<'a> {
    Source { name, text }
}

fn read(steps: &[&str]) -> Result<Catalogue, CatalogueError> {
    let sources: Vec<Source<'_>> = steps.iter().map(|text| source("setup.toml", text)).collect();
    Catalogue::read(&sources, &[])
}

fn ids(catalogue: &Catalogue) -> Vec<&str> {
    catalogue.steps.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn a_person_s_file_adds_and_changes_key_by_key() {
    let theirs = "[[step]]\nid = \"tool\"\ntimeout_seconds = 5\nrun = { check = [\"true\"] }\n\
        [[step]]\nid = \"mine\"\nneeds = [\"tool\", \"token\"]\nrun = { kind = \"clone\" }\n";
    let catalogue = read(&[OURS, theirs]).unwrap();
    assert_eq!(ids(&catalogue), ["git", "tool", "mine"]);
    let tool = catalogue.step("tool").unwrap();
    assert_eq!(tool.timeout, Duration::from_secs(5));
    let Run::Command(command) = &tool.run else { panic!("{tool:?}") };
    assert_eq!(
        (&command.command[..], &command.check[..]),
        (&["make".to_owned(), "tool".to_owned()][..], &["true".to_owned()][..])
    );
    let other = "[[step]]\nid = \"tool\"\nrun = { kind = \"editors\", names = [] }\n";
    assert!(matches!(read(&[OURS, other]).unwrap().step("tool").unwrap().run, Run::Editors { .. }));
}

#[test]
fn what_is_needed_comes_first() {
    let text = "[[step]]\nid = \"c\"\nneeds = [\"b\"]\nrun = { kind = \"git\" }\n\
        [[step]]\nid = \"b\"\nneeds = [\"a\"]\nrun = { kind = \"git\" }\n\
        [[step]]\nid = \"a\"\nneeds = [\"workspace\"]\nrun = { kind = \"git\" }\n";
    assert_eq!(ids(&read(&[text]).unwrap()), ["a", "b", "c"]);
}

#[test]
fn what_is_wrong_is_named() {
    let step = |id: &str, rest: &str| format!("[[step]]\nid = \"{id}\"\n{rest}\n");
    let git = "run = { kind = \"git\" }";
    for (text, said) in [
        ("[[step".to_owned(), "setup.toml is not valid TOML"),
        ("[steps]\n".to_owned(), "unknown key `steps`"),
        ("[[step]]\nlabel = \"x\"\n".to_owned(), "needs an `id`"),
        (step("A b", git), "needs an `id`"),
        (step("a", "run = { kind = \"gti\" }"), "step `a`: unknown variant `gti`"),
        (step("a", "run = { kind = \"git\" }\nneed = []"), "step `a`: unknown field `need`"),
        (step("a", "timeout_seconds = 0\nrun = { kind = \"git\" }"), "from 1 to 86400"),
        (step("a", "run = { kind = \"command\", command = [] }\nproduces = [\"x\"]"), "names no program"),
        (step("a", "run = { kind = \"command\", command = [\"true\"] }"), "nothing to show"),
        (step("a", "needs = [\"nod\"]\nrun = { kind = \"git\" }"), "needs `nod`, and there is no such step"),
        (step("a", "needs = [\"a\"]\nrun = { kind = \"git\" }"), "a → a need each other"),
        (
            step("x", "needs = [\"a\"]\nrun = { kind = \"git\" }")
                + &step("a", "needs = [\"b\"]\nrun = { kind = \"git\" }")
                + &step("b", "needs = [\"a\"]\nrun = { kind = \"git\" }"),
            "a → b → a need each other",
        ),
    ] {
        let error = read(&[&text]).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

/// A sixth agent is a file.
#[test]
fn an_agent_is_a_file() {
    let text = "label = \"Made Up\"\n[install]\nkind = \"npm\"\npackage = \"made-up\"\nbinary = \"mu\"\nneeds = [\"git\"]\n\
        toggle = \"ENABLE_MADE_UP\"\n[environment]\nX = \"y\"\n";
    let catalogue =
        Catalogue::read(&[source("setup.toml", OURS)], &[source("agents/made-up.toml", text)]).unwrap();
    let step = catalogue.step("made-up").unwrap();
    assert_eq!(
        (step.label.as_str(), &step.produces[..]),
        ("Installing Made Up", &["~/.local/bin/mu".to_owned()][..])
    );
    assert!(!step.toggle.as_ref().unwrap().in_lab);
    assert_eq!(catalogue.agents[0].binary, "mu");
    let bare = "label = \"There already\"\nbinary = \"there\"\n";
    let catalogue = Catalogue::read(&[], &[source("there.toml", bare)]).unwrap();
    assert_eq!((catalogue.steps.len(), catalogue.agents[0].binary.as_str()), (0, "there"));
    let wrong = Catalogue::read(&[], &[source("a.toml", "[install]\nkind = \"npm\"\nbinary = \"x\"\n")]);
    assert!(wrong.unwrap_err().to_string().contains("a.toml: step `a`: missing field `package`"));
}

#[test]
fn the_shipped_files_are_valid() {
    let agents = ["claude", "codex", "gemini", "hermes", "opencode"];
    let texts = [
        include_str!("../../../../config/agents/claude.toml"),
        include_str!("../../../../config/agents/codex.toml"),
        include_str!("../../../../config/agents/gemini.toml"),
        include_str!("../../../../config/agents/hermes.toml"),
        include_str!("../../../../config/agents/opencode.toml"),
    ];
    let names = agents.map(|name| format!("{name}.toml"));
    let sources: Vec<Source<'_>> = names.iter().zip(texts).map(|(name, text)| source(name, text)).collect();
    let steps = source("setup.toml", include_str!("../../../../config/setup.toml"));
    let catalogue = Catalogue::read(&[steps], &sources).unwrap();
    for id in agents {
        let step = catalogue.step(id).unwrap();
        assert!(step.toggle.is_some() && !step.produces.is_empty(), "{id}");
        assert_eq!(step.toggle.as_ref().unwrap().in_lab, id == "claude");
    }
    for step in &catalogue.steps {
        assert_ne!(step.label, step.id);
        if let Run::Release(release) = &step.run {
            assert!(
                release.target("linux-x86_64").is_ok() && release.target("linux-aarch64").is_ok(),
                "{}",
                step.id
            );
        }
    }
}
