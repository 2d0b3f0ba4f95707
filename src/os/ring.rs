//! The shared-memory ring that carries one session's output from the keeper to the daemon.
//!
//! The keeper is the only writer: it reads the PTY straight into the ring and publishes `head`. The
//! daemon is the only consumer: it publishes `consumed` once the journal holds the bytes, and only then
//! may the keeper reuse their space. All positions are session offsets (u64, bytes, never restarting);
//! a position in the data area is `offset % capacity`.
//!
//! Invariants: `floor ≤ consumed ≤ head ≤ reserved ≤ consumed + capacity`. Bytes in `consumed..head` are
//! stable. Bytes in `floor..consumed` stay readable until the keeper reserves their space, so a viewer that
//! lags reads them here at no cost and is told [`Overrun`] when it came too late.
//!
//! Both sides sleep without losing a wake-up: the daemon sets `asleep` before it waits for the wake
//! eventfd, the keeper sets `stalled` when the ring is full; each looks once more after setting it.
//!
//! The header also counts, per writer, the input that has reached the program, and says whose bytes are in the
//! session's [input pipe](super::input_pipe), so that a client which lost its daemon knows what to send again.
//!
//! Layout version 1: a 4 KiB header page, then the data. Absent on purpose: any knowledge of sessions,
//! sockets or actors.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::MemfdFlags;

use input::Inputs;

mod input;

const MAGIC: u64 = u64::from_le_bytes(*b"CODARING");
const VERSION: u32 = 1;
const HEADER: usize = 4096;
/// Largest single read of the PTY, in bytes.
const READ: u64 = 64 * 1024;

/// Smallest and largest capacity, in bytes; powers of two only.
pub const CAPACITY: std::ops::RangeInclusive<u64> = 64 * 1024..=64 * 1024 * 1024;

#[repr(C)]
struct Header {
    magic: u64,
    version: u32,
    _reserved: u32,
    capacity: u64,
    _pad0: [u64; 5],
    // Written by the keeper.
    reserved: AtomicU64,
    head: AtomicU64,
    floor: AtomicU64,
    pauses: AtomicU64,
    ended: AtomicU32,
    stalled: AtomicU32,
    _pad1: [u64; 3],
    // Written by the daemon.
    consumed: AtomicU64,
    asleep: AtomicU32,
    _pad2: [u32; 13],
    inputs: Inputs,
}

/// The bytes asked for are no longer in the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("offset {0} is no longer in the ring")]
pub struct Overrun(pub u64);

/// What one read of the PTY brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// So many bytes arrived.
    Read(usize),
    /// Nothing to read now.
    Empty,
    /// The ring is full: wait for the daemon.
    Full,
    /// Every process has closed the other side.
    HungUp,
}

/// One mapping of a ring. The keeper calls the writer's methods, the daemon the reader's.
pub struct Ring {
    map: MmapRaw,
    capacity: u64,
}

impl Ring {
    /// Makes a ring of `capacity` bytes (a power of two within [`CAPACITY`]) whose first byte will have the offset
    /// `start`, and the descriptor that shares it.
    pub fn create(capacity: u64, start: u64) -> io::Result<(Ring, OwnedFd)> {
        if !capacity.is_power_of_two() || !CAPACITY.contains(&capacity) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("ring capacity must be a power of two from 64 KiB to 64 MiB, not {capacity}"),
            ));
        }
        let fd = rustix::fs::memfd_create("coda-ring", MemfdFlags::CLOEXEC)?;
        rustix::fs::ftruncate(&fd, HEADER as u64 + capacity)?;
        let ring = Ring { map: MmapOptions::new().map_raw(&fd)?, capacity };
        // SAFETY: the mapping is at least a page long, page-aligned, fresh, and known to nobody else yet.
        unsafe {
            let header = ring.map.as_mut_ptr().cast::<Header>();
            (*header).magic = MAGIC;
            (*header).version = VERSION;
            (*header).capacity = capacity;
        }
        let header = ring.header();
        for position in [&header.reserved, &header.head, &header.floor, &header.consumed] {
            position.store(start, Ordering::SeqCst);
        }
        Ok((ring, fd))
    }

    /// Maps a ring made by the other process; refuses one whose layout it does not know.
    pub fn open(fd: BorrowedFd<'_>) -> io::Result<Ring> {
        let bad = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let length = rustix::fs::fstat(fd)?.st_size as u64;
        if length <= HEADER as u64 {
            return Err(bad("the shared ring is shorter than its header".into()));
        }
        let map = MmapOptions::new().map_raw(&fd)?;
        // SAFETY: the mapping is longer than a header; these three fields never change after creation.
        let (magic, version, capacity) = unsafe {
            let header = map.as_ptr().cast::<Header>();
            ((*header).magic, (*header).version, (*header).capacity)
        };
        if magic != MAGIC || version != VERSION {
            return Err(bad(format!("the shared ring has layout {version}, expected {VERSION}")));
        }
        if !capacity.is_power_of_two() || capacity + HEADER as u64 != length {
            return Err(bad(format!("the shared ring's capacity {capacity} does not fit its length")));
        }
        Ok(Ring { map, capacity })
    }

    fn header(&self) -> &Header {
        // SAFETY: checked at creation and opening; all fields that change are atomics.
        unsafe { &*self.map.as_ptr().cast::<Header>() }
    }

    fn data(&self, offset: u64) -> *mut u8 {
        let position = HEADER + (offset & (self.capacity - 1)) as usize;
        // SAFETY: position is within the mapping, whose length is HEADER + capacity.
        unsafe { self.map.as_mut_ptr().add(position) }
    }

    /// Bytes that can lie between two ends of the data area without wrapping.
    fn contiguous(&self, offset: u64) -> u64 {
        self.capacity - (offset & (self.capacity - 1))
    }

    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Offset after the newest byte.
    pub fn head(&self) -> u64 {
        self.header().head.load(Ordering::Acquire)
    }

    /// Offset up to which the daemon has taken responsibility.
    pub fn consumed(&self) -> u64 {
        self.header().consumed.load(Ordering::Acquire)
    }

    /// Lowest offset that can still be read.
    pub fn lowest(&self) -> u64 {
        let header = self.header();
        let reserved = header.reserved.load(Ordering::Acquire);
        let floor = header.floor.load(Ordering::Acquire);
        floor.max(reserved.saturating_sub(self.capacity))
    }

    /// Whether every process has closed the session's side of the PTY and all output is in.
    pub fn ended(&self) -> bool {
        self.header().ended.load(Ordering::Acquire) != 0
    }

    /// How often the program had to wait because the daemon lagged a whole ring behind.
    pub fn pauses(&self) -> u64 {
        self.header().pauses.load(Ordering::Relaxed)
    }
}

/// The keeper's side.
impl Ring {
    /// Reads once from `pty` into free space and publishes what came.
    pub fn fill(&self, pty: BorrowedFd<'_>) -> io::Result<Fill> {
        let header = self.header();
        let head = header.head.load(Ordering::Relaxed);
        let free = self.capacity - (head - header.consumed.load(Ordering::Acquire));
        let room = free.min(self.contiguous(head)).min(READ);
        if room == 0 {
            return Ok(Fill::Full);
        }
        header.reserved.store(head + room, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // SAFETY: head..head+room is free space that only this process writes; a slow viewer that still
        // copies from it finds `reserved` moved and discards its copy.
        let got = unsafe { libc::read(pty.as_raw_fd(), self.data(head).cast(), room as usize) };
        let error = io::Error::last_os_error();
        let new = head + u64::try_from(got).unwrap_or(0);
        header.reserved.store(new, Ordering::Release);
        header.head.store(new, Ordering::SeqCst);
        match got {
            1.. => Ok(Fill::Read(got as usize)),
            0 => Ok(Fill::HungUp),
            _ => match error.raw_os_error() {
                Some(libc::EAGAIN | libc::EINTR) => Ok(Fill::Empty),
                Some(libc::EIO) => Ok(Fill::HungUp),
                _ => Err(error),
            },
        }
    }

    /// Whether the daemon waits for its eventfd; asking answers yes once per sleep.
    pub fn take_asleep(&self) -> bool {
        self.header().asleep.swap(0, Ordering::SeqCst) != 0
    }

    /// Says that the keeper waits for space. False when there is space after all.
    pub fn stall(&self) -> bool {
        let header = self.header();
        header.stalled.store(1, Ordering::SeqCst);
        if self.full() {
            header.pauses.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        header.stalled.store(0, Ordering::SeqCst);
        false
    }

    pub fn full(&self) -> bool {
        let header = self.header();
        header.head.load(Ordering::SeqCst) - header.consumed.load(Ordering::SeqCst) == self.capacity
    }

    pub fn set_ended(&self) {
        self.header().ended.store(1, Ordering::SeqCst);
    }

    /// Gives the memory of an idle ring back to the system, if everything in it is consumed.
    pub fn release(&self) -> bool {
        let header = self.header();
        let head = header.head.load(Ordering::SeqCst);
        if header.consumed.load(Ordering::SeqCst) != head {
            return false;
        }
        header.floor.store(head, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // SAFETY: the data area belongs to this mapping. The only writer is this thread, nothing unconsumed
        // is in the ring, and `floor` tells readers that older bytes are gone.
        let done = unsafe {
            libc::madvise(self.map.as_mut_ptr().add(HEADER).cast(), self.capacity as usize, libc::MADV_REMOVE)
        };
        done == 0
    }
}

/// The daemon's side.
impl Ring {
    /// Appends up to `max` bytes from `offset` to `out`, as far as `end`; returns how many.
    ///
    /// `Overrun` when they were given up while or before they were copied; `out` is then as it was.
    pub fn copy(&self, offset: u64, end: u64, max: usize, out: &mut Vec<u8>) -> Result<usize, Overrun> {
        if offset < self.lowest() {
            return Err(Overrun(offset));
        }
        let wanted = end.min(self.head()).saturating_sub(offset).min(max as u64);
        let before = out.len();
        out.reserve(wanted as usize);
        let mut at = offset;
        while at < offset + wanted {
            let piece = (offset + wanted - at).min(self.contiguous(at)) as usize;
            // SAFETY: at..at+piece lies within the data area; `out` has room for it. The keeper may be
            // overwriting these bytes right now: then the check below throws the copy away.
            unsafe {
                let end = out.as_mut_ptr().add(out.len());
                std::ptr::copy_nonoverlapping(self.data(at), end, piece);
                out.set_len(out.len() + piece);
            }
            at += piece as u64;
        }
        fence(Ordering::SeqCst);
        if offset < self.lowest() {
            out.truncate(before);
            return Err(Overrun(offset));
        }
        Ok(wanted as usize)
    }

    /// Lends `from..to` as at most two slices. The range must not be consumed yet: only then is it stable.
    pub fn unconsumed<R>(&self, from: u64, to: u64, use_it: impl FnOnce(&[u8], &[u8]) -> R) -> R {
        assert!(
            self.consumed() <= from && from <= to && to <= self.head(),
            "only unconsumed bytes can be lent: {from}..{to}, have {}..{}",
            self.consumed(),
            self.head()
        );
        let first = (to - from).min(self.contiguous(from));
        // SAFETY: the keeper never writes to unconsumed bytes, and both pieces lie within the data area.
        let (a, b) = unsafe {
            (
                std::slice::from_raw_parts(self.data(from), first as usize),
                std::slice::from_raw_parts(self.data(from + first), (to - from - first) as usize),
            )
        };
        use_it(a, b)
    }

    /// Takes responsibility for everything before `offset`. True when the keeper waits for space and wants a kick.
    #[must_use = "the keeper may be waiting for a kick"]
    pub fn consume(&self, offset: u64) -> bool {
        let header = self.header();
        let offset = offset.min(header.head.load(Ordering::Acquire));
        header.consumed.fetch_max(offset, Ordering::SeqCst);
        header.stalled.swap(0, Ordering::SeqCst) != 0
    }

    /// Announces sleep at `seen`. False when more has arrived: do not sleep.
    pub fn sleep(&self, seen: u64) -> bool {
        let header = self.header();
        header.asleep.store(1, Ordering::SeqCst);
        if header.head.load(Ordering::SeqCst) == seen && header.ended.load(Ordering::SeqCst) == 0 {
            return true;
        }
        header.asleep.store(0, Ordering::SeqCst);
        false
    }
}

/// An eventfd, non-blocking and closed on exec: the bell that one process rings for the other.
pub fn eventfd() -> io::Result<OwnedFd> {
    use rustix::event::EventfdFlags;
    Ok(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

/// Rings the bell. A bell that is already ringing is enough.
pub fn ring_bell(bell: impl AsFd) {
    let _ = rustix::io::write(bell, &1u64.to_ne_bytes());
}

/// Silences the bell; true when it rang.
pub fn silence_bell(bell: impl AsFd) -> bool {
    rustix::io::read(bell, &mut [0u8; 8]).is_ok()
}

const _: () = assert!(size_of::<Header>() <= HEADER);

#[cfg(test)]
mod tests;
