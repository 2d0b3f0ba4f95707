//! How input reaches a PTY so that it is known afterwards how much of it did, even from a writer that was killed.
//!
//! Whether a `write` took place before a kill, nobody can tell: the count comes back to a process that is gone. So
//! input goes through a pipe that the keeper holds too. `splice` takes from the pipe what the terminal takes, in one
//! system call that a kill cannot divide; what is left in the pipe, the next daemon can count.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags};

/// Bytes that the pipe holds: one page.
pub const CAPACITY: usize = 4096;

/// Both ends of the pipe. One writer loads it, and only when it is empty.
pub struct InputPipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl InputPipe {
    pub fn create() -> io::Result<InputPipe> {
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        rustix::pipe::fcntl_setpipe_size(&writer, CAPACITY)?;
        Ok(InputPipe { reader, writer })
    }

    /// The pipe that another process made.
    pub fn from_fds([reader, writer]: [OwnedFd; 2]) -> InputPipe {
        InputPipe { reader, writer }
    }

    pub fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.reader.as_fd(), self.writer.as_fd()]
    }

    /// Bytes that wait in the pipe.
    pub fn waiting(&self) -> io::Result<usize> {
        Ok(rustix::io::ioctl_fionread(&self.reader)? as usize)
    }

    /// Puts `piece`, at most [`CAPACITY`] bytes, into the empty pipe.
    pub fn load(&self, piece: &[u8]) -> io::Result<()> {
        match rustix::io::retry_on_intr(|| rustix::io::write(&self.writer, piece))? {
            count if count == piece.len() => Ok(()),
            count => Err(io::Error::other(format!("the input pipe took {count} of {} bytes", piece.len()))),
        }
    }

    /// Hands the terminal as much of the pipe as it takes now; says how much that was.
    pub fn push(&self, pty: BorrowedFd<'_>) -> Result<usize, Errno> {
        match rustix::pipe::splice(&self.reader, None, pty, None, CAPACITY, SpliceFlags::NONBLOCK) {
            Err(Errno::INVAL) => self.push_by_hand(pty),
            moved => moved,
        }
    }

    /// For a kernel that cannot splice into a terminal (Linux 5.10.0 to 5.10.8): the same, but what is on the way at
    /// the moment of a kill is lost.
    fn push_by_hand(&self, pty: BorrowedFd<'_>) -> Result<usize, Errno> {
        let mut piece = [0; CAPACITY];
        let length = rustix::io::read(&self.reader, &mut piece)?;
        let moved = rustix::io::write(pty, &piece[..length]);
        rustix::io::write(&self.writer, &piece[moved.unwrap_or(0)..length])?;
        moved
    }

    /// Throws away what waits.
    pub fn empty(&self) {
        while rustix::io::read(&self.reader, &mut [0; CAPACITY]).is_ok_and(|count| count > 0) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A raw terminal whose program does not read yet.
    fn terminal() -> (OwnedFd, OwnedFd) {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        let name = rustix::pty::ptsname(&pty, Vec::new()).unwrap();
        drop(pts);
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::NONBLOCK;
        let program = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap();
        let mut mode = rustix::termios::tcgetattr(&program).unwrap();
        mode.make_raw();
        rustix::termios::tcsetattr(&program, rustix::termios::OptionalActions::Now, &mode).unwrap();
        let pty = OwnedFd::from(pty);
        rustix::io::ioctl_fionbio(&pty, true).unwrap();
        (pty, program)
    }

    /// Types into a full terminal and reads it empty, again and again; says what was read.
    fn through(push: impl Fn(&InputPipe, BorrowedFd<'_>) -> Result<usize, Errno>) {
        let (pty, program) = terminal();
        let pipe = InputPipe::create().unwrap();
        let typed: Vec<u8> = (0..100_000u32).map(|at| (at % 251) as u8).collect();
        let (mut loaded, mut moved) = (0, 0);
        let mut read = Vec::new();
        let mut waits = 0;
        while read.len() < typed.len() {
            if pipe.waiting().unwrap() == 0 && loaded < typed.len() {
                let piece = &typed[loaded..typed.len().min(loaded + CAPACITY)];
                pipe.load(piece).unwrap();
                loaded += piece.len();
            }
            match push(&pipe, pty.as_fd()) {
                Ok(count) => moved += count,
                Err(Errno::AGAIN) => {
                    waits += 1;
                    let mut some = [0; 3000];
                    if let Ok(count) = rustix::io::read(&program, &mut some) {
                        read.extend_from_slice(&some[..count]);
                    }
                }
                Err(error) => panic!("{error}"),
            }
            assert_eq!(
                moved + pipe.waiting().unwrap(),
                loaded,
                "every byte is in the pipe or in the terminal"
            );
        }
        assert!(read == typed);
        assert!(waits > 5, "the terminal was never full");
    }

    #[test]
    fn every_byte_is_either_in_the_pipe_or_in_the_terminal() {
        through(InputPipe::push);
        through(InputPipe::push_by_hand);
    }

    #[test]
    fn the_rest_can_be_thrown_away() {
        let pipe = InputPipe::create().unwrap();
        pipe.load(&[7; CAPACITY]).unwrap();
        assert_eq!(pipe.waiting().unwrap(), CAPACITY);
        pipe.empty();
        assert_eq!(pipe.waiting().unwrap(), 0);
        pipe.load(b"more").unwrap();
        assert_eq!(pipe.waiting().unwrap(), 4);
    }
}
