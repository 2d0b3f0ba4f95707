//! What goes in comes out again, as long as it may.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::super::{Database, MOST_RECEIPTS};
use crate::domain::audit::{DONE, Entry, Repeats};
use crate::domain::receipt::Receipt;
use crate::domain::session_record::{SessionRecord, VERSION};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn entry(outcome: &str, seconds: i64) -> Entry {
    Entry {
        at: at(seconds),
        identity: "ann@example.com".into(),
        act: "session.create",
        subject: format!("s{seconds}"),
        outcome: outcome.into(),
        peer: "10.0.0.1".into(),
        detail: String::new(),
    }
}

#[test]
fn sessions_are_listed_by_age_and_the_last_word_counts() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let record = |id: &str, age, revision, label: &str| SessionRecord {
        revision,
        label: label.into(),
        ..SessionRecord::unknown(id.into(), at(age))
    };
    for record in [record("young", 2, 1, ""), record("old", 1, 2, ""), record("old", 1, 4, "build")] {
        database.write_session(&record).unwrap();
    }
    // One that was overtaken, and one that comes twice.
    database.write_session(&record("old", 1, 3, "late")).unwrap();
    database.write_session(&record("old", 1, 4, "build")).unwrap();
    let newer =
        SessionRecord { version: VERSION + 1, revision: 5, ..SessionRecord::unknown("newer".into(), at(3)) };
    database.write_session(&newer).unwrap();
    let listed = database.sessions().unwrap();
    let facts: Vec<_> =
        listed.iter().map(|record| (record.id.as_str(), record.label.as_str(), record.revision)).collect();
    assert_eq!(facts, [("old", "build", 4), ("young", "", 1)]);
    database.forget_session("old").unwrap();
    assert_eq!(database.sessions().unwrap().len(), 1);
}

#[test]
fn the_newest_receipts_are_kept() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let receipt = |number: usize| Receipt {
        session_id: "s".into(),
        label: String::new(),
        cause: String::new(),
        down_at: at(0),
        back_at: at(number as i64),
        bytes_kept: number as u64,
        bytes_lost: 0,
        offset: 0,
    };
    for number in 0..MOST_RECEIPTS + 2 {
        database.keep_receipt(&receipt(number)).unwrap();
    }
    let kept = database.receipts().unwrap();
    assert_eq!(kept.len(), MOST_RECEIPTS);
    assert_eq!(kept[0], receipt(MOST_RECEIPTS + 1));
    assert_eq!(kept[MOST_RECEIPTS - 1], receipt(2));
}

#[test]
fn the_audit_trail_is_read_page_by_page() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let mut repeats = Repeats::default();
    database.audit((0..5).map(|n| entry(DONE, n)).collect(), &mut repeats).unwrap();
    database.audit((5..8).map(|n| entry("limit", n)).collect(), &mut repeats).unwrap();
    let first = database.audit_rows(None, 2).unwrap();
    assert_eq!(first.iter().map(|row| row.number).collect::<Vec<_>>(), [6, 5]);
    assert_eq!((first[0].count, first[0].at, first[0].last_at), (3, at(5), at(7)));
    assert_eq!((first[1].count, first[1].subject.as_str()), (1, "s4"));
    let rest = database.audit_rows(Some(5), 100).unwrap();
    assert_eq!(rest.iter().map(|row| row.number).collect::<Vec<_>>(), [4, 3, 2, 1]);
    assert_eq!(database.audit_rows(Some(u64::MAX), 1).unwrap()[0].number, 6);
}

#[test]
fn the_audit_trail_is_bounded() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let mut repeats = Repeats::default();
    database.audit((0..100).map(|n| entry(DONE, n)).collect(), &mut repeats).unwrap();
    database.audit(vec![entry("limit", 100)], &mut repeats).unwrap();
    assert_eq!(database.prune_audit(50, at(60) - TimeDelta::days(1)).unwrap(), 51);
    assert_eq!(database.prune_audit(50, at(60)).unwrap(), 9);
    assert_eq!(database.audit_rows(None, 1000).unwrap().len(), 41);
    // The row that a refusal would be counted in may be gone.
    database.prune_audit(0, at(0)).unwrap();
    database.audit(vec![entry("limit", 101)], &mut repeats).unwrap();
    assert_eq!(database.audit_rows(None, 1000).unwrap().len(), 1);
}

#[test]
fn settings_are_set_together_or_not_at_all() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let set = |database: &mut Database, values: Value| {
        let values: BTreeMap<String, Value> = serde_json::from_value(values).unwrap();
        database.set(&values, at(0))
    };
    set(&mut database, json!({"app.owner": "ann@example.com", "app.at": 1.5, "apple": [1]})).unwrap();
    set(&mut database, json!({"app.at": 2})).unwrap();
    assert_eq!(database.setting("app.at").unwrap(), Some(json!(2)));
    assert_eq!(database.setting("nothing").unwrap(), None);
    let app = database.settings("app.").unwrap();
    assert_eq!(serde_json::to_value(&app).unwrap(), json!({"app.at": 2, "app.owner": "ann@example.com"}));
    let too_much = json!({"app.at": 3, "app.owner": "x".repeat(400_000)});
    assert!(set(&mut database, too_much).is_err());
    assert_eq!(database.setting("app.at").unwrap(), Some(json!(2)), "all or none");
    set(&mut database, json!({"app.at": null})).unwrap();
    assert_eq!(database.setting("app.at").unwrap(), None);
    drop(database);
    let database = Database::open(state.path(), at(0)).unwrap();
    assert_eq!(database.setting("apple").unwrap(), Some(json!([1])), "and still there after a restart");
}
