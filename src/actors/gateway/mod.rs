//! The way of agents to their models: where it leads, what passed on it, and what those need who stand at it.
//!
//! The listener and the requests themselves are in [`crate::gateway`], on threads of their own; they hold a [`Way`] and
//! go on when this actor breaks.

mod actor;
mod messages;
mod probe;
mod settings;
mod way;

pub use actor::Gateway;
pub use messages::{AskUsage, Doubted, GatewayReport, GetGateway, Noted, Trouble};
pub use settings::{GatewaySettings, shared, variables};
pub use way::{Bounds, Hold, Load, Way};
