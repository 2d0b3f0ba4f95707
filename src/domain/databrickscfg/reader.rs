//! The file line by line, as `configparser` understands it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::edit::EditError;

/// The section that others fall back to; the only one that may be there twice.
pub const DEFAULT: &str = "DEFAULT";

/// One line: its text, and what ends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    pub text: &'a str,
    pub end: &'a str,
    pub kind: Kind<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind<'a> {
    Blank,
    Comment,
    Header(&'a str),
    /// `key` in lower case; where it stands as it is written, and where its value does.
    Entry {
        section: &'a str,
        key: String,
        name: Range<usize>,
        value: Range<usize>,
    },
    /// More of the value above, because it stands further in.
    More {
        section: &'a str,
        key: String,
    },
}

/// What is being read: the section, the key whose value may go on, and how far in that key stands, in characters.
#[derive(Default)]
struct Place<'a> {
    section: Option<&'a str>,
    key: Option<String>,
    indent: usize,
    sections: BTreeSet<&'a str>,
    keys: BTreeSet<(&'a str, String)>,
}

pub fn read(bytes: &[u8]) -> Result<Vec<Line<'_>>, EditError> {
    let text = std::str::from_utf8(bytes).map_err(|_| EditError::NotText)?;
    let mut place = Place::default();
    let mut lines = Vec::new();
    for whole in text.split_inclusive('\n') {
        let bare = whole.strip_suffix("\r\n").or_else(|| whole.strip_suffix('\n')).unwrap_or(whole);
        let wrong = |why| EditError::Line { number: lines.len() + 1, why };
        if bare.contains(|c: char| (c.is_control() && c != '\t') || c == '\u{feff}') {
            return Err(wrong("it holds a control character or a byte order mark"));
        }
        let kind = place.kind(bare).map_err(wrong)?;
        lines.push(Line { text: bare, end: &whole[bare.len()..], kind });
    }
    Ok(lines)
}

impl<'a> Place<'a> {
    fn kind(&mut self, text: &'a str) -> Result<Kind<'a>, &'static str> {
        let said = text.trim();
        if said.is_empty() {
            return Ok(Kind::Blank);
        }
        if said.starts_with(['#', ';']) {
            return Ok(Kind::Comment);
        }
        let indent = indent(text).chars().count();
        if let (Some(section), Some(key)) = (self.section, &self.key)
            && indent > self.indent
        {
            return Ok(Kind::More { section, key: key.clone() });
        }
        self.indent = indent;
        if let Some(rest) = said.strip_prefix('[') {
            return self.header(rest).map(Kind::Header);
        }
        let section = self.section.ok_or("no section, such as [DEFAULT], stands above it")?;
        let begin = text.len() - text.trim_start().len();
        let at = said.find(['=', ':']).ok_or("it is no `key = value`")?;
        let name = said[..at].trim_end();
        if name.is_empty() {
            return Err("it is no `key = value`");
        }
        let key = name.to_lowercase();
        if !self.keys.insert((section, key.clone())) {
            return Err("its key stands there twice");
        }
        self.key = Some(key.clone());
        let given = said[at + 1..].trim_start();
        let end = begin + said.len();
        let value = end - given.len()..end;
        Ok(Kind::Entry { section, key, name: begin..begin + name.len(), value })
    }

    fn header(&mut self, rest: &'a str) -> Result<&'a str, &'static str> {
        let (name, behind) = rest.split_once(']').ok_or("its section has no end")?;
        // Old and new versions disagree about these.
        if name.is_empty() || name.contains('[') || behind.contains(']') {
            return Err("its section can be read in two ways");
        }
        if !self.sections.insert(name) && name != DEFAULT {
            return Err("its section stands there twice");
        }
        (self.section, self.key) = (Some(name), None);
        Ok(name)
    }
}

/// The blanks in front.
pub fn indent(text: &str) -> &str {
    &text[..text.len() - text.trim_start().len()]
}

/// Every value by section and key.
pub fn values(lines: &[Line<'_>]) -> BTreeMap<(String, String), String> {
    let mut values = BTreeMap::<(String, String), String>::new();
    let mut last = None;
    for line in lines {
        match &line.kind {
            Kind::Header(_) => last = None,
            Kind::Entry { section, key, value, .. } => {
                let at = ((*section).to_owned(), key.clone());
                values.insert(at.clone(), line.text[value.clone()].to_owned());
                last = Some(at);
            }
            Kind::More { .. } | Kind::Blank => {
                if let Some(value) = last.as_ref().and_then(|at| values.get_mut(at)) {
                    value.push('\n');
                    value.push_str(line.text.trim());
                }
            }
            Kind::Comment => {}
        }
    }
    values.values_mut().for_each(|value| value.truncate(value.trim_end().len()));
    values
}
