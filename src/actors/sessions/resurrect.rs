//! A session that goes on from one that has ended: its directory, and its history above a divider.

use std::path::{Path, PathBuf};
use std::time::Duration;

use actix::prelude::*;

use super::messages::CreateError;
use super::registry::Sessions;
use crate::actors::journals::Begin;
use crate::actors::session::{Heritage, Inherit};
use crate::domain::keeper_frames::STARTS_LATER;
use crate::domain::session_record::SessionRecord;

/// How long the old session may take to be drawn, and the new journal to be begun.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was asked for and so is not inherited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub cwd: bool,
    pub size: bool,
}

impl Sessions {
    /// Turns `record` into one that goes on from session `from`; answers with the offset at which its program begins.
    pub(super) fn go_on(
        &mut self,
        from: &str,
        record: SessionRecord,
        own: Own,
    ) -> ResponseActFuture<Self, Result<(SessionRecord, u64), CreateError>> {
        let Some(entry) = self.entry(from) else {
            let what = format!("there is no session {from} to go on from; look it up at /api/sessions");
            return Box::pin(actix::fut::ready(Err(CreateError::Invalid(what))));
        };
        let (old, asked) = (entry.record.clone(), entry.child.addr.send(Inherit).timeout(PATIENCE));
        let journals = self.settings.journals.clone();
        let can_begin_later = self.settings.keeper_features.iter().any(|feature| feature == STARTS_LATER);
        let going = async move {
            let heritage = asked.await.unwrap_or_default();
            let record = inherited(record, own, old, &heritage).await;
            let Some(bytes) = heritage.prologue.filter(|_| can_begin_later) else { return Ok((record, 0)) };
            let begin = Begin { id: record.id.clone(), size: record.size, bytes };
            let start = journals.send(begin).timeout(PATIENCE).await.unwrap_or(0);
            Ok((record, start))
        };
        Box::pin(going.into_actor(self))
    }
}

/// What the new session has from the old where nothing else was asked for.
async fn inherited(
    mut record: SessionRecord,
    own: Own,
    old: SessionRecord,
    heritage: &Heritage,
) -> SessionRecord {
    if record.label.is_empty() {
        record.label.clone_from(&old.label);
    }
    if !own.size {
        record.size = heritage.size.unwrap_or(old.size);
    }
    if !own.cwd {
        let wanted = heritage.cwd.clone().unwrap_or(old.cwd);
        let found = tokio::task::spawn_blocking(move || nearest(Path::new(&wanted))).await;
        if let Ok(Some(place)) = found {
            record.cwd = place.display().to_string();
        }
    }
    record
}

/// The directory, or what is left of the way to it.
fn nearest(wanted: &Path) -> Option<PathBuf> {
    wanted.ancestors().find(|place| place.is_dir()).map(Path::to_owned)
}
