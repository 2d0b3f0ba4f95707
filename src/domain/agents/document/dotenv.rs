//! Files of `NAME=value` lines: every other line stays as it is.

use serde_json::Value;

use super::{Document, Slot};

pub struct Lines(Vec<String>);

impl Lines {
    pub fn read(text: &str) -> Lines {
        Lines(text.lines().map(str::to_owned).collect())
    }

    /// Of several lines with one name the last counts.
    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().rposition(|line| named(line) == Some(name))
    }
}

impl Document for Lines {
    fn get(&self, path: &[String]) -> Slot {
        let [name] = path else { return Slot::Blocked };
        let line = self.place(name).and_then(|at| self.0[at].split_once('='));
        line.map_or(Slot::Free, |(_, value)| Slot::Taken(plain(value).into()))
    }

    fn set(&mut self, path: &[String], value: &Value) {
        let ([name], Some(value)) = (path, value.as_str()) else { return };
        let line = format!("{name}={}", quoted(value));
        match self.place(name) {
            Some(at) if self.0[at].trim_start().starts_with("export ") => {
                self.0[at] = format!("export {line}")
            }
            Some(at) => self.0[at] = line,
            None => self.0.push(line),
        }
    }

    fn remove(&mut self, path: &[String]) {
        let [name] = path else { return };
        self.0.retain(|line| named(line) != Some(name));
    }

    fn text(&self) -> String {
        self.0.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn named(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (name, _) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim();
    (!name.starts_with('#')).then_some(name)
}

fn plain(value: &str) -> String {
    let value = value.trim();
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(inside) = inside('"') {
        return inside.replace("\\\"", "\"").replace("\\\\", "\\");
    }
    inside('\'').unwrap_or(value).to_owned()
}

/// In quotes only where it must be: some take the quotes for a part of the value.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+,=~%".contains(c);
    match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}
