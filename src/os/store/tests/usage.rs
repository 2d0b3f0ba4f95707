//! Sums of use are added up, each batch once.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::Database;
use crate::domain::gateway::{Counts, Line};
use crate::domain::usage_report::Question;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, number).unwrap()
}

fn sum(number: u32, session: &str, model: &str, requests: u64) -> (Line, Counts) {
    let line = Line {
        day: day(number),
        session: session.to_owned(),
        agent: "claude".to_owned(),
        model: model.to_owned(),
    };
    (line, Counts { requests, cost_nano_usd: requests * 7, ..Counts::default() })
}

fn ask(database: &Database, group_by: &str, session: Option<&str>) -> Vec<(Option<String>, u64, u64)> {
    let question = Question::new(day(3), Some(2), session.map(str::to_owned), Some(group_by)).unwrap();
    let sums = database.usage(&question).unwrap();
    sums.into_iter().map(|sum| (sum.model, sum.counts.requests, sum.counts.cost_nano_usd)).collect()
}

#[test]
fn a_batch_is_added_once_however_often_it_comes() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let batch = [sum(3, "a", "m", 2), sum(3, "a", "n", 1)];
    database.add_usage("one", 1, &batch, at(1)).unwrap();
    database.add_usage("one", 1, &batch, at(2)).unwrap();
    drop(database);
    let mut database = Database::open(state.path(), at(3)).unwrap();
    database.add_usage("one", 1, &batch, at(4)).unwrap();
    assert_eq!(ask(&database, "", None), [(None, 3, 21)]);
    database.add_usage("one", 2, &batch, at(5)).unwrap();
    database.add_usage("two", 1, &batch, at(6)).unwrap();
    assert_eq!(ask(&database, "model", None), [(Some("m".to_owned()), 6, 42), (Some("n".to_owned()), 3, 21)]);
}

#[test]
fn sums_are_told_apart_by_what_is_asked_for() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let batch = [sum(1, "a", "m", 100), sum(2, "a", "m", 1), sum(3, "a", "m", 2), sum(3, "b", "m", 4)];
    database.add_usage("one", 1, &batch, at(1)).unwrap();
    let of = |group_by, session| -> Vec<u64> {
        ask(&database, group_by, session).into_iter().map(|(_, requests, _)| requests).collect()
    };
    assert_eq!(of("", None), [7], "the first day is too long ago");
    assert_eq!(of("day", None), [6, 1]);
    assert_eq!(of("session", None), [4, 3]);
    assert_eq!(of("day,session,agent,model", Some("a")), [2, 1]);
    assert_eq!(of("", Some("c")), [0; 0]);
}
