//! Puts turns together, keeps them, and brings them to MLflow one after the other.

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use actix::prelude::*;
use chrono::Utc;

use super::export::{Place, Unlanded};
use super::messages::{GetTraces, Landed, Overheard, PrepareTraces, TracesReport, Trouble};
use super::settings::{OPEN, TracesSettings};
use crate::domain::traces::{Book, Call, Heard, Kept, Turn, surplus};
use crate::os::random;

/// How often it looks whether something is to be done.
const TICK: Duration = Duration::from_millis(250);
/// The pauses after failures: the first, doubled up to the longest; and the one where only a person is missing.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
const SOON: Duration = Duration::from_secs(5);
/// How often a trace is brought that MLflow does not take.
const TRIES: u32 = 3;

/// The traces' keeper, on an arbiter of its own, where it may wait for the disk.
///
/// *Parent* root · *Restart* permanent · *Owns* turns under way, the spool in `<state>/traces` · *Sends to* nobody ·
/// *Lost on crash* nothing; when the daemon is killed, turns that were under way.
pub struct Traces {
    settings: TracesSettings,
    book: Book,
    /// The oldest first.
    kept: Vec<Kept>,
    /// The name of the one that is under way to MLflow.
    under_way: Option<String>,
    experiment: Option<String>,
    failures: u32,
    /// How often the first was refused.
    refused: u32,
    not_before: Instant,
    landed: u64,
    dropped: u64,
    last_landed: Option<Landed>,
    trouble: Option<Trouble>,
}

impl Traces {
    pub fn new(settings: TracesSettings) -> Traces {
        let book = Book::new(settings.bounds, OPEN, settings.idle);
        Traces {
            settings,
            book,
            kept: Vec::new(),
            under_way: None,
            experiment: None,
            failures: 0,
            refused: 0,
            not_before: Instant::now(),
            landed: 0,
            dropped: 0,
            last_landed: None,
            trouble: None,
        }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let over = self.book.ended_by(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
        self.keep(over);
        self.export(ctx);
    }

    /// Writes turns down that are over; the oldest make room.
    fn keep(&mut self, over: Vec<Turn>) {
        for turn in over {
            match self.settings.spool.keep(turn) {
                Ok(kept) => self.kept.push(kept),
                Err(error) => {
                    self.dropped += 1;
                    self.complain(format!("a trace could not be written down: {error}; is the disk full?"));
                }
            }
        }
        self.make_room();
    }

    fn make_room(&mut self) {
        // The one on its way is not taken back: it may have landed already.
        let first = usize::from(self.under_way.is_some()).min(self.kept.len());
        let most = self.settings.most.saturating_sub(first).max(1);
        let gone = surplus(&self.kept[first..], most, self.settings.most_bytes);
        for kept in self.kept.drain(first..first + gone) {
            self.settings.spool.remove(&kept.name);
            self.dropped += 1;
        }
    }

    /// Brings the oldest, if none is under way.
    fn export(&mut self, ctx: &mut Context<Self>) {
        let Some(place) = self.settings.place.clone() else { return };
        let Some(kept) = self.kept.first().filter(|_| self.under_way.is_none()) else { return };
        if Instant::now() < self.not_before {
            return;
        }
        let name = kept.name.clone();
        let Some(turn) = self.settings.spool.read(&name) else {
            self.forget(&name);
            self.dropped += 1;
            return self.complain("a kept trace could not be read, and was dropped".to_owned());
        };
        self.under_way = Some(name.clone());
        let known = self.experiment.clone();
        let brought = async move {
            let brought = bring(&place, known, &turn).await;
            (turn, brought)
        };
        let heard = brought.into_actor(self).map(move |(turn, brought), act, ctx| {
            act.under_way = None;
            match brought {
                Ok(experiment) => act.has_landed(&name, &turn, experiment),
                Err(unlanded) => act.has_not_landed(&name, &unlanded),
            }
            act.export(ctx);
        });
        ctx.spawn(heard);
    }

    fn has_landed(&mut self, name: &str, turn: &Turn, experiment: String) {
        self.forget(name);
        self.experiment = Some(experiment);
        (self.failures, self.refused) = (0, 0);
        self.landed += 1;
        self.last_landed = Some(Landed {
            at: Utc::now(),
            trace: turn.trace(),
            session: turn.session.clone(),
            agent: turn.agent.clone(),
        });
        tracing::debug!(trace = turn.trace(), session = turn.session, "a trace has landed");
    }

    fn has_not_landed(&mut self, name: &str, unlanded: &Unlanded) {
        let mut pause = PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures += 1;
        self.complain(unlanded.why().to_owned());
        match unlanded {
            Unlanded::Later { soon, forget_experiment, .. } => {
                if *forget_experiment {
                    self.experiment = None;
                }
                if *soon {
                    pause = pause.min(SOON);
                }
            }
            Unlanded::Refused(_) => {
                self.refused += 1;
                if self.refused >= TRIES {
                    self.refused = 0;
                    self.dropped += 1;
                    self.forget(name);
                }
            }
        }
        self.not_before = Instant::now() + pause;
    }

    /// Takes a trace out of the spool; it may be gone from there already, to make room.
    fn forget(&mut self, name: &str) {
        self.kept.retain(|kept| kept.name != name);
        self.settings.spool.remove(name);
    }

    fn complain(&mut self, message: String) {
        if self.trouble.as_ref().is_none_or(|trouble| trouble.message != message) {
            tracing::warn!(why = message, "a trace has not landed");
        }
        self.trouble = Some(Trouble { at: Utc::now(), message });
    }
}

/// Gives the experiment's id.
async fn bring(place: &Place, known: Option<String>, turn: &Turn) -> Result<String, Unlanded> {
    let experiment = match known {
        Some(known) => known,
        None => place.experiment().await?,
    };
    place.land(turn, &experiment).await?;
    Ok(experiment)
}

impl Actor for Traces {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.settings.place.is_none() {
            return;
        }
        let listed: io::Result<Vec<Kept>> = self.settings.spool.list();
        match listed {
            Ok(kept) => self.kept = kept,
            Err(error) => self.complain(format!("the folder of traces cannot be read: {error}")),
        }
        self.make_room();
        ctx.run_interval(TICK, Traces::tick);
    }
}

impl Supervised for Traces {
    fn restarting(&mut self, _: &mut Self::Context) {
        // It ended with the actor; bringing it again changes nothing.
        self.under_way = None;
    }
}

impl Handler<Overheard> for Traces {
    type Result = ();

    fn handle(&mut self, overheard: Overheard, ctx: &mut Self::Context) {
        let call = Call::read(&Heard {
            wire: overheard.wire,
            finished: &overheard.finished,
            trouble: overheard.trouble.as_deref(),
            ended: overheard.ended,
            request: overheard.request.as_deref(),
            answer: overheard.answer.as_deref(),
            events: overheard.events,
        });
        // The copies go before anything else is done.
        drop(overheard);
        let Ok(id) = random::token() else { return };
        let over = self.book.hear(&call, || id);
        self.keep(over);
        self.export(ctx);
    }
}

impl Handler<GetTraces> for Traces {
    type Result = MessageResult<GetTraces>;

    fn handle(&mut self, _: GetTraces, _: &mut Self::Context) -> Self::Result {
        let place = self.settings.place.as_ref();
        MessageResult(TracesReport {
            enabled: place.is_some(),
            server: place.map(|place| place.server.address().to_string()),
            experiment: place.and_then(Place::experiment_name),
            experiment_id: self.experiment.clone(),
            open: self.book.open(),
            waiting: self.kept.len(),
            waiting_bytes: self.kept.iter().map(|kept| kept.bytes).sum(),
            landed: self.landed,
            dropped_calls: self.settings.room.dropped(),
            dropped_traces: self.dropped,
            last_landed: self.last_landed.clone(),
            last_trouble: self.trouble.clone(),
        })
    }
}

impl Handler<PrepareTraces> for Traces {
    type Result = ResponseActFuture<Self, Result<Option<String>, String>>;

    fn handle(&mut self, _: PrepareTraces, _: &mut Self::Context) -> Self::Result {
        let place = self.settings.place.clone();
        let asked = async move {
            let Some(place) = place else { return Ok(None) };
            let id = place.experiment().await?;
            Ok::<_, Unlanded>(Some((id, place.experiment_name().unwrap_or_default())))
        };
        Box::pin(asked.into_actor(self).map(|found, act, _| match found {
            Ok(None) => Ok(None),
            Ok(Some((id, name))) => {
                act.experiment = Some(id);
                Ok(Some(name))
            }
            Err(unlanded) => Err(unlanded.why().to_owned()),
        }))
    }
}
