//! Finds out whose instance this is.
//!
//! *Parent* root · *Restart* permanent · *Owns* the search · *Sends to* nobody: the owner is published where every
//! decision reads it · *Lost on crash* how often it asked.
//!
//! While it has only just begun, those who need an owner wait for it; after that they are turned away until there is
//! one.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::Utc;
use futures_util::FutureExt;
use tokio::sync::SetOnce;

use crate::domain::owner::{self, Answer, Known, Owner, Source};

/// How long one round may take.
const DEADLINE: Duration = Duration::from_secs(30);

pub struct OwnerSearch {
    sources: Arc<Vec<Box<dyn Source>>>,
    known: Known,
    attempts: u32,
    /// A round that runs, or a pause.
    busy: Option<SpawnHandle>,
    /// Set once the owner is known, or it would take long to find out.
    begun: Arc<SetOnce<()>>,
}

/// Wait while the search has only just begun.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Begun;

/// Ask again now: something that may know has changed.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Search;

impl OwnerSearch {
    /// Publishes the owner in `known` at once if a source can say so at once.
    pub fn new(sources: Vec<Box<dyn Source>>, known: Known) -> OwnerSearch {
        let (sources, begun) = (Arc::new(sources), Arc::new(SetOnce::new()));
        if let Some((Answer::Found(email), source)) = owner::ask_all(&sources).now_or_never() {
            publish(&known, email, source);
            drop(begun.set(()));
        }
        OwnerSearch { sources, known, attempts: 0, busy: None, begun }
    }

    fn search(&mut self, ctx: &mut Context<Self>) {
        if let Some(busy) = self.busy.take() {
            ctx.cancel_future(busy);
        }
        if self.known.get().is_some() {
            return;
        }
        let sources = self.sources.clone();
        let round = async move { tokio::time::timeout(DEADLINE, owner::ask_all(&sources)).await };
        let round = round.into_actor(self).map(|answer, act, ctx| {
            let late = || (Answer::Unavailable(format!("no answer within {DEADLINE:?}")), "");
            let (answer, source) = answer.unwrap_or_else(|_| late());
            act.heard(answer, source, ctx);
        });
        self.busy = Some(ctx.spawn(round));
    }

    fn heard(&mut self, answer: Answer, source: &'static str, ctx: &mut Context<Self>) {
        self.busy = None;
        if !matches!(answer, Answer::Unavailable(_)) || self.attempts + 1 >= owner::START {
            drop(self.begun.set(()));
        }
        match answer {
            Answer::Found(email) => publish(&self.known, email, source),
            Answer::Nobody => tracing::info!("no source knows whose instance this is"),
            Answer::Unavailable(why) => {
                self.attempts += 1;
                let again = owner::pause(self.attempts);
                if self.attempts == owner::START {
                    tracing::warn!(
                        why,
                        source,
                        "whose instance this is could not be found out yet; asking on"
                    );
                } else {
                    tracing::debug!(why, source, again_s = again.as_secs(), "the owner is not known yet");
                }
                self.busy = Some(ctx.run_later(again, |act, ctx| act.search(ctx)));
            }
        }
    }
}

fn publish(known: &Known, email: String, source: &'static str) {
    if known.set(Owner { email, resolved_at: Utc::now(), source }) {
        tracing::info!(source, "the owner is known");
    }
}

impl Actor for OwnerSearch {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.search(ctx);
    }
}

impl Supervised for OwnerSearch {
    fn restarting(&mut self, _: &mut Self::Context) {
        (self.attempts, self.busy) = (0, None);
    }
}

impl Handler<Search> for OwnerSearch {
    type Result = ();

    fn handle(&mut self, _: Search, ctx: &mut Self::Context) {
        self.attempts = 0;
        self.search(ctx);
    }
}

impl Handler<Begun> for OwnerSearch {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Begun, _: &mut Self::Context) -> Self::Result {
        let begun = self.begun.clone();
        Box::pin(async move {
            begun.wait().await;
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::domain::owner::Asked;

    /// Cannot say at first.
    struct Slow {
        asked: Arc<AtomicU32>,
        until: u32,
    }

    impl Source for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        fn ask(&self) -> Asked {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            let answer = if asked < self.until {
                Answer::Unavailable("503".into())
            } else {
                Answer::Found("Ann@Example.com".into())
            };
            Box::pin(async move {
                tokio::task::yield_now().await;
                answer
            })
        }
    }

    /// B-33: the Python daemon asked a few times while it started and then refused everybody for as long as it ran.
    #[test]
    fn an_owner_who_is_not_known_at_the_start_is_found_later() {
        let system = System::new();
        system.block_on(async {
            let (asked, known) = (Arc::new(AtomicU32::new(0)), Known::default());
            // `new` asks once, too, and does not wait.
            let source = Slow { asked: asked.clone(), until: 2 };
            let search = OwnerSearch::new(vec![Box::new(source)], known.clone());
            assert!(known.get().is_none());
            let search = search.start();
            let found = tokio::time::timeout(Duration::from_secs(60), search.send(Begun)).await;
            found.expect("an owner in time").expect("a search that lives");
            assert!(known.is("ann@example.com"));
            assert_eq!(asked.load(Ordering::Relaxed), 3);
        });
    }

    #[test]
    fn who_can_say_at_once_is_heard_before_anybody_asks() {
        let known = Known::default();
        let source = owner::Configured(Some("Ann@Example.com".into()));
        let _search = OwnerSearch::new(vec![Box::new(source)], known.clone());
        assert!(known.is("ann@example.com"));
    }
}
