//! The way from an agent to a model: where it leads, who may take it, what is mended on it, and what it costs.
//!
//! Agents talk to an address of this machine, one prefix per vendor, with a key that is worth nothing anywhere else; the
//! bearer is added on the way. So a token that changes every ten minutes is nothing that an agent has to know.
//!
//! Absent on purpose: sockets and HTTP (`crate::gateway`), probes and sums (`crate::actors::gateway`).

// Who comes, and from where.
mod agent;
mod key;
mod variables;

// Where it goes.
mod resolve;
mod route;
mod vendor;

// What passes.
pub mod filter;
pub mod headers;
mod refusal;
pub mod sse;

// What it comes to.
mod counters;
mod prices;
pub mod usage;

pub use agent::agent_of;
pub use counters::{Counts, Finished, Line, Outcome, bounded};
pub use key::Keys;
pub use prices::{Price, PriceError, Prices};
pub use refusal::Refusal;
pub use resolve::{Found, Places, Probe, Resolver, dedicated};
pub use route::{BadPath, Kind, Route};
pub use usage::Tokens;
pub use variables::{BadVariable, Template, Variables};
pub use vendor::{Vendor, Wire, model_in_path};
