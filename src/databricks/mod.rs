//! The Databricks workspace: a typed client of its REST APIs, one file per API.
//!
//! A call says what it is (method, path, body, whether it may be sent twice); [`Workspace`] sends it, reads the answer
//! within a bound, and tries again as [`retry`] says. What went wrong is a [`Failure`], whose [`Class`] says what can
//! be done about it. A refused bearer is replaced by another one exactly once, if its [`Credential`] has another.
//!
//! Invariants: no bearer travels in the clear except to this machine; no redirect is followed; no answer is read
//! beyond its bound; no text of a failure holds a secret.

// Sending.
mod address;
mod call;
mod client;
mod failure;
pub mod retry;

// Who calls.
mod credential;
pub mod oauth;

// What is called.
pub mod apps;
pub mod experiments;
pub mod files;
pub mod grants;
pub mod identity;
pub mod permissions;
pub mod secrets;
pub mod serving;
pub mod tokens;
pub mod traces;

pub use address::{Address, BadAddress};
pub use call::{Call, Twice};
pub use client::{Reply, Workspace, provide_cryptography};
pub use credential::{Coming, Credential};
pub use failure::{Class, Failure};
