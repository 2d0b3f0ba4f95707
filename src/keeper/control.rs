//! The control socket to one daemon: whole frames out, whole frames in, descriptors with them.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::domain::keeper_frames::{Fact, Order};
use crate::os::fds;

/// Most frames that wait for a daemon that does not read; beyond it the daemon is taken for stuck.
const MOST_WAITING: usize = 65_536;

pub struct Control {
    socket: OwnedFd,
    waiting: VecDeque<(Vec<u8>, Vec<OwnedFd>)>,
    buffer: Vec<u8>,
}

impl Control {
    pub fn new(socket: OwnedFd) -> Control {
        Control { socket, waiting: VecDeque::new(), buffer: Vec::new() }
    }

    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Sends now, or keeps the frame for [`Control::flush`]. An error means that the daemon is lost.
    pub fn send(&mut self, fact: &Fact, with: &[BorrowedFd<'_>]) -> io::Result<()> {
        let bytes = serde_json::to_vec(fact)?;
        if self.waiting.is_empty() {
            match fds::send(&self.socket, &bytes, with) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
        }
        if self.waiting.len() >= MOST_WAITING {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the daemon does not read its frames"));
        }
        let owned = with.iter().map(|fd| fd.try_clone_to_owned()).collect::<io::Result<_>>()?;
        self.waiting.push_back((bytes, owned));
        Ok(())
    }

    /// Whether frames wait for the socket to become writable.
    pub fn behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn flush(&mut self) -> io::Result<()> {
        while let Some((bytes, owned)) = self.waiting.front() {
            let with: Vec<BorrowedFd<'_>> = owned.iter().map(AsFd::as_fd).collect();
            match fds::send(&self.socket, bytes, &with) {
                Ok(()) => self.waiting.pop_front(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    /// One frame, if one is there. `Err` with `UnexpectedEof` when the daemon is gone.
    pub fn receive(&mut self) -> io::Result<Option<Order>> {
        match fds::receive(&self.socket, &mut self.buffer) {
            Ok(Some(_)) => match serde_json::from_slice(&self.buffer) {
                Ok(order) => Ok(Some(order)),
                Err(error) => {
                    tracing::warn!(%error, "a frame from the daemon could not be read");
                    Ok(Some(Order::Unknown))
                }
            },
            Ok(None) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}
