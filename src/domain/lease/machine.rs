//! The machine.

use super::act::{Act, Notice};
use super::job::Job;
use super::status::Trouble;
use super::{Moment, Origin};
use crate::domain::secret::Secret;

/// How the comments of our tokens begin, as those of older installations do.
pub(super) const MARK: &str = "coda-auto-rotated";
/// A token younger than this is not renewed because somebody doubts it.
const YOUNG: Moment = Moment::from_secs(30);

/// How tokens are renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// A token is this old when it gets a successor.
    pub interval: Moment,
    /// A new token lives this long.
    pub lifetime: Moment,
    /// From the time that all have the successor until the old one is revoked.
    pub grace: Moment,
    /// Tokens are made with the means of the machine, and no person is asked for one.
    pub by_machine: bool,
}

/// Why a token is not even looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no token was given; paste one from the workspace's settings, under Developer")]
    Empty,
    #[error("a valid token is held already; it renews itself, there is nothing to paste")]
    Held,
    #[error("another token is being checked; wait for its result")]
    Busy,
    #[error("this instance uses the workspace's service principal; it takes no tokens of people")]
    Machine,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub secret: Secret,
    pub origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Current {
    pub secret: Secret,
    /// `None` while it is not known, as of a pasted one.
    pub id: Option<String>,
    pub origin: Origin,
    pub since: Moment,
    pub until: Option<Moment>,
}

/// A token that has a successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Retired {
    pub id: Option<String>,
    /// Only while its id is not known: it proves which one it is.
    pub secret: Option<Secret>,
    /// Its successor's.
    pub number: u64,
    pub until: Option<Moment>,
    /// From when on it may be revoked; `None`: not all have its successor.
    pub free: Option<Moment>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub(super) rules: Rules,
    /// The comment of our tokens. No other lease has the same.
    pub(super) tag: String,
    pub(super) candidate: Option<Candidate>,
    pub(super) user: Option<String>,
    /// Where the first token came from, which all others come of.
    pub(super) begun_with: Option<Origin>,
    pub(super) current: Option<Current>,
    /// Of the current token; grows with every change.
    pub(super) number: u64,
    pub(super) retired: Vec<Retired>,
    /// A token of ours may exist that nobody has.
    pub(super) orphans: bool,
    /// There was a token, and it is over.
    pub(super) over: bool,
    pub(super) trouble: Option<Trouble>,
    doubted: bool,
    pub(super) asked: Moment,
    published: u64,
    pub(super) delivered: u64,
    pub(super) kept: bool,
    pub(super) mint: Job,
    pub(super) check: Job,
    pub(super) see: Job,
    pub(super) sweep: Job,
    pub(super) deliver: Job,
    pub(super) revoke: Job,
    pub(super) told: Vec<Notice>,
}

impl Lease {
    /// Without a token. `instance` is shown in the list of tokens; `unique` is told by no other lease.
    pub fn new(rules: Rules, instance: &str, unique: &str) -> Lease {
        Lease {
            rules,
            tag: format!("{MARK}:{instance}:{unique}"),
            candidate: None,
            user: None,
            begun_with: None,
            current: None,
            number: 0,
            retired: Vec::new(),
            orphans: false,
            over: false,
            trouble: None,
            doubted: false,
            asked: Moment::ZERO,
            published: 0,
            delivered: 0,
            kept: true,
            mint: Job::default(),
            check: Job::default(),
            see: Job::default(),
            sweep: Job::default(),
            deliver: Job::default(),
            revoke: Job::default(),
            told: Vec::new(),
        }
    }

    /// Somebody gives a token. It counts once it is checked.
    pub fn configure(&mut self, secret: Secret, origin: Origin) -> Result<(), Refusal> {
        let stuck = matches!(self.trouble, Some(Trouble::Denied(_)));
        let refusal = match () {
            () if self.rules.by_machine => Some(Refusal::Machine),
            () if secret.expose().is_empty() => Some(Refusal::Empty),
            () if self.candidate.is_some() => Some(Refusal::Busy),
            () if self.current.is_some() && !stuck => Some(Refusal::Held),
            () => None,
        };
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        self.candidate = Some(Candidate { secret, origin });
        self.check = Job::default();
        Ok(())
    }

    /// The workspace refused `seen`: if that is the current token, another is made now.
    pub fn doubt(&mut self, now: Moment, seen: &Secret) {
        let is_current =
            |current: &&Current| current.secret == *seen && now.saturating_sub(current.since) >= YOUNG;
        self.doubted |= self.current.as_ref().filter(is_current).is_some();
    }

    /// What was under way will not be answered any more.
    pub fn interrupted(&mut self) {
        self.orphans |= self.mint.is_running();
        for job in [
            &mut self.mint,
            &mut self.check,
            &mut self.see,
            &mut self.sweep,
            &mut self.deliver,
            &mut self.revoke,
        ] {
            *job = Job::default();
        }
        (self.published, self.kept) = (0, false);
    }

    /// Whether nothing will ever become due by itself.
    pub fn is_idle(&self) -> bool {
        self.candidate.is_none()
            && self.current.is_none()
            && self.retired.is_empty()
            && !self.rules.by_machine
    }

    /// What is to be done now, in this order; each thing once, until its answer has come.
    pub fn due(&mut self, now: Moment) -> Vec<Act> {
        self.end_what_is_over(now);
        let mut acts = Vec::new();
        if let Some(candidate) = self.candidate.as_ref().filter(|_| self.check.may_start(now)) {
            acts.push(Act::Check { bearer: candidate.secret.clone() });
            self.check.start();
        }
        let mints = self.wants_a_token(now) && self.mint.may_start(now);
        if mints {
            self.mint.start();
            (self.doubted, self.asked, self.kept) = (false, now, false);
        }
        if !self.kept {
            acts.push(Act::Keep(self.to_keep()));
            self.kept = true;
        }
        if self.published != self.number {
            let token = self.current.as_ref().map(|current| current.secret.clone());
            acts.push(Act::Publish { token, number: self.number });
            self.published = self.number;
        }
        if mints {
            let bearer = self.bearer().filter(|_| !self.rules.by_machine);
            acts.push(Act::Mint { bearer, comment: self.tag.clone(), lifetime: self.rules.lifetime });
        }
        self.tidy_up(now, &mut acts);
        acts.extend(self.told.drain(..).map(Act::Tell));
        acts
    }

    /// What becomes of the current token's successors and predecessors.
    fn tidy_up(&mut self, now: Moment, acts: &mut Vec<Act>) {
        if self.current.is_some() && self.delivered != self.number && self.deliver.may_start(now) {
            acts.push(Act::Deliver { number: self.number });
            self.deliver.start();
        }
        let unproved =
            self.retired.iter().find_map(|token| token.secret.clone().filter(|_| token.id.is_none()));
        if let Some(bearer) = unproved.filter(|_| self.see.may_start(now)) {
            acts.push(Act::See { bearer });
            self.see.start();
        }
        let Some(bearer) = self.own_bearer() else { return };
        let free = self
            .retired
            .iter()
            .find(|token| token.id.is_some() && token.free.is_some_and(|from| from <= now));
        if let Some(id) = free.and_then(|token| token.id.clone()).filter(|_| self.revoke.may_start(now)) {
            acts.push(Act::Revoke { bearer: bearer.clone(), id });
            self.revoke.start();
        }
        if self.orphans && !self.mint.is_running() && self.sweep.may_start(now) {
            acts.push(Act::Sweep { bearer });
            self.sweep.start();
        }
    }

    pub(super) fn begin(&mut self, current: Current) {
        self.current = Some(current);
        self.number += 1;
        (self.over, self.trouble, self.doubted) = (false, None, false);
        self.deliver = Job::default();
    }

    /// The current token, if any, has a successor of this number.
    pub(super) fn retire(&mut self, number: u64) {
        let Some(old) = self.current.take() else { return };
        let (id, secret) = match old.origin {
            Origin::Ours if old.id.is_none() => return,
            Origin::Ours => (old.id, None),
            Origin::Pasted => (None, Some(old.secret)),
            Origin::Preset => return,
        };
        self.retired.push(Retired { id, secret, number, until: old.until, free: None });
    }

    pub(super) fn withdraw(&mut self) {
        self.current = None;
        self.number += 1;
        (self.over, self.doubted) = (true, false);
        self.told.push(Notice::Expired);
        self.kept = false;
    }

    fn end_what_is_over(&mut self, now: Moment) {
        let is_over = |until: Option<Moment>| until.is_some_and(|until| until <= now);
        if self.current.as_ref().is_some_and(|current| is_over(current.until)) {
            self.withdraw();
        }
        let before = self.retired.len();
        self.retired.retain(|token| !is_over(token.until));
        self.kept &= self.retired.len() == before;
    }

    fn wants_a_token(&self, now: Moment) -> bool {
        now >= self.wanted_from().unwrap_or(Moment::MAX)
    }

    /// When the next token should be made.
    pub(super) fn wanted_from(&self) -> Option<Moment> {
        match &self.current {
            None => self.rules.by_machine.then_some(Moment::ZERO),
            Some(current) if self.doubted || current.origin != Origin::Ours => Some(current.since),
            // One that lives shorter than it was asked to is renewed earlier.
            Some(current) => {
                let half = current.until.map_or(Moment::MAX, |until| until.saturating_sub(current.since) / 2);
                let ours = if half < self.rules.lifetime / 2 { half } else { self.rules.interval };
                Some(current.since.saturating_add(ours))
            }
        }
    }

    fn bearer(&self) -> Option<Secret> {
        self.current.as_ref().map(|current| current.secret.clone())
    }

    /// The current token if it is one of ours and has a name: only then is there anything to tidy up.
    fn own_bearer(&self) -> Option<Secret> {
        self.current.as_ref().filter(|current| current.id.is_some()).map(|current| current.secret.clone())
    }

    pub(super) fn knows(&self, id: &str) -> bool {
        let current = self.current.as_ref().and_then(|current| current.id.as_deref());
        let retired = self.retired.iter().filter_map(|token| token.id.as_deref());
        current.into_iter().chain(retired).any(|known| known == id)
    }
}
