//! What of the input has reached the program: counted here, because it must outlive the daemon.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::Ring;

/// Writers whose input is counted.
pub(super) const WRITERS: usize = 64;

/// A part of the ring's header, written by the daemon.
#[repr(C)]
pub(super) struct Inputs {
    slots: [InputSlot; WRITERS],
    piece: PieceSlot,
}

/// How much of one writer's input has reached the program. `id` 0: free.
#[repr(C)]
struct InputSlot {
    id: AtomicU64,
    written: AtomicU64,
    /// Grows with every use of any slot; the smallest is given up first.
    used: AtomicU64,
}

/// The piece of input on its way through the pipe; the rest is valid only if `stage` is not 0.
#[repr(C)]
struct PieceSlot {
    stage: AtomicU32,
    len: AtomicU32,
    id: AtomicU64,
    before: AtomicU64,
}

/// Perhaps in the pipe, but nothing of it has left the pipe.
const LOADING: u32 = 1;
/// What is not in the pipe any more has reached the program.
const MOVING: u32 = 2;

impl Ring {
    /// Bytes of this writer's input that have reached the program, if they are still counted.
    pub fn input_written(&self, id: u64) -> Option<u64> {
        let slot = self.header().inputs.slots.iter().find(|slot| slot.id.load(Ordering::Acquire) == id)?;
        Some(slot.written.load(Ordering::Acquire))
    }

    /// Leaves word that `len` bytes of the writer `id`, of which `before` had reached the program before these, are
    /// about to go into the pipe.
    pub fn begin_piece(&self, id: u64, before: u64, len: usize) {
        let piece = &self.header().inputs.piece;
        piece.id.store(id, Ordering::Relaxed);
        piece.before.store(before, Ordering::Relaxed);
        piece.len.store(len as u32, Ordering::Relaxed);
        piece.stage.store(LOADING, Ordering::SeqCst);
    }

    /// The piece is in the pipe and about to leave it.
    pub fn piece_loaded(&self) {
        self.header().inputs.piece.stage.store(MOVING, Ordering::SeqCst);
    }

    /// Counts what has become of the piece, `left` bytes of which are still in the pipe and will never leave it.
    pub fn settle_piece(&self, left: usize) {
        let piece = &self.header().inputs.piece;
        let (id, len) = (piece.id.load(Ordering::Relaxed), piece.len.load(Ordering::Relaxed));
        let moved = match piece.stage.load(Ordering::SeqCst) {
            MOVING => u64::from(len).saturating_sub(left as u64),
            LOADING => 0,
            _ => return,
        };
        if id != 0 && moved > 0 {
            self.set_input_written(id, piece.before.load(Ordering::Relaxed) + moved);
        }
        piece.stage.store(0, Ordering::SeqCst);
    }

    /// Counts input that has reached the program. Here, because it must outlive the daemon.
    pub(super) fn set_input_written(&self, id: u64, written: u64) {
        let slots = &self.header().inputs.slots;
        let used = |slot: &InputSlot| slot.used.load(Ordering::Relaxed);
        let known = slots.iter().find(|slot| slot.id.load(Ordering::Relaxed) == id);
        let Some(slot) = known.or_else(|| slots.iter().min_by_key(|slot| used(slot))) else { return };
        if known.is_none() {
            slot.id.store(0, Ordering::Release);
        }
        slot.written.store(written, Ordering::Release);
        slot.used.store(slots.iter().map(used).max().unwrap_or(0) + 1, Ordering::Relaxed);
        slot.id.store(id, Ordering::Release);
    }
}
