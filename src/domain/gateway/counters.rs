//! What requests come to, summed up by day, session, agent and model.

use std::ops::AddAssign;
use std::time::Duration;

use chrono::NaiveDate;

use super::prices::Prices;
use super::usage::Tokens;

/// Longest name of a model, in characters.
const LONGEST: usize = 120;

/// What a sum is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// UTC, when the request ended.
    pub day: NaiveDate,
    pub session: String,
    pub agent: String,
    /// Empty for requests that name none, such as lists of models.
    pub model: String,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    /// 401 and 403.
    Unauthorized,
    /// 429 and 529.
    Throttled,
    /// Any other 4xx.
    Invalid,
    /// 5xx, or an error in the middle of an answer.
    Failed,
    /// No answer, or one that broke off.
    Network,
    /// The agent did not wait for the end.
    Cancelled,
}

impl Outcome {
    pub fn of_status(status: u16) -> Outcome {
        match status {
            ..400 => Outcome::Answered,
            401 | 403 => Outcome::Unauthorized,
            429 | 529 => Outcome::Throttled,
            400..500 => Outcome::Invalid,
            _ => Outcome::Failed,
        }
    }
}

/// A request that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub session: String,
    pub agent: String,
    pub model: String,
    pub outcome: Outcome,
    /// Whether the answer should have said what it used.
    pub metered: bool,
    pub tokens: Option<Tokens>,
    /// From the request's end to the first byte of the answer.
    pub first_byte: Option<Duration>,
    pub total: Duration,
}

/// Sums. Times are in milliseconds, money in thousandths of a millionth of a US dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub requests: u64,
    pub errors_unauthorized: u64,
    pub errors_throttled: u64,
    pub errors_invalid: u64,
    pub errors_failed: u64,
    pub errors_network: u64,
    pub cancelled: u64,
    pub tokens_input: u64,
    pub tokens_cached: u64,
    pub tokens_written: u64,
    pub tokens_output: u64,
    /// Answers that did not say what they used.
    pub without_usage: u64,
    /// Answers whose model has no price.
    pub without_price: u64,
    pub cost_nano_usd: u64,
    pub first_byte_ms: u64,
    pub first_bytes: u64,
    pub total_ms: u64,
}

impl Finished {
    pub fn line(&self, day: NaiveDate) -> Line {
        Line { day, session: self.session.clone(), agent: self.agent.clone(), model: bounded(&self.model) }
    }

    pub fn counts(&self, prices: &Prices) -> Counts {
        let (mut counts, one) = (Counts { requests: 1, ..Counts::default() }, 1);
        match self.outcome {
            Outcome::Answered => {}
            Outcome::Unauthorized => counts.errors_unauthorized = one,
            Outcome::Throttled => counts.errors_throttled = one,
            Outcome::Invalid => counts.errors_invalid = one,
            Outcome::Failed => counts.errors_failed = one,
            Outcome::Network => counts.errors_network = one,
            Outcome::Cancelled => counts.cancelled = one,
        }
        counts.total_ms = millis(self.total);
        if let Some(first) = self.first_byte {
            (counts.first_byte_ms, counts.first_bytes) = (millis(first), 1);
        }
        let Some(tokens) = &self.tokens else {
            let should = self.metered && matches!(self.outcome, Outcome::Answered | Outcome::Cancelled);
            counts.without_usage = u64::from(should);
            return counts;
        };
        counts.tokens_input = tokens.input;
        counts.tokens_cached = tokens.cached;
        counts.tokens_written = tokens.written;
        counts.tokens_output = tokens.output;
        match prices.nano_usd(&self.model, tokens) {
            Some(cost) => counts.cost_nano_usd = cost,
            None => counts.without_price = 1,
        }
        counts
    }
}

impl Counts {
    /// Each sum with its name, in the order of the columns.
    pub fn columns(&self) -> [(&'static str, u64); 17] {
        [
            ("requests", self.requests),
            ("errors_unauthorized", self.errors_unauthorized),
            ("errors_throttled", self.errors_throttled),
            ("errors_invalid", self.errors_invalid),
            ("errors_failed", self.errors_failed),
            ("errors_network", self.errors_network),
            ("cancelled", self.cancelled),
            ("tokens_input", self.tokens_input),
            ("tokens_cached", self.tokens_cached),
            ("tokens_written", self.tokens_written),
            ("tokens_output", self.tokens_output),
            ("without_usage", self.without_usage),
            ("without_price", self.without_price),
            ("cost_nano_usd", self.cost_nano_usd),
            ("first_byte_ms", self.first_byte_ms),
            ("first_bytes", self.first_bytes),
            ("total_ms", self.total_ms),
        ]
    }

    /// From the sums in the order of [`Counts::columns`].
    pub fn from_columns(sums: [u64; 17]) -> Counts {
        let [
            requests,
            errors_unauthorized,
            errors_throttled,
            errors_invalid,
            errors_failed,
            errors_network,
            cancelled,
            tokens_input,
            tokens_cached,
            tokens_written,
            tokens_output,
            without_usage,
            without_price,
            cost_nano_usd,
            first_byte_ms,
            first_bytes,
            total_ms,
        ] = sums;
        Counts {
            requests,
            errors_unauthorized,
            errors_throttled,
            errors_invalid,
            errors_failed,
            errors_network,
            cancelled,
            tokens_input,
            tokens_cached,
            tokens_written,
            tokens_output,
            without_usage,
            without_price,
            cost_nano_usd,
            first_byte_ms,
            first_bytes,
            total_ms,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        let (ours, theirs) = (self.columns(), more.columns());
        let sums = std::array::from_fn(|at| ours[at].1.saturating_add(theirs[at].1));
        *self = Counts::from_columns(sums);
    }
}

/// A model's name as it is kept: agents may send anything.
pub fn bounded(model: &str) -> String {
    model.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(outcome: Outcome, tokens: Option<Tokens>) -> Finished {
        Finished {
            session: "s".to_owned(),
            agent: "claude".to_owned(),
            model: "gpt-5".to_owned(),
            outcome,
            metered: true,
            tokens,
            first_byte: Some(Duration::from_millis(20)),
            total: Duration::from_millis(100),
        }
    }

    #[test]
    fn what_is_not_known_is_counted_as_not_known() {
        let tokens = Some(Tokens { input: 10, ..Tokens::default() });
        let count = |outcome, tokens, prices: &Prices| {
            let counts = finished(outcome, tokens).counts(prices);
            (counts.without_usage, counts.without_price, counts.cost_nano_usd)
        };
        let shipped = Prices::shipped();
        assert_eq!(count(Outcome::Answered, tokens, &shipped), (0, 0, 12_500));
        assert_eq!(count(Outcome::Answered, tokens, &Prices::default()), (0, 1, 0));
        assert_eq!(count(Outcome::Answered, None, &shipped), (1, 0, 0));
        assert_eq!(count(Outcome::Throttled, None, &shipped), (0, 0, 0), "an error uses nothing");
    }

    #[test]
    fn sums_are_sums_of_every_column() {
        let mut sum = Counts::from_columns(std::array::from_fn(|at| at as u64));
        sum += Counts::from_columns([100; 17]);
        assert_eq!(sum, Counts::from_columns(std::array::from_fn(|at| 100 + at as u64)));
    }

    #[test]
    fn a_status_says_how_it_ended() {
        for (status, outcome) in [
            (200, Outcome::Answered),
            (400, Outcome::Invalid),
            (401, Outcome::Unauthorized),
            (403, Outcome::Unauthorized),
            (404, Outcome::Invalid),
            (429, Outcome::Throttled),
            (500, Outcome::Failed),
            (529, Outcome::Throttled),
        ] {
            assert_eq!(Outcome::of_status(status), outcome, "{status}");
        }
    }

    #[test]
    fn a_name_is_kept_within_bounds() {
        assert_eq!(bounded(&format!("a\n{}", "x".repeat(500))).len(), LONGEST);
    }
}
