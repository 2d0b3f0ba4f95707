//! Finds the route and keeps the sums.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::prelude::*;
use chrono::Utc;

use super::messages::{AskUsage, Doubted, GatewayReport, GetGateway, Noted, Trouble};
use super::probe;
use super::settings::GatewaySettings;
use crate::actors::receipts::Unread;
use crate::actors::store::{AddUsage, ReadUsage, add_usage};
use crate::domain::gateway::{Counts, Found, Line, Outcome, Resolver};
use crate::domain::usage_report::Sum;
use crate::os::clock;

/// How often it looks whether the route has to be looked for, and how soon sums are written down.
const TICK: Duration = Duration::from_millis(500);
/// Sums that may wait for the store; beyond it, models are not told apart any more.
const WAITING: usize = 4_096;
/// What stands for models that are not told apart.
const OTHERS: &str = "others";

/// The gateway's memory.
///
/// *Parent* root · *Restart* permanent · *Owns* where the models are, sums that are not written down yet · *Sends to*
/// store · *Lost on crash* nothing; when the daemon is killed, the sums of its last half second.
pub struct Gateway {
    settings: GatewaySettings,
    resolver: Option<Resolver>,
    waiting: BTreeMap<Line, Counts>,
    /// A batch that the store has not confirmed, and its number.
    under_way: Option<AddUsage>,
    number: u64,
    requests: u64,
    reachable: Option<bool>,
    trouble: Option<Trouble>,
}

impl Gateway {
    pub fn new(settings: GatewaySettings) -> Gateway {
        let resolver = settings.places.clone().map(Resolver::new);
        let gateway = Gateway {
            settings,
            resolver,
            waiting: BTreeMap::new(),
            under_way: None,
            number: 0,
            requests: 0,
            reachable: None,
            trouble: None,
        };
        gateway.publish();
        gateway
    }

    fn publish(&self) {
        let route = self.resolver.as_ref().and_then(Resolver::route).cloned();
        self.settings.route.send_if_modified(|known| {
            let changed = *known != route;
            *known = route;
            changed
        });
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.look(ctx);
        self.flush(ctx);
    }

    /// Looks for the models, if that is due.
    fn look(&mut self, ctx: &mut Context<Self>) {
        let token = self.settings.token.borrow().token.clone();
        let (Some(resolver), Some(workspace), Some(places)) =
            (&mut self.resolver, &self.settings.workspace, &self.settings.places)
        else {
            return;
        };
        let due = resolver.due(clock::since_start(), token.is_some());
        let (Some(probe), Some(token)) = (due, token) else { return };
        let asked = probe::ask(probe, workspace.clone(), places.clone(), token);
        let heard = asked.into_actor(self).map(move |found, act, ctx| {
            tracing::debug!(?probe, ?found, "looked for the models");
            if let Some(resolver) = &mut act.resolver {
                resolver.hear(clock::since_start(), probe, found);
            }
            if found == Found::There {
                act.reachable = Some(true);
            }
            act.publish();
            act.look(ctx);
        });
        ctx.spawn(heard);
    }

    /// Writes down what waits. What was asked for and not confirmed is asked for again, with its number.
    fn flush(&mut self, ctx: &mut Context<Self>) {
        if self.under_way.is_some() || self.waiting.is_empty() {
            return;
        }
        self.number += 1;
        let batch = AddUsage {
            writer: self.settings.writer.clone(),
            number: self.number,
            sums: std::mem::take(&mut self.waiting).into_iter().collect(),
        };
        self.under_way = Some(batch.clone());
        self.write(batch, ctx);
    }

    fn write(&self, batch: AddUsage, ctx: &mut Context<Self>) {
        let written = add_usage(self.settings.store.clone(), batch);
        ctx.spawn(written.into_actor(self).map(|written, act, _| {
            if let Err(why) = written {
                tracing::error!(why, "what models were asked could not be written down");
            }
            act.under_way = None;
        }));
    }

    fn count(&mut self, line: Line, counts: Counts) {
        let full = self.waiting.len() >= WAITING && !self.waiting.contains_key(&line);
        let line = if full { Line { model: OTHERS.to_owned(), ..line } } else { line };
        *self.waiting.entry(line).or_default() += counts;
    }
}

impl Actor for Gateway {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(batch) = self.under_way.clone() {
            self.write(batch, ctx);
        }
        self.tick(ctx);
        ctx.run_interval(TICK, Gateway::tick);
    }
}

impl Supervised for Gateway {
    fn restarting(&mut self, _: &mut Self::Context) {
        if let Some(resolver) = &mut self.resolver {
            resolver.interrupted();
        }
    }
}

impl Handler<Noted> for Gateway {
    type Result = ();

    fn handle(&mut self, Noted { finished, trouble }: Noted, _: &mut Self::Context) {
        self.requests += 1;
        match finished.outcome {
            Outcome::Network => self.reachable = Some(false),
            Outcome::Cancelled => {}
            _ => self.reachable = Some(true),
        }
        let now = Utc::now();
        if let Some(message) = trouble {
            let (agent, model) = (finished.agent.clone(), crate::domain::gateway::bounded(&finished.model));
            self.trouble = Some(Trouble { at: now, agent, model, message });
        }
        self.count(finished.line(now.date_naive()), finished.counts(&self.settings.prices));
    }
}

impl Handler<Doubted> for Gateway {
    type Result = ();

    fn handle(&mut self, _: Doubted, ctx: &mut Self::Context) {
        if let Some(resolver) = &mut self.resolver {
            resolver.doubt(clock::since_start());
        }
        self.look(ctx);
    }
}

impl Handler<GetGateway> for Gateway {
    type Result = MessageResult<GetGateway>;

    fn handle(&mut self, _: GetGateway, _: &mut Self::Context) -> Self::Result {
        MessageResult(GatewayReport {
            mode: self.settings.mode,
            url: self.settings.url.clone(),
            workspace: self.settings.workspace.is_some(),
            route: self.resolver.as_ref().and_then(Resolver::route).cloned(),
            reachable: self.reachable,
            lease: self.settings.token.borrow().token.is_some(),
            in_flight: self.settings.load.in_flight(),
            requests: self.requests,
            last_trouble: self.trouble.clone(),
        })
    }
}

impl Handler<AskUsage> for Gateway {
    type Result = ResponseFuture<Result<Vec<Sum>, Unread>>;

    /// The store takes messages in order: what is under way there is counted.
    fn handle(&mut self, AskUsage(question): AskUsage, ctx: &mut Self::Context) -> Self::Result {
        self.flush(ctx);
        let store = self.settings.store.clone();
        Box::pin(async move { Ok(store.send(ReadUsage(question)).await??) })
    }
}
