//! TOML: comments, order and spacing stay.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use super::{Document, Slot, Unreadable, unreadable};

pub struct Tables(DocumentMut);

impl Tables {
    pub fn read(text: &str) -> Result<Tables, Unreadable> {
        let line = |error: &toml_edit::TomlError| {
            error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1)
        };
        text.parse().map(Tables).map_err(|error| unreadable("TOML", line(&error)))
    }
}

impl Document for Tables {
    fn get(&self, path: &[String]) -> Slot {
        let Some((last, above)) = path.split_last() else { return Slot::Blocked };
        let mut table: &dyn TableLike = self.0.as_table();
        for key in above {
            match table.get(key) {
                None => return Slot::Free,
                Some(item) => match item.as_table_like() {
                    Some(next) => table = next,
                    None => return Slot::Blocked,
                },
            }
        }
        table.get(last).map_or(Slot::Free, |item| Slot::Taken(plain(item)))
    }

    fn set(&mut self, path: &[String], value: &Value) {
        let Some((last, above)) = path.split_last() else { return };
        let mut table: &mut dyn TableLike = self.0.as_table_mut();
        let mut inline = false;
        for key in above {
            let next = table.entry(key).or_insert_with(|| {
                let mut between = Table::new();
                between.set_implicit(true);
                Item::Table(between)
            });
            inline = next.is_inline_table();
            let Some(next) = next.as_table_like_mut() else { return };
            table = next;
        }
        let Some(mut value) = written(value) else { return };
        match table.get_mut(last).and_then(Item::as_value_mut) {
            // What stands around it stays, such as a comment at the end of its line.
            Some(there) => {
                *value.decor_mut() = there.decor().clone();
                *there = value;
            }
            None => {
                let newest = table.iter_mut().last().and_then(|(_, item)| item.as_value_mut());
                let is_space = |value: &&mut toml_edit::Value| {
                    value
                        .decor()
                        .suffix()
                        .and_then(|suffix| suffix.as_str())
                        .is_some_and(|text| text.trim().is_empty())
                };
                if let Some(newest) = newest.filter(|_| inline).filter(is_space) {
                    // What stood before the brace stands before a comma now.
                    newest.decor_mut().set_suffix("");
                }
                table.insert(last, Item::Value(value));
            }
        }
    }

    fn remove(&mut self, path: &[String]) {
        take(self.0.as_table_mut(), path);
    }

    fn text(&self) -> String {
        self.0.to_string()
    }
}

fn take(table: &mut dyn TableLike, path: &[String]) {
    match path {
        [] => {}
        [last] => drop(table.remove(last)),
        [first, rest @ ..] => {
            let Some(next) = table.get_mut(first).and_then(Item::as_table_like_mut) else { return };
            take(next, rest);
            if next.is_empty() {
                table.remove(first);
            }
        }
    }
}

/// As a value of the other formats. Dates and what JSON has no number for are told apart by their text.
fn plain(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(value) => plain_value(value),
        Item::Table(table) => entries(table),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| entries(table)).collect(),
    }
}

fn entries(table: &dyn TableLike) -> Value {
    table.iter().map(|(key, item)| (key.to_owned(), plain(item))).collect()
}

fn plain_value(value: &toml_edit::Value) -> Value {
    use toml_edit::Value as Toml;
    match value {
        Toml::String(text) => text.value().as_str().into(),
        Toml::Integer(number) => (*number.value()).into(),
        Toml::Float(number) => (*number.value()).into(),
        Toml::Boolean(is) => (*is.value()).into(),
        Toml::Datetime(date) => date.value().to_string().into(),
        Toml::Array(list) => list.iter().map(plain_value).collect(),
        Toml::InlineTable(table) => entries(table),
    }
}

/// `None`: TOML has no such value.
fn written(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(is) => (*is).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(list) => list.iter().map(written).collect::<Option<Array>>()?.into(),
        Value::Object(table) => {
            let mut inline = InlineTable::new();
            for (key, value) in table {
                inline.insert(key, written(value)?);
            }
            inline.into()
        }
    })
}
