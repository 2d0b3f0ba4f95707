//! What the machine makes of what it is told.

use super::act::Notice;
use super::fact::{Fact, Fault, Listed, Minted};
use super::job::{Job, SLOW};
use super::machine::{Candidate, Current, Lease, MARK, Retired};
use super::status::Trouble;
use super::{Moment, Origin, proof};

/// Refusals of a bearer in a row before it counts as dead: a workspace may need a moment to know a new one.
const REFUSALS: u32 = 3;
/// Failures in a row before a proof is given up.
const PATIENCE: u32 = 30;
/// A pause that the workspace asks for is kept up to this: a token does not live long enough for more.
const LONGEST_PAUSE: Moment = Moment::from_secs(120);

impl Lease {
    /// Something happened.
    pub fn hear(&mut self, now: Moment, fact: Fact) {
        match fact {
            Fact::Checked(whose) => self.checked(now, whose),
            Fact::Minted { made: Ok(made), .. } => self.minted(made),
            Fact::Minted { made: Err(fault), perhaps } => self.not_minted(now, fault, perhaps),
            Fact::Seen(list) => self.seen(now, list),
            Fact::Swept(list) => self.swept(now, list),
            Fact::Delivered { number, everywhere } => self.was_delivered(now, number, everywhere),
            Fact::Revoked { id, gone } => self.revoked(now, &id, gone),
        }
        self.kept = false;
    }

    fn checked(&mut self, now: Moment, whose: Result<String, Fault>) {
        let Some(candidate) = self.candidate.take() else { return };
        match whose {
            Ok(user) => {
                self.retire(self.number + 1);
                (self.user, self.begun_with) = (Some(user), Some(candidate.origin));
                let Candidate { secret, origin } = candidate;
                self.begin(Current { secret, id: None, origin, since: now, until: None });
                self.mint = Job::default();
                self.told.push(Notice::Accepted);
            }
            // Nobody waits for it, so it can wait.
            Err(Fault::Later(_, pause)) if candidate.origin == Origin::Preset => {
                self.candidate = Some(candidate);
                self.check.failed(now, pause.map(|pause| pause.min(LONGEST_PAUSE)));
            }
            Err(fault) => {
                let later = matches!(fault, Fault::Later(..));
                self.told.push(Notice::Rejected { why: fault.to_string(), later });
            }
        }
    }

    fn minted(&mut self, made: Minted) {
        self.mint.done();
        self.retire(self.number + 1);
        let Minted { secret, id, lasts } = made;
        self.told.push(Notice::Rotated { id: id.clone() });
        let (since, until) = (self.asked, Some(self.asked.saturating_add(lasts)));
        self.begin(Current { secret, id, origin: Origin::Ours, since, until });
    }

    fn not_minted(&mut self, now: Moment, fault: Fault, perhaps: bool) {
        self.orphans |= perhaps;
        match fault {
            Fault::Dead if self.mint.failures() + 1 >= REFUSALS => {
                self.mint.done();
                self.withdraw();
            }
            Fault::Dead => self.mint.failed(now, None),
            Fault::Denied(why) => {
                self.mint.failed(now, Some(SLOW));
                let trouble = Some(Trouble::Denied(why.clone()));
                if self.trouble != trouble {
                    self.told.push(Notice::CannotRenew(why));
                }
                self.trouble = trouble;
            }
            Fault::Later(why, pause) => {
                self.mint.failed(now, pause.map(|pause| pause.min(LONGEST_PAUSE)));
                self.trouble = Some(Trouble::Later(why));
            }
        }
    }

    fn seen(&mut self, now: Moment, list: Result<Vec<Listed>, Fault>) {
        let Some(index) = self.retired.iter().position(|token| token.id.is_none()) else { return };
        let left_alone = match list {
            Ok(list) => {
                let ours = |token: &Listed| token.comment.starts_with(MARK) || self.knows(&token.id);
                let pasted = self.retired[index].secret.clone();
                match pasted.and_then(|pasted| proof::id_of(&pasted, &list, ours)) {
                    Some(id) => {
                        let token = &mut self.retired[index];
                        (token.id, token.secret) = (Some(id), None);
                        return self.see.done();
                    }
                    None => Some("which of your tokens it is could not be proved".to_owned()),
                }
            }
            // It is gone already.
            Err(Fault::Dead) => None,
            Err(Fault::Later(_, pause)) if self.see.failures() < PATIENCE => {
                return self.see.failed(now, pause.map(|pause| pause.min(LONGEST_PAUSE)));
            }
            Err(fault) => Some(fault.to_string()),
        };
        self.see.done();
        self.retired.remove(index);
        self.told.extend(left_alone.map(Notice::LeftAlone));
    }

    fn swept(&mut self, now: Moment, list: Result<Vec<Listed>, Fault>) {
        match list {
            Ok(list) => {
                let lost =
                    list.into_iter().filter(|token| token.comment == self.tag && !self.knows(&token.id));
                let until = Some(now.saturating_add(self.rules.lifetime));
                let (number, free) = (self.number, Some(now));
                let retired =
                    lost.map(|token| Retired { id: Some(token.id), secret: None, number, until, free });
                let retired: Vec<Retired> = retired.collect();
                self.retired.extend(retired);
                self.orphans = false;
                self.sweep.done();
            }
            // They end by themselves.
            Err(Fault::Denied(_)) => {
                self.orphans = false;
                self.sweep.done();
            }
            Err(Fault::Later(_, pause)) => {
                self.sweep.failed(now, pause.map(|pause| pause.min(LONGEST_PAUSE)))
            }
            Err(Fault::Dead) => self.sweep.failed(now, None),
        }
    }

    fn was_delivered(&mut self, now: Moment, number: u64, everywhere: bool) {
        if !everywhere {
            return self.deliver.failed(now, None);
        }
        self.deliver.done();
        self.delivered = number;
        let free = Some(now.saturating_add(self.rules.grace));
        for token in self.retired.iter_mut().filter(|token| token.number <= number && token.free.is_none()) {
            token.free = free;
        }
    }

    fn revoked(&mut self, now: Moment, id: &str, gone: Result<(), Fault>) {
        match gone {
            Ok(()) => self.told.push(Notice::Revoked { id: id.to_owned() }),
            Err(Fault::Denied(why)) => self.told.push(Notice::LeftAlone(why)),
            Err(Fault::Later(_, pause)) => {
                return self.revoke.failed(now, pause.map(|pause| pause.min(LONGEST_PAUSE)));
            }
            Err(Fault::Dead) => return self.revoke.failed(now, None),
        }
        self.revoke.done();
        self.retired.retain(|token| token.id.as_deref() != Some(id));
    }
}
