//! State and life: a message comes in, one call into `domain`, an effect goes out.
//!
//! `supervisor` restarts what crashes, `tree` says who is whose child. A session's bytes never travel in
//! messages: see `session::Feed`.

pub mod root;
pub mod supervisor;
pub mod tree;

pub mod agents;
pub mod capacity;
pub mod credentials;
pub mod door;
pub mod downloads;
pub mod events;
pub mod gateway;
pub mod git;
pub mod journals;
pub mod keeper_link;
pub mod link;
pub mod owner;
pub mod panes;
pub mod receipts;
pub mod recordings;
pub mod session;
pub mod sessions;
pub mod setup;
pub mod store;
pub mod sync;
pub mod tasks;
pub mod traces;
pub mod uploads;
