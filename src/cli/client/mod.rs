//! What the subcommands share to talk to a running server through its socket file: requests ([`api`]), sessions and
//! their names ([`sessions`]), turns of the synchronisation ([`turn`]), and one session watched and typed to over
//! reconnects ([`attachment`], made of [`socket`], [`frames`], [`input`] and [`pace`]).

mod api;
mod attachment;
mod frames;
mod input;
mod pace;
mod place;
mod sessions;
mod socket;
pub mod turn;

pub use api::{Api, AskError};
pub use attachment::{Attachment, Happening};
pub use place::Place;
pub use sessions::{FindError, Row, State, find};
