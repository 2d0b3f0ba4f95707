//! The loop between a person's terminal and a session.

use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::hush::hushed;
use super::key::DetachKey;
use super::terminal::{Done, PIECE, Terminal, own_size};
use crate::cli::client::{Api, AskError, Attachment, Happening, Row};
use crate::domain::exit::{Exit, Reason};
use crate::domain::frames::Mode;

/// Ctrl-C, for whoever only watches.
const INTERRUPT: u8 = 3;
/// Empties the scrollback. A snapshot begins with it; here it would be the person's own.
const WIPE: &[u8] = b"\x1b[3J";
/// So far into a snapshot it may stand.
const BEGINNING: usize = 512;

pub struct Watch {
    attachment: Attachment,
    terminal: Terminal,
    key: DetachKey,
    read_only: bool,
    name: String,
    /// The size was asked for once.
    claimed: bool,
    resized: Signal,
    ends: [(i32, Signal); 4],
}

/// Why it is over.
enum Left {
    Detached,
    Ended(Exit),
    Dismissed,
    /// A signal, or a terminal that is gone.
    Told(i32),
    Broken(AskError),
}

impl Watch {
    /// Takes the terminal over.
    pub fn begin(api: &Api, row: &Row, key: DetachKey, read_only: bool) -> anyhow::Result<Watch> {
        let end = |number| anyhow::Ok((number, signal(SignalKind::from_raw(number))?));
        let ends = [end(libc::SIGHUP)?, end(libc::SIGINT)?, end(libc::SIGQUIT)?, end(libc::SIGTERM)?];
        let resized = signal(SignalKind::window_change())?;
        let mode = if read_only { Mode::Read } else { Mode::Write };
        let attachment = Attachment::new(api.clone(), row.session_id.clone(), mode, own_size())?;
        let terminal = Terminal::take()?;
        let name = row.name().to_owned();
        Ok(Watch { attachment, terminal, key, read_only, name, claimed: read_only, resized, ends })
    }

    pub async fn run(mut self) -> anyhow::Result<ExitCode> {
        let left = self.until_left().await;
        let Watch { attachment, terminal, name, .. } = self;
        terminal.leave().await;
        attachment.close().await;
        match left {
            Left::Detached => {
                println!("[detached from {name}]");
                Ok(ExitCode::SUCCESS)
            }
            Left::Ended(exit) => {
                println!("[{name} {}]", sentence(&exit));
                Ok(exit.shell_code().map_or(ExitCode::FAILURE, ExitCode::from))
            }
            Left::Dismissed => {
                println!("[{name} was taken off the list]");
                Ok(ExitCode::SUCCESS)
            }
            Left::Told(signal) => Ok(ExitCode::from(128 + signal as u8)),
            Left::Broken(error) => Err(error.into()),
        }
    }

    async fn until_left(&mut self) -> Left {
        loop {
            let has_room = self.attachment.room() >= PIECE;
            let [(hup, hung_up), (int, interrupted), (quit, quitted), (term, terminated)] = &mut self.ends;
            let left = tokio::select! {
                happened = self.attachment.next() => match happened {
                    Ok(happened) => self.happened(happened),
                    Err(error) => Some(Left::Broken(error)),
                },
                done = self.terminal.next(has_room) => match done {
                    Some(Done::Typed(bytes)) => self.typed(&bytes),
                    Some(Done::Drawn(end)) => {
                        self.attachment.drawn(end);
                        None
                    }
                    None => Some(Left::Told(libc::SIGHUP)),
                },
                _ = self.resized.recv() => { self.resize(); None }
                _ = hung_up.recv() => Some(Left::Told(*hup)),
                _ = interrupted.recv() => Some(Left::Told(*int)),
                _ = quitted.recv() => Some(Left::Told(*quit)),
                _ = terminated.recv() => Some(Left::Told(*term)),
            };
            if let Some(left) = left {
                return left;
            }
        }
    }

    fn typed(&mut self, bytes: &[u8]) -> Option<Left> {
        let key = self.key.find(bytes);
        let interrupt = bytes.iter().position(|&byte| byte == INTERRUPT).filter(|_| self.read_only);
        let end = key.into_iter().chain(interrupt).min();
        if !self.read_only {
            self.attachment.input(&bytes[..end.unwrap_or(bytes.len())]);
        }
        end.map(|_| Left::Detached)
    }

    fn resize(&mut self) {
        if !self.read_only {
            self.attachment.resize(own_size());
        }
    }

    fn happened(&mut self, happening: Happening) -> Option<Left> {
        match happening {
            Happening::Joined { owner, .. } => {
                // Whoever sits down at a session wants to see all of it.
                if !std::mem::replace(&mut self.claimed, true) && !owner {
                    self.resize();
                }
            }
            Happening::Output { bytes, end, history } => {
                let (before, now) = bytes.split_at(history);
                let bytes = if before.is_empty() { now.to_vec() } else { [&hushed(before), now].concat() };
                self.terminal.draw(bytes, Some(end));
            }
            Happening::Snapshot { bytes, first, end } => {
                let bytes = if first { without_wiping(&bytes) } else { bytes.to_vec() };
                self.terminal.draw(bytes, end);
            }
            Happening::Away => self.terminal.draw(self.notice(), None),
            Happening::Exited(exit) => return Some(Left::Ended(exit)),
            Happening::Closed => return Some(Left::Dismissed),
            Happening::Resized(_) | Happening::Typed => {}
        }
        None
    }

    /// A line at the bottom; the snapshot that follows draws over it.
    fn notice(&self) -> Vec<u8> {
        let (bottom, key) = (own_size().rows, self.key);
        let text = format!("no connection to {}; trying again ({key} detaches)", self.name);
        format!("\x18\x1b7\x1b[{bottom};1H\x1b[0;7m {text} \x1b[m\x1b[K\x1b8").into_bytes()
    }
}

fn without_wiping(snapshot: &[u8]) -> Vec<u8> {
    let beginning = &snapshot[..snapshot.len().min(BEGINNING)];
    match beginning.windows(WIPE.len()).position(|window| window == WIPE) {
        Some(at) => [&snapshot[..at], &snapshot[at + WIPE.len()..]].concat(),
        None => snapshot.to_vec(),
    }
}

/// How a session ended. Unknown is said as unknown.
pub fn sentence(exit: &Exit) -> String {
    match (exit.reason, exit.code, exit.signal) {
        (Reason::Closed, ..) => "was ended on request".to_owned(),
        (Reason::Idle, ..) => "was ended because nobody looked after it".to_owned(),
        (Reason::Redeployed, ..) => "ended with everything else, when the machine did".to_owned(),
        (_, Some(code), _) => format!("exited with code {code}"),
        (_, None, Some(signal)) => format!("was killed by signal {signal}"),
        _ => "ended, nobody knows how".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::screen::Screen;
    use crate::domain::size::Size;

    #[test]
    fn a_snapshot_leaves_the_scrollback_of_the_terminal_alone() {
        let mut screen = Screen::new(Size::DEFAULT, 10);
        screen.feed("\x1b]0;a title\x07one\r\ntwo\r\n".repeat(40).as_bytes());
        let snapshot = screen.snapshot(usize::MAX);
        let contains = |bytes: &[u8]| bytes.windows(WIPE.len()).any(|window| window == WIPE);
        assert!(contains(&snapshot));
        assert!(!contains(&without_wiping(&snapshot)));
    }
}
