//! Texts with names in braces: `{home}/projects`. `{{` and `}}` are braces themselves.

/// A text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    #[error("{{{name}}} means nothing here; there are {known}, and {{{{ and }}}} stand for braces")]
    Unknown { name: String, known: String },
    #[error("{0:?} has a brace without its other half; write {{{{ or }}}} for a brace itself")]
    Brace(String),
}

impl Template {
    /// `known`: the names that may stand in it.
    pub fn parse(text: &str, known: &[&str]) -> Result<Template, BadTemplate> {
        let brace = || BadTemplate::Brace(text.to_owned());
        let (mut parts, mut plain) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let (here, after) = (&rest[at..=at], &rest[at + 1..]);
            if let Some(after) = after.strip_prefix(here) {
                plain.push_str(here);
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').filter(|_| here == "{").ok_or_else(brace)?;
            if !known.contains(&name) {
                let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
                return Err(BadTemplate::Unknown { name: name.to_owned(), known: known.join(", ") });
            }
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Template(parts))
    }

    /// The text with its names filled in; `None`: one of them has no value here.
    pub fn fill(&self, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Name(name) => value(name),
        };
        self.0.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_braces_stay() {
        let value = |name: &str| (name == "home").then(|| "/h".to_owned());
        for (text, filled) in [
            ("", Some("")),
            ("plain", Some("plain")),
            ("{home}/projects", Some("/h/projects")),
            ("a{home}{home}", Some("a/h/h")),
            ("{{env:KEY}}", Some("{env:KEY}")),
            ("é{home}é", Some("é/hé")),
            ("{model}", None),
        ] {
            let template = Template::parse(text, &["home", "model"]).unwrap();
            assert_eq!(template.fill(&value).as_deref(), filled, "{text}");
        }
    }

    #[test]
    fn what_means_nothing_is_an_error() {
        let error = |text| Template::parse(text, &["home"]).unwrap_err().to_string();
        assert_eq!(
            error("{hom}"),
            "{hom} means nothing here; there are {home}, and {{ and }} stand for braces"
        );
        for text in ["{home", "home}", "{{home}", "{"] {
            assert!(error(text).contains("without its other half"), "{text}");
        }
    }
}
