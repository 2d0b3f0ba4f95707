use chrono::DateTime;

use super::*;
use crate::domain::exit::Exit;

#[test]
fn each_segment_can_be_replayed_on_its_own() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 900);
    assert!(!journal.wants_roll());
    print(&mut journal, 100);
    assert!(journal.wants_roll());
    let frame = keyframe(&journal);
    journal.roll(1000, 0, frame.clone()).unwrap();
    assert!(!journal.wants_roll());
    print(&mut journal, 50);
    journal.append_resize(0, Size { rows: 5, cols: 6 }).unwrap();

    let recovery = place.journal().recover().unwrap();
    assert_eq!((recovery.offset, recovery.size, recovery.keyframe), (1000, SIZE, Some(frame)));
    assert_eq!(output(1000, &recovery.tail), text(1000, 1050));
    assert_eq!(recovery.tail[1].body, Body::Resize(Size { rows: 5, cols: 6 }));
    assert_eq!(place.output(0), text(0, 1050));
}

#[test]
fn recovery_of_a_first_segment_begins_with_an_empty_terminal() {
    let place = Place::new();
    let mut journal = place.journal();
    let recovery = journal.recover().unwrap();
    assert_eq!((recovery.offset, recovery.keyframe, recovery.tail), (0, None, vec![]));
    journal.append_resize(0, SIZE).unwrap();
    print(&mut journal, 50);
    let recovery = journal.recover().unwrap();
    assert_eq!((recovery.offset, recovery.size, recovery.keyframe), (0, SIZE, None));
    assert_eq!(output(0, &recovery.tail), text(0, 50));
}

#[test]
fn a_snapshot_of_another_moment_is_refused() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 50);
    let error = journal.roll(49, 0, keyframe(&journal)).unwrap_err().to_string();
    assert!(error.contains("at offset 49: the journal ends at 50"), "{error}");
    assert_eq!(place.names().len(), 1);
}

#[test]
fn a_segment_is_not_followed_by_one_at_the_same_offset() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 50);
    roll(&mut journal);
    journal.append_mark(0, &serde_json::json!("x".repeat(2000))).unwrap();
    assert!(!journal.wants_roll());
    roll(&mut journal);
    assert!(place.read(50).iter().any(|record| matches!(record.body, Body::Mark(_))));
}

#[test]
fn a_large_snapshot_does_not_want_the_next_at_once() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 1000);
    let frame = Keyframe { size: SIZE, bytes: Bytes::from(vec![b'x'; 3000]) };
    journal.roll(1000, 0, frame).unwrap();
    print(&mut journal, 1000);
    assert!(!journal.wants_roll());
}

#[test]
fn the_exit_is_in_the_last_segment() {
    let place = Place::new();
    let mut journal = place.journal();
    let exit = Exit::from_signal(9, DateTime::from_timestamp(9, 0).unwrap());
    print(&mut journal, 50);
    journal.append_exit(7, exit.clone()).unwrap();
    roll(&mut journal);
    assert_eq!(place.open().1.exit, Some(exit));
}

#[test]
fn the_oldest_segments_go() {
    let place = Place::new();
    let mut journal = place.journal();
    print_and_roll(&mut journal, 20_000);
    let first = journal.first_offset();
    assert!(first > 14_000, "{first}");
    assert!(journal.bytes() <= SMALL.session_bytes + 1200, "{}", journal.bytes());
    assert!(journal.evicted_bytes() > 14_000);
    let on_disk: u64 = files::list(&place.dir).unwrap().iter().map(|segment| segment.bytes).sum();
    assert_eq!(journal.bytes(), on_disk);

    let reading = records(&place.dir, 0).unwrap();
    assert_eq!(reading.offset(), first);
    let records: Vec<Record> = reading.map(Result::unwrap).collect();
    assert!(matches!(records[0].body, Body::Keyframe(_)), "an export begins with a snapshot");
    assert_eq!(output(first, &records), text(first, 20_000));

    let (_, opened) = place.open();
    assert_eq!((opened.first_offset, opened.end, opened.bytes), (first, 20_000, on_disk));
}

#[test]
fn the_current_segment_stays_however_large() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 10);
    let frame = Keyframe { size: SIZE, bytes: Bytes::from(vec![b'x'; 9000]) };
    journal.roll(10, 0, frame).unwrap();
    assert_eq!(place.names().len(), 1);
    assert_eq!(journal.first_offset(), 10);
    print(&mut journal, 10);
    assert_eq!(place.output(10), text(10, 20));
}

#[test]
fn what_was_synced_stays_usable() {
    let place = Place::new();
    let mut journal = place.journal();
    journal.sync().unwrap();
    print_and_roll(&mut journal, 3000);
    journal.sync().unwrap();
    journal.sync().unwrap();
    print(&mut journal, 10);
    assert_eq!(place.output(0), text(0, 3010));
}
