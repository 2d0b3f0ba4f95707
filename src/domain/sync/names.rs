//! What things are called on both sides.

use chrono::{DateTime, SecondsFormat};

/// Largest file that the workspace takes, in bytes.
pub const LARGEST: u64 = 10 * 1024 * 1024;
/// Longest name of a file, in bytes.
const LONGEST_NAME: usize = 255;

/// Folders that are never synchronised.
pub const NEVER: [&str; 2] = [".git", ".databricks"];

/// Why a file stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it is larger than 10 MiB, and the workspace takes no such file")]
    TooLarge,
    #[error("it is a link; only files are synchronised")]
    Link,
    #[error("it is no regular file")]
    NotAFile,
    #[error("the workspace can hold no such name")]
    Name,
    #[error("another one of the same name is there")]
    SameName,
    #[error("it cannot be read")]
    Unreadable,
}

/// Whether the workspace can hold a file of this path.
pub fn check(path: &str) -> Result<(), Unfit> {
    let fits = |name: &str| {
        let blank = name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace);
        let dots = name == "." || name == "..";
        !name.is_empty()
            && !dots
            && !blank
            && name.len() <= LONGEST_NAME
            && !name.contains(|c: char| c.is_control() || c == '\\')
    };
    if path.split('/').all(fits) { Ok(()) } else { Err(Unfit::Name) }
}

/// Where what must make room is kept: `main.py.conflict-20261121T181500.123Z`, `modified` being milliseconds since
/// 1970, and the like with a number if that is taken. The ending keeps tools from taking it for what it was.
pub fn conflict(path: &str, modified: i64, number: u32) -> String {
    let time = DateTime::from_timestamp_millis(modified).unwrap_or_default();
    let time = time.to_rfc3339_opts(SecondsFormat::Millis, true).replace(['-', ':'], "");
    let number = if number == 0 { String::new() } else { format!("-{}", number + 1) };
    format!("{path}.conflict-{time}{number}")
}

/// What makes the workspace take a file for a notebook, cut off its ending and change its bytes.
pub fn is_notebook(path: &str, bytes: &[u8]) -> bool {
    let lower = path.to_ascii_lowercase();
    let comment = match lower.rsplit_once('.').map(|(_, ending)| ending) {
        Some("ipynb") => return true,
        Some("py" | "r") => "#",
        Some("scala") => "//",
        Some("sql") => "--",
        _ => return false,
    };
    bytes.starts_with(format!("{comment} Databricks notebook source").as_bytes())
}

/// The name that a notebook of the workspace has as a file. `language` in the API's words.
pub fn notebook_file(path: &str, language: &str) -> String {
    let ending = match language {
        "R" => "r",
        "SCALA" => "scala",
        "SQL" => "sql",
        _ => "py",
    };
    format!("{path}.{ending}")
}

/// Where projects go. `fleet`: this instance's name among several of one person; each has its own place then.
pub fn project(user: &str, fleet: Option<&str>, project: &str) -> String {
    match fleet {
        None => format!("/Workspace/Users/{}/projects/{project}", segment(user)),
        Some(instance) => {
            format!("/Workspace/Users/{}/coda/{}/projects/{project}", segment(user), segment(instance))
        }
    }
}

/// Where what an instance has to remember goes.
pub fn state(user: &str, instance: &str) -> String {
    format!("/Workspace/Users/{}/.state/{}", segment(user), segment(instance))
}

/// A name that stays one, and leads nowhere else.
fn segment(name: &str) -> String {
    let odd = |c: char| c == '/' || c == '\\' || c.is_control() || c.is_whitespace();
    let name = name.replace(odd, "-");
    if name.chars().all(|c| c == '.') { "-".to_owned() } else { name }
}

/// A path in the workspace, without its mount.
pub fn unmounted(path: &str) -> &str {
    let path = path.strip_prefix("/Workspace").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    path.trim_end_matches('/')
}

/// Shell histories, which are joined instead of kept beside each other.
pub const HISTORIES: [&str; 2] = [".bash_history", ".zsh_history"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_workspace_cannot_hold_are_known() {
        for (path, fits) in [
            ("src/main.rs", true),
            ("ä ö/x%2Fy?#.py", true),
            (" leading", false),
            ("a/trailing ", false),
            ("a/b\nc", false),
            ("a\\b", false),
            ("a//b", false),
            ("a/../b", false),
        ] {
            assert_eq!(check(path).is_ok(), fits, "{path:?}");
        }
        assert!(check(&"x".repeat(256)).is_err() && check(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn what_makes_room_keeps_its_name_and_tells_its_time() {
        assert_eq!(conflict("a/main.py", 1_763_748_900_123, 0), "a/main.py.conflict-20251121T181500.123Z");
        assert_eq!(conflict("x", 0, 1), "x.conflict-19700101T000000.000Z-2");
    }

    #[test]
    fn notebooks_are_known_by_ending_and_first_line() {
        for (path, bytes, expected) in [
            ("x.py", "# Databricks notebook source\n1", true),
            ("X.PY", "# Databricks notebook source", true),
            ("x.sql", "-- Databricks notebook source", true),
            ("x.scala", "// Databricks notebook source", true),
            ("x.ipynb", "{}", true),
            ("x.py", "import os", false),
            ("x.txt", "# Databricks notebook source", false),
            ("x.sql", "# Databricks notebook source", false),
        ] {
            assert_eq!(is_notebook(path, bytes.as_bytes()), expected, "{path} {bytes}");
        }
        assert_eq!(notebook_file("a/x", "SQL"), "a/x.sql");
    }

    #[test]
    fn every_instance_of_a_fleet_has_its_own_place() {
        assert_eq!(project("a@b.c", None, "app"), "/Workspace/Users/a@b.c/projects/app");
        assert_eq!(project("a@b.c", Some("w-7"), "g/app"), "/Workspace/Users/a@b.c/coda/w-7/projects/g/app");
        assert_eq!(state("a@b.c", "../x"), "/Workspace/Users/a@b.c/.state/..-x");
        assert_eq!(state("a@b.c", ".."), "/Workspace/Users/a@b.c/.state/-");
        assert_eq!(unmounted("/Workspace/Users/a/"), "/Users/a");
        assert_eq!(unmounted("/Workspaces/x"), "/Workspaces/x");
    }
}
