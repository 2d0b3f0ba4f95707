//! What the screen says, without drawing it.

use actix::prelude::*;
use bytes::Bytes;

use super::actor::Session;
use crate::domain::capture::Capture;

/// Ask what the screen says; of an ended session, what it said last. None: the journal is not to be read.
#[derive(Debug, Message)]
#[rtype(result = "Option<Bytes>")]
pub struct TakeText(pub Capture);

impl Handler<TakeText> for Session {
    type Result = ResponseActFuture<Self, Option<Bytes>>;

    fn handle(&mut self, TakeText(capture): TakeText, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.with_screen().map(move |(), act, _| {
            let text = act.screen.as_ref().map(|screen| capture.of(screen).into());
            act.rest_unwatched();
            text
        }))
    }
}
