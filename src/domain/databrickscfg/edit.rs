//! Host and token of one profile, put in where they belong.

use super::reader::{DEFAULT, Kind, Line, indent, read, values};

/// What is to be in the file.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    /// Name of the section.
    pub name: &'a str,
    pub host: &'a str,
    pub token: &'a str,
}

/// Why a file is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("line {number} cannot be read safely: {why}; correct it by hand")]
    Line { number: usize, why: &'static str },
    #[error("it is not UTF-8 text; correct it by hand")]
    NotText,
    #[error(
        "`{0}` of the profile has a value that does not fit on a line of its own; check where it comes from"
    )]
    Value(&'static str),
    #[error("a change would touch more than host and token; move the file away")]
    Unsafe,
}

/// Reserved for the Databricks CLI's own settings.
const SETTINGS: &str = "__settings__";

/// The file with this profile in it. The same bytes when it is in it already.
pub fn edit(old: &[u8], profile: &Profile<'_>) -> Result<Vec<u8>, EditError> {
    profile.check()?;
    let lines = read(old)?;
    profile.check_values(&lines)?;
    let mut new = String::with_capacity(old.len() + 256);
    let missing = profile.keys().filter(|(key, _)| !lines.iter().any(|line| profile.owns(line, key)));
    let missing: Vec<(&str, &str)> = missing.collect();
    let spot = profile.spot(&lines);
    for (at, line) in lines.iter().enumerate() {
        let set = profile.keys().find(|(key, _)| profile.owns(line, key));
        match (&line.kind, set) {
            (Kind::Entry { .. }, Some((key, value))) => set_value(&mut new, line, key, value),
            _ => push(&mut new, &[line.text, line.end]),
        }
        if spot == Some(at) {
            let end = end_like(line, &lines, &mut new);
            let before = indent_behind(&lines, at);
            missing.iter().for_each(|(key, value)| push(&mut new, &[before, key, " = ", value, end]));
        }
    }
    if spot.is_none() {
        profile.append(&mut new, &lines);
    }
    profile.verify(&lines, &new)?;
    Ok(new.into_bytes())
}

impl Profile<'_> {
    fn keys(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("host", self.host), ("token", self.token)].into_iter()
    }

    /// Nothing goes in that any reader could take for something else.
    fn check(&self) -> Result<(), EditError> {
        let odd = |c: char| !c.is_ascii_graphic() || "\"'`\\%#;".contains(c);
        for (key, value) in self.keys() {
            if value.is_empty() || value.contains(odd) {
                return Err(EditError::Value(key));
            }
        }
        let name = self.name;
        let strange = |c: char| c.is_control() || "[]".contains(c);
        if name.is_empty() || name == SETTINGS || name.trim() != name || name.contains(strange) {
            return Err(EditError::Value("name"));
        }
        Ok(())
    }

    /// A value of ours over several lines, or one of ours that only some would read, is not ours to judge.
    fn check_values(&self, lines: &[Line<'_>]) -> Result<(), EditError> {
        for (at, line) in lines.iter().enumerate() {
            let Kind::More { section, key } = &line.kind else { continue };
            let said = line.text.trim().split(['=', ':']).next().unwrap_or_default().trim_end();
            let ours = |name: &str| self.keys().any(|(key, _)| name.eq_ignore_ascii_case(key));
            if *section == self.name && (ours(key) || ours(said)) {
                let why =
                    "it stands further in than the line above, so it is read as more of that line's value";
                return Err(EditError::Line { number: at + 1, why });
            }
        }
        Ok(())
    }

    fn owns(&self, line: &Line<'_>, wanted: &str) -> bool {
        matches!(&line.kind, Kind::Entry { section, key, .. } if *section == self.name && key == wanted)
    }

    /// Behind which line keys go that are not there: the last of ours that is, or the section's name.
    fn spot(&self, lines: &[Line<'_>]) -> Option<usize> {
        let ours = |line: &Line<'_>| self.keys().any(|(key, _)| self.owns(line, key));
        lines.iter().rposition(ours).or_else(|| {
            lines.iter().position(|line| matches!(line.kind, Kind::Header(name) if name == self.name))
        })
    }

    fn append(&self, new: &mut String, lines: &[Line<'_>]) {
        let mut end = "\n";
        if let Some(last) = lines.last() {
            end = end_like(last, lines, new);
            let gap = if last.kind == Kind::Blank { "" } else { end };
            new.push_str(gap);
        }
        push(new, &["[", self.name, "]", end]);
        self.keys().for_each(|(key, value)| push(new, &[key, " = ", value, end]));
    }

    /// Whether a reader finds in the new file what it found in the old one, and ours.
    fn verify(&self, lines: &[Line<'_>], new: &str) -> Result<(), EditError> {
        let mut expected = values(lines);
        for (key, value) in self.keys() {
            expected.insert((self.name.to_owned(), key.to_owned()), value.to_owned());
        }
        let found = read(new.as_bytes()).map(|lines| values(&lines));
        if found == Ok(expected) { Ok(()) } else { Err(EditError::Unsafe) }
    }
}

/// The line with another value. A comment behind the old one moves to a line of its own: Python would read it as a part
/// of the value. A key that is not in lower case is read by Python alone, and gets it.
fn set_value(new: &mut String, line: &Line<'_>, key: &str, value: &str) {
    let Kind::Entry { name, value: old, .. } = &line.kind else { return };
    let text = line.text;
    if let Some(comment) = comment_in(&text[old.clone()]) {
        let end = if line.end.is_empty() { "\n" } else { line.end };
        push(new, &[indent(text), comment, end]);
    }
    push(new, &[&text[..name.start], key, &text[name.end..old.start], value]);
    // Blanks at the end stay only where nothing moved away.
    push(new, &[&text[old.end..], line.end]);
}

/// What other readers than Python's take for a comment.
fn comment_in(value: &str) -> Option<&str> {
    let mut marks = value.match_indices(['#', ';']);
    let at = marks.find(|(at, _)| value[..*at].ends_with(char::is_whitespace) || *at == 0)?.0;
    Some(value[at..].trim_end())
}

/// How far in a line behind `at` must stand so that neither it nor the one that follows is read as more of a value.
fn indent_behind<'a>(lines: &[Line<'a>], at: usize) -> &'a str {
    if matches!(lines[at].kind, Kind::Entry { .. }) {
        return indent(lines[at].text);
    }
    let mut behind = lines[at + 1..].iter();
    let next = behind.find(|line| !matches!(line.kind, Kind::Blank | Kind::Comment));
    next.map_or("", |line| indent(line.text))
}

/// How lines end around here; a last line without an end gets one.
fn end_like<'a>(line: &Line<'a>, lines: &[Line<'a>], new: &mut String) -> &'a str {
    if !line.end.is_empty() {
        return line.end;
    }
    let end = lines.iter().map(|line| line.end).find(|end| !end.is_empty()).unwrap_or("\n");
    new.push_str(end);
    end
}

fn push(new: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| new.push_str(part));
}

/// Where a profile goes unless somebody says otherwise.
impl<'a> Profile<'a> {
    pub fn default_of(host: &'a str, token: &'a str) -> Profile<'a> {
        Profile { name: DEFAULT, host, token }
    }
}
