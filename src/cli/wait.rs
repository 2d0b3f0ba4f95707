//! `coda wait`: until a session has ended, is quiet, or has said something.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{ArgGroup, Args};
use regex_lite::Regex;

use super::attach::sentence;
use super::client::{Api, Attachment, Happening, Place, Row, State};
use super::exit::InVain;
use crate::domain::exit::Exit;
use crate::domain::frames::Mode;
use crate::domain::screen::Screen;

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("condition").required(true).args(["exit", "idle", "pattern"])),
    after_help = "Exit codes: 0 what was waited for has happened · with --exit the program's own code, 128 and the \
        signal if one killed it, 1 if nobody knows · 65 the session ended before that · 67 no such session · 68 no \
        server is running · 124 not in time"
)]
pub struct WaitOptions {
    /// Its id, the beginning of its id, or its label
    #[arg(value_name = "SESSION")]
    session: String,
    /// Until its program has ended; ends with the program's code
    #[arg(long)]
    exit: bool,
    /// Until it has printed nothing for so long, what was before this command included
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    idle: Option<Duration>,
    /// Until its screen or what it prints next matches this regular expression: plain text, ^ and $ at lines, without
    /// blanks at their ends
    #[arg(long, value_name = "REGEX")]
    pattern: Option<String>,
    /// Wait no longer than this
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    #[command(flatten)]
    place: Place,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().map_err(|_| "say a number of seconds, such as 5 or 0.5".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

pub async fn run(options: WaitOptions) -> anyhow::Result<ExitCode> {
    let pattern = options.pattern.as_deref().map(compiled).transpose()?;
    let api = Api::new(&options.place.load()?)?;
    let row = api.session(&options.session).await?;
    let waiting = Waiting::begin(&options, pattern, &row, Instant::now());
    let attachment = Attachment::new(api, row.session_id.clone(), Mode::Read, row.size())?;
    let done = until(waiting, attachment);
    match options.timeout {
        Some(most) => {
            tokio::time::timeout(most, done).await.map_err(|_| InVain::Timeout(most.as_secs_f64()))?
        }
        None => done.await,
    }
}

fn compiled(pattern: &str) -> anyhow::Result<Regex> {
    let built = regex_lite::RegexBuilder::new(pattern).multi_line(true).build();
    built.with_context(|| format!("{pattern:?} is not a regular expression"))
}

/// What is waited for.
enum Waiting {
    Exit,
    /// Quiet until then; the output so far ends at `offset`, once that is known.
    Idle {
        long: Duration,
        until: Instant,
        offset: Option<u64>,
    },
    Pattern(Box<Search>),
}

impl Waiting {
    fn begin(options: &WaitOptions, pattern: Option<Regex>, row: &Row, now: Instant) -> Waiting {
        match (pattern, options.idle) {
            (Some(pattern), _) => Waiting::Pattern(Box::new(Search::new(pattern, row))),
            (None, Some(long)) => {
                let idle = Duration::try_from_secs_f64(row.idle_seconds).unwrap_or_default();
                let idle = if row.state == State::Running { idle } else { Duration::ZERO };
                Waiting::Idle { long, until: now + long.saturating_sub(idle), offset: None }
            }
            (None, None) => Waiting::Exit,
        }
    }
}

async fn until(mut waiting: Waiting, mut attachment: Attachment) -> anyhow::Result<ExitCode> {
    loop {
        let quiet = match &waiting {
            Waiting::Idle { until, .. } => Some(*until),
            _ => None,
        };
        let happened = tokio::select! {
            happened = attachment.next() => happened?,
            () = async { match quiet {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => std::future::pending().await,
            } } => return Ok(ExitCode::SUCCESS),
        };
        let (drawn, found) = match happened {
            Happening::Exited(exit) => return ended(&waiting, &exit),
            Happening::Closed => return Err(InVain::Ended("it was taken off the list".to_owned()).into()),
            Happening::Output { bytes, end, .. } => (Some(end), waiting.printed(&bytes, end)),
            Happening::Snapshot { bytes, first, end } => (end, waiting.drawn(&bytes, first, end)),
            Happening::Resized(size) | Happening::Joined { size, .. } => {
                if let Waiting::Pattern(search) = &mut waiting {
                    search.screen.resize(size);
                }
                (None, false)
            }
            Happening::Typed | Happening::Away => (None, false),
        };
        if found {
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(end) = drawn {
            attachment.drawn(end);
        }
    }
}

fn ended(waiting: &Waiting, exit: &Exit) -> anyhow::Result<ExitCode> {
    if let Waiting::Exit = waiting {
        return Ok(exit.shell_code().map_or(ExitCode::FAILURE, ExitCode::from));
    }
    Err(InVain::Ended(sentence(exit)).into())
}

impl Waiting {
    /// True: that was it.
    fn printed(&mut self, bytes: &[u8], end: u64) -> bool {
        self.reached(end);
        match self {
            Waiting::Pattern(search) => search.printed(bytes),
            Waiting::Exit | Waiting::Idle { .. } => false,
        }
    }

    fn drawn(&mut self, bytes: &[u8], first: bool, end: Option<u64>) -> bool {
        if let Some(end) = end {
            self.reached(end);
        }
        match self {
            Waiting::Pattern(search) => search.drawn(bytes, first, end.is_some()),
            Waiting::Exit | Waiting::Idle { .. } => false,
        }
    }

    /// The output ends at `end` now.
    fn reached(&mut self, end: u64) {
        if let Waiting::Idle { long, until, offset } = self
            && offset.replace(end).is_some_and(|before| before < end)
        {
            *until = Instant::now() + *long;
        }
    }
}

/// Looks for a pattern on a screen of its own.
struct Search {
    pattern: Regex,
    screen: Screen,
    /// A screen was drawn before: what has scrolled away since counts, too.
    again: bool,
}

impl Search {
    /// Output is looked at after so many bytes each, and can scroll no more lines away in them.
    const PIECE: usize = 1024;
    const LINES: usize = 10_000;

    fn new(pattern: Regex, row: &Row) -> Search {
        Search { pattern, screen: Screen::new(row.size(), Search::LINES), again: false }
    }

    fn printed(&mut self, bytes: &[u8]) -> bool {
        bytes.chunks(Search::PIECE).any(|piece| {
            self.screen.feed(piece);
            let count = self.screen.line_count();
            let seen = usize::from(self.screen.size().rows) + piece.len();
            self.pattern.is_match(&self.screen.text_of(count.saturating_sub(seen)..count))
        })
    }

    fn drawn(&mut self, bytes: &[u8], first: bool, last: bool) -> bool {
        if first {
            self.screen = Screen::new(self.screen.size(), Search::LINES);
        }
        self.screen.feed(bytes);
        if !last {
            return false;
        }
        let text = self.screen.text();
        let above = if std::mem::replace(&mut self.again, true) {
            self.screen.scrollback_text()
        } else {
            String::new()
        };
        self.pattern.is_match(&text) || self.pattern.is_match(&above)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn search(pattern: &str) -> Search {
        let row = json!({"session_id": "a", "label": "", "state": "running", "process": "sh", "idle_seconds": 0,
            "rows": 3, "cols": 20, "viewers": 0});
        Search::new(compiled(pattern).unwrap(), &serde_json::from_value(row).unwrap())
    }

    #[test]
    fn a_pattern_is_found_whatever_it_is_drawn_with() {
        let mut search = search("^done in \\d+ s$");
        assert!(!search.printed(b"not done in 3 s\r\n\x1b[1mdone\x1b[m in"));
        assert!(search.printed(b" \x1b[32m12 s"));
    }

    #[test]
    fn what_scrolls_away_at_once_is_found() {
        let flood = "x\r\n".repeat(5000);
        assert!(search("needle").printed(format!("{flood}needle\r\n{flood}").as_bytes()));
        assert!(!search("needle").printed(flood.as_bytes()));
    }

    #[test]
    fn at_first_only_the_screen_counts() {
        let mut search = search("old");
        assert!(!search.drawn(b"old\r\n1\r\n2\r\n3\r\n", true, true));
        assert!(search.drawn(b"old\r\n1\r\n2\r\n3\r\n", true, true), "it came while the connection was gone");
    }
}
