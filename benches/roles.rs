//! What this program becomes when it starts itself: the bare server, and programs for sessions.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::baseline;

/// First argument that asks for a role.
pub const FLAG: &str = "--role";

/// `serve ARGV…`: the bare server · `print RATE`: that many lines a second · `count RATE`: the same, numbered.
pub fn play(arguments: &[String]) -> ExitCode {
    let rate = || arguments.get(1).and_then(|rate| rate.parse().ok()).unwrap_or(100);
    let played = match arguments.first().map(String::as_str) {
        Some("serve") => baseline::serve(&arguments[1..]),
        Some("print") => {
            lines(rate(), |_| "all work and no play makes this a line of sixty-odd characters".into())
        }
        Some("count") => lines(rate(), |number| format!("line {number}")),
        _ => return ExitCode::from(2),
    };
    if played.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// This program in a role, as a session's command.
pub fn command(role: &[&str]) -> Vec<String> {
    let program = std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    [&[&program, FLAG], role].concat().into_iter().map(str::to_owned).collect()
}

/// Prints at an even rate, at most a thousand times a second, until it cannot.
fn lines(rate: u64, line: impl Fn(u64) -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let bundle = rate.div_ceil(1000).max(1);
    let pause = Duration::from_secs_f64(bundle as f64 / rate.max(1) as f64);
    let mut next = Instant::now();
    for first in (1u64..).step_by(bundle as usize) {
        let text: String = (first..first + bundle).map(|number| line(number) + "\n").collect();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        next += pause;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}
