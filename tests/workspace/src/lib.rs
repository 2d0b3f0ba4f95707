//! A Databricks workspace in one process, for tests and for trying things out without an account.
//!
//! It keeps the rules of the real API: what is refused and how, how long things take and live, what is seen late.
//! Everything it does not know answers 404 `ENDPOINT_NOT_FOUND` and is marked in the log.
//!
//! Absent on purpose: running anything. Apps change state and nothing is executed; models answer only where a
//! mock is put behind the hook; SQL, jobs and clusters do not exist.
//!
//! ```no_run
//! let workspace = workspace::Workspace::start();
//! let ann = workspace.person("ann@example.com");
//! println!("DATABRICKS_HOST={} DATABRICKS_TOKEN={}", workspace.url(), ann.token);
//! workspace.fault(workspace::Fault::on("POST /api/2.0/token/create").times(2).error(
//!     503,
//!     "TEMPORARILY_UNAVAILABLE",
//!     "try again",
//! ));
//! ```

mod handle;
mod server;

mod answer;
mod auth;
mod call;
mod clock;
mod control;
mod effect;
mod faults;
mod ids;
mod limits;
mod log;
mod routes;
mod settings;
mod world;

mod apps;
mod experiments;
mod files;
mod grants;
mod oauth;
mod pages;
mod permissions;
mod principals;
mod secrets;
mod serving;
mod tokens;
mod traces;

pub use answer::Answer;
pub use apps::{ComputeEnd, DeploymentEnd, Script};
pub use clock::Millis;
pub use faults::{Effect, Fault, RetryAfter};
pub use handle::{Person, Robot, Workspace};
pub use ids::fingerprint;
pub use limits::Limit;
pub use log::Entry;
pub use settings::{
    AppUrl, Consistency, Delays, ExpiredAnswer, Gateway, HostStyle, OauthRules, Settings, TokenRules,
};
