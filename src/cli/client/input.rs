//! What was typed and has not reached the program yet, numbered from 0; see `docs/protocol.md`, "Input".

use std::collections::VecDeque;

/// Most unacknowledged bytes; whoever types more waits.
const MOST: usize = 1024 * 1024;

#[derive(Debug, Default)]
pub struct InputLedger {
    /// Everything from `base` on.
    held: VecDeque<u8>,
    /// Number of the first byte held.
    base: u64,
    /// So many of the bytes held were given to a socket, and may or may not have arrived.
    sent: usize,
}

impl InputLedger {
    pub fn room(&self) -> usize {
        MOST.saturating_sub(self.held.len())
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// At most [`InputLedger::room`] bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend(bytes);
    }

    /// What no socket was given yet, at most so much; from now on one was.
    pub fn take(&mut self, most: usize) -> Vec<u8> {
        let bytes: Vec<u8> = self.held.iter().skip(self.sent).take(most).copied().collect();
        self.sent += bytes.len();
        bytes
    }

    /// Everything before `offset` has reached the program. A late word changes nothing.
    pub fn acked(&mut self, offset: u64) {
        let count = offset.saturating_sub(self.base).min(self.sent as u64) as usize;
        self.held.drain(..count);
        self.base += count as u64;
        self.sent -= count;
    }

    /// A new socket: everything from `reached` on is to be sent again. A server whose count is not ours goes on from
    /// its own.
    pub fn resume(&mut self, reached: u64) {
        self.acked(reached);
        self.base = reached;
        self.sent = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_acknowledged_is_sent_again() {
        let mut ledger = InputLedger::default();
        ledger.push(b"hello world");
        assert_eq!(ledger.take(5), b"hello");
        assert_eq!(ledger.take(100), b" world");
        assert_eq!(ledger.take(100), b"");
        ledger.acked(3);
        ledger.acked(2);
        ledger.resume(6);
        assert_eq!(ledger.take(100), b"world");
        ledger.acked(11);
        assert!(ledger.is_empty());
        assert_eq!(ledger.room(), MOST);
    }

    #[test]
    fn no_word_acknowledges_what_was_not_sent() {
        let mut ledger = InputLedger::default();
        ledger.push(b"abc");
        ledger.take(1);
        ledger.acked(3);
        assert_eq!(ledger.take(9), b"bc");
    }

    #[test]
    fn a_foreign_count_is_gone_on_from() {
        let mut ledger = InputLedger::default();
        ledger.push(b"abc");
        ledger.take(9);
        ledger.resume(100);
        assert!(ledger.is_empty(), "it has taken all we ever sent");
        ledger.push(b"d");
        assert_eq!(ledger.take(9), b"d");
        ledger.acked(101);
        assert!(ledger.is_empty());
    }
}
