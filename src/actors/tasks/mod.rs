//! Work that is handed to agents: see [`crate::domain::tasks`].

mod messages;

pub use messages::{
    Accepted, Cancel, GetResult, GetTask, GetTrail, Inbox, Left, Listing, NoTask, Reply, ReplyError, Run, Shown,
    Watch,
};
