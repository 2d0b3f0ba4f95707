//! The way of agents to their models, and what it comes to.

use serde::Serialize;

use crate::actors::gateway::GatewayReport;
use crate::config::GatewayMode;
use crate::domain::gateway::Counts;
use crate::domain::usage_report::{Question, Sum};

/// `/api/gateway`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct GatewayStatus {
    /// `gateway` or `direct`; null where there is no workspace, so that agents go their own ways.
    pub mode: Option<String>,
    /// Where agents of this machine find it; null where they do not.
    pub url: Option<String>,
    /// Kind of the place where models are: `gateway_host`, `workspace_gateway`, `dedicated_gateway` or
    /// `serving_endpoints`; null until that is known.
    pub route: Option<String>,
    /// Its address.
    pub base_url: Option<String>,
    /// Whether the last request or look was answered; null before the first.
    pub reachable: Option<bool>,
    /// Whether there is a token to ask with.
    pub has_token: bool,
    pub requests_in_flight: usize,
    /// Since the daemon started.
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
    pub last_error: Option<GatewayTrouble>,
}

/// What went wrong last. `at`: RFC 3339, UTC.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct GatewayTrouble {
    pub at: String,
    pub agent: String,
    pub model: String,
    pub message: String,
}

/// `/api/usage`. Days are as `2026-01-31`, UTC, both included.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Usage {
    pub since: String,
    pub until: String,
    /// The newest day first; at most 5,000.
    pub rows: Vec<UsageRow>,
    pub total: UsageSums,
    /// There are more rows than are shown, which `total` leaves out.
    pub truncated: bool,
}

/// Null for what is not told apart.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct UsageRow {
    pub day: Option<String>,
    pub session_id: Option<String>,
    pub agent: Option<String>,
    /// Empty for requests that name none, such as lists of models.
    pub model: Option<String>,
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub sums: UsageSums,
}

/// Each request ends in one of `errors_*`, in `cancelled`, or in an answer. Tokens are counted once: what was read from
/// a cache or written into one is not in `input_tokens`.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct UsageSums {
    #[cfg_attr(test, ts(type = "number"))]
    pub requests: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors_unauthorized: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors_throttled: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors_invalid: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors_failed: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors_network: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub cancelled: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub input_tokens: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub cached_tokens: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub cache_write_tokens: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub output_tokens: u64,
    /// US dollars by the list of prices; null when none of it has a known price.
    pub cost_usd: Option<f64>,
    /// Requests whose cost is not in `cost_usd`, because nobody knows their model's price.
    #[cfg_attr(test, ts(type = "number"))]
    pub requests_without_price: u64,
    /// Requests whose answer did not say how many tokens it took.
    #[cfg_attr(test, ts(type = "number"))]
    pub requests_without_usage: u64,
    /// Milliseconds until the first byte of an answer, and until its end, on average; null before the first.
    pub first_byte_ms: Option<f64>,
    pub total_ms: Option<f64>,
}

impl From<GatewayReport> for GatewayStatus {
    fn from(report: GatewayReport) -> GatewayStatus {
        let mode = match report.mode {
            GatewayMode::Gateway => "gateway",
            GatewayMode::Direct => "direct",
        };
        let (route, base_url) = report.route.map(|route| (route.kind.word().to_owned(), route.base)).unzip();
        GatewayStatus {
            mode: report.workspace.then(|| mode.to_owned()),
            url: report.url,
            route,
            base_url,
            reachable: report.reachable,
            has_token: report.lease,
            requests_in_flight: report.in_flight,
            requests: report.requests,
            last_error: report.last_trouble.map(|trouble| GatewayTrouble {
                at: trouble.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                agent: trouble.agent,
                model: trouble.model,
                message: trouble.message,
            }),
        }
    }
}

impl Usage {
    pub fn new(question: &Question, sums: Vec<Sum>) -> Usage {
        let mut total = Counts::default();
        sums.iter().for_each(|sum| total += sum.counts);
        Usage {
            since: question.since.to_string(),
            until: question.until.to_string(),
            truncated: sums.len() >= question.limit as usize,
            rows: sums.into_iter().map(UsageRow::from).collect(),
            total: UsageSums::from(total),
        }
    }
}

impl From<Sum> for UsageRow {
    fn from(sum: Sum) -> UsageRow {
        UsageRow {
            day: sum.day.map(|day| day.to_string()),
            session_id: sum.session,
            agent: sum.agent,
            model: sum.model,
            sums: UsageSums::from(sum.counts),
        }
    }
}

impl From<Counts> for UsageSums {
    fn from(counts: Counts) -> UsageSums {
        let mean =
            |sum: u64, count: u64| (count > 0).then(|| (sum as f64 / count as f64 * 10.0).round() / 10.0);
        let metered = counts.requests - counts.without_usage.min(counts.requests);
        let known = counts.cost_nano_usd > 0 || counts.without_price == 0;
        UsageSums {
            requests: counts.requests,
            errors_unauthorized: counts.errors_unauthorized,
            errors_throttled: counts.errors_throttled,
            errors_invalid: counts.errors_invalid,
            errors_failed: counts.errors_failed,
            errors_network: counts.errors_network,
            cancelled: counts.cancelled,
            input_tokens: counts.tokens_input,
            cached_tokens: counts.tokens_cached,
            cache_write_tokens: counts.tokens_written,
            output_tokens: counts.tokens_output,
            cost_usd: (known && metered > 0).then_some(counts.cost_nano_usd as f64 / 1e9),
            requests_without_price: counts.without_price,
            requests_without_usage: counts.without_usage,
            first_byte_ms: mean(counts.first_byte_ms, counts.first_bytes),
            total_ms: mean(counts.total_ms, counts.requests),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_that_nobody_knows_is_not_nothing() {
        let cost = |counts| UsageSums::from(counts).cost_usd;
        let of = |requests, without_price, without_usage, cost_nano_usd| Counts {
            requests,
            without_price,
            without_usage,
            cost_nano_usd,
            ..Counts::default()
        };
        assert_eq!(cost(of(2, 0, 0, 1_500_000_000)), Some(1.5));
        assert_eq!(cost(of(2, 1, 0, 1_500_000_000)), Some(1.5));
        assert_eq!(cost(of(2, 2, 0, 0)), None);
        assert_eq!(cost(of(2, 0, 2, 0)), None);
        assert_eq!(cost(of(2, 0, 0, 0)), Some(0.0));
    }
}
