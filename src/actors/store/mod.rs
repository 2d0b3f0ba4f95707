//! The store: the one writer of the database.

mod actor;
mod audit;
mod messages;
mod writing;

pub use crate::os::store::StoreError;
pub use actor::{Prepared, Store};
pub use audit::{AuditLog, Backlog};
pub use messages::{
    ForgetSession, GetSettings, KeepReceipt, ListReceipts, ReadAudit, SetSettings, WriteSession,
};
pub use writing::{keep_receipt, write_session};
