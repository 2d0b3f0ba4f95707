//! JSON and YAML: a tree of values, written anew when it changes. The order of keys stays. JSON keeps its indentation;
//! YAML loses its comments and anchors.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Document, Slot, Unreadable, unreadable};

pub struct Tree {
    root: Map<String, Value>,
    /// JSON with this indentation; `None`: YAML.
    indent: Option<String>,
}

impl Tree {
    pub fn json(text: &str) -> Result<Tree, Unreadable> {
        if text.trim().is_empty() {
            return Ok(Tree { root: Map::new(), indent: Some("  ".to_owned()) });
        }
        let root =
            serde_json::from_str(text).map_err(|error| unreadable("JSON object", Some(error.line())))?;
        Ok(Tree { root, indent: Some(indentation(text)) })
    }

    pub fn yaml(text: &str) -> Result<Tree, Unreadable> {
        let root: Option<Map<String, Value>> = match text.trim().is_empty() {
            true => None,
            false => serde_saphyr::from_str(text).map_err(|_| unreadable("YAML mapping", None))?,
        };
        Ok(Tree { root: root.unwrap_or_default(), indent: None })
    }
}

/// What the first indented line begins with.
fn indentation(text: &str) -> String {
    let indent = |line: &str| line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned();
    let found = text.lines().map(indent).find(|indent| !indent.is_empty());
    found.unwrap_or_else(|| "  ".to_owned())
}

impl Document for Tree {
    fn get(&self, path: &[String]) -> Slot {
        let Some((last, above)) = path.split_last() else { return Slot::Blocked };
        let mut table = &self.root;
        for key in above {
            match table.get(key) {
                None => return Slot::Free,
                Some(Value::Object(next)) => table = next,
                Some(_) => return Slot::Blocked,
            }
        }
        table.get(last).map_or(Slot::Free, |value| Slot::Taken(value.clone()))
    }

    fn set(&mut self, path: &[String], value: &Value) {
        let Some((last, above)) = path.split_last() else { return };
        let mut table = &mut self.root;
        for key in above {
            let next = table.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(next) = next else { return };
            table = next;
        }
        table.insert(last.clone(), value.clone());
    }

    fn remove(&mut self, path: &[String]) {
        take(&mut self.root, path);
    }

    fn text(&self) -> String {
        let Some(indent) = &self.indent else {
            return serde_saphyr::to_string(&self.root).unwrap_or_default();
        };
        let mut text = Vec::new();
        let style = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
        let written = self.root.serialize(&mut serde_json::Serializer::with_formatter(&mut text, style));
        written.expect("a tree of values is JSON");
        text.push(b'\n');
        String::from_utf8(text).expect("JSON is UTF-8")
    }
}

fn take(table: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [last] => drop(table.shift_remove(last)),
        [first, rest @ ..] => {
            if let Some(Value::Object(next)) = table.get_mut(first) {
                take(next, rest);
                if next.is_empty() {
                    table.shift_remove(first);
                }
            }
        }
    }
}
