//! Faults that a test wishes for: which requests, how often, what happens to them, and whether the workspace has
//! already done what it was asked when they strike.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::Answer;
use crate::clock::{Millis, http_date};

/// A rule. It strikes a request that it matches, after `skip` of them, at most `times` times.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// `METHOD /path`, each with `*` for anything: `POST /api/2.0/apps/*`, `* *`.
    #[serde(rename = "match")]
    pub pattern: String,
    /// So many matching requests go through first.
    pub skip: u32,
    /// `None`: until it is removed.
    pub times: Option<u32>,
    /// Of those that are left, this share is struck: 0.05 is one of twenty. Follows from the seed.
    pub chance: f64,
    /// The request is carried out first and its answer is lost.
    pub after_handler: bool,
    /// By the workspace's clock, from and until when the rule holds.
    pub from: Option<Millis>,
    pub until: Option<Millis>,
    /// Waits so long, in real milliseconds, before anything else.
    pub delay_ms: u64,
    pub effect: Effect,
}

/// What a struck request gets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Its real answer: the rule only delays.
    #[default]
    Nothing,
    Answer {
        status: u16,
        #[serde(default)]
        headers: Vec<(String, String)>,
        #[serde(default)]
        body: Value,
    },
    /// `REQUEST_LIMIT_EXCEEDED`, or another code, with 429.
    RateLimited {
        #[serde(default)]
        retry_after: RetryAfter,
        #[serde(default)]
        code: Option<String>,
    },
    /// The page of the proxy in front, with this status.
    Html { status: u16 },
    /// 200 and a page to sign in.
    LoginPage,
    /// 303 to `/login.html`.
    LoginRedirect,
    /// The front door says that the token is dead.
    DeadToken,
    /// The connection is reset before a byte of the answer.
    Reset,
    /// The head and half of the body, then the end of the connection.
    Half,
    /// The head says more bytes than follow; the connection stays open for this long, in real milliseconds.
    Stall { ms: u64 },
    /// The body comes in pieces of so many bytes, with so many real milliseconds between them.
    Slow { bytes: usize, ms: u64 },
    /// The real answer with half of its body and a length that fits: JSON that ends too early.
    Truncated,
    /// The real answer without its body.
    Empty,
}

/// What `Retry-After` says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    #[default]
    Absent,
    Seconds(u64),
    /// A date so many seconds ahead, as HTTP allows.
    Date(u64),
    /// Something that is neither.
    Nonsense,
}

impl RetryAfter {
    pub fn header(self, now: Millis) -> Option<String> {
        match self {
            RetryAfter::Absent => None,
            RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
            RetryAfter::Date(seconds) => Some(http_date(now + seconds as Millis * 1000)),
            RetryAfter::Nonsense => Some("soon".to_owned()),
        }
    }
}

impl Default for Fault {
    fn default() -> Fault {
        Fault {
            pattern: "* *".to_owned(),
            skip: 0,
            times: None,
            chance: 1.0,
            after_handler: false,
            from: None,
            until: None,
            delay_ms: 0,
            effect: Effect::Nothing,
        }
    }
}

impl Fault {
    /// A rule for `METHOD /path`, once, that does nothing yet.
    pub fn on(pattern: &str) -> Fault {
        Fault { pattern: pattern.to_owned(), times: Some(1), ..Fault::default() }
    }

    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Fault {
        self.effect = effect;
        self
    }

    /// An error in the usual envelope.
    #[must_use]
    pub fn error(self, status: u16, code: &str, message: &str) -> Fault {
        let body = serde_json::json!({ "error_code": code, "message": message });
        self.effect(Effect::Answer { status, headers: Vec::new(), body })
    }

    #[must_use]
    pub fn reset(self) -> Fault {
        self.effect(Effect::Reset)
    }

    #[must_use]
    pub fn rate_limited(self, retry_after: RetryAfter) -> Fault {
        self.effect(Effect::RateLimited { retry_after, code: None })
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Some(times);
        self
    }

    /// Until it is removed.
    #[must_use]
    pub fn always(mut self) -> Fault {
        self.times = None;
        self
    }

    #[must_use]
    pub fn skip(mut self, requests: u32) -> Fault {
        self.skip = requests;
        self
    }

    #[must_use]
    pub fn chance(mut self, chance: f64) -> Fault {
        self.chance = chance;
        self
    }

    #[must_use]
    pub fn after_handler(mut self) -> Fault {
        self.after_handler = true;
        self
    }

    /// Holds from one time of the workspace's clock until another.
    #[must_use]
    pub fn during(mut self, from: Millis, until: Millis) -> Fault {
        (self.from, self.until) = (Some(from), Some(until));
        self
    }

    /// Real milliseconds.
    #[must_use]
    pub fn delay(mut self, ms: u64) -> Fault {
        self.delay_ms = ms;
        self
    }

    fn matches(&self, method: &str, path: &str, now: Millis) -> bool {
        let (wanted, pattern) = self.pattern.split_once(' ').unwrap_or(("*", &self.pattern));
        (wanted == "*" || wanted.eq_ignore_ascii_case(method))
            && fits(pattern, path)
            && self.from.is_none_or(|from| now >= from)
            && self.until.is_none_or(|until| now < until)
    }
}

#[derive(Debug)]
pub struct Faults {
    rules: Vec<(u64, Fault)>,
    next: u64,
    dice: u64,
}

impl Faults {
    pub fn new(seed: u64) -> Faults {
        Faults { rules: Vec::new(), next: 1, dice: seed }
    }

    pub fn add(&mut self, fault: Fault) -> u64 {
        let id = self.next;
        self.next += 1;
        self.rules.push((id, fault));
        id
    }

    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(other, _)| *other != id);
        self.rules.len() < before
    }

    pub fn clear(&mut self) {
        self.rules.clear();
    }

    pub fn list(&self) -> &[(u64, Fault)] {
        &self.rules
    }

    /// The first rule that strikes this request; every rule that matched has counted it.
    pub fn strike(&mut self, method: &str, path: &str, now: Millis) -> Option<Fault> {
        let mut struck = None;
        for (_, rule) in &mut self.rules {
            if !rule.matches(method, path, now) || struck.is_some() {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.chance < 1.0 && roll(&mut self.dice) >= rule.chance {
                continue;
            }
            if let Some(times) = &mut rule.times {
                if *times == 0 {
                    continue;
                }
                *times -= 1;
            }
            struck = Some(rule.clone());
        }
        self.rules.retain(|(_, rule)| rule.times != Some(0));
        struck
    }
}

/// splitmix64, as a number from 0 to 1.
fn roll(dice: &mut u64) -> f64 {
    *dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *dice;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether a pattern with `*` for anything, slashes too, fits the whole text.
pub fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The answer of a rule that has one of its own.
pub fn answer(effect: &Effect, now: Millis) -> Option<Answer> {
    match effect {
        Effect::Answer { status, headers, body } => {
            let answer = match body {
                Value::Null => Answer::empty(*status),
                Value::String(text) => Answer::text(*status, "text/plain", text.clone()),
                body => Answer::json(*status, body),
            };
            Some(headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value.clone())))
        }
        Effect::RateLimited { retry_after, code } => {
            Some(rate_limited(code.as_deref().unwrap_or("REQUEST_LIMIT_EXCEEDED"), *retry_after, now))
        }
        Effect::Html { status } => Some(Answer::html(*status)),
        Effect::LoginPage => Some(Answer::login_page()),
        Effect::LoginRedirect => {
            Some(Answer::redirect(303, "/login.html?error=private-link-validation-error:7474653000000001"))
        }
        Effect::DeadToken => Some(Answer::dead_token()),
        Effect::Nothing
        | Effect::Reset
        | Effect::Half
        | Effect::Stall { .. }
        | Effect::Slow { .. }
        | Effect::Truncated
        | Effect::Empty => None,
    }
}

pub fn rate_limited(code: &str, retry_after: RetryAfter, now: Millis) -> Answer {
    let message = match code {
        "RESOURCE_EXHAUSTED" => "Too many requests. Please wait a moment and try again",
        _ => "Current request has to be retried later because the rate limit was exceeded.",
    };
    let answer = Answer::error(429, code, message);
    match retry_after.header(now) {
        Some(header) => answer.with("Retry-After", header),
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("/api/2.0/apps", "/api/2.0/apps", true),
            ("/api/2.0/apps", "/api/2.0/apps/x", false),
            ("/api/2.0/apps*", "/api/2.0/apps/x/start", true),
            ("/api/*/start", "/api/2.0/apps/x/start", true),
            ("/api/*/start", "/api/2.0/apps/x/stop", false),
            ("*", "/anything", true),
            ("*a*b", "xaab", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_rule_lets_some_through_and_strikes_so_often() {
        let mut faults = Faults::new(1);
        faults.add(Fault::on("POST /x").skip(1).times(2).reset());
        let struck: Vec<bool> = (0..5).map(|_| faults.strike("POST", "/x", 0).is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(faults.list().is_empty());
    }

    #[test]
    fn chance_is_about_what_it_says() {
        let mut faults = Faults::new(7);
        faults.add(Fault::on("* *").always().chance(0.05).reset());
        let struck = (0..10_000).filter(|_| faults.strike("GET", "/x", 0).is_some()).count();
        assert!((300..700).contains(&struck), "{struck}");
    }

    #[test]
    fn a_window_of_time_opens_and_closes() {
        let mut faults = Faults::new(1);
        faults.add(Fault::on("* *").always().during(100, 200).reset());
        let struck: Vec<bool> =
            [99, 100, 199, 200].map(|now| faults.strike("GET", "/x", now).is_some()).to_vec();
        assert_eq!(struck, [false, true, true, false]);
    }
}
