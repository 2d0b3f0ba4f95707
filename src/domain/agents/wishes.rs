//! What an agent wants in a place: which keys of which files, and which variables of sessions.

use serde_json::Value;

use super::definition::{Definition, Entries, Format, Only, Shape};
use super::place::{Mode, Place};
use super::template::Template;

/// A file, and what shall be in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Below home.
    pub path: String,
    pub format: Format,
    /// Paths of keys, each once, with values.
    pub keys: Vec<(Vec<String>, Value)>,
}

/// The one key of a text.
const TEXT: &str = "text";

/// The files of an agent, each once. Those of which nothing is wanted are among them: what was written goes.
pub fn wishes(agent: &Definition, place: &Place) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for file in &agent.files {
        let wish = wish(&mut wishes, &file.path, file.format);
        let is_mode = match file.mode {
            None => true,
            Some(Only::Gateway) => matches!(place.mode, Mode::Gateway { .. }),
            Some(Only::Direct) => matches!(place.mode, Mode::Direct { .. }),
        };
        let is_allowed = file.permissions.is_none_or(|only| only == place.permissions);
        if is_mode
            && is_allowed
            && let Some(content) = filled(&file.content, &|name| place.value(agent, name))
        {
            put(wish, Vec::new(), content);
        }
    }
    let servers = place.servers.iter().map(|server| (&server.name, vec![("url", &server.url)]));
    entries(&mut wishes, agent.mcp.as_ref(), agent, place, servers);
    let trusted = place.trusted.iter().map(|directory| (directory, vec![("directory", directory)]));
    entries(&mut wishes, agent.trust.as_ref(), agent, place, trusted);
    if let Some((hooks, events)) = &agent.hooks {
        let events = events.iter().map(|event| (event, vec![("event", event)]));
        entries(&mut wishes, Some(hooks), agent, place, events);
    }
    if let Some(folder) = &agent.skills {
        for (path, text) in &place.skills {
            let wish = wish(&mut wishes, &format!("{folder}/{path}"), Format::Text);
            put(wish, Vec::new(), text.as_str().into());
        }
    }
    if let Some(file) = &agent.instructions {
        let wish = wish(&mut wishes, file, Format::Block);
        if !place.instructions.is_empty() {
            put(wish, Vec::new(), place.instructions.as_str().into());
        }
    }
    wishes
}

/// The variables of every session: names, and values in which `{gateway}` and `{key}` are left for the gateway to fill.
pub fn variables(agent: &Definition, place: &Place) -> Vec<(String, String)> {
    let Mode::Gateway { .. } = place.mode else { return Vec::new() };
    let place = Place { mode: Mode::Gateway { url: "{gateway}".to_owned() }, ..place.clone() };
    let value = |name: &str| match name {
        "key" => Some("{key}".to_owned()),
        name => place.value(agent, name),
    };
    let all = agent.environment.iter();
    all.filter_map(|(name, text)| Some((name.clone(), text.fill(&value)?))).collect()
}

fn wish<'a>(wishes: &'a mut Vec<Wish>, path: &str, format: Format) -> &'a mut Wish {
    let at = wishes.iter().position(|wish| wish.path == path).unwrap_or_else(|| {
        wishes.push(Wish { path: path.to_owned(), format, keys: Vec::new() });
        wishes.len() - 1
    });
    &mut wishes[at]
}

fn entries<'a>(
    wishes: &mut Vec<Wish>,
    entries: Option<&Entries>,
    agent: &Definition,
    place: &Place,
    all: impl Iterator<Item = (&'a String, Vec<(&'a str, &'a String)>)>,
) {
    let Some(entries) = entries else { return };
    let wish = wish(wishes, &entries.file, entries.format);
    for (key, own) in all {
        let value = |name: &str| match own.iter().find(|(other, _)| *other == name) {
            Some((_, value)) => Some((*value).clone()),
            None if name == "name" => Some(key.clone()),
            None => place.value(agent, name),
        };
        if let Some(entry) = filled(&entries.entry, &value) {
            let path = entries.at.iter().chain([key]).cloned().collect();
            put(wish, path, entry);
        }
    }
}

/// Takes a table apart into its keys. Of a key that is wanted twice the last counts.
fn put(wish: &mut Wish, path: Vec<String>, value: Value) {
    match value {
        Value::Object(table) if !table.is_empty() => {
            for (key, value) in table {
                let path = path.iter().cloned().chain([key]).collect();
                put(wish, path, value);
            }
        }
        Value::Object(_) if path.is_empty() => {}
        value => {
            let path = if path.is_empty() { vec![TEXT.to_owned()] } else { path };
            wish.keys.retain(|(other, _)| *other != path);
            wish.keys.push((path, value));
        }
    }
}

/// `None`: something in it has no value here. A table goes without such a key, and goes itself with the last one.
fn filled(shape: &Shape, value: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    match shape {
        Shape::Text(text) => Some(text.fill(value)?.into()),
        Shape::Plain(plain) => Some(plain.clone()),
        Shape::List(list) => list.iter().map(|item| filled(item, value)).collect(),
        Shape::Table(table) => {
            let entry = |(key, shape): &(Template, Shape)| Some((key.fill(value)?, filled(shape, value)?));
            let filled: serde_json::Map<String, Value> = table.iter().filter_map(entry).collect();
            Some(filled).filter(|filled| table.is_empty() || !filled.is_empty()).map(Value::Object)
        }
    }
}
