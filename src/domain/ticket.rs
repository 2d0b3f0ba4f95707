//! Single-use tickets that open one WebSocket each.
//!
//! Time is an argument (any monotonic clock). At most [`MOST`] tickets are remembered, spent ones included, so
//! that a second use can be told from a ticket that never was.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Tickets remembered at once; the oldest goes first.
pub const MOST: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    #[error("a WebSocket needs a ticket; ask for one at /api/ws-ticket")]
    Missing,
    #[error("this ticket was never issued; ask for one at /api/ws-ticket")]
    Unknown,
    #[error("this ticket was used already; ask for another at /api/ws-ticket")]
    Used,
    #[error("this ticket has expired; ask for another at /api/ws-ticket")]
    Expired,
}

struct Entry<T> {
    expires: Duration,
    /// Taken by the first use.
    bearer: Option<T>,
}

/// The issued tickets, each for the bearer `T`.
pub struct Tickets<T> {
    lifetime: Duration,
    entries: HashMap<String, Entry<T>>,
    order: VecDeque<String>,
}

impl<T> Tickets<T> {
    pub fn new(lifetime: Duration) -> Tickets<T> {
        Tickets { lifetime, entries: HashMap::new(), order: VecDeque::new() }
    }

    /// Remembers `ticket`, which must be unguessable.
    pub fn issue(&mut self, ticket: String, bearer: T, now: Duration) {
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.order.push_back(ticket.clone());
        self.entries.insert(ticket, Entry { expires: now + self.lifetime, bearer: Some(bearer) });
    }

    /// Spends a ticket.
    pub fn redeem(&mut self, ticket: &str, now: Duration) -> Result<T, TicketError> {
        if ticket.is_empty() {
            return Err(TicketError::Missing);
        }
        let entry = self.entries.get_mut(ticket).ok_or(TicketError::Unknown)?;
        let bearer = entry.bearer.take().ok_or(TicketError::Used)?;
        if now > entry.expires {
            entry.bearer = Some(bearer);
            return Err(TicketError::Expired);
        }
        Ok(bearer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_ticket_works_once_and_in_time() {
        let mut tickets = Tickets::new(at(30));
        tickets.issue("a".into(), "ann", at(0));
        tickets.issue("b".into(), "bob", at(0));
        assert_eq!(tickets.redeem("", at(1)), Err(TicketError::Missing));
        assert_eq!(tickets.redeem("c", at(1)), Err(TicketError::Unknown));
        assert_eq!(tickets.redeem("a", at(30)), Ok("ann"));
        assert_eq!(tickets.redeem("a", at(30)), Err(TicketError::Used));
        assert_eq!(tickets.redeem("b", at(31)), Err(TicketError::Expired));
        assert_eq!(tickets.redeem("b", at(31)), Err(TicketError::Expired));
    }

    #[test]
    fn the_number_of_tickets_is_bounded() {
        let mut tickets = Tickets::new(at(30));
        for number in 0..MOST + 1 {
            tickets.issue(number.to_string(), number, at(0));
        }
        assert_eq!(tickets.redeem("0", at(1)), Err(TicketError::Unknown));
        assert_eq!(tickets.redeem("1", at(1)), Ok(1));
    }
}
