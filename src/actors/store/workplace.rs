//! People's workplaces: a setting each, changed only from its present revision. One handler reads and writes, so nothing
//! comes in between.

use std::collections::BTreeMap;

use actix::prelude::*;
use chrono::Utc;

use super::actor::Store;
use super::messages::{KeepError, KeepWorkplace, ReadWorkplace};
use crate::domain::workplace::Workplace;
use crate::os::store::{Database, StoreError};

impl Handler<ReadWorkplace> for Store {
    type Result = Result<Workplace, StoreError>;

    fn handle(&mut self, ReadWorkplace(identity): ReadWorkplace, ctx: &mut Self::Context) -> Self::Result {
        let kept = kept(&self.database, &identity);
        self.done(kept, ctx)
    }
}

impl Handler<KeepWorkplace> for Store {
    type Result = Result<Workplace, KeepError>;

    fn handle(&mut self, order: KeepWorkplace, ctx: &mut Self::Context) -> Self::Result {
        let present = kept(&self.database, &order.identity);
        let present = self.done(present, ctx)?;
        let revision = present.revision;
        let next = present.changed(order.change)?;
        if next.revision != revision {
            let value = serde_json::json!(next);
            let set = self.database.set(&BTreeMap::from([(key(&order.identity), value)]), Utc::now());
            self.done(set, ctx)?;
        }
        Ok(next)
    }
}

/// One that cannot be read counts as none: the page begins anew.
fn kept(database: &Database, identity: &str) -> Result<Workplace, StoreError> {
    let value = database.setting(&key(identity))?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default())
}

fn key(identity: &str) -> String {
    format!("workplace.{identity}")
}
