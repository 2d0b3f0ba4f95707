//! What goes on in the session, as far as somebody says so.

use actix::prelude::*;
use chrono::Utc;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::actor::Session;
use super::messages::Hooked;
use crate::actors::events::Published;
use crate::domain::activity::{Activities, Source, Told, heard, said, shown};
use crate::domain::event::Event;
use crate::domain::screen::News;
use crate::os::activity_file;

/// What is known of it, and what of that is on the disk.
#[derive(Default)]
pub(super) struct Watched {
    pub all: Activities,
    /// What the screen had heard when it was looked at last.
    news: News,
    title: String,
    /// What was said while it is written down goes next.
    writing: bool,
    unwritten: bool,
    /// They wait until what they said is on the disk.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Watched {
    /// After a crash nobody writes any more, and nobody waits for it.
    pub(super) fn forget_writers(&mut self) {
        (self.writing, self.unwritten) = (false, true);
        self.waiting.clear();
    }
}

impl Session {
    /// After a start: what was said to the daemon before this one, and what the screen still shows.
    pub(super) fn recall_activity(&mut self, ctx: &mut Context<Self>) {
        let folder = self.files.clone();
        let read = spawn_blocking(move || activity_file::read(&folder));
        ctx.wait(read.into_actor(self).map(|read, act, _| {
            if act.activity.all == Activities::default() {
                act.activity.all = read.unwrap_or_default();
            }
            let Some(screen) = &act.screen else { return };
            act.activity.news = screen.news();
            screen.title().clone_into(&mut act.activity.title);
            if let Some(claim) = said(screen.statuses(), Utc::now()) {
                act.activity.all.hear(claim);
            }
        }));
    }

    /// The screen was fed: hears what programs said of themselves.
    pub(super) fn look_at_activity(&mut self, ctx: &mut Context<Self>) {
        let Some(screen) = &self.screen else { return };
        let (news, old) = (screen.news(), self.activity.news);
        let titled = self.activity.title != screen.title();
        if news == old && !titled {
            return;
        }
        self.activity.news = news;
        if titled {
            screen.title().clone_into(&mut self.activity.title);
        }
        let now = Utc::now();
        let (statuses, title) = (said(screen.statuses(), now), shown(screen.title(), now));
        let all = &mut self.activity.all;
        let mut changed = news.prompts != old.prompts && all.over(now);
        if news.statuses != old.statuses || news.prompts != old.prompts {
            changed |= match statuses {
                Some(claim) => all.hear(claim),
                None => all.silence(Source::Program, now),
            };
        }
        if titled {
            changed |= match title {
                Some(claim) => all.hear(claim),
                None => all.silence(Source::Title, now),
            };
        }
        if changed {
            self.activity_changed(ctx);
        }
    }

    /// The program ended: nobody waits any more.
    pub(super) fn activity_is_over(&mut self, ctx: &mut Context<Self>) {
        if self.activity.all.over(Utc::now()) {
            self.activity_changed(ctx);
        }
    }

    fn activity_changed(&mut self, ctx: &mut Context<Self>) {
        let activity = self.activity.all.current(Utc::now()).map(|current| current.activity);
        tracing::debug!(session = %self.id, ?activity, "the activity changed");
        let event = Event::SessionActivity { session_id: self.id.clone(), activity };
        self.addrs.events.do_send(Published(event));
        self.activity.unwritten = true;
        self.write_activity(ctx);
    }

    fn write_activity(&mut self, ctx: &mut Context<Self>) {
        if self.activity.writing {
            return;
        }
        if !std::mem::take(&mut self.activity.unwritten) {
            for waiting in self.activity.waiting.drain(..) {
                let _ = waiting.send(());
            }
            return;
        }
        self.activity.writing = true;
        let (folder, all) = (self.files.clone(), self.activity.all.clone());
        let written = spawn_blocking(move || activity_file::write(&folder, &all));
        ctx.spawn(written.into_actor(self).map(|written, act, ctx| {
            act.activity.writing = false;
            if let Ok(Err(error)) = written {
                tracing::warn!(session = %act.id, %error, "the activity could not be written down");
            }
            act.write_activity(ctx);
        }));
    }
}

impl Handler<Hooked> for Session {
    type Result = ResponseFuture<()>;

    /// Answers once it is written down.
    fn handle(&mut self, Hooked(payload): Hooked, ctx: &mut Self::Context) -> Self::Result {
        let (sender, written) = oneshot::channel();
        self.activity.waiting.push(sender);
        self.hear_hook(&payload, ctx);
        Box::pin(async { drop(written.await) })
    }
}

impl Session {
    fn hear_hook(&mut self, payload: &Value, ctx: &mut Context<Self>) {
        let told = if self.running() { heard(payload, Utc::now()) } else { Told::Nothing };
        let changed = match told {
            Told::Claim(claim) => self.activity.all.hear(claim),
            Told::Over => self.activity.all.over(Utc::now()),
            Told::Nothing => return self.write_activity(ctx),
        };
        // When it was said counts, too.
        self.activity.unwritten = true;
        if changed {
            self.activity_changed(ctx);
        } else {
            self.write_activity(ctx);
        }
    }
}
