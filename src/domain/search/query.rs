//! What is looked for.

use memchr::memmem::Finder;

/// Longest query, in characters.
const LONGEST: usize = 200;

/// A text to find. Upper and lower case are the same, unless it has upper case.
#[derive(Debug, Clone)]
pub struct Query {
    finder: Finder<'static>,
    exact: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("q is empty; say what to look for")]
    Empty,
    #[error("q is longer than {LONGEST} characters; look for less")]
    TooLong,
}

impl Query {
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        if text.trim().is_empty() {
            return Err(QueryError::Empty);
        }
        if text.chars().count() > LONGEST {
            return Err(QueryError::TooLong);
        }
        let exact = text.chars().any(char::is_uppercase);
        let needle = if exact { text.to_owned() } else { text.to_lowercase() };
        Ok(Query { finder: Finder::new(needle.as_bytes()).into_owned(), exact })
    }

    /// Where in the line it stands, in bytes; of a line that gets longer in lower case, nearly. `scratch` is for
    /// reuse.
    pub fn find(&self, line: &str, scratch: &mut String) -> Option<usize> {
        if self.exact {
            return self.finder.find(line.as_bytes());
        }
        scratch.clear();
        if line.is_ascii() {
            scratch.push_str(line);
            scratch.make_ascii_lowercase();
        } else {
            scratch.extend(line.chars().flat_map(char::to_lowercase));
        }
        self.finder.find(scratch.as_bytes())
    }
}
