//! Reading `coda.toml`: names and kinds of keys.

use std::path::Path;

use super::{Config, ConfigError};

/// Keys that are a word or a switch.
const EITHER: [&str; 1] = ["setup.at_start"];
/// Sections whose keys are names that people choose.
const FREE: [&str; 1] = ["tasks.commands"];

pub(super) fn from_file(path: &Path) -> Result<Config, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::File { path: name.clone(), reason: error.to_string() })?;
    parse(&text, &name)
}

/// Settings from the text of a file called `path`.
pub fn parse(text: &str, path: &str) -> Result<Config, ConfigError> {
    let toml = |reason: String| ConfigError::Toml { path: path.to_owned(), reason };
    let given: toml::Table = text.parse().map_err(|error| toml(in_one_line(&error, text)))?;
    let known = toml::Table::try_from(Config::default()).map_err(|error| toml(error.to_string()))?;
    check_keys(&given, &known, "", path)?;
    toml::from_str(text).map_err(|error| toml(in_one_line(&error, text)))
}

/// The parser's own message draws the place over several lines; ours says it.
fn in_one_line(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().replace('\n', ", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message };
    let line = before.matches('\n').count() + 1;
    let written = text.lines().nth(line - 1).unwrap_or_default().trim();
    format!("line {line} (`{written}`): {message}")
}

/// Compares the given table with the defaults: same names, same kinds.
fn check_keys(given: &toml::Table, known: &toml::Table, prefix: &str, path: &str) -> Result<(), ConfigError> {
    for (name, value) in given {
        let key = format!("{prefix}{name}");
        let Some(default) = known.get(name) else {
            let meant = format!("{prefix}{}", nearest(name, known));
            return Err(ConfigError::UnknownKey { path: path.to_owned(), key, meant });
        };
        match (value, default) {
            (toml::Value::Table(_), toml::Value::Table(_)) if FREE.contains(&key.as_str()) => {}
            (toml::Value::Table(given), toml::Value::Table(known)) => {
                check_keys(given, known, &format!("{key}."), path)?;
            }
            _ if value.same_type(default) => {}
            (toml::Value::Boolean(_), toml::Value::String(_)) if EITHER.contains(&key.as_str()) => {}
            _ => {
                let found = format!("{} ({value})", kind(value));
                return Err(ConfigError::WrongType { key, expected: kind(default), found });
            }
        }
    }
    Ok(())
}

fn nearest<'a>(name: &str, known: &'a toml::Table) -> &'a str {
    let distance = |key: &&String| strsim::damerau_levenshtein(name, key);
    known.keys().min_by_key(distance).map_or("", String::as_str)
}

fn kind(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a string",
        toml::Value::Integer(_) => "an integer",
        toml::Value::Float(_) => "a number",
        toml::Value::Boolean(_) => "true or false",
        toml::Value::Datetime(_) => "a date",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a section",
    }
}
