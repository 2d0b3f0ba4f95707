//! A workspace, targets and programs that use the token, in virtual time, one second a step.

use std::collections::BTreeMap;

use super::super::act::{Act, Notice};
use super::super::*;
use crate::domain::secret::Secret;

/// Numbers that look random and are not.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// How the workspace and the daemon misbehave.
pub struct Faults {
    /// Of a hundred answers that come to nothing; half of these were obeyed all the same.
    pub broken_percent: u64,
    /// Of a thousand seconds that begin a burst of refusals, which lasts up to a minute.
    pub bursts_permille: u64,
    /// Of a hundred deliveries that miss a target.
    pub missed_percent: u64,
    /// When nobody answers: from, to.
    pub outages: Vec<(u64, u64)>,
    /// Every so many seconds the daemon dies.
    pub restart_every: u64,
}

/// A token as the workspace knows it.
struct Known {
    id: String,
    comment: String,
    until: u64,
    revoked: Option<u64>,
}

pub struct World {
    pub now: u64,
    dice: Dice,
    faults: Faults,
    rules: Rules,
    burst_until: u64,
    pub lease: Lease,
    tokens: BTreeMap<String, Known>,
    made: u64,
    held: Option<Secret>,
    published: Option<Secret>,
    /// What the targets have, and since when they all have it.
    target: Option<Secret>,
    target_since: u64,
    /// Answers on their way: when, what.
    coming: Vec<(u64, Fact)>,
    pub expired: Vec<(u64, u64)>,
    pub uses: u64,
    pub pastes: u64,
    pub revoked: u64,
    last_made: u64,
}

impl World {
    pub fn new(seed: u64, rules: Rules, faults: Faults) -> World {
        let mut world = World {
            now: 0,
            dice: Dice(seed),
            faults,
            lease: Lease::new(rules.clone(), "inst", "unique"),
            rules,
            burst_until: 0,
            tokens: BTreeMap::new(),
            made: 0,
            held: None,
            published: None,
            target: None,
            target_since: 0,
            coming: Vec::new(),
            expired: Vec::new(),
            uses: 0,
            pastes: 0,
            revoked: 0,
            last_made: 0,
        };
        // Somebody's own, which nobody but that person may touch.
        world.make("own-1", u64::MAX);
        world.make("own-2", u64::MAX);
        world
    }

    fn at(&self) -> Moment {
        Moment::from_secs(self.now)
    }

    pub fn is_out(&self) -> bool {
        self.faults.outages.iter().any(|&(from, to)| (from..to).contains(&self.now))
    }

    fn make(&mut self, comment: &str, until: u64) -> String {
        self.made += 1;
        let secret = format!("dapi{}", self.made);
        let known = Known { id: format!("id{}", self.made), comment: comment.into(), until, revoked: None };
        self.tokens.insert(secret.clone(), known);
        secret
    }

    fn is_valid(&self, secret: &str) -> bool {
        self.tokens.get(secret).is_some_and(|token| token.until > self.now && token.revoked.is_none())
    }

    /// A second passes.
    pub fn step(&mut self) {
        self.now += 1;
        if self.dice.below(1000) < self.faults.bursts_permille {
            self.burst_until = self.now + self.dice.below(60);
        }
        if self.faults.restart_every > 0 && self.now.is_multiple_of(self.faults.restart_every) {
            self.restart();
        }
        self.hear();
        if self.lease.is_idle() || self.lease.status(self.at()).is_over {
            self.paste();
        }
        self.work();
        self.use_the_token();
    }

    /// A person has a token that lives a day, and pastes it as soon as the workspace answers.
    fn paste(&mut self) {
        if !self.is_out() && !self.lease.status(self.at()).is_checking {
            let secret = self.make("pasted", self.now + 24 * 3600);
            self.pastes += 1;
            self.lease.configure(Secret::new(secret), Origin::Pasted).expect("nothing is held");
        }
    }

    /// The daemon is killed; the next one has what the keeper held, and no answer on its way reaches it.
    fn restart(&mut self) {
        self.coming.clear();
        self.lease = match &self.held {
            Some(text) => Lease::kept(self.rules.clone(), text.expose()).expect("what was kept can be read"),
            None => Lease::new(self.rules.clone(), "inst", "another"),
        };
    }

    fn hear(&mut self) {
        let now = self.now;
        let (due, coming) = std::mem::take(&mut self.coming).into_iter().partition(|(when, _)| *when <= now);
        self.coming = coming;
        let due: Vec<(u64, Fact)> = due;
        for (_, fact) in due {
            self.lease.hear(self.at(), fact);
        }
    }

    fn work(&mut self) {
        for act in self.lease.due(self.at()) {
            match act {
                Act::Keep(text) => self.held = text,
                Act::Publish { token, .. } => self.published = token,
                Act::Tell(Notice::Expired) => self.expired.push((self.last_made, self.now)),
                Act::Tell(_) => {}
                Act::Deliver { number } => {
                    let everywhere = self.dice.below(100) >= self.faults.missed_percent;
                    if everywhere {
                        (self.target, self.target_since) = (self.published.clone(), self.now);
                    }
                    self.answer(Fact::Delivered { number, everywhere });
                }
                Act::Check { bearer } => {
                    let whose = self.call(&bearer, |_, _| "ann@x.com".to_owned()).0;
                    self.answer(Fact::Checked(whose));
                }
                Act::Mint { bearer, comment, lifetime } => self.mint(bearer, &comment, lifetime),
                Act::See { bearer } => {
                    let list = self.call(&bearer, World::list).0;
                    self.answer(Fact::Seen(list));
                }
                Act::Sweep { bearer } => {
                    let list = self.call(&bearer, World::list).0;
                    self.answer(Fact::Swept(list));
                }
                Act::Revoke { bearer, id } => self.revoke(&bearer, id),
            }
        }
    }

    fn mint(&mut self, bearer: Option<Secret>, comment: &str, lifetime: Moment) {
        let bearer = bearer.expect("a person's lease mints with a token");
        let (made, perhaps) = self.call(&bearer, |world, _| {
            let secret = world.make(comment, world.now + lifetime.as_secs());
            let id = Some(world.tokens[&secret].id.clone());
            Minted { secret: Secret::new(secret), id, lasts: lifetime }
        });
        if made.is_ok() {
            self.last_made = self.now;
        }
        self.answer(Fact::Minted { made, perhaps });
    }

    fn revoke(&mut self, bearer: &Secret, id: String) {
        let gone = self.call(bearer, |world, _| {
            let now = world.now;
            let (secret, token) =
                world.tokens.iter_mut().find(|(_, token)| token.id == id).expect("a token of ours");
            assert!(
                token.comment.starts_with("coda-auto-rotated") || token.comment == "pasted",
                "{}",
                token.comment
            );
            token.revoked.get_or_insert(now);
            let used = |held: &Option<Secret>| held.as_ref().is_some_and(|held| held.expose() == secret);
            assert!(!used(&world.published), "the current token was revoked");
            assert!(!used(&world.target), "a target still has the token that was revoked");
            world.revoked += 1;
        });
        self.answer(Fact::Revoked { id, gone: gone.0 });
    }

    fn list(&mut self, _: &Secret) -> Vec<Listed> {
        let valid = self.tokens.values().filter(|token| token.until > self.now && token.revoked.is_none());
        valid.map(|token| Listed { id: token.id.clone(), comment: token.comment.clone() }).collect()
    }

    /// A call to the workspace: what came of it, and whether it may have been obeyed.
    fn call<T>(
        &mut self,
        bearer: &Secret,
        obey: impl FnOnce(&mut World, &Secret) -> T,
    ) -> (Result<T, Fault>, bool) {
        if self.is_out() {
            return (Err(Fault::Later("out".into(), None)), false);
        }
        if self.now < self.burst_until {
            let pause = self.dice.below(40);
            return (Err(Fault::Later("429".into(), Some(Moment::from_secs(pause)))), false);
        }
        if !self.is_valid(bearer.expose()) {
            return (Err(Fault::Dead), false);
        }
        if self.dice.below(100) < self.faults.broken_percent {
            if self.dice.below(2) == 0 {
                obey(self, bearer);
            }
            return (Err(Fault::Later("500".into(), None)), true);
        }
        (Ok(obey(self, bearer)), false)
    }

    fn answer(&mut self, fact: Fact) {
        let when = self.now + self.dice.below(4);
        self.coming.push((when, fact));
    }

    /// A program that asks for the current token each time never gets a dead one.
    fn use_the_token(&mut self) {
        if let Some(token) = self.published.clone() {
            self.uses += 1;
            assert!(self.is_valid(token.expose()), "a dead token was given out at {} s", self.now);
        }
    }

    /// The comments of valid tokens but the current one.
    pub fn left_over(&self) -> Vec<&str> {
        let current = self.published.as_ref().map(Secret::expose);
        let tokens = self
            .tokens
            .iter()
            .filter(|(secret, _)| self.is_valid(secret) && Some(secret.as_str()) != current);
        tokens.map(|(_, token)| token.comment.as_str()).collect()
    }

    /// Nothing fails any more; ends when every old token had time to go.
    pub fn calm_down(&mut self) {
        self.faults = Faults {
            broken_percent: 0,
            bursts_permille: 0,
            missed_percent: 0,
            outages: vec![],
            restart_every: 0,
        };
        self.burst_until = 0;
        let until = self.now + 2 * self.rules.lifetime.as_secs();
        while self.now < until || !self.coming.is_empty() || self.lease.status(self.at()).retired > 0 {
            assert!(self.now < until + self.rules.interval.as_secs(), "an old token never goes");
            self.step();
        }
    }
}
