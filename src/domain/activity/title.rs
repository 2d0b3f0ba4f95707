//! What agents write into the window's title.

use chrono::{DateTime, Utc};

use super::{Activity, Claim, Source};

/// Words with which an agent calls for a person.
const CALLS: [&str; 2] = ["action required", "waiting for approval"];
/// Patterns of dots, as spinners have them.
const SPINNER: std::ops::RangeInclusive<char> = '\u{2801}'..='\u{28ff}';

/// None: the title says nothing of that kind.
pub fn shown(title: &str, now: DateTime<Utc>) -> Option<Claim> {
    let low = title.to_lowercase();
    let starts = |sign: char| title.trim_start().starts_with(sign);
    let activity = if CALLS.iter().any(|call| low.contains(call)) {
        Activity::NeedsInput
    } else if title.trim_start().chars().next().is_some_and(|first| SPINNER.contains(&first)) || starts('✦')
    {
        Activity::Working
    } else if starts('◇') {
        Activity::Idle
    } else {
        return None;
    };
    Some(Claim::new(Source::Title, activity, title, now))
}
