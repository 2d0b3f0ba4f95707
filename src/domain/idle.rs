//! When a session that nobody looks after is ended.
//!
//! Watching, asking for output, a heartbeat and typing are attention; output is not, or a program that prints for
//! ever would never be ended.

use std::time::Duration;

/// The warning comes when this share of the time is over, in percent.
const WARNING: u32 = 80;

/// How long a session may be without attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleRule {
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idleness {
    /// All is well for so long.
    Fine(Duration),
    /// It will be ended after so long.
    Warned(Duration),
    Expired,
}

impl IdleRule {
    /// None when `seconds` is 0: sessions are never ended for want of attention.
    pub fn after_seconds(seconds: u64) -> Option<IdleRule> {
        (seconds > 0).then(|| IdleRule { timeout: Duration::from_secs(seconds) })
    }

    /// What to think of a session that has been without attention for `idle`.
    pub fn judge(self, idle: Duration) -> Idleness {
        let warning = self.timeout * WARNING / 100;
        if idle > self.timeout {
            Idleness::Expired
        } else if idle >= warning {
            Idleness::Warned(self.timeout - idle)
        } else {
            Idleness::Fine(warning - idle)
        }
    }

    pub fn timeout(self) -> Duration {
        self.timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    #[test]
    fn a_day_with_a_warning_at_four_fifths() {
        let rule = IdleRule::after_seconds(24 * HOUR).unwrap();
        let judge = |seconds| rule.judge(Duration::from_secs(seconds));
        assert_eq!(judge(0), Idleness::Fine(Duration::from_secs(69_120)));
        for hours in [1, 12, 18, 19] {
            assert!(matches!(judge(hours * HOUR), Idleness::Fine(_)), "{hours} h");
        }
        assert_eq!(judge(20 * HOUR), Idleness::Warned(Duration::from_secs(4 * HOUR)));
        assert_eq!(judge(24 * HOUR), Idleness::Warned(Duration::ZERO));
        assert_eq!(judge(24 * HOUR + 1), Idleness::Expired);
        assert_eq!(judge(25 * HOUR), Idleness::Expired);
    }

    #[test]
    fn zero_is_never() {
        assert_eq!(IdleRule::after_seconds(0), None);
    }
}
