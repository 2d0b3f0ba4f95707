//! A file as keys with values, in each format: what is not set or removed stays as it is.

mod dotenv;
mod tables;
mod text;
mod tree;

use serde_json::Value;

use super::definition::Format;

/// What is in the place of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    Free,
    Taken(Value),
    /// Something above it is no table.
    Blocked,
}

/// The file does not have its format. The text says where, and holds nothing of the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no {format}{place}; mend it or move it away, and try again")]
pub struct Unreadable {
    format: &'static str,
    /// As " (line 3)", if it is known.
    place: String,
}

pub trait Document {
    fn get(&self, path: &[String]) -> Slot;

    /// Called only where [`Document::get`] is not [`Slot::Blocked`].
    fn set(&mut self, path: &[String], value: &Value);

    /// Takes a key away, and the tables above it that are empty then.
    fn remove(&mut self, path: &[String]);

    fn text(&self) -> String;
}

pub fn read(format: Format, text: &str) -> Result<Box<dyn Document>, Unreadable> {
    Ok(match format {
        Format::Json => Box::new(tree::Tree::json(text)?),
        Format::Yaml => Box::new(tree::Tree::yaml(text)?),
        Format::Toml => Box::new(tables::Tables::read(text)?),
        Format::Dotenv => Box::new(dotenv::Lines::read(text)),
        Format::Text => Box::new(text::Whole::read(text)),
        Format::Block => Box::new(text::Block::read(text)),
    })
}

fn unreadable(format: &'static str, line: Option<usize>) -> Unreadable {
    Unreadable { format, place: line.map(|line| format!(" (line {line})")).unwrap_or_default() }
}
