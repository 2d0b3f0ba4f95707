//! Work that is handed to agents: the rules of [`crate::domain::tasks`], carried out.
//!
//! [`registry`] holds the board, writes down and tells; each run has a [`watcher`], which asks its [`driver`] what the
//! agent does, reads what it leaves, and says when it is over. [`prepare`] makes ready what an agent needs, [`pty`] is the
//! driver for any agent that has a command which does one thing and ends.

mod driver;
mod messages;
mod prepare;
mod pty;
mod registry;
mod replies;
mod settings;
mod watcher;

pub use messages::{
    Accepted, Cancel, GetResult, GetTask, GetTrail, Inbox, Left, Listing, NoTask, Reply, ReplyError, Rest,
    Run, Shown, Watch,
};
pub use registry::Tasks;
pub use settings::TasksSettings;
