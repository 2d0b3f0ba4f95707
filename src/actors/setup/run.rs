//! One run of a step.
//!
//! *Parent* setup · *Restart* temporary: another try is the graph's to decide · *Owns* what the step has started · *Sends
//! to* setup · *Lost on crash* the run; what it had started is killed.

use actix::prelude::*;

use super::actor::Setup;
use super::messages::Ended;
use super::work::Work;

pub struct StepRun {
    pub work: Work,
    pub id: String,
    pub run: u64,
    pub setup: Addr<Setup>,
}

impl Actor for StepRun {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let work = self.work.clone();
        let working = async move { work.done().await }.into_actor(self);
        ctx.spawn(working.map(|outcome, act, ctx| {
            act.setup.do_send(Ended { id: act.id.clone(), run: act.run, outcome });
            ctx.stop();
        }));
    }
}

impl Supervised for StepRun {}
