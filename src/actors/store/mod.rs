//! The store: the one writer of the database.

mod actor;
mod audit;
mod messages;
mod tasks;
mod usage;
mod workplace;
mod writing;

pub use crate::os::store::StoreError;
pub use actor::{Prepared, Store};
pub use audit::{AuditLog, Backlog};
pub use messages::{
    ForgetSession, GetSettings, KeepError, KeepReceipt, KeepWorkplace, ListReceipts, ReadAudit,
    ReadWorkplace, SetSettings, WriteSession,
};
pub use tasks::{ForgetTask, ReadTask, ReadTaskTrail, TaskPapers, WriteTask};
pub use usage::{AddUsage, ReadUsage};
pub use writing::{add_usage, keep_receipt, write_session, write_task};
