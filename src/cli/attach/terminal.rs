//! The person's terminal: raw while a session is shown, and afterwards as it was.
//!
//! Reading and writing block, so each has a thread. A terminal that takes nothing costs no memory: what is not drawn is
//! not acknowledged, and the server sends a window more at most.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc;

use crate::domain::screen::CALM;
use crate::domain::size::{MAX, Size};

/// Most bytes read at once.
pub const PIECE: usize = 16 * 1024;
/// Pieces read ahead.
const AHEAD: usize = 4;
/// How long the last words may take on a terminal that takes nothing.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The size of a terminal that does not say.
const USUAL: Size = Size { rows: 24, cols: 80 };
/// Keep the title for afterwards; bring it back.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// How the terminal was before; none while it is so.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Something to be drawn; `end` is told when it is.
struct Piece {
    bytes: Vec<u8>,
    end: Option<u64>,
}

pub enum Done {
    Typed(Vec<u8>),
    /// Everything before this offset is drawn.
    Drawn(u64),
}

/// A raw terminal. Dropping it brings it back, also while unwinding.
pub struct Terminal {
    typed: mpsc::Receiver<Vec<u8>>,
    /// None: the last word was said.
    drawing: Option<mpsc::UnboundedSender<Piece>>,
    drawn: mpsc::UnboundedReceiver<u64>,
    /// Closing it ends the reading, so that what is typed next is left for the shell.
    _reading: OwnedFd,
}

/// The size of this terminal, within the limits of sessions.
pub fn own_size() -> Size {
    let said = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stdin()));
    match said.map(|size| (size.ws_row, size.ws_col)) {
        Ok((rows @ 1.., cols @ 1..)) => Size { rows: rows.min(MAX as u16), cols: cols.min(MAX as u16) },
        _ => USUAL,
    }
}

impl Terminal {
    pub fn take() -> anyhow::Result<Terminal> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin).context(
            "standard input is no terminal; use `coda send` and `coda capture` where there is no person",
        )?;
        tcgetwinsize(io::stdout()).context("standard output is no terminal; use `coda capture`")?;
        HOOK.call_once(|| {
            let usual = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                usual(panic);
            }));
        });
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let (stop, reading) = rustix::pipe::pipe().context("make a pipe")?;
        let (tell_typed, typed) = mpsc::channel(AHEAD);
        let (drawing, to_draw) = mpsc::unbounded_channel();
        let (tell_drawn, drawn) = mpsc::unbounded_channel();
        std::thread::spawn(move || read(&stop, &tell_typed));
        std::thread::spawn(move || draw(to_draw, &tell_drawn));
        let terminal = Terminal { typed, drawing: Some(drawing), drawn, _reading: reading };
        tcsetattr(&stdin, OptionalActions::Drain, &raw).context("make the terminal raw")?;
        // What it shows goes to its scrollback.
        let rows = usize::from(own_size().rows);
        terminal.draw(format!("{PUSH_TITLE}\x1b[{rows};1H{}", "\n".repeat(rows)).into_bytes(), None);
        Ok(terminal)
    }

    /// Draws in order; `end` comes back as [`Done::Drawn`].
    pub fn draw(&self, bytes: Vec<u8>, end: Option<u64>) {
        if let Some(drawing) = &self.drawing {
            // A terminal that is gone is noticed where its word is waited for.
            let _ = drawing.send(Piece { bytes, end });
        }
    }

    /// What the person or the terminal did; nothing that is typed while there is no `room`. None: it is gone.
    pub async fn next(&mut self, room: bool) -> Option<Done> {
        tokio::select! {
            typed = self.typed.recv(), if room => typed.map(Done::Typed),
            drawn = self.drawn.recv() => drawn.map(Done::Drawn),
        }
    }

    /// Draws what is still to be drawn, and brings the terminal back.
    pub async fn leave(mut self) {
        self.draw(calmed().into_bytes(), None);
        self.drawing = None;
        let last = async { while self.drawn.recv().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_WORDS, last).await;
        set_back();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Out of every mode that a program may have left behind, on the line below all it has drawn.
fn calmed() -> String {
    let bottom = own_size().rows;
    format!("{CALM}\x1b[?47l{CALM}{POP_TITLE}\x1b[{bottom};1H\r\n")
}

/// Brings the terminal back, unless it was already.
fn restore() {
    if BEFORE.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
        let mut out = io::stdout().lock();
        let _ = out.write_all(calmed().as_bytes()).and_then(|()| out.flush());
        drop(out);
        set_back();
    }
}

fn set_back() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // Not flushed: what was typed ahead is for the shell.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &before);
    }
}

/// Reads what is typed until `stop` is closed.
fn read(stop: &OwnedFd, tell: &mpsc::Sender<Vec<u8>>) {
    let stdin = io::stdin();
    let mut buffer = vec![0; PIECE];
    loop {
        let mut ready = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        match poll(&mut ready, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
            Ok(_) if !ready[1].revents().is_empty() => return,
            Ok(_) => {}
        }
        match rustix::io::read(stdin.as_fd(), &mut buffer) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Ok(0) | Err(_) => return,
            Ok(count) => {
                if tell.blocking_send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        }
    }
}

/// Writes what is to be drawn until there is no more to come, or the terminal is gone.
fn draw(mut pieces: mpsc::UnboundedReceiver<Piece>, tell: &mpsc::UnboundedSender<u64>) {
    while let Some(Piece { bytes, end }) = pieces.blocking_recv() {
        let mut out = io::stdout().lock();
        if out.write_all(&bytes).and_then(|()| out.flush()).is_err() {
            return;
        }
        drop(out);
        if let Some(end) = end {
            let _ = tell.send(end);
        }
    }
}
