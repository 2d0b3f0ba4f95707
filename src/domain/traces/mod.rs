//! Traces: what a person asked an agent, and all that the agent did until it answered.
//!
//! The gateway sees requests to models, each with the whole conversation in it. Those that belong to one prompt are a
//! *turn*: calls of the model one after the other, and between them the calls of tools that the model asked for, whose
//! results come with the next request. A turn ends with the answer that asks for no tool.
//!
//! Invariants: no text in a turn is longer than [`Bounds::text`], and all of them together are no longer than
//! [`Bounds::turn`]; what has the form of a secret is made unreadable before anything is kept.
//!
//! Absent on purpose: files, clocks and the network (`crate::actors::traces`, `crate::databricks::traces`).

// What one request says.
mod call;
mod question;
mod reply;
mod text;

// What requests come to.
mod book;
mod turn;

// How it leaves the house.
mod mlflow;
mod spool;

pub use book::Book;
pub use call::{Call, Heard};
pub use mlflow::{Proof, info, proof, spans};
pub use question::{Question, ToolResult};
pub use reply::{Reply, ToolCall};
pub use spool::{Kept, KeptTurn, surplus};
pub use text::Bounds;
pub use turn::{Kind, Span, State, Turn};

#[cfg(test)]
mod tests;
