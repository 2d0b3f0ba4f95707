//! Texts: a file that is one value, and a part of a file between two marks.

use serde_json::Value;

use super::{Document, Slot};

const BEGIN: &str = "<!-- coda: from here on it is kept up to date by CoDA; edit it, and it is yours -->\n";
const END: &str = "<!-- coda: to here -->\n";

/// A file that is empty is one that is not there.
pub struct Whole(Option<String>);

impl Whole {
    pub fn read(text: &str) -> Whole {
        Whole(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }
}

impl Document for Whole {
    fn get(&self, _: &[String]) -> Slot {
        self.0.clone().map_or(Slot::Free, |text| Slot::Taken(text.into()))
    }

    fn set(&mut self, _: &[String], value: &Value) {
        self.0 = value.as_str().map(str::to_owned);
    }

    fn remove(&mut self, _: &[String]) {
        self.0 = None;
    }

    fn text(&self) -> String {
        self.0.clone().unwrap_or_default()
    }
}

/// What stands before the mark, between the marks, and after them.
pub struct Block {
    before: String,
    inside: Option<String>,
    after: String,
}

impl Block {
    pub fn read(text: &str) -> Block {
        let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
        match parts {
            Some((before, (inside, after))) => {
                Block { before: before.to_owned(), inside: Some(inside.to_owned()), after: after.to_owned() }
            }
            None => Block { before: text.to_owned(), inside: None, after: String::new() },
        }
    }
}

impl Document for Block {
    fn get(&self, _: &[String]) -> Slot {
        self.inside.clone().map_or(Slot::Free, |text| Slot::Taken(text.into()))
    }

    fn set(&mut self, _: &[String], value: &Value) {
        if self.inside.is_none() && !self.before.is_empty() {
            let gap = if self.before.ends_with('\n') { "\n" } else { "\n\n" };
            self.before.push_str(gap);
        }
        self.inside = value.as_str().map(str::to_owned);
    }

    fn remove(&mut self, _: &[String]) {
        self.inside = None;
        let kept = self.before.trim_end_matches('\n').len();
        let end = if kept == 0 { "" } else { "\n" };
        self.before = format!("{}{end}", &self.before[..kept]);
    }

    fn text(&self) -> String {
        match &self.inside {
            Some(inside) => format!("{}{BEGIN}{inside}{END}{}", self.before, self.after),
            None => format!("{}{}", self.before, self.after),
        }
    }
}
