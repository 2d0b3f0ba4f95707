//! The rules of the house that a machine can check: who uses whom, and what stays small.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom. A layer may always use itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("os", &["domain"]),
    ("databricks", &["domain"]),
    ("platform", &["domain", "databricks"]),
    ("setup", &["domain", "config"]),
    ("actors", &["domain", "config", "os", "databricks", "platform", "setup"]),
    ("http", &["domain", "config", "actors"]),
    ("gateway", &["domain", "config", "actors"]),
    ("keeper", &["domain", "os"]),
];
/// They put everything together, so they see everything.
const TOP: [&str; 3] = ["cli", "lib", "main"];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["util", "helpers", "common", "consts", "types", "manager"];
const LONGEST: usize = 400;

/// A file of the program, without its tests.
struct Source {
    path: PathBuf,
    layer: String,
    /// As it is on the disk.
    text: String,
    /// Comments, the contents of strings and modules under `#[cfg(test)]` are blanked; lines stay where they were.
    code: String,
}

impl Source {
    fn read(path: PathBuf, root: &Path) -> Source {
        let inside = path.strip_prefix(root).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let layer = first.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = without_tests(&blanked(&text));
        Source { path, layer, text, code }
    }

    /// Where `pattern` stands in the code: "path:line".
    fn places(&self, pattern: &str) -> Vec<String> {
        let hits = self.code.match_indices(pattern).filter(|(at, _)| self.begins_word(*at, pattern));
        hits.map(|(at, _)| self.place(at)).collect()
    }

    /// A pattern that begins with a letter does not count inside a longer name.
    fn begins_word(&self, at: usize, pattern: &str) -> bool {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        !pattern.starts_with(word) || !self.code[..at].ends_with(word)
    }

    fn place(&self, at: usize) -> String {
        let line = self.code[..at].matches('\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new("src");
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 50, "run from the root of the package");
    found.into_iter().map(|path| Source::read(path, root)).collect()
}

/// Whether a file belongs to a `tests` module of its folder.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

/// The text with spaces in place of comments and of what stands in strings and character literals.
fn blanked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => end_of(text, at, "\n", 0),
            b'/' if bytes[at..].starts_with(b"/*") => end_of(text, at + 2, "*/", 2),
            b'r' if raw_string(bytes, at) => {
                let hashes = bytes[at + 1..].iter().take_while(|&&byte| byte == b'#').count();
                let close = format!("\"{}", "#".repeat(hashes));
                end_of(text, at + 2 + hashes, &close, close.len())
            }
            b'"' => quoted(bytes, at, b'"'),
            // A lifetime has no second quote right behind its first character.
            b'\'' if bytes.get(at + 1) == Some(&b'\\') || bytes.get(at + 2) == Some(&b'\'') => {
                quoted(bytes, at, b'\'')
            }
            _ => {
                at += 1;
                continue;
            }
        };
        out[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        at = end;
    }
    String::from_utf8(out).unwrap()
}

fn raw_string(bytes: &[u8], at: usize) -> bool {
    let inside_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let rest = &bytes[at + 1..];
    let hashes = rest.iter().take_while(|&&byte| byte == b'#').count();
    (!inside_word || bytes[at - 1] == b'b') && rest.get(hashes) == Some(&b'"')
}

fn end_of(text: &str, from: usize, close: &str, length: usize) -> usize {
    let bytes = &text.as_bytes()[from..];
    let found = bytes.windows(close.len()).position(|window| window == close.as_bytes());
    found.map_or(text.len(), |position| from + position + length)
}

fn quoted(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != quote {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

/// Blanks every item under `#[cfg(test)]`: up to its closing brace, or its semicolon.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = code.as_bytes().to_vec();
    for (at, _) in code.match_indices(MARK) {
        let mut depth = 0;
        for byte in &mut out[at + MARK.len()..] {
            let before = *byte;
            if before != b'\n' {
                *byte = b' ';
            }
            match before {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b';' if depth == 0 => break,
                _ => continue,
            }
            if depth == 0 {
                break;
            }
        }
    }
    String::from_utf8(out).unwrap()
}

/// The first names behind each `crate::`, groups taken apart: `crate::{a::b, c}` gives `a` and `c`.
fn used(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, mark) in code.match_indices("crate::") {
        let rest = &code[at + mark.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut begins) = (0usize, true);
            for (position, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => begins = true,
                    c if begins && c.is_alphabetic() => {
                        found.push((at, name(&group[position..])));
                        begins = false;
                    }
                    _ => {}
                }
            }
        } else {
            found.push((at, name(rest)));
        }
    }
    found
}

fn name(text: &str) -> String {
    text.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect()
}

fn none(what: &str, remedy: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}\n{remedy}", found.join("\n  "));
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test(&source.path)) {
        if TOP.contains(&source.layer.as_str()) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(layer, _)| *layer == source.layer) else {
            wrong.push(format!("{}: `{}` is no layer of ours", source.path.display(), source.layer));
            continue;
        };
        for (at, target) in used(&source.code) {
            if target != source.layer && !allowed.contains(&target.as_str()) {
                wrong.push(format!("{}: {} → {target}", source.place(at), source.layer));
            }
        }
    }
    let remedy = "Move the rule down into `domain`, ask an actor instead of reaching past it, or let the layer in \
        between offer the type. A new layer needs a line in ARROWS here.";
    none("arrows that are not in \"Who may use whom\"", remedy, wrong);
}

#[test]
fn files_are_short_and_named_for_what_they_hold() {
    let (mut long, mut empty) = (Vec::new(), Vec::new());
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            long.push(format!("{}: {lines} lines", source.path.display()));
        }
        let named = |part: &std::ffi::OsStr| {
            let name = part.to_str().unwrap().trim_end_matches(".rs").to_owned();
            EMPTY_NAMES.iter().any(|empty| name == *empty || name == format!("{empty}s"))
        };
        if source.path.components().any(|part| named(part.as_os_str())) {
            empty.push(source.path.display().to_string());
        }
    }
    let split = "One file, one noun: split it by role, as `session/{messages,output,input}.rs`.";
    none(&format!("files of more than {LONGEST} lines"), split, long);
    none("files whose name says nothing", "Name them after the noun they hold.", empty);
}

#[test]
fn no_unwrap_outside_tests() {
    let sources = sources();
    let found = sources.iter().filter(|source| !is_test(&source.path));
    let found = found.flat_map(|source| source.places(".unwrap()")).collect();
    none("`.unwrap()`", "Handle it, or use `expect` to state why it cannot fail.", found);
}

#[test]
fn no_lint_is_allowed_away() {
    let sources = sources();
    let found = sources.iter().flat_map(|source| {
        ["#[allow(", "#![allow("].into_iter().flat_map(|lint| source.places(lint)).collect::<Vec<_>>()
    });
    let remedy = "Say `#[expect(lint, reason = \"…\")]`, or mend what the lint is about.";
    none("`allow`", remedy, found.collect());
}

#[test]
fn unsafe_stays_in_os_and_keeper() {
    let sources = sources();
    let elsewhere = sources.iter().filter(|source| !["os", "keeper"].contains(&source.layer.as_str()));
    let found = elsewhere.flat_map(|source| source.places("unsafe ")).collect();
    none("`unsafe`", "Put it behind a safe function in `os`, with its reason.", found);
}

// ---- the reader itself -------------------------------------------------------------------------

#[test]
fn comments_strings_and_tests_do_not_count() {
    let text = "use crate::a::B; // crate::no\nlet s = \"crate::no \\\" {\"; let c = '\\''; let l: &'a str = r#\"crate::no\"#;\n\
        #[cfg(test)]\nmod tests { fn f() { crate::no::x.unwrap() } }\nfn g() { crate::{c::{d, e}, f}::x() }\n";
    let code = without_tests(&blanked(text));
    let names: Vec<String> = used(&code).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "c", "f"]);
    assert!(!code.contains("unwrap"), "{code}");
    assert_eq!(code.lines().count(), text.lines().count());
}
