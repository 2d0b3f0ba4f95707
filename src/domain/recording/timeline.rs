//! What a player must know of a recording before it plays it: how long it is, where it can be entered, where nothing
//! happens for a while.
//!
//! The clock is that of [`Cast`](super::Cast): it begins with the first segment, and a clock that was set back counts
//! as no time.

use crate::domain::journal::{Body, Record, SegmentHeader};
use crate::domain::size::Size;

/// The shortest pause told, in microseconds.
const PAUSE_US: u64 = 1_000_000;
/// Pauses told; of more than these, the longest.
const PAUSES: usize = 2_000;

/// Made of all records of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// When it begins, in microseconds since the epoch.
    pub began_us: u64,
    pub duration_us: u64,
    /// At the beginning.
    pub size: Size,
    /// In order; the first is where it begins.
    pub parts: Vec<Part>,
    /// In order.
    pub pauses: Vec<Pause>,
    /// Where the output ends.
    pub end: u64,
}

/// A place from which the recording can be played without what is before it: one that begins with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub offset: u64,
    /// Microseconds since the beginning.
    pub at_us: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Microseconds since the beginning.
    pub at_us: u64,
    pub us: u64,
}

/// Takes the records of one journal in order. Holds none of their output.
#[derive(Debug)]
pub struct Survey {
    timeline: Timeline,
    /// The time of the last record, microseconds since the epoch.
    last_us: u64,
}

impl Survey {
    /// `begin` is the header of the first segment whose records follow.
    pub fn begin(begin: SegmentHeader) -> Survey {
        let (began_us, size, end) = (begin.created_us, begin.size, begin.first_offset);
        let parts = vec![Part { offset: end, at_us: 0 }];
        let timeline = Timeline { began_us, duration_us: 0, size, parts, pauses: Vec::new(), end };
        Survey { timeline, last_us: began_us }
    }

    /// Says when it happened, in microseconds since the beginning.
    pub fn record(&mut self, record: &Record) -> u64 {
        let timeline = &mut self.timeline;
        let passed = record.time_us.saturating_sub(self.last_us);
        let at_us = timeline.duration_us + passed;
        // A snapshot is nothing that anybody sees happen.
        if let Body::Keyframe(_) = record.body {
            if timeline.parts.last().is_none_or(|part| part.offset < record.offset) {
                timeline.parts.push(Part { offset: record.offset, at_us });
            }
            return at_us;
        }
        if passed >= PAUSE_US {
            timeline.pauses.push(Pause { at_us: timeline.duration_us, us: passed });
            if timeline.pauses.len() >= 2 * PAUSES {
                keep_longest(&mut timeline.pauses);
            }
        }
        timeline.duration_us = at_us;
        timeline.end = record.end().unwrap_or(timeline.end);
        self.last_us = record.time_us;
        at_us
    }

    pub fn finish(mut self) -> Timeline {
        keep_longest(&mut self.timeline.pauses);
        self.timeline.pauses.sort_unstable_by_key(|pause| pause.at_us);
        self.timeline
    }
}

fn keep_longest(pauses: &mut Vec<Pause>) {
    pauses.sort_unstable_by_key(|pause| std::cmp::Reverse(pause.us));
    pauses.truncate(PAUSES);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journal::Keyframe;
    use bytes::Bytes;

    const T: u64 = 1_700_000_000_000_000;
    const SIZE: Size = Size { rows: 24, cols: 80 };
    const SECOND: u64 = 1_000_000;

    fn survey(first_offset: u64, records: &[(u64, u64, Body)]) -> (Vec<u64>, Timeline) {
        let mut survey = Survey::begin(SegmentHeader { first_offset, created_us: T, size: SIZE });
        let record = |(offset, after_us, body): &(u64, u64, Body)| Record {
            offset: *offset,
            time_us: T + after_us,
            body: body.clone(),
        };
        let times = records.iter().map(|it| survey.record(&record(it))).collect();
        (times, survey.finish())
    }

    fn out(bytes: usize) -> Body {
        Body::Output(Bytes::from(vec![b'x'; bytes]))
    }

    fn frame() -> Body {
        Body::Keyframe(Keyframe { size: SIZE, bytes: Bytes::new() })
    }

    #[test]
    fn a_recording_has_a_length_parts_and_pauses() {
        let (times, timeline) = survey(
            7,
            &[
                (7, 0, frame()),
                (7, SECOND / 2, out(3)),
                (10, 4 * SECOND, out(5)),
                (15, 4 * SECOND, frame()),
                (15, 4 * SECOND, frame()),
                (15, 5 * SECOND, Body::Resize(SIZE)),
                (15, 5 * SECOND, Body::Gap(85)),
            ],
        );
        assert_eq!(times[2], 4 * SECOND);
        assert_eq!(timeline.parts, [Part { offset: 7, at_us: 0 }, Part { offset: 15, at_us: 4 * SECOND }]);
        let pauses =
            [Pause { at_us: SECOND / 2, us: 7 * SECOND / 2 }, Pause { at_us: 4 * SECOND, us: SECOND }];
        assert_eq!(timeline.pauses, pauses);
        assert_eq!((timeline.duration_us, timeline.end, timeline.began_us), (5 * SECOND, 100, T));
    }

    #[test]
    fn a_clock_that_was_set_back_counts_as_no_time() {
        let (times, timeline) = survey(0, &[(0, 900, out(1)), (1, 200, out(1)), (2, 300, out(1))]);
        assert_eq!(times, [900, 900, 1_000]);
        assert_eq!(timeline.duration_us, 1_000);
    }

    #[test]
    fn of_too_many_pauses_the_longest_are_told_in_order() {
        let mut at = 0;
        let long = |index: u64| index.is_multiple_of(5);
        let records: Vec<(u64, u64, Body)> = (0..5_000)
            .map(|index| {
                at += if long(index) { 60 * SECOND } else { 2 * SECOND };
                (index, at, out(1))
            })
            .collect();
        let (_, timeline) = survey(0, &records);
        assert_eq!(timeline.pauses.len(), PAUSES);
        assert_eq!(timeline.pauses.iter().filter(|pause| pause.us == 60 * SECOND).count(), 1_000);
        assert!(timeline.pauses.windows(2).all(|pair| pair[0].at_us < pair[1].at_us));
    }

    #[test]
    fn nothing_has_no_length() {
        let (_, timeline) = survey(3, &[]);
        assert_eq!((timeline.duration_us, timeline.end), (0, 3));
    }
}
