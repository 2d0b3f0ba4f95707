//! Sessions as the list has them, and what people call them.

use serde::Deserialize;

use super::api::{Api, AskError};
use crate::domain::exit::Exit;
use crate::domain::size::Size;

/// One row of `GET /api/sessions`, as far as it is used here.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub session_id: String,
    pub label: String,
    pub state: State,
    pub process: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub cwd: Option<String>,
    pub idle_seconds: f64,
    pub rows: u16,
    pub cols: u16,
    pub viewers: usize,
    pub exit: Option<Exit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Running,
    Ended,
    Failed,
    /// Of a newer server.
    #[serde(other)]
    Unknown,
}

/// No session, or not one alone, is meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    #[error("there is no session {0:?}; `coda ls` lists them")]
    None(String),
    #[error("{named:?} could be any of these; give more of the id:{candidates}")]
    Ambiguous { named: String, candidates: String },
}

impl Row {
    pub fn size(&self) -> Size {
        Size { rows: self.rows, cols: self.cols }
    }

    /// What a person calls it.
    pub fn name(&self) -> &str {
        if self.label.is_empty() { self.short_id() } else { &self.label }
    }

    /// Enough of the id to tell it from others, almost always.
    pub fn short_id(&self) -> &str {
        self.session_id.get(..8).unwrap_or(&self.session_id)
    }
}

impl Api {
    pub async fn sessions(&self) -> Result<Vec<Row>, AskError> {
        self.get("/api/sessions").await
    }

    pub async fn session(&self, named: &str) -> anyhow::Result<Row> {
        Ok(find(&self.sessions().await?, named)?.clone())
    }
}

/// The session with this id, or this label, or whose id begins so; of several, the one that runs.
pub fn find<'a>(rows: &'a [Row], named: &str) -> Result<&'a Row, FindError> {
    let of =
        |meant: &dyn Fn(&Row) -> bool| -> Vec<&'a Row> { rows.iter().filter(|row| meant(row)).collect() };
    let mut found = of(&|row| row.session_id == named);
    if found.is_empty() && !named.is_empty() {
        found = of(&|row| row.label == named);
    }
    if found.is_empty() && !named.is_empty() {
        found = of(&|row| row.session_id.starts_with(&named.to_ascii_lowercase()));
    }
    let mut running = found.iter().filter(|row| row.state == State::Running);
    match (&found[..], running.next(), running.next()) {
        ([one], ..) | (_, Some(one), None) => Ok(one),
        ([], ..) => Err(FindError::None(named.to_owned())),
        (several, ..) => {
            let line = |row: &&Row| format!("\n  {}  {:?}  {}", row.session_id, row.label, row.process);
            let candidates = several.iter().map(line).collect();
            Err(FindError::Ambiguous { named: named.to_owned(), candidates })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, label: &str, state: State) -> Row {
        Row {
            session_id: id.to_owned(),
            label: label.to_owned(),
            state,
            process: "bash".to_owned(),
            title: String::new(),
            cwd: None,
            idle_seconds: 0.0,
            rows: 24,
            cols: 80,
            viewers: 0,
            exit: None,
        }
    }

    #[test]
    fn a_session_has_three_names() {
        let rows = [
            row("aaaa1111", "build", State::Ended),
            row("aaaa2222", "build", State::Running),
            row("bbbb3333", "aaaa", State::Running),
            row("cccc4444", "", State::Ended),
            row("cccc5555", "", State::Ended),
        ];
        for (named, meant) in [
            ("aaaa1111", Some("aaaa1111")),
            ("build", Some("aaaa2222")),
            ("aaaa", Some("bbbb3333")),
            ("aaaa1", Some("aaaa1111")),
            ("BBBB", Some("bbbb3333")),
            ("cccc", None),
            ("", None),
            ("dddd", None),
        ] {
            let found = find(&rows, named).ok().map(|row| row.session_id.as_str());
            assert_eq!(found, meant, "{named}");
        }
        let error = find(&rows, "cccc").unwrap_err().to_string();
        assert!(error.contains("\n  cccc4444") && error.contains("\n  cccc5555"), "{error}");
    }
}
