//! What git is told about us: a file of our own, and one line that leads to it from the person's.
//!
//! The line stands first in the file, so that whatever people write themselves comes later and wins. Git's place for
//! hooks (`core.hooksPath`) is never set: see `docs/decisions`.

use std::path::Path;

use super::git_credential::Site;

/// Who makes commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: String,
}

impl Person {
    /// From an address, and from what somebody is called if that is known; `None`: it is no address.
    pub fn new(email: &str, called: Option<&str>) -> Option<Person> {
        let clean =
            |text: &str| text.replace(|c: char| c.is_control() || "<>".contains(c), "").trim().to_owned();
        let email = clean(email);
        let local = email.split('@').next().filter(|local| !local.is_empty() && email.contains('@'))?;
        let called = called.map(clean).filter(|name| !name.is_empty());
        Some(Person { name: called.unwrap_or_else(|| titled(local)), email: email.clone() })
    }
}

/// `ann.van-dyk` → `Ann Van Dyk`.
fn titled(local: &str) -> String {
    let parts = local.split(['.', '_', '-', '+']).filter(|part| !part.is_empty());
    let title = |part: &str| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
    };
    let name = parts.filter_map(title).collect::<Vec<_>>().join(" ");
    if name.is_empty() { local.to_owned() } else { name }
}

/// Our own file. `helper`: this program and its arguments; `identity`: name of the file that says who commits.
pub fn rendered(sites: &[Site], helper: &[String], identity: &str) -> String {
    let mut text = String::from(
        "# Written by CoDA at each start. What you set in a file of your own comes later and wins.\n",
    );
    text.push_str(&format!("[include]\n\tpath = {}\n", quoted(identity)));
    let command: Vec<String> = helper.iter().map(|word| for_shell(word)).collect();
    let command = quoted(&format!("!{}", command.join(" ")));
    for site in sites {
        text.push_str(&format!("[credential {}]\n\thelper = {command}\n", quoted(&site.to_string())));
    }
    text
}

/// The file that says who commits.
pub fn identity(person: &Person) -> String {
    format!("[user]\n\tname = {}\n\temail = {}\n", quoted(&person.name), quoted(&person.email))
}

/// The person's file with the line that leads to `ours` as its first. Nothing else in it changes.
pub fn with_include(old: &[u8], ours: &str) -> Vec<u8> {
    // A byte order mark counts only at the very beginning.
    let mark: &[u8] = if old.starts_with(b"\xef\xbb\xbf") { b"\xef\xbb\xbf" } else { b"" };
    let line = format!("[include]\n\tpath = {}\n", quoted(ours));
    [mark, line.as_bytes(), &old[mark.len()..]].concat()
}

/// Whether these values of `include.path` lead to `ours` already.
pub fn leads_to<'a>(mut values: impl Iterator<Item = &'a str>, ours: &Path, home: &Path) -> bool {
    values.any(|value| match value.strip_prefix("~/") {
        Some(rest) => home.join(rest) == ours,
        None => Path::new(value) == ours,
    })
}

/// A value as git's files have it.
fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars().filter(|c| *c != '\0' && *c != '\r') {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            c => text.push(c),
        }
    }
    text + "\""
}

fn for_shell(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_a_name_and_an_address() {
        for (email, called, expected) in [
            ("ann.van-dyk@x.com", None, Some(("Ann Van Dyk", "ann.van-dyk@x.com"))),
            ("ann@x.com", Some(" Ann <root>\n"), Some(("Ann root", "ann@x.com"))),
            ("ann@x.com", Some(" "), Some(("Ann", "ann@x.com"))),
            ("..@x.com", None, Some(("..", "..@x.com"))),
            ("ann", None, None),
            ("@x.com", None, None),
        ] {
            let person = Person::new(email, called);
            let found = person.as_ref().map(|person| (person.name.as_str(), person.email.as_str()));
            assert_eq!(found, expected, "{email}");
        }
    }

    #[test]
    fn values_are_quoted_for_git_and_the_shell() {
        let helper = ["/opt/it's \"here\"/coda".to_owned(), "git-credential".to_owned()];
        let text = rendered(&[Site::parse("github.com").unwrap()], &helper, "identity");
        assert!(
            text.contains("[include]\n\tpath = \"identity\"\n[credential \"https://github.com\"]\n"),
            "{text}"
        );
        let line = r#"	helper = "!'/opt/it'\\''s \"here\"/coda' 'git-credential'""#;
        assert!(text.ends_with(&format!("{line}\n")), "{text}");
    }

    #[test]
    fn the_line_comes_first_and_the_rest_stays() {
        let line = "[include]\n\tpath = \"/h/.coda/git/config\"\n";
        for (before, rest) in [("", ""), ("", "[user]\r\n name=x"), ("\u{feff}", "# mine\n")] {
            let new = with_include(format!("{before}{rest}").as_bytes(), "/h/.coda/git/config");
            assert_eq!(String::from_utf8(new).unwrap(), format!("{before}{line}{rest}"));
        }
        let (ours, home) = (Path::new("/h/.coda/git/config"), Path::new("/h"));
        assert!(leads_to(["x", "~/.coda/git/config"].into_iter(), ours, home));
        assert!(leads_to(["/h/.coda/git/config"].into_iter(), ours, home));
        assert!(!leads_to(["~/other"].into_iter(), ours, home));
    }
}
