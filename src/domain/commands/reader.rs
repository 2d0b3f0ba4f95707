//! Makes commands of the marks in a session's output.

use std::collections::VecDeque;

use super::mark::Mark;
use super::sequences::{Found, Sequences};
use crate::domain::journal::{Body, Record};
use crate::domain::recording::Text;
use crate::domain::size::Size;

/// Longest input that is kept to see whether a line was typed again, in bytes.
const TYPED: usize = 8 << 10;

/// One command that a shell ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// As it was typed; None where the shell did not say, such as for what its history was told not to keep.
    pub line: Option<String>,
    /// The directory it began in.
    pub cwd: Option<String>,
    /// Microseconds since the epoch, when the marks reached the journal.
    pub began_us: u64,
    /// None: it runs.
    pub ended_us: Option<u64>,
    /// None: it runs, or nobody said.
    pub code: Option<i32>,
    /// Where its output begins and ends in the session's.
    pub begin: u64,
    pub end: Option<u64>,
    /// The marks carry the session's nonce.
    pub trusted: bool,
}

/// The newest commands that were asked for, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub commands: Vec<Command>,
    /// There are older ones: those before this offset.
    pub before: Option<u64>,
}

/// Reads the records of one journal in order. Holds no more than a page.
#[derive(Debug)]
pub struct Reader {
    nonce: String,
    limit: usize,
    before: u64,
    sequences: Sequences,
    marks: Marks,
}

#[derive(Debug, Default)]
struct Marks {
    commands: VecDeque<Command>,
    /// Some were dropped to make room.
    more: bool,
    /// Where the output of the commands that run begins: of one that is not trusted, and of one that is.
    open: [Option<u64>; 2],
    cwd: Option<String>,
    /// What the terminal was sent since the shell began to take input.
    typed: Option<Vec<u8>>,
}

impl Reader {
    /// Keeps the newest `limit` of the commands whose output begins before an offset. `nonce` is empty for a session
    /// that has none.
    pub fn new(nonce: &str, limit: usize, before: Option<u64>) -> Reader {
        Reader {
            nonce: nonce.to_owned(),
            limit: limit.max(1),
            before: before.unwrap_or(u64::MAX),
            sequences: Sequences::default(),
            marks: Marks::default(),
        }
    }

    pub fn record(&mut self, record: &Record) {
        match &record.body {
            Body::Output(bytes) => self.output(record.offset, record.time_us, bytes),
            Body::Gap(_) => {
                self.sequences.reset();
                self.marks.typed = None;
            }
            Body::Exit(_) => {
                let end = |trusted| self.marks.end(trusted, record.time_us, record.offset, None);
                [false, true].into_iter().for_each(end);
            }
            Body::Resize(_) | Body::Mark(_) | Body::Keyframe(_) => {}
        }
    }

    /// The commands that have begun since this was last asked, oldest first; how they end is not told.
    pub fn take_begun(&mut self) -> impl Iterator<Item = Command> {
        std::mem::take(&mut self.marks.commands).into_iter()
    }

    pub fn finish(self) -> Page {
        let before = self.marks.commands.front().filter(|_| self.marks.more).map(|oldest| oldest.begin);
        Page { commands: self.marks.commands.into(), before }
    }

    fn output(&mut self, offset: u64, time_us: u64, bytes: &[u8]) {
        let Reader { nonce, limit, before, sequences, marks } = self;
        sequences.read(offset, bytes, |found| match found {
            Found::Text(text) => marks.text(text),
            Found::Sequence { content, begin, end } => {
                let Some((mark, trusted)) = Mark::read(content, nonce) else { return };
                match mark {
                    Mark::Directory(path) => marks.cwd = Some(path),
                    Mark::Prompt => {
                        marks.end(trusted, time_us, begin, None);
                        marks.typed = None;
                    }
                    Mark::Input => marks.typed = Some(Vec::new()),
                    Mark::Begin { line, repeated } => {
                        marks.end(trusted, time_us, begin, None);
                        let typed = marks.typed.take();
                        let line =
                            line.filter(|line| !repeated || typed.is_some_and(|it| was_typed(&it, line)));
                        if end < *before {
                            marks.begin(Command {
                                line,
                                cwd: marks.cwd.clone(),
                                began_us: time_us,
                                ended_us: None,
                                code: None,
                                begin: end,
                                end: None,
                                trusted,
                            });
                            marks.keep(*limit);
                        }
                    }
                    Mark::End { code } => marks.end(trusted, time_us, begin, code),
                }
            }
        });
    }
}

impl Marks {
    fn text(&mut self, text: &[u8]) {
        if let Some(typed) = &mut self.typed {
            if typed.len() + text.len() <= TYPED {
                typed.extend_from_slice(text);
            } else {
                self.typed = None;
            }
        }
    }

    fn begin(&mut self, command: Command) {
        self.open[usize::from(command.trusted)] = Some(command.begin);
        self.commands.push_back(command);
    }

    fn keep(&mut self, limit: usize) {
        while self.commands.len() > limit {
            self.commands.pop_front();
            self.more = true;
        }
    }

    /// What runs has ended; what a trusted command ran, too.
    fn end(&mut self, trusted: bool, time_us: u64, offset: u64, code: Option<i32>) {
        if trusted {
            self.end(false, time_us, offset, None);
        }
        let Some(begin) = self.open[usize::from(trusted)].take() else { return };
        let place = self.commands.binary_search_by_key(&begin, |command| command.begin);
        if let Some(command) = place.ok().and_then(|at| self.commands.get_mut(at)) {
            (command.ended_us, command.end, command.code) = (Some(time_us), Some(offset), code);
        }
    }
}

/// Whether the echo of what was typed reads like this line.
fn was_typed(echo: &[u8], line: &str) -> bool {
    let widest = Size { rows: 1, cols: 1000 };
    let mut text = Text::begin(Vec::new(), widest);
    let written = text.output(echo).and_then(|()| text.finish());
    written.is_ok_and(|text| String::from_utf8_lossy(&text).trim_end() == line.trim_end())
}
