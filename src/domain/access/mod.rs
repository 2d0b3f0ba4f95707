//! Who may come in: one decision for every entrance.
//!
//! Local mode admits whoever knows the access token (as bearer, as `?token=` once, then by cookie) and checks the Host,
//! so that a foreign page cannot reach us through a name of its own. Platform mode trusts the identity headers of the
//! platform's proxy, and of the people they name admits those that the mode says; somebody whom nobody names stays
//! outside. In both, state changes from our own pages only, and a program of our own user comes in through the socket
//! file.

mod people;
mod rules;
mod visitor;

pub use people::{Mode, People};
pub use rules::{Access, Denied, Identity};
pub use visitor::{Claim, Entrance, Visitor};

#[cfg(test)]
mod tests;
