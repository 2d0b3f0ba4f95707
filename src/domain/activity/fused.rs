//! One activity out of what many say.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Activity, Claim, Source};

/// Sources hear of the same thing at different times; only what is further apart contradicts.
const AT_ONCE: TimeDelta = TimeDelta::seconds(2);
/// Hooks do not tell every end of a turn, and a window's title may be left behind: after so long without a word,
/// whoever was said to work is in doubt.
const STALE: TimeDelta = TimeDelta::minutes(15);

/// The last words of all sources, and how long people were waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activities {
    /// One of each source at most, the most telling first.
    claims: Vec<Claim>,
    /// Since when a person is waited for.
    waiting_since: Option<DateTime<Utc>>,
    /// For how long persons were waited for, in milliseconds, without the wait of now.
    waited_ms: u64,
}

/// What goes on now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    pub activity: Activity,
    /// What it rests on.
    pub claim: Claim,
    /// What does not fit to it.
    pub doubts: Vec<Claim>,
    /// For how long persons were waited for so far, in milliseconds.
    pub waited_ms: u64,
}

impl Activities {
    /// A source says something new. True: something else goes on now.
    pub fn hear(&mut self, claim: Claim) -> bool {
        let (now, before) = (claim.at, self.said(claim.at));
        // While the program speaks for itself, some leave their title alone.
        if claim.source == Source::Title && self.claims.iter().any(|other| other.source <= Source::Program) {
            return false;
        }
        self.claims.retain(|other| other.source != claim.source);
        if claim.source == Source::Program {
            self.claims.retain(|other| other.source != Source::Title);
        }
        let place = self.claims.partition_point(|other| other.source < claim.source);
        self.claims.insert(place, claim);
        self.changed(before, now)
    }

    /// A source has nothing to say any more. True: something else goes on now.
    pub fn silence(&mut self, source: Source, now: DateTime<Utc>) -> bool {
        let before = self.said(now);
        self.claims.retain(|claim| claim.source != source);
        self.changed(before, now)
    }

    /// Whatever was at work here is gone: the shell shows its prompt, or the program ended.
    pub fn over(&mut self, now: DateTime<Utc>) -> bool {
        let before = self.said(now);
        self.claims.clear();
        self.changed(before, now)
    }

    fn said(&self, now: DateTime<Utc>) -> Option<(Activity, String)> {
        self.current(now).map(|current| (current.activity, current.claim.evidence))
    }

    fn changed(&mut self, before: Option<(Activity, String)>, now: DateTime<Utc>) -> bool {
        let after = self.said(now);
        let waits = after.as_ref().is_some_and(|(activity, _)| activity.needs_a_person());
        match self.waiting_since {
            None if waits => self.waiting_since = Some(now),
            Some(since) if !waits => {
                self.waited_ms += milliseconds(now - since);
                self.waiting_since = None;
            }
            _ => {}
        }
        before != after
    }

    /// None: nobody has said anything.
    pub fn current(&self, now: DateTime<Utc>) -> Option<Current> {
        let strongest = self.claims.first()?;
        let later = |claim: &&Claim| claim.at - strongest.at > AT_ONCE;
        let against = |claim: &&Claim| !claim.activity.fits(strongest.activity);
        let doubts: Vec<Claim> = self.claims[1..].iter().filter(later).filter(against).cloned().collect();
        let waited = self.waiting_since.map_or(0, |since| milliseconds(now - since));
        let told = |activity, claim: &Claim, doubts| Current {
            activity,
            claim: claim.clone(),
            doubts,
            waited_ms: self.waited_ms + waited,
        };
        // A call for a person is rather made once too often.
        let calls = |claim: &&Claim| claim.activity.needs_a_person() && claim.source.may_call();
        if let Some(call) = doubts.iter().find(calls) {
            return Some(told(call.activity, call, vec![strongest.clone()]));
        }
        if !doubts.is_empty() {
            return Some(told(Activity::Uncertain, strongest, doubts));
        }
        let newest = self.claims.iter().map(|claim| claim.at).max().unwrap_or(strongest.at);
        let stale = strongest.source >= Source::Hook && now - newest > STALE;
        let activity = match strongest.activity {
            Activity::Working if stale => Activity::Uncertain,
            asks if asks.needs_a_person() && !strongest.source.may_call() => Activity::Uncertain,
            activity => activity,
        };
        Some(told(activity, strongest, doubts))
    }
}

fn milliseconds(time: TimeDelta) -> u64 {
    u64::try_from(time.num_milliseconds()).unwrap_or(0)
}
