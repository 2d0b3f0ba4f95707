//! When a call is sent again: the one rule, for all calls.

use std::time::{Duration, SystemTime};

use super::call::Twice;
use super::failure::{Class, Failure};

/// The first pause, doubled after each try up to the longest.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(10);
/// Added to a pause that the workspace named, at most: so that those it turned away do not come back as one.
const SPREAD: Duration = Duration::from_secs(1);

/// How long to wait before the call is sent again; `None`: it is not.
///
/// `tries`: how often it was sent; `left`: how long the caller still waits; `dice`: between 0 and 1, new each time.
/// What may have been done is sent again only if doing it twice is doing it once.
pub fn pause(failure: &Failure, twice: Twice, tries: u32, left: Duration, dice: f64) -> Option<Duration> {
    let pause = match failure.class {
        Class::TooMany(Some(named)) => named.saturating_add(SPREAD.mul_f64(dice)),
        Class::TooMany(None) | Class::Unavailable | Class::Unreachable => {
            let most = FIRST.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(LONGEST);
            // Half of it for sure: a pause of nothing helps nobody.
            most.mul_f64(0.5 + dice / 2.0)
        }
        _ => return None,
    };
    let safe = twice == Twice::IsOnce || !failure.perhaps_done;
    (safe && pause < left).then_some(pause)
}

/// The pause that `Retry-After` names: seconds, or a date.
pub fn named(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: Class, perhaps_done: bool) -> Failure {
        Failure::without_answer("test", class, "", perhaps_done)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn only_what_time_may_help_is_tried_again() {
        for (class, again) in [
            (Class::Unauthenticated, false),
            (Class::Forbidden, false),
            (Class::Missing, false),
            (Class::Exists, false),
            (Class::Unknown, false),
            (Class::Busy, false),
            (Class::Quota, false),
            (Class::Invalid, false),
            (Class::NotAnApi, false),
            (Class::TooMany(None), true),
            (Class::Unavailable, true),
            (Class::Unreachable, true),
        ] {
            let pause = pause(&failure(class, false), Twice::IsTwice, 1, LONG, 0.5);
            assert_eq!(pause.is_some(), again, "{class:?}");
        }
    }

    #[test]
    fn what_may_have_been_done_is_not_done_twice() {
        let lost = failure(Class::Unreachable, true);
        assert_eq!(pause(&lost, Twice::IsTwice, 1, LONG, 0.0), None);
        assert!(pause(&lost, Twice::IsOnce, 1, LONG, 0.0).is_some());
    }

    #[test]
    fn pauses_grow_to_a_bound_and_are_not_the_same_for_all() {
        let down = failure(Class::Unavailable, false);
        let at = |tries, dice| pause(&down, Twice::IsOnce, tries, LONG, dice).unwrap().as_millis();
        assert_eq!(
            [at(1, 0.0), at(1, 1.0), at(2, 1.0), at(5, 1.0), at(9, 1.0)],
            [250, 500, 1000, 8000, 10000]
        );
        assert_eq!(at(u32::MAX, 0.0), 5000);
    }

    #[test]
    fn a_named_pause_is_kept_and_one_beyond_the_deadline_ends_it() {
        let told = |seconds| failure(Class::TooMany(Some(Duration::from_secs(seconds))), false);
        assert_eq!(pause(&told(2), Twice::IsTwice, 1, LONG, 0.5), Some(Duration::from_millis(2500)));
        assert_eq!(pause(&told(60), Twice::IsTwice, 1, LONG, 0.0), None);
        assert_eq!(pause(&told(u64::MAX), Twice::IsTwice, 1, LONG, 1.0), None);
    }

    #[test]
    fn a_pause_is_named_in_seconds_or_by_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let seconds = |header| named(header, now).map(|pause| pause.as_secs());
        assert_eq!(seconds(" 7 "), Some(7));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!([seconds("soon"), seconds("-1"), seconds("1.5")], [None; 3]);
    }
}
