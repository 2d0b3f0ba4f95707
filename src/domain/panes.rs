//! Sessions inside tmux: how they are named, numbered and configured there.
//!
//! Each is a tmux session `pane-{number}` on a server of our own. The server's settings keep tmux out of sight: no
//! status line, no key of its own, no second screen, so that the page's scrollback goes on working.

use std::collections::BTreeSet;

/// Highest number.
pub const MOST: u32 = 9_999;

pub fn name(number: u32) -> String {
    format!("pane-{number}")
}

/// The numbers among session names, one a line, ascending. Names that are not ours are passed over.
pub fn numbers(listing: &str) -> BTreeSet<u32> {
    listing.lines().filter_map(number_of).collect()
}

/// Only the one spelling that [`name`] has.
fn number_of(line: &str) -> Option<u32> {
    let number: u32 = line.strip_prefix("pane-")?.parse().ok()?;
    (number <= MOST && name(number) == line).then_some(number)
}

pub fn lowest_free(taken: &BTreeSet<u32>) -> Option<u32> {
    (0..=MOST).find(|number| !taken.contains(number))
}

/// Arguments behind the program's name that attach to a session, or make it: a shell in `directory`.
pub fn attach_or_create(number: u32, directory: &str) -> Vec<String> {
    let name = name(number);
    ["new-session", "-A", "-s", &name, "-c", directory].map(str::to_owned).to_vec()
}

/// The server's settings. `shell` is a program.
pub fn settings(shell: &str) -> String {
    let run = in_double_quotes(&format!("exec {}", in_single_quotes(shell)));
    format!("{SETTINGS}set -g default-command {run}\n")
}

/// `q`: an older tmux passes over what it does not know.
const SETTINGS: &str = "\
# Written by CoDA at each start of a session; changes are lost.
set -g status off
set -g prefix None
set -g prefix2 None
set -s escape-time 0
set -g mouse off
set -g history-limit 10000
set -g default-terminal tmux-256color
set -ga terminal-overrides \",*:smcup@:rmcup@\"
set -gaq terminal-features \",*:RGB\"
set -g set-titles on
set -g set-titles-string \"#{pane_title}\"
set -s set-clipboard on
set -gq allow-passthrough on
set -s focus-events on
set -gq window-size latest
setw -g aggressive-resize on
set -gq fill-character \" \"
set -g bell-action any
set -g visual-bell off
set -g display-time 1
set -ga update-environment \" CODA_SESSION_ID CODA_GATEWAY_URL CODA_GATEWAY_KEY\"
set -g detach-on-destroy on
set -g destroy-unattached off
";

/// For a POSIX shell.
fn in_single_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// For tmux, where a backslash takes the meaning of the next character.
fn in_double_quotes(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_have_numbers() {
        let listing = "pane-10\npane-2\nwork\npane-\npane-x\npane-02\npane--1\npane-10000\npane-0\n pane-3\n";
        assert_eq!(numbers(listing).into_iter().collect::<Vec<_>>(), [0, 2, 10]);
        assert!(numbers("").is_empty());
    }

    #[test]
    fn the_lowest_free_number() {
        for (taken, expected) in [(vec![], Some(0)), (vec![0, 1, 3], Some(2)), ((0..=MOST).collect(), None)] {
            assert_eq!(lowest_free(&taken.into_iter().collect()), expected);
        }
    }

    #[test]
    fn a_shell_of_any_name_is_quoted() {
        for (shell, expected) in [
            ("/bin/bash", r#"set -g default-command "exec '/bin/bash'""#),
            ("/opt/my shell", r#"set -g default-command "exec '/opt/my shell'""#),
            ("/it's $HOME", r#"set -g default-command "exec '/it'\\''s \$HOME'""#),
        ] {
            assert_eq!(settings(shell).lines().last(), Some(expected));
        }
    }
}
