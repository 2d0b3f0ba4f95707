//! What the store is asked. Whoever must be sure that something is written calls [`super::write_session`] or
//! [`super::keep_receipt`], which ask again when the store breaks in the middle.

use std::collections::BTreeMap;

use actix::prelude::*;
use serde_json::Value;

use crate::domain::audit::{Entry, Row};
use crate::domain::receipt::Receipt;
use crate::domain::session_record::SessionRecord;
use crate::domain::workplace::{Change, NotKept, Workplace};
use crate::os::store::StoreError;

/// Write a session down, in its folder and in the list; answers when both have it.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct WriteSession(pub SessionRecord);

/// Take a session off the list. Its folder is deleted afterwards, by the journals.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ForgetSession(pub String);

#[derive(Debug, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct KeepReceipt(pub Receipt);

/// All receipts, newest first.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Receipt>, StoreError>")]
pub struct ListReceipts;

/// At most `limit` audit rows below the number `before`, newest first.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Row>, StoreError>")]
pub struct ReadAudit {
    pub before: Option<u64>,
    pub limit: u32,
}

/// The settings whose names begin so.
#[derive(Debug, Message)]
#[rtype(result = "Result<BTreeMap<String, Value>, StoreError>")]
pub struct GetSettings {
    pub prefix: String,
}

/// Set all of these, or none; null removes.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct SetSettings(pub BTreeMap<String, Value>);

/// What is kept of this identity's workplace.
#[derive(Debug, Message)]
#[rtype(result = "Result<Workplace, StoreError>")]
pub struct ReadWorkplace(pub String);

/// Keep a change of this identity's workplace, if it was made from the present one.
#[derive(Debug, Message)]
#[rtype(result = "Result<Workplace, KeepError>")]
pub struct KeepWorkplace {
    pub identity: String,
    pub change: Change,
}

/// Why a workplace was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error(transparent)]
    NotKept(#[from] NotKept),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// From [`super::AuditLog`] only, which bounds how many wait.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Add(pub Entry);
