//! What agents write, whole, half and wrong.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::super::{Claim, Found, Hearing, Progress, RESULT_BYTES, Report};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn report(text: &str) -> Report {
    match Found::read(text.as_bytes()) {
        Found::Valid(report) => *report,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_result_says_what_it_says() {
    let report = report(
        r#"{"status": "info_needed", "summary": "s", "feedback": "which table?", "files_changed": ["a", {"path": "b"}],
            "artifacts": {"url": "x"}, "errors": [], "more": 1}"#,
    );
    assert_eq!((report.claim, report.asked()), (Claim::InfoNeeded, "which table?"));
    assert_eq!(report.files_changed, ["a", "b"]);
    assert_eq!(report.artifacts["url"], "x");
    assert!(report.faults.is_empty());
}

/// A7 3: an empty or half-written result.json ended the task of the replaced server, and counted as completed.
#[test]
fn what_is_no_result_is_never_taken_for_one() {
    for text in [
        "",
        "{",
        r#"{"status": "completed", "summ"#,
        "null",
        "[]",
        "\"completed\"",
        "{}",
        r#"{"summary": "all done"}"#,
        r#"{"status": null}"#,
        r#"{"status": true}"#,
        r#"{"status": ["completed"]}"#,
        r#"{"status": "Completed!"}"#,
        r#"{"status": "running"}"#,
        r#"{"status": "info_needed"}"#,
        r#"{"status": "needs_approval", "summary": " ", "feedback": 3}"#,
        r#"{"status": "completed"} trailing"#,
    ] {
        assert!(matches!(Found::read(text.as_bytes()), Found::Unreadable(_)), "{text}");
    }
    let huge = format!(r#"{{"status": "completed", "summary": "{}"}}"#, "x".repeat(RESULT_BYTES));
    assert!(matches!(Found::read(huge.as_bytes()), Found::Unreadable(_)));
}

#[test]
fn wrong_types_are_passed_over_and_told() {
    let report = report(
        r#"{"status": "completed", "summary": {"a": 1}, "files_changed": "a.txt", "errors": [1, "real"], "artifacts": [1]}"#,
    );
    assert_eq!((report.claim, report.errors.as_slice()), (Claim::Completed, &["real".to_owned()][..]));
    assert_eq!(report.faults.len(), 4, "{:?}", report.faults);
}

#[test]
fn progress_is_read_line_by_line() {
    let mut progress = Progress::default();
    assert_eq!(progress.feed(b"{\"step\": \"plan\", \"mess", now()), []);
    let steps = progress
        .feed(b"age\": \"one\"}\nnonsense\n\n{\"message\": \"two\"}\n[1]\n{}\n{\"step\": 3}\n", now());
    let said: Vec<(&str, &str)> =
        steps.iter().map(|step| (step.step.as_str(), step.message.as_str())).collect();
    assert_eq!(said, [("plan", "one"), ("", "two")]);
    assert_eq!(progress.unreadable, 4);
    let long = [b"{\"step\": \"".as_slice(), &vec![b'x'; 1 << 20], b"\"}\n{\"step\": \"after\"}\n"].concat();
    let steps = progress.feed(&long, now());
    assert_eq!(steps.iter().map(|step| step.step.as_str()).collect::<Vec<_>>(), ["after"]);
}

/// A7 2: a line in the status file changed the task's state to `unknown` at the replaced server.
#[test]
fn nothing_in_progress_is_a_state() {
    let steps = Progress::default().feed(b"{\"status\": \"completed\"}\n", now());
    assert_eq!(steps, []);
}

proptest! {
    #[test]
    fn nothing_that_is_written_breaks_a_reader(pieces in proptest::collection::vec(any::<Vec<u8>>(), 0..20)) {
        let mut progress = Progress::default();
        let mut hearing = Hearing::default();
        for piece in &pieces {
            let _ = progress.feed(piece, now());
            hearing.feed(&String::from_utf8_lossy(piece));
        }
        let _ = (hearing.heard(), Found::read(&pieces.concat()));
    }

    #[test]
    fn progress_is_the_same_however_it_is_cut(cuts in proptest::collection::vec(0usize..200, 0..10)) {
        let text = b"{\"step\": \"a\", \"message\": \"1\"}\n{\"step\": \"b\"}\nnot json\n{\"message\": \"c\"}\n";
        let whole = Progress::default().feed(text, now());
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut progress = Progress::default();
        let steps: Vec<_> = cuts.windows(2).flat_map(|ends| progress.feed(&text[ends[0]..ends[1]], now())).collect();
        prop_assert_eq!(steps, whole);
    }

    /// Half of a result is none, wherever it is cut.
    #[test]
    fn half_a_result_is_no_result(cut in 0usize..70) {
        let text = r#"{"status": "completed", "summary": "done", "files_changed": ["a.txt"]}"#;
        prop_assert!(matches!(Found::read(&text.as_bytes()[..cut.min(text.len() - 1)]), Found::Unreadable(_)));
    }
}
