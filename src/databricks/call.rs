//! A call: what is sent, and within which bounds.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;

/// Longest wait for the whole of it, tries and pauses together.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest answer that is read, in bytes.
const ANSWER: usize = 4 * 1024 * 1024;

/// What happens when a call is done twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twice {
    /// The same as once.
    IsOnce,
    /// Something else: two tokens, two apps.
    IsTwice,
}

/// What a call carries.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Nothing,
    Json(serde_json::Value),
    Form(Vec<(&'static str, String)>),
    Bytes(bytes::Bytes),
}

/// One call to the workspace.
#[derive(Debug, Clone)]
pub struct Call {
    /// For people: "create a token".
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Body,
    pub(super) twice: Twice,
    pub(super) patience: Duration,
    pub(super) most: usize,
}

impl Call {
    pub fn get(name: &'static str, path: impl Into<String>) -> Call {
        Call::new(name, Method::GET, path, Twice::IsOnce)
    }

    /// Doing it twice is not doing it once, unless [`Call::once`] says so.
    pub fn post(name: &'static str, path: impl Into<String>) -> Call {
        Call::new(name, Method::POST, path, Twice::IsTwice)
    }

    pub fn put(name: &'static str, path: impl Into<String>) -> Call {
        Call::new(name, Method::PUT, path, Twice::IsOnce)
    }

    pub fn patch(name: &'static str, path: impl Into<String>) -> Call {
        Call::new(name, Method::PATCH, path, Twice::IsOnce)
    }

    pub fn delete(name: &'static str, path: impl Into<String>) -> Call {
        Call::new(name, Method::DELETE, path, Twice::IsOnce)
    }

    fn new(name: &'static str, method: Method, path: impl Into<String>, twice: Twice) -> Call {
        Call {
            name,
            method,
            path: path.into(),
            query: Vec::new(),
            body: Body::Nothing,
            twice,
            patience: PATIENCE,
            most: ANSWER,
        }
    }

    /// Adds a parameter to the address.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Call {
        self.query.push((name, value.to_string()));
        self
    }

    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Call {
        // Our own types always have a JSON form; one that has none is told by the workspace.
        Call { body: Body::Json(serde_json::to_value(body).unwrap_or_default()), ..self }
    }

    #[must_use]
    pub fn form(self, fields: Vec<(&'static str, String)>) -> Call {
        Call { body: Body::Form(fields), ..self }
    }

    #[must_use]
    pub fn bytes(self, body: impl Into<bytes::Bytes>) -> Call {
        Call { body: Body::Bytes(body.into()), ..self }
    }

    /// Doing it twice is doing it once.
    #[must_use]
    pub fn once(self) -> Call {
        Call { twice: Twice::IsOnce, ..self }
    }

    /// How long the caller waits for the whole of it.
    #[must_use]
    pub fn within(self, patience: Duration) -> Call {
        Call { patience, ..self }
    }

    /// How many bytes of an answer are read; a longer one is a failure.
    #[must_use]
    pub fn at_most(self, most: usize) -> Call {
        Call { most, ..self }
    }
}

/// One segment of a path, with everything escaped that means something there, slashes too.
pub(super) fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(byte.into());
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    // A segment of dots alone would be taken for a way up.
    if !escaped.is_empty() && escaped.bytes().all(|byte| byte == b'.') {
        escaped.replace('.', "%2E")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one() {
        assert_eq!(segment("my-app_1.x~"), "my-app_1.x~");
        assert_eq!(segment("/Users/a@b.c/ü?#%"), "%2FUsers%2Fa%40b.c%2F%C3%BC%3F%23%25");
        assert_eq!((segment(".."), segment("...a")), ("%2E%2E".to_owned(), "...a".to_owned()));
    }
}
