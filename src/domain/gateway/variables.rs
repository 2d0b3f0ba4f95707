//! What a session's environment says about the gateway, and what agents want to have said in their own words.

use super::key::Keys;

/// Names that no agent may set: they decide what programs are, or they are ours.
const TAKEN: [&str; 6] = ["HOME", "PATH", "TERM", "SHELL", "USER", "ENV"];
const TAKEN_PREFIXES: [&str; 3] = ["CODA_", "LD_", "BASH_"];

/// One variable that an agent wants: `{gateway}` stands for the gateway's address and `{key}` for the session's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    name: String,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadVariable {
    #[error("{0:?} is no name of a variable; use letters, digits and _")]
    Name(String),
    #[error("{0} is not an agent's to set; leave it out")]
    Taken(String),
    #[error("the value of {0} must be one line")]
    Value(String),
}

/// Makes the variables of each session.
#[derive(Debug, Clone)]
pub struct Variables {
    url: String,
    keys: Keys,
    templates: Vec<Template>,
}

impl Template {
    pub fn new(name: &str, value: &str) -> Result<Template, BadVariable> {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(letters) {
            return Err(BadVariable::Name(name.to_owned()));
        }
        if TAKEN.contains(&name) || TAKEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(BadVariable::Taken(name.to_owned()));
        }
        if value.contains(char::is_control) {
            return Err(BadVariable::Value(name.to_owned()));
        }
        Ok(Template { name: name.to_owned(), value: value.to_owned() })
    }
}

impl Variables {
    /// `url`: the gateway's address, without a slash at the end.
    pub fn new(url: impl Into<String>, keys: Keys) -> Variables {
        Variables { url: url.into(), keys, templates: Vec::new() }
    }

    /// Adds what agents want.
    #[must_use]
    pub fn with(mut self, templates: impl IntoIterator<Item = Template>) -> Variables {
        self.templates.extend(templates);
        self
    }

    /// The variables of this session.
    pub fn of(&self, session: &str) -> Vec<(String, String)> {
        let key = self.keys.of(session);
        let own = [("CODA_GATEWAY_URL", self.url.as_str()), ("CODA_GATEWAY_KEY", key.expose())];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wanted = self.templates.iter().map(|template| {
            let value = template.value.replace("{gateway}", &self.url).replace("{key}", key.expose());
            (template.name.clone(), value)
        });
        own.chain(wanted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    #[test]
    fn a_session_is_told_the_address_and_its_key() {
        let keys = Keys::new(Secret::new("s"));
        let template = Template::new("ANTHROPIC_BASE_URL", "{gateway}/anthropic").unwrap();
        let token = Template::new("ANTHROPIC_AUTH_TOKEN", "{key}").unwrap();
        let variables = Variables::new("http://127.0.0.1:4000", keys.clone()).with([template, token]);
        let key = keys.of("a").expose().to_owned();
        let expected = [
            ("CODA_GATEWAY_URL", "http://127.0.0.1:4000"),
            ("CODA_GATEWAY_KEY", &key),
            ("ANTHROPIC_BASE_URL", "http://127.0.0.1:4000/anthropic"),
            ("ANTHROPIC_AUTH_TOKEN", &key),
        ];
        assert_eq!(variables.of("a"), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_ne!(variables.of("a")[1], variables.of("b")[1]);
    }

    #[test]
    fn an_agent_sets_no_variable_of_ours_or_of_the_systems() {
        for name in ["PATH", "LD_PRELOAD", "CODA_GATEWAY_KEY", "", "1A", "A B", "A=B"] {
            assert!(Template::new(name, "x").is_err(), "{name}");
        }
        assert!(Template::new("OPENAI_API_KEY", "two\nlines").is_err());
        assert!(Template::new("OPENAI_API_KEY", "{key}").is_ok());
    }
}
