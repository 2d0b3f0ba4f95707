//! What the file of an agent says.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use super::permissions::Permissions;
use super::template::{BadTemplate, Template};
use crate::domain::gateway;
use crate::domain::setup::Toggle;

/// Names that may stand everywhere.
const EVERYWHERE: [&str; 8] =
    ["home", "coda", "host", "permissions", "anthropic", "openai", "gemini", "chat"];

/// What is wrong with the file of an agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct BadAgent {
    file: String,
    why: String,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The name of its file.
    pub id: String,
    pub label: String,
    pub binary: String,
    pub launch: Launch,
    /// The variable that turns it on and off.
    pub toggle: Option<Toggle>,
    pub(super) models: BTreeMap<String, Model>,
    /// Variables of sessions that go through the gateway.
    pub(super) environment: Vec<(String, Template)>,
    pub(super) files: Vec<File>,
    pub(super) mcp: Option<Entries>,
    pub(super) trust: Option<Entries>,
    /// The hooks through which it tells what it does, and for which of its events.
    pub(super) hooks: Option<(Entries, Vec<String>)>,
    /// Folder below home for skills, and file for instructions.
    pub(super) skills: Option<String>,
    pub(super) instructions: Option<String>,
}

/// How to run it: program and arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Launch {
    pub command: Vec<String>,
    /// Asks one thing, with `{prompt}`; empty if there is no way.
    pub one_shot: Vec<String>,
    /// Goes on with `{conversation}`.
    pub resume: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    /// Says which, if it is set.
    pub variable: Option<String>,
    /// The first that is served.
    pub prefer: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub path: String,
    pub format: Format,
    /// In which mode alone it is written.
    pub mode: Option<Only>,
    /// With which permissions alone.
    pub permissions: Option<Permissions>,
    pub content: Shape,
}

/// Something of which a file has one for each server, or for each directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entries {
    pub file: String,
    pub format: Format,
    pub at: Vec<String>,
    pub entry: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Json,
    Toml,
    Yaml,
    Dotenv,
    /// The whole file is one value.
    Text,
    /// A part of a text, between two marks.
    Block,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Only {
    Gateway,
    Direct,
}

/// A value whose texts, and names of keys, are templates.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Text(Template),
    Plain(serde_json::Value),
    List(Vec<Shape>),
    Table(Vec<(Template, Shape)>),
}

impl Eq for Shape {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    label: Option<String>,
    binary: Option<String>,
    /// A step of the setup, which reads the rest of it.
    #[serde(default)]
    install: Table,
    #[serde(default)]
    launch: Launch,
    #[serde(default)]
    models: BTreeMap<String, Model>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default, rename = "file")]
    files: Vec<WholeFile>,
    mcp: Option<WholeEntries>,
    trust: Option<WholeEntries>,
    hooks: Option<WholeHooks>,
    skills: Option<Place>,
    instructions: Option<Place>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeFile {
    path: String,
    format: Format,
    mode: Option<Only>,
    permissions: Option<Permissions>,
    content: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeEntries {
    file: String,
    format: Format,
    #[serde(default)]
    at: Vec<String>,
    entry: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeHooks {
    events: Vec<String>,
    file: String,
    format: Format,
    #[serde(default)]
    at: Vec<String>,
    entry: Value,
}

impl Format {
    pub(super) fn is_text(self) -> bool {
        matches!(self, Format::Text | Format::Block)
    }
}

impl Definition {
    /// `name`: of the file, as `claude.toml`.
    pub fn read(name: &str, text: &str) -> Result<Definition, BadAgent> {
        let bad = |why: String| BadAgent { file: name.to_owned(), why };
        let id = name.rsplit('/').next().unwrap_or(name);
        let id = id.strip_suffix(".toml").unwrap_or(id).to_owned();
        let whole: Whole = toml::from_str(text).map_err(|error| bad(told(text, &error)))?;
        whole.into_definition(id).map_err(bad)
    }

    /// Variables that say which model.
    pub fn model_variables(&self) -> impl Iterator<Item = &str> {
        self.models.values().filter_map(|model| model.variable.as_deref())
    }
}

/// Line and reason.
fn told(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let why = error.message().replace('\n', ", ");
    line.map_or(why.clone(), |line| format!("line {line}: {why}"))
}

impl Whole {
    fn into_definition(self, id: String) -> Result<Definition, String> {
        if let Some((name, _)) = self.models.iter().find(|(name, model)| !is_model(name, model)) {
            return Err(format!(
                "[models.{name}] needs `prefer` with one name or more, and a name of its own of small letters"
            ));
        }
        let names = |more: &[&'static str]| -> Vec<&str> {
            let own = self.models.keys().map(String::as_str);
            EVERYWHERE.into_iter().chain(more.iter().copied()).chain(own).collect()
        };
        let environment = self.environment.iter().map(|one| variable(one, &names(&["gateway", "key"])));
        let environment = environment.collect::<Result<_, _>>()?;
        let mut formats = BTreeMap::new();
        let mut files = Vec::new();
        for file in &self.files {
            let more: &[&str] = match file.mode {
                None => &[],
                Some(Only::Gateway) => &["gateway"],
                Some(Only::Direct) => &["token"],
            };
            known(&mut formats, &file.path, file.format)?;
            files.push(file.parsed(&names(more)).map_err(|why| format!("{}: {why}", file.path))?);
        }
        let mut entries = |entries: &Option<WholeEntries>, table: &str, more: &[&'static str]| {
            let Some(entries) = entries else { return Ok(None) };
            known(&mut formats, &entries.file, entries.format)?;
            entries.parsed(&names(more)).map(Some).map_err(|why| format!("{table}: {why}"))
        };
        let mcp = entries(&self.mcp, "mcp", &["name", "url"])?;
        let trust = entries(&self.trust, "trust", &["directory"])?;
        let (hooks, events) = match self.hooks {
            Some(WholeHooks { events, file, format, at, entry }) => {
                (Some(WholeEntries { file, format, at, entry }), events)
            }
            None => (None, Vec::new()),
        };
        let hooks = entries(&hooks, "hooks", &["event"])?.map(|hooks| (hooks, events));
        let path = |place: Option<Place>| place.map(|place| below_home(place.path)).transpose();
        let binary = self.binary.unwrap_or_else(|| id.clone());
        Ok(Definition {
            label: self.label.unwrap_or_else(|| id.clone()),
            launch: self.launch.checked(&binary)?,
            toggle: toggle(&self.install),
            skills: path(self.skills)?,
            instructions: path(self.instructions)?,
            models: self.models,
            id,
            binary,
            environment,
            files,
            mcp,
            trust,
            hooks,
        })
    }
}

impl WholeFile {
    fn parsed(&self, names: &[&str]) -> Result<File, String> {
        let fits = match (self.format, &self.content) {
            (Format::Text | Format::Block, content) => content.is_str(),
            (Format::Dotenv, Value::Table(lines)) => lines.values().all(Value::is_str),
            (_, content) => content.is_table(),
        };
        if !fits {
            return Err("`content` must be a table; of texts for dotenv, and a text for a text".to_owned());
        }
        let content = shape(&self.content, names)?;
        let WholeFile { path, format, mode, permissions, .. } = self;
        Ok(File { path: path.clone(), format: *format, mode: *mode, permissions: *permissions, content })
    }
}

impl WholeEntries {
    fn parsed(&self, names: &[&str]) -> Result<Entries, String> {
        let entry = shape(&self.entry, names)?;
        Ok(Entries { file: self.file.clone(), format: self.format, at: self.at.clone(), entry })
    }
}

impl Launch {
    fn checked(mut self, binary: &str) -> Result<Launch, String> {
        if self.command.is_empty() {
            self.command = vec![binary.to_owned()];
        }
        let check = |words: &[String], known: &[&str]| {
            words.iter().try_for_each(|word| Template::parse(word, known).map(drop))
        };
        let told = |error: BadTemplate| format!("launch: {error}");
        check(&self.command, &[]).map_err(told)?;
        check(&self.one_shot, &["prompt"]).map_err(told)?;
        check(&self.resume, &["conversation"]).map_err(told)?;
        Ok(self)
    }
}

/// Of the step that installs it.
fn toggle(install: &Table) -> Option<Toggle> {
    let name = install.get("toggle")?.as_str()?.to_owned();
    Some(Toggle { name, in_lab: install.get("in_lab").and_then(Value::as_bool).unwrap_or_default() })
}

fn variable((name, text): (&String, &String), names: &[&str]) -> Result<(String, Template), String> {
    gateway::Template::new(name, text).map_err(|error| error.to_string())?;
    let text = Template::parse(text, names).map_err(|error| format!("environment.{name}: {error}"))?;
    Ok((name.clone(), text))
}

fn is_model(name: &str, model: &Model) -> bool {
    let taken = ["gateway", "key", "token", "name", "url", "directory", "event"];
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    plain && !model.prefer.is_empty() && !EVERYWHERE.contains(&name) && !taken.contains(&name)
}

/// One file has one format.
fn known(formats: &mut BTreeMap<String, Format>, path: &str, format: Format) -> Result<(), String> {
    below_home(path.to_owned())?;
    match formats.insert(path.to_owned(), format) {
        Some(other) if other != format => Err(format!("{path} cannot be {other:?} and {format:?}")),
        _ => Ok(()),
    }
}

fn below_home(path: String) -> Result<String, String> {
    let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(char::is_control);
    match path.split('/').all(plain) {
        true => Ok(path),
        false => Err(format!("{path:?} must be a path below the home directory, without `..`")),
    }
}

fn shape(value: &Value, names: &[&str]) -> Result<Shape, String> {
    let template = |text: &str| Template::parse(text, names).map_err(|error| error.to_string());
    Ok(match value {
        Value::String(text) => Shape::Text(template(text)?),
        Value::Integer(number) => Shape::Plain((*number).into()),
        Value::Float(number) => Shape::Plain((*number).into()),
        Value::Boolean(is) => Shape::Plain((*is).into()),
        Value::Datetime(_) => return Err("a date cannot be written; put it in quotes".to_owned()),
        Value::Array(list) => {
            Shape::List(list.iter().map(|item| shape(item, names)).collect::<Result<_, _>>()?)
        }
        Value::Table(table) => {
            let entry = |(key, value): (&String, &Value)| Ok((template(key)?, shape(value, names)?));
            Shape::Table(table.iter().map(entry).collect::<Result<_, String>>()?)
        }
    })
}
