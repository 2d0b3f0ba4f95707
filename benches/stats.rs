//! Medians, percentiles, and how much the rounds differ.

use std::time::Duration;

/// The middle one; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

/// The value that `percent` of the values do not exceed; 0 of nothing.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().min_by(f64::total_cmp).unwrap_or_default()
}

pub fn most(values: &[f64]) -> f64 {
    values.iter().copied().max_by(f64::total_cmp).unwrap_or_default()
}

/// Latencies in microseconds, round by round.
#[derive(Default)]
pub struct Rounds(Vec<Vec<f64>>);

impl Rounds {
    pub fn add(&mut self, latencies: &[Duration]) {
        self.0.push(latencies.iter().map(|latency| latency.as_secs_f64() * 1e6).collect());
    }

    fn each(&self, percent: f64) -> Vec<f64> {
        self.0.iter().map(|round| percentile(round, percent)).collect()
    }

    /// Median over the rounds of each round's percentile.
    pub fn at(&self, percent: f64) -> f64 {
        median(&self.each(percent))
    }

    /// "120 µs (110–150)": the median round, the best and the worst.
    pub fn show(&self, percent: f64) -> String {
        let each = self.each(percent);
        format!("{:.0} µs ({:.0}–{:.0})", median(&each), least(&each), most(&each))
    }
}
