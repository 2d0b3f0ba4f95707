//! Tables for each format, and properties over any sequence of wishes and of edits by hand.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::definition::Format;
use super::*;
use crate::domain::secret::Secret;

fn key(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

fn wanted(keys: &[(&str, Value)]) -> Vec<(Vec<String>, Value)> {
    keys.iter().map(|(path, value)| (key(path), value.clone())).collect()
}

/// Merges twice: the second time changes nothing.
fn merged(format: Format, old: Option<&str>, last: &Written, keys: &[(&str, Value)]) -> Merged {
    let merged = merge(format, old, last, &wanted(keys)).unwrap();
    let text = merged.text.as_deref().or(old);
    let again = merge(format, text, &merged.written, &wanted(keys)).unwrap();
    assert_eq!(again, Merged { text: None, ..merged.clone() }, "{text:?}");
    merged
}

#[test]
fn every_format_keeps_what_is_not_ours() {
    let (none, new) = (Written::default(), "new");
    for (format, old, path, text) in [
        (
            Format::Json,
            "{\n    \"z\": 1,\n    \"a\": {}\n}\n",
            "a/b",
            "{\n    \"z\": 1,\n    \"a\": {\n        \"b\": \"new\"\n    }\n}\n",
        ),
        (Format::Json, "", "a/b", "{\n  \"a\": {\n    \"b\": \"new\"\n  }\n}\n"),
        (
            Format::Toml,
            "# mine\nz = 1 # one\n\n[a]\nc = 2\n",
            "a/b",
            "# mine\nz = 1 # one\n\n[a]\nc = 2\nb = \"new\"\n",
        ),
        (Format::Toml, "z = 1\n", "a/x y/b", "z = 1\n\n[a.\"x y\"]\nb = \"new\"\n"),
        (Format::Toml, "a = { c = 1 }\n", "a/b", "a = { c = 1, b = \"new\" }\n"),
        (Format::Yaml, "z: 1\na:\n  c: 2\n", "a/b", "z: 1\na:\n  c: 2\n  b: new\n"),
        (Format::Dotenv, "# mine\nexport Z=1\n\nA= 'x y'\n", "B", "# mine\nexport Z=1\n\nA= 'x y'\nB=new\n"),
        (Format::Text, "", "text", "new"),
        (
            Format::Block,
            "# Mine",
            "text",
            "# Mine\n\n<!-- coda: from here on it is kept up to date by CoDA; edit it, and it is yours -->\nnew<!-- coda: to here -->\n",
        ),
    ] {
        let done = merged(format, Some(old), &none, &[(path, new.into())]);
        assert_eq!(done.text.as_deref(), Some(text), "{format:?}");
        // Wanted no more, it goes without a trace, or nearly.
        let gone = merged(format, Some(text), &done.written, &[]);
        let rest = gone.text.unwrap();
        assert!(!rest.contains("new") && gone.written == none, "{rest}");
    }
}

#[test]
fn what_somebody_changed_is_theirs_and_what_they_removed_stays_away() {
    let wishes = [("a/b", json!("one")), ("c", json!(true))];
    let first = merged(Format::Json, None, &Written::default(), &wishes);
    let newer = [("a/b", json!("two")), ("c", json!(true))];
    for (now, kept, removed, value) in [
        (r#"{"a":{"b":"one"},"c":true}"#, 0, 0, json!({"a": {"b": "two"}, "c": true})),
        (r#"{"a":{"b":"mine"},"c":true}"#, 1, 0, json!({"a": {"b": "mine"}, "c": true})),
        (r#"{"a":"no table","c":true}"#, 1, 0, json!({"a": "no table", "c": true})),
        (r#"{"c":true}"#, 0, 1, json!({"c": true})),
        (r#"{"a":{"b":"two"}}"#, 0, 1, json!({"a": {"b": "two"}})),
    ] {
        let done = merged(Format::Json, Some(now), &first.written, &newer);
        let text = done.text.as_deref().unwrap_or(now);
        let read: Value = serde_json::from_str(text).unwrap();
        assert_eq!((read, done.kept.len(), done.removed.len()), (value, kept, removed), "{now}");
        // What they changed and then removed stays away, too.
        let gone = merged(Format::Json, Some("{\"c\": true}"), &done.written, &newer);
        assert_eq!((gone.text, gone.removed), (None, vec!["a.b".to_owned()]), "{now}");
    }
    // A file that is gone altogether is written anew; a text that is gone was removed.
    assert!(merged(Format::Json, None, &first.written, &newer).text.is_some());
    let text = merged(Format::Text, None, &Written::default(), &[("text", "one".into())]);
    assert_eq!(merged(Format::Text, None, &text.written, &[("text", "two".into())]).text, None);
}

/// Killed between the file and what is remembered of it: both values are known for ours.
#[test]
fn an_interrupted_writing_makes_nothing_somebody_elses() {
    let one = merged(Format::Dotenv, None, &Written::default(), &[("KEY", "one".into())]);
    let two = merged(Format::Dotenv, one.text.as_deref(), &one.written, &[("KEY", "two".into())]);
    let between = one.written.between(&two.written);
    for file in [&one.text, &two.text] {
        let three = merged(Format::Dotenv, file.as_deref(), &between, &[("KEY", "three".into())]);
        assert_eq!(three.text.as_deref(), Some("KEY=three\n"));
    }
}

#[test]
fn what_cannot_be_read_is_said_without_its_content() {
    for (format, text, said) in [
        (
            Format::Json,
            "{\n// secret\n}",
            "it is no JSON object (line 2); mend it or move it away, and try again",
        ),
        (Format::Json, "[]", "it is no JSON object (line 1); mend it or move it away, and try again"),
        (Format::Toml, "a = 1\nsecret", "it is no TOML (line 2); mend it or move it away, and try again"),
        (Format::Yaml, "a: [secret", "it is no YAML mapping; mend it or move it away, and try again"),
    ] {
        let error = merge(format, Some(text), &Written::default(), &[]).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn a_record_outlives_the_disk_and_holds_no_value() {
    let done = merged(Format::Dotenv, None, &Written::default(), &[("KEY", "dapi0123".into())]);
    let mut record = Record::default();
    record.files = BTreeMap::from([(".x/.env".to_owned(), done.written)]);
    let text = record.text();
    assert_eq!(Record::read(&text), record);
    assert!(!String::from_utf8(text).unwrap().contains("dapi0123"));
    assert_eq!(Record::read(b"{\"version\": 9, \"files\": {}}"), Record::default());
    assert_eq!(Record::read(b"who knows"), Record::default());
}

fn place(mode: Mode) -> Place {
    Place {
        home: "/h".to_owned(),
        coda: "/opt/coda".to_owned(),
        host: "https://w.example".to_owned(),
        mode,
        served: None,
        said: Vec::new(),
        servers: vec![Server { name: "exa".to_owned(), url: "https://mcp.example/mcp".to_owned() }],
        trusted: vec!["/h/projects".to_owned()],
        skills: vec![("sync/SKILL.md".to_owned(), "how\n".to_owned())],
        permissions: Permissions::Off,
        instructions: "what\n".to_owned(),
    }
}

fn gateway() -> Mode {
    Mode::Gateway { url: "http://127.0.0.1:4000".to_owned() }
}

fn direct() -> Mode {
    Mode::Direct { bases: Bases::below("https://g.example"), token: Secret::new("dapi0") }
}

const SIXTH: &str = r#"
label = "Sixth"
[launch]
one_shot = ["sixth", "-p", "{prompt}"]
[models.model]
variable = "SIXTH_MODEL"
prefer = ["new", "old"]
[environment]
SIXTH_URL = "{anthropic}"
SIXTH_KEY = "{key}"
[[file]]
path = ".sixth/settings.json"
format = "json"
content = { model = "{model}", models = { "{model}" = {} }, key = "{{env:SIXTH_KEY}}" }
[[file]]
path = ".sixth/settings.json"
format = "json"
mode = "direct"
content = { key = "{token}", url = "{anthropic}" }
[mcp]
file = ".sixth/settings.json"
format = "json"
at = ["mcp"]
entry = { url = "{url}" }
[trust]
file = ".sixth/trust.json"
format = "json"
entry = "yes"
[skills]
path = ".sixth/skills"
[instructions]
path = ".sixth/SIXTH.md"
"#;

#[test]
fn an_agent_is_a_file() {
    let agent = Definition::read("/x/sixth.toml", SIXTH).unwrap();
    assert_eq!(
        (agent.id.as_str(), agent.binary.as_str(), &agent.launch.command[..]),
        ("sixth", "sixth", &["sixth".to_owned()][..])
    );
    let mut place = place(gateway());
    let keys = |place: &Place| -> BTreeMap<String, Value> {
        let all = wishes(&agent, place).into_iter();
        all.flat_map(|wish| {
            wish.keys.into_iter().map(move |(key, value)| (format!("{} {}", wish.path, key.join("/")), value))
        })
        .collect()
    };
    let expected: BTreeMap<String, Value> = [
        (".sixth/settings.json model", json!("new")),
        (".sixth/settings.json models/new", json!({})),
        (".sixth/settings.json key", json!("{env:SIXTH_KEY}")),
        (".sixth/settings.json mcp/exa/url", json!("https://mcp.example/mcp")),
        (".sixth/trust.json /h/projects", json!("yes")),
        (".sixth/skills/sync/SKILL.md text", json!("how\n")),
        (".sixth/SIXTH.md text", json!("what\n")),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    assert_eq!(keys(&place), expected);
    let own = [("SIXTH_KEY", "{key}"), ("SIXTH_URL", "{gateway}/anthropic")];
    assert_eq!(variables(&agent, &place), own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    place.mode = direct();
    assert_eq!(keys(&place)[".sixth/settings.json key"], "dapi0");
    assert_eq!(keys(&place)[".sixth/settings.json url"], "https://g.example/anthropic");
    assert!(variables(&agent, &place).is_empty());
}

#[test]
fn permissions_are_said_where_they_are_wanted() {
    let text = "[[file]]\npath = \"a\"\nformat = \"json\"\ncontent = { in = { mode = \"{permissions}\" } }\n\
                [[file]]\npath = \"a\"\nformat = \"json\"\npermissions = \"plan\"\ncontent = { plan = true }\n";
    let agent = Definition::read("x.toml", text).unwrap();
    for (permissions, keys) in [
        (Permissions::Off, vec![]),
        (Permissions::Auto, vec![("in/mode", json!("auto"))]),
        (Permissions::Plan, vec![("in/mode", json!("plan")), ("plan", json!(true))]),
    ] {
        let place = Place { permissions, ..place(gateway()) };
        assert_eq!(wishes(&agent, &place)[0].keys, wanted(&keys), "{permissions:?}");
    }
}

/// B-67: what is served decides.
#[test]
fn the_model_is_the_first_that_is_served() {
    let agent = Definition::read("sixth.toml", SIXTH).unwrap();
    for (said, served, model) in [
        (None, None, "new"),
        (None, Some(vec!["old", "new"]), "new"),
        (None, Some(vec!["old"]), "old"),
        (None, Some(vec!["another"]), "new"),
        (Some("mine"), None, "mine"),
        (Some("mine"), Some(vec!["mine", "new"]), "mine"),
        (Some("mine"), Some(vec!["old"]), "old"),
        (Some("mine"), Some(vec![]), "mine"),
    ] {
        let mut place = place(gateway());
        place.said = said.map(|said| ("SIXTH_MODEL".to_owned(), said.to_owned())).into_iter().collect();
        place.served = served.map(|served| served.into_iter().map(str::to_owned).collect());
        assert_eq!(place.value(&agent, "model").as_deref(), Some(model), "{place:?}");
    }
}

#[test]
fn a_file_that_is_wrong_says_what() {
    for (text, why) in [
        ("labl = \"x\"", "x.toml: line 1: unknown field `labl`"),
        ("label = ", "x.toml: line 1:"),
        ("[environment]\nA = \"{kye}\"", "environment.A: {kye} means nothing here; there are {home}"),
        ("[[file]]\npath = \"a\"\nformat = \"json\"\ncontent = { a = \"{key}\" }", "a: {key} means nothing"),
        (
            "[[file]]\npath = \"a\"\nformat = \"json\"\ncontent = { a = \"{token}\" }",
            "a: {token} means nothing",
        ),
        ("[[file]]\npath = \"../a\"\nformat = \"json\"\ncontent = {}", "must be a path below the home"),
        ("[[file]]\npath = \"/a\"\nformat = \"json\"\ncontent = {}", "must be a path below the home"),
        ("[[file]]\npath = \"a\"\nformat = \"json\"\ncontent = \"x\"", "a: `content` must be a table"),
        ("[[file]]\npath = \"a\"\nformat = \"dotenv\"\ncontent = { a = 1 }", "a: `content` must be a table"),
        ("[[file]]\npath = \"a\"\nformat = \"jso\"\ncontent = {}", "unknown variant `jso`"),
        (
            "[[file]]\npath = \"a\"\nformat = \"json\"\ncontent = {}\n[mcp]\nfile = \"a\"\nformat = \"toml\"\nentry = 1",
            "a cannot be Json and Toml",
        ),
        ("[models.key]\nprefer = [\"a\"]", "[models.key] needs `prefer`"),
        ("[launch]\none_shot = [\"{promt}\"]", "launch: {promt} means nothing here; there are {prompt}"),
    ] {
        let error = Definition::read("x.toml", text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// What happens to a file: we want something, or somebody edits a key by hand.
#[derive(Debug, Clone)]
enum Turn {
    Want(BTreeMap<&'static str, u8>),
    Edit(&'static str, Option<u8>),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let name = || prop::sample::select(&NAMES[..]);
    let want = prop::collection::btree_map(name(), 0u8..4, 0..5).prop_map(Turn::Want);
    let edit = (name(), prop::option::of(10u8..14)).prop_map(|(name, value)| Turn::Edit(name, value));
    prop::collection::vec(prop_oneof![want, edit], 1..20)
}

/// The keys of a file, by its own reader.
fn keys(format: Format, text: &str) -> BTreeMap<String, String> {
    let document = document::read(format, text).unwrap();
    let value = |name: &str| match document.get(&path(format, name)) {
        document::Slot::Taken(value) => Some(value.as_str().unwrap().to_owned()),
        _ => None,
    };
    NAMES.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect()
}

fn path(format: Format, name: &str) -> Vec<String> {
    match format {
        Format::Dotenv => vec![name.to_owned()],
        _ => vec!["in".to_owned(), name.to_owned()],
    }
}

fn edited(format: Format, text: &str, name: &str, value: Option<u8>) -> String {
    let mut document = document::read(format, text).unwrap();
    match value {
        Some(value) => document.set(&path(format, name), &format!("v{value}").into()),
        None => document.remove(&path(format, name)),
    }
    document.text()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A key that somebody touched last is never changed; one that only we touched is what is wanted; nothing else is
    /// touched; and a second time changes nothing.
    #[test]
    fn edits_by_hand_survive_any_sequence(
        format in prop::sample::select(&[Format::Json, Format::Toml, Format::Yaml, Format::Dotenv][..]),
        turns in turns(),
    ) {
        // A key that is nobody's keeps the file from being gone.
        let mut text = edited(format, "", "E", Some(99));
        let mut last = Written::default();
        let mut theirs: BTreeMap<&str, Option<u8>> = BTreeMap::from([("E", Some(99))]);
        for turn in turns {
            match turn {
                Turn::Edit("E", _) => {}
                Turn::Edit(name, value) => {
                    let there = keys(format, &text).contains_key(name);
                    text = edited(format, &text, name, value);
                    // To remove what is not there is to do nothing.
                    if there || value.is_some() {
                        theirs.insert(name, value);
                    }
                }
                Turn::Want(mut wanted) => {
                    wanted.remove("E");
                    let list: Vec<(Vec<String>, Value)> =
                        wanted.iter().map(|(name, value)| (path(format, name), format!("v{value}").into())).collect();
                    let before = keys(format, &text);
                    let done = merge(format, Some(&text), &last, &list).unwrap();
                    let now = done.text.unwrap_or_else(|| text.clone());
                    let after = keys(format, &now);
                    for name in NAMES {
                        match theirs.get(name) {
                            Some(Some(value)) => prop_assert_eq!(after.get(name), Some(&format!("v{value}"))),
                            // What they removed stays away as long as it is wanted.
                            Some(None) if before.contains_key(name) => {}
                            Some(None) => {
                                let was_ours = last.is_ours(&path(format, name), None).is_some();
                                if was_ours { prop_assert!(!after.contains_key(name)); }
                            }
                            None => prop_assert_eq!(after.get(name).cloned(), wanted.get(name).map(|value| format!("v{value}"))),
                        }
                    }
                    // What was removed and is nobody's any more is ours to write again.
                    theirs.retain(|name, value| value.is_some() || (!after.contains_key(*name) && done.written.is_ours(&path(format, name), None).is_some()));
                    let again = merge(format, Some(&now), &done.written, &list).unwrap();
                    prop_assert_eq!(again.text, None);
                    prop_assert_eq!(&again.written, &done.written);
                    (text, last) = (now, done.written);
                }
            }
        }
    }
}
