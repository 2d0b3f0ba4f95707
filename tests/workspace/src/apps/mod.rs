//! Apps: what they are, how they change by themselves, and the API in front.
//!
//! Invariants: an app has at most one pending deployment; what is due is done in the order of time, whenever the
//! world is looked at (`machine`). Nothing is executed.

mod app;
mod deploy;
mod machine;
mod proxy;
mod requests;
mod resources;
mod update;

pub use app::{Apps, ComputeEnd, DeploymentEnd, Script};
pub use deploy::{create_deployment, get_deployment, list_deployments};
pub use proxy::visit;
pub use requests::{create, delete, get, list, start, stop};
pub use update::{begin_update, get_update, replace};
