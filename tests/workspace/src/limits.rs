//! Rate limits: so many requests of a kind in a window of time, for each caller or for all together.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::clock::Millis;
use crate::faults::{RetryAfter, fits, rate_limited};
use crate::principals::PrincipalId;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// `METHOD /path` as in a fault.
    #[serde(rename = "match")]
    pub pattern: String,
    pub requests: usize,
    /// Milliseconds of the workspace's clock.
    pub window: Millis,
    #[serde(default)]
    pub retry_after: RetryAfter,
    /// `REQUEST_LIMIT_EXCEEDED` where nothing is said.
    #[serde(default)]
    pub code: Option<String>,
    /// One count for all callers.
    #[serde(default)]
    pub shared: bool,
}

#[derive(Debug, Default)]
pub struct Limits {
    rules: Vec<Limit>,
    /// When the requests that went through came, by rule and caller.
    passed: BTreeMap<(usize, PrincipalId), VecDeque<Millis>>,
}

impl Limits {
    pub fn set(&mut self, rules: Vec<Limit>) {
        self.rules = rules;
        self.passed.clear();
    }

    pub fn list(&self) -> &[Limit] {
        &self.rules
    }

    /// Counts the request, or says that it is one too many.
    pub fn check(&mut self, method: &str, path: &str, who: PrincipalId, now: Millis) -> Result<(), Answer> {
        let request = format!("{method} {path}");
        for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| fits(&rule.pattern, &request)) {
            let who = if rule.shared { PrincipalId(0) } else { who };
            let passed = self.passed.entry((at, who)).or_default();
            while passed.front().is_some_and(|first| *first + rule.window <= now) {
                passed.pop_front();
            }
            if passed.len() >= rule.requests {
                let code = rule.code.as_deref().unwrap_or("REQUEST_LIMIT_EXCEEDED");
                return Err(rate_limited(code, rule.retry_after, now));
            }
            passed.push_back(now);
        }
        Ok(())
    }
}
