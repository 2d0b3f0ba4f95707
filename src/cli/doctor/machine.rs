//! What sessions and agents need of this machine.

use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};
use rustix::pty::{OpenptFlags, openpt};

use super::report::Finding;
use super::server::bytes;
use crate::config::Config;

/// Open files that some dozens of sessions need; the hard limit counts, since the daemon takes all of it.
const LEAST_FILES: u64 = 1024;
/// Share of a memory limit from which on it is tight, in percent.
const TIGHT: u64 = 80;

/// Programs that agents and sessions use, and what for.
const TOOLS: [(&str, &str); 3] = [
    ("git", "agents cannot look at changes without it"),
    ("node", "Claude Code, Codex, Gemini CLI and OpenCode need it, 20 or newer"),
    ("tmux", "only for sessions inside tmux"),
];

pub fn look(config: &Config) -> Vec<Finding> {
    let mut found = vec![terminals(), files(), shell(config), locale(), memory()];
    found.extend(TOOLS.map(|(name, why)| tool(name, why)));
    found.push(workspace(config));
    found
}

fn terminals() -> Finding {
    match openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY) {
        Ok(_) => Finding::ok("terminals", "/dev/ptmx gives one"),
        Err(error) => {
            let remedy = "in a container: mount devpts at /dev/pts; else close some sessions";
            Finding::fail("terminals", format!("/dev/ptmx gives none: {error}"), remedy)
        }
    }
}

fn files() -> Finding {
    match getrlimit(Resource::Nofile).maximum {
        Some(most) if most < LEAST_FILES => {
            let remedy = "raise the hard limit (`ulimit -Hn`): each session needs some";
            Finding::warn("open files", format!("at most {most}"), remedy)
        }
        Some(most) => Finding::ok("open files", format!("at most {most}")),
        None => Finding::ok("open files", "no limit"),
    }
}

fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

fn shell(config: &Config) -> Finding {
    let shell = &config.sessions.shell;
    if on_path(shell).is_some() {
        Finding::ok("shell", shell)
    } else {
        Finding::fail("shell", format!("{shell} is no program"), "install it, or set `sessions.shell`")
    }
}

/// Where the program is; a name with a slash is a place itself.
fn on_path(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| is_program(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| is_program(path))
}

fn locale() -> Finding {
    let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let Some(name) = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set) else {
        return Finding::warn("locale", "none is set", "set LANG=C.UTF-8");
    };
    let value = std::env::var(name).unwrap_or_default();
    let plain = value.to_lowercase().replace('-', "");
    if plain.contains("utf8") {
        Finding::ok("locale", format!("{name}={value}"))
    } else {
        let remedy = format!("set {name} to one that ends in .UTF-8, such as C.UTF-8");
        Finding::warn("locale", format!("{name}={value} has no UTF-8"), remedy)
    }
}

/// The limit of the control group we are in, and how much of it is taken.
fn memory() -> Finding {
    let Some((limit, taken)) = memory_limit() else {
        return Finding::ok("memory", "no limit of a control group");
    };
    let said = format!("{} of {} taken", bytes(taken), bytes(limit));
    if taken.saturating_mul(100) > limit.saturating_mul(TIGHT) {
        Finding::warn("memory", said, "end some sessions, or raise the limit: the kernel kills at its end")
    } else {
        Finding::ok("memory", said)
    }
}

fn memory_limit() -> Option<(u64, u64)> {
    let read = |path: PathBuf| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let root = Path::new("/sys/fs/cgroup");
    let dirs = [root.join(own.trim_start_matches('/')), root.to_owned()];
    let newer =
        dirs.iter().find_map(|dir| Some((read(dir.join("memory.max"))?, read(dir.join("memory.current"))?)));
    let older = || {
        let dir = root.join("memory");
        Some((read(dir.join("memory.limit_in_bytes"))?, read(dir.join("memory.usage_in_bytes"))?))
    };
    // The older kind says "none" with a number that no machine has.
    newer.or_else(older).filter(|(limit, _)| *limit < 1 << 60)
}

fn tool(name: &'static str, why: &str) -> Finding {
    match on_path(name) {
        Some(path) => Finding::ok(name, path.display().to_string()),
        None => Finding::warn(name, "not on PATH", format!("install it: {why}")),
    }
}

/// The names alone: values may be secrets.
fn workspace(config: &Config) -> Finding {
    let mut names: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("DATABRICKS_"))
        .collect();
    names.sort();
    if names.is_empty() {
        return Finding::ok("databricks", "no variables set: local mode");
    }
    let said = format!("set: {}", names.join(", "));
    if config.platform.is_local() {
        Finding::ok("databricks", format!("{said}; without DATABRICKS_HOST: local mode"))
    } else if config.platform.owner_email.is_none() {
        let remedy = "set APP_OWNER_EMAIL: while the owner is not known nobody is let in";
        Finding::warn("databricks", said, remedy)
    } else {
        Finding::ok("databricks", said)
    }
}
