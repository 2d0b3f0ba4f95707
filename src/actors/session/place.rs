//! Where a session's program works.

use std::time::Duration;

use actix::prelude::*;

use super::actor::{Moved, Session};
use super::feed::Body;
use crate::domain::screen::Screen;
use crate::os::process;

/// So long after some output the directory is looked up: a shell that was told to go elsewhere has gone by then.
const LOOK: Duration = Duration::from_secs(1);

/// The directory that was seen last.
#[derive(Debug, Default)]
pub(super) struct Place {
    seen: Option<String>,
    /// A timer will look.
    looking: bool,
}

impl Session {
    /// There was output: the program may be elsewhere soon.
    pub(super) fn look_where_soon(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.place.looking, true) {
            ctx.run_later(LOOK, |act, _| {
                act.place.looking = false;
                act.look_where();
            });
        }
    }

    /// Tells the registry when the program has moved, so that the place is known after it is gone.
    fn look_where(&mut self) {
        let Some(cwd) = self.body.as_ref().and_then(|body| process::directory_of(body.pid)) else { return };
        if self.place.seen.as_ref() != Some(&cwd) {
            self.place.seen = Some(cwd.clone());
            self.addrs.moved.do_send(Moved { id: self.id.clone(), cwd });
        }
    }

    /// The directory of the program in the foreground; of one that is gone, where its shell said it was, or where it
    /// was seen.
    pub(super) fn cwd(&self) -> Option<String> {
        let told = || self.screen.as_ref().and_then(Screen::cwd).map(str::to_owned);
        let seen = || self.place.seen.clone();
        self.body.as_deref().map(foreground).and_then(process::directory_of).or_else(told).or_else(seen)
    }
}

/// The process group that owns the terminal; the program itself when that is gone.
pub(super) fn foreground(body: &Body) -> i32 {
    let group = rustix::termios::tcgetpgrp(&body.pty).map_or(body.pid, |pid| pid.as_raw_nonzero().get());
    if process::name_of(group).is_some() { group } else { body.pid }
}
