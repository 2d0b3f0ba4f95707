//! Holds the lease.
//!
//! *Parent* root · *Restart* permanent · *Owns* the lease, the published token · *Sends to* the keeper, which holds the
//! lease for the next daemon; store, events, the search for the owner · *Lost on crash* answers under way: what they
//! were about becomes due again.
//!
//! The rules are [`crate::domain::lease`]'s; here its acts are carried out.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::{SecondsFormat, Utc};
use serde_json::json;
use tokio::sync::{oneshot, watch};

use super::bearer::{Published, Standing};
use super::calls::Calls;
use super::messages::{Configure, ConfigureError, Configured, Doubt, GetLease, LeaseReport};
use super::targets::{Target, TargetReport, write_all};
use crate::actors::events::{Events, Published as Publish};
use crate::actors::keeper_link::{KeeperLink, Tell};
use crate::actors::owner::{OwnerSearch, Search};
use crate::actors::store::{SetSettings, Store};
use crate::databricks::Address;
use crate::domain::event::Event;
use crate::domain::keeper_frames::Order;
use crate::domain::lease::{Act, Fact, Lease, Moment, Notice, Origin, Rules};
use crate::domain::secret::Secret;
use crate::os::clock;

/// How often it looks what is due.
const TICK: Duration = Duration::from_secs(1);
/// How long a person waits for the word whose token it is, before being told to watch for the event.
const PATIENCE: Duration = Duration::from_secs(8);

pub struct CredentialsSettings {
    pub rules: Rules,
    /// Shown in the person's list of tokens.
    pub instance: String,
    /// Told by no other lease.
    pub unique: String,
    /// What the keeper held.
    pub kept: Option<String>,
    /// `None`: there is no workspace.
    pub calls: Option<Calls>,
    /// From the environment.
    pub preset: Option<Secret>,
    pub targets: Vec<Arc<dyn Target>>,
    pub published: watch::Sender<Published>,
    pub keeper: Addr<KeeperLink>,
    pub store: Addr<Store>,
    pub events: Addr<Events>,
}

pub struct Credentials {
    settings: CredentialsSettings,
    lease: Lease,
    reports: Vec<TargetReport>,
    /// Who waits for the word about the candidate.
    waiting: Option<oneshot::Sender<Result<Configured, ConfigureError>>>,
    owner: Option<Addr<OwnerSearch>>,
}

/// The search for the owner, which hears of a token that counts. It begins after this actor, whose word it needs.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TellOwnerSearch(pub Addr<OwnerSearch>);

impl Credentials {
    pub fn new(mut settings: CredentialsSettings) -> Credentials {
        let fresh = || Lease::new(settings.rules.clone(), &settings.instance, &settings.unique);
        let kept = settings.kept.take().map(|text| Lease::kept(settings.rules.clone(), &text));
        let mut lease = match kept {
            None => fresh(),
            Some(Ok(lease)) => lease,
            Some(Err(error)) => {
                tracing::warn!(%error, "beginning without a lease");
                fresh()
            }
        };
        // One that an earlier daemon made of it is better.
        if let Some(preset) = settings.preset.take().filter(|_| lease.is_idle()) {
            // An idle lease refuses nothing that is not empty.
            let _ = lease.configure(preset, Origin::Preset);
        }
        let credentials = Credentials { settings, lease, reports: Vec::new(), waiting: None, owner: None };
        credentials.publish(None);
        credentials
    }

    /// Does what is due.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        let Some(calls) = self.settings.calls.clone() else { return };
        let mut kept: Option<Request<KeeperLink, Tell>> = None;
        for act in self.lease.due(clock::since_start()) {
            match act {
                Act::Check { bearer } => self.hear_from(calls.clone().check(bearer), ctx),
                Act::Keep(text) => {
                    let blob = text.map(|text| text.expose().to_owned());
                    kept = Some(self.settings.keeper.send(Tell(Order::Lease { blob })));
                }
                Act::Publish { token, .. } => self.publish(token),
                Act::Mint { bearer, comment, lifetime } => {
                    let (kept, mint) = (kept.take(), calls.clone().mint(bearer, comment, lifetime));
                    let in_order = async move {
                        if let Some(kept) = kept {
                            // Without a keeper there is no next daemon either.
                            let _ = kept.await;
                        }
                        mint.await
                    };
                    self.hear_from(in_order, ctx);
                }
                Act::See { bearer } => self.hear_from(calls.clone().see(bearer), ctx),
                Act::Sweep { bearer } => self.hear_from(calls.clone().sweep(bearer), ctx),
                Act::Revoke { bearer, id } => self.hear_from(calls.clone().revoke(bearer, id), ctx),
                Act::Deliver { number } => self.deliver(calls.workspace.address().clone(), number, ctx),
                Act::Tell(notice) => self.tell(notice),
            }
        }
        if let Some(kept) = kept {
            ctx.spawn(kept.into_actor(self).map(|_, _, _| ()));
        }
    }

    fn hear_from(&self, call: impl Future<Output = Fact> + 'static, ctx: &mut Context<Self>) {
        let heard = call.into_actor(self).map(|fact, act, ctx| act.hear(fact, ctx));
        ctx.spawn(heard);
    }

    fn hear(&mut self, fact: Fact, ctx: &mut Context<Self>) {
        let user = if let Fact::Checked(Ok(user)) = &fact { Some(user.clone()) } else { None };
        self.lease.hear(clock::since_start(), fact);
        if let Some(user) = user {
            self.answer(Ok(Configured::Accepted { user }));
        }
        self.go_on(ctx);
    }

    fn deliver(&mut self, host: Address, number: u64, ctx: &mut Context<Self>) {
        let (targets, token) =
            (self.settings.targets.clone(), self.settings.published.borrow().token.clone());
        let Some(token) = token else { return };
        let written = tokio::task::spawn_blocking(move || write_all(&targets, &host, &token));
        let told = written.into_actor(self).map(move |reports, act, ctx| {
            let Ok(reports) = reports else { return act.hear(Fact::Delivered { number, everywhere: false }, ctx) };
            for report in reports.iter().filter(|report| report.is_failure()) {
                tracing::warn!(target_name = report.name, outcome = ?report.outcome, "the token could not be written");
            }
            let everywhere = !reports.iter().any(TargetReport::is_failure);
            act.reports = reports;
            act.hear(Fact::Delivered { number, everywhere }, ctx);
        });
        ctx.spawn(told);
    }

    fn publish(&self, token: Option<Secret>) {
        let status = self.lease.status(Moment::ZERO);
        let standing = match (status.is_checking, status.user, status.begun_with) {
            (true, ..) => Standing::Checking,
            (false, Some(user), Some(begun_with)) => Standing::Known { user, begun_with },
            (false, ..) => Standing::Nothing,
        };
        self.settings.published.send_replace(Published { token, standing });
    }

    fn tell(&mut self, notice: Notice) {
        let state = match &notice {
            Notice::Accepted => "accepted",
            Notice::Rejected { .. } => "rejected",
            Notice::Rotated { .. } => "rotated",
            Notice::CannotRenew(_) => "cannot_renew",
            Notice::Expired => "expired",
            Notice::Revoked { .. } => "revoked",
            Notice::LeftAlone(_) => "left_alone",
        };
        match &notice {
            Notice::Rejected { why, .. } | Notice::CannotRenew(why) | Notice::LeftAlone(why) => {
                tracing::warn!(state, why, "the workspace's token");
            }
            Notice::Expired => {
                tracing::warn!(state, "the workspace's token is over: a new one has to be pasted")
            }
            _ => tracing::info!(state, "the workspace's token"),
        }
        match notice {
            Notice::Accepted => {
                if let Some(owner) = &self.owner {
                    owner.do_send(Search);
                }
            }
            Notice::Rejected { why, later: true } => self.answer(Err(ConfigureError::NoAnswer(why))),
            Notice::Rejected { why, later: false } => self.answer(Err(ConfigureError::Rejected(why))),
            Notice::Rotated { id } => self.note_rotation(id),
            _ => {}
        }
        self.settings.events.do_send(Publish(Event::CredentialsChanged { state: state.to_owned() }));
    }

    /// For `/api/app-state`, which outlives the daemon.
    fn note_rotation(&self, id: Option<String>) {
        let now = Utc::now();
        let facts = [
            ("app_state.last_rotation_time", json!(now.timestamp_millis() as f64 / 1000.0)),
            ("app_state.last_rotation_iso", json!(now.to_rfc3339_opts(SecondsFormat::Millis, true))),
            ("app_state.last_token_id", json!(id)),
        ];
        let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.settings.store.do_send(SetSettings(facts));
    }

    fn answer(&mut self, answer: Result<Configured, ConfigureError>) {
        if let Some(waiting) = self.waiting.take() {
            // Whoever asked may have gone.
            drop(waiting.send(answer));
        }
    }
}

impl Actor for Credentials {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, |act, ctx| act.go_on(ctx));
        self.go_on(ctx);
    }
}

impl Supervised for Credentials {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.lease.interrupted();
        self.waiting = None;
    }
}

impl Handler<Configure> for Credentials {
    type Result = ResponseFuture<Result<Configured, ConfigureError>>;

    fn handle(&mut self, Configure { token, origin }: Configure, ctx: &mut Self::Context) -> Self::Result {
        if self.settings.calls.is_none() {
            return Box::pin(std::future::ready(Err(ConfigureError::NoWorkspace)));
        }
        if let Err(refusal) = self.lease.configure(token, origin) {
            return Box::pin(std::future::ready(Err(refusal.into())));
        }
        let (waiting, word) = oneshot::channel();
        self.waiting = Some(waiting);
        self.go_on(ctx);
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, word).await {
                Ok(Ok(answer)) => answer,
                // It takes long, or the actor broke and asks again.
                _ => Ok(Configured::Checking),
            }
        })
    }
}

impl Handler<GetLease> for Credentials {
    type Result = MessageResult<GetLease>;

    fn handle(&mut self, _: GetLease, _: &mut Self::Context) -> Self::Result {
        let calls = self.settings.calls.as_ref();
        MessageResult(LeaseReport {
            host: calls.map(|calls| calls.workspace.address().to_string()),
            by_machine: self.settings.rules.by_machine,
            status: self.lease.status(clock::since_start()),
            now: Utc::now(),
            targets: self.reports.clone(),
        })
    }
}

impl Handler<Doubt> for Credentials {
    type Result = ();

    fn handle(&mut self, Doubt(seen): Doubt, ctx: &mut Self::Context) {
        self.lease.doubt(clock::since_start(), &seen);
        self.go_on(ctx);
    }
}

impl Handler<TellOwnerSearch> for Credentials {
    type Result = ();

    fn handle(&mut self, TellOwnerSearch(owner): TellOwnerSearch, _: &mut Self::Context) {
        self.owner = Some(owner);
    }
}
