//! One session as the keeper holds it: its PTY, its ring, its process.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::process::Signal;

use crate::domain::keeper_frames::{Kept, Spawn, Status};
use crate::os::input_pipe::InputPipe;
use crate::os::process;
use crate::os::ring::{self, Fill, Ring};

/// Most bytes read for one session before the others get their turn.
const TURN: usize = 64 * 1024;
/// A read shorter than this has probably emptied the PTY; `epoll` will tell if not.
const SHORT: usize = 1024;

/// What became of a session's turn at the PTY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Go on watching.
    Watch,
    /// The ring is full: do not watch until the daemon kicks.
    Stalled,
    /// Nobody holds the other side.
    HungUp,
}

pub struct Held {
    pub id: String,
    pub pid: i32,
    pub pty: OwnedFd,
    pub ring: Ring,
    pub ring_fd: OwnedFd,
    pub bell: OwnedFd,
    input: InputPipe,
    pub status: Option<Status>,
    pub watched: bool,
    pub stalled: bool,
    pub last_output: Instant,
    pub idle_timer: bool,
    /// Rungs of the ending ladder already climbed.
    pub rung: usize,
}

/// Signals that end a session, each with the seconds until the next.
const LADDER: [(Signal, u64); 3] = [(Signal::HUP, 2), (Signal::TERM, 3), (Signal::KILL, 0)];

impl Held {
    /// Starts the program on a new PTY. The error names what was wrong in words for a person.
    pub fn spawn(order: &Spawn, open_files: Option<u64>) -> Result<Held, String> {
        let (pty, pts) = pty_process::blocking::open().map_err(|error| format!("no PTY is free: {error}"))?;
        pty.resize(pty_process::Size::new(order.rows, order.cols))
            .map_err(|error| format!("the PTY refused the size: {error}"))?;
        let (ring, ring_fd) = Ring::create(order.ring_bytes, order.start)
            .map_err(|error| format!("no memory for the session's ring: {error}"))?;
        let bell = ring::eventfd().map_err(|error| format!("no descriptor is free: {error}"))?;
        let input = InputPipe::create().map_err(|error| format!("no pipe for the input: {error}"))?;
        let (program, arguments) = order.argv.split_first().ok_or("the command is empty")?;
        if !std::path::Path::new(&order.cwd).is_dir() {
            return Err(format!("the directory {} does not exist", order.cwd));
        }
        let command = pty_process::blocking::Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(order.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&order.cwd);
        let command = prepared(command, open_files, order.niceness);
        let child = command.spawn(pts).map_err(|error| format!("cannot start {program}: {error}"))?;
        let pty = OwnedFd::from(pty);
        rustix::io::ioctl_fionbio(&pty, true)
            .map_err(|error| format!("the PTY cannot be non-blocking: {error}"))?;
        Ok(Held {
            id: order.id.clone(),
            pid: child.id() as i32,
            pty,
            ring,
            ring_fd,
            bell,
            input,
            status: None,
            watched: false,
            stalled: false,
            last_output: Instant::now(),
            idle_timer: false,
            rung: 0,
        })
    }

    pub fn kept(&self) -> Kept {
        Kept { id: self.id.clone(), pid: self.pid, exited: self.status }
    }

    /// The descriptors a daemon needs: PTY master, ring, wake bell, both ends of the input's pipe.
    pub fn fds(&self) -> [BorrowedFd<'_>; 5] {
        let [reader, writer] = self.input.fds();
        [self.pty.as_fd(), self.ring_fd.as_fd(), self.bell.as_fd(), reader, writer]
    }

    /// Moves what the PTY has into the ring, bounded, and wakes the daemon if it sleeps.
    pub fn turn(&mut self) -> Turn {
        let mut moved = 0;
        while moved < TURN {
            match self.ring.fill(self.pty.as_fd()) {
                Ok(Fill::Read(count)) => {
                    moved += count;
                    self.wake();
                    if count < SHORT {
                        break;
                    }
                }
                Ok(Fill::Empty) => break,
                Ok(Fill::Full) => {
                    if self.ring.stall() {
                        return Turn::Stalled;
                    }
                }
                Ok(Fill::HungUp) => return self.hung_up(),
                Err(error) => {
                    tracing::error!(session = %self.id, %error, "reading the PTY failed");
                    return self.hung_up();
                }
            }
        }
        if moved > 0 {
            self.last_output = Instant::now();
        }
        Turn::Watch
    }

    fn wake(&self) {
        if self.ring.take_asleep() {
            ring::ring_bell(&self.bell);
        }
    }

    /// The end of output counts only once the program itself is gone: another may still open the PTY.
    fn hung_up(&mut self) -> Turn {
        if self.status.is_some() {
            self.ring.set_ended();
            ring::ring_bell(&self.bell);
        }
        Turn::HungUp
    }

    /// Sends the next signal of the ladder; the seconds until the one after, `None` at the top.
    pub fn climb(&mut self) -> Option<u64> {
        let (signal, wait) = *LADDER.get(self.rung)?;
        self.rung += 1;
        tracing::info!(session = %self.id, ?signal, "ending the session");
        if signal == Signal::KILL {
            process::signal_session(self.pid, signal);
            return None;
        }
        if self.status.is_none() {
            process::signal_group(self.pid, signal);
        }
        if let Ok(foreground) = rustix::termios::tcgetpgrp(&self.pty) {
            process::signal_group(foreground.as_raw_nonzero().get(), signal);
        }
        Some(wait)
    }
}

/// Gives the program the soft limit of open files that we were started with, not our raised one, and its place behind
/// the daemon.
fn prepared(
    command: pty_process::blocking::Command,
    open_files: Option<u64>,
    niceness: u8,
) -> pty_process::blocking::Command {
    let group = niceness.to_string();
    let set = move || {
        if let Some(current) = open_files {
            let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
            limit.current = Some(current);
            rustix::process::setrlimit(rustix::process::Resource::Nofile, limit)?;
        }
        if niceness > 0 {
            // Where sessions are scheduled as groups the group counts, else the program. Neither is worth failing for.
            let _ = rustix::process::nice(niceness.into());
            let _ = process::nice_group(group.as_bytes());
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes system calls only and allocates nothing.
    unsafe { command.pre_exec(set) }
}
