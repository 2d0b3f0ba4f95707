use std::os::unix::fs::PermissionsExt;

use chrono::DateTime;
use serde_json::json;

use super::*;
use crate::domain::exit::Exit;

fn bodies(place: &Place) -> Vec<(u64, Body)> {
    place.read(0).into_iter().map(|record| (record.offset, record.body)).collect()
}

fn out(text: &'static str) -> Body {
    Body::Output(Bytes::from_static(text.as_bytes()))
}

const LARGE: Size = Size { rows: 50, cols: 100 };

/// A whole session; 6 bytes of output.
fn session(place: &Place) -> Exit {
    let mut journal = place.journal();
    let exit = Exit::from_code(3, DateTime::from_timestamp(9, 0).unwrap());
    journal.append_resize(1, SIZE).unwrap();
    journal.append_output(0, 2, &[b"he", b"llo"]).unwrap();
    journal.append_resize(3, LARGE).unwrap();
    journal.append_mark(4, &json!("done")).unwrap();
    journal.append_output(5, 5, &[b"", b"!"]).unwrap();
    journal.append_exit(6, exit.clone()).unwrap();
    exit
}

#[test]
fn a_session_is_read_as_it_was_written() {
    let place = Place::new();
    let exit = session(&place);
    let mark = Body::Mark(json!("done"));
    let (before, after) = ((0, out("hello")), (5, out("!")));
    let (resize, exit) = (Body::Resize(LARGE), Body::Exit(exit));
    assert_eq!(bodies(&place), [before, (5, resize), (5, mark), after, (6, exit)]);
    assert_eq!(records(&place.dir, 0).unwrap().begin().unwrap().size, SIZE);
}

#[test]
fn opening_says_what_there_is() {
    let place = Place::new();
    assert_eq!(place.open().1, Opened::default());
    let exit = session(&place);
    let bytes = len(&place.last());
    let (journal, opened) = place.open();
    let expected = Opened {
        end: 6,
        first_offset: 0,
        cut_bytes: 0,
        exit: Some(exit),
        size: Some(LARGE),
        last_us: Some(6),
        bytes,
    };
    assert_eq!(opened, expected);
    assert_eq!((journal.end(), journal.bytes()), (6, bytes));
}

#[test]
fn nobody_else_can_read_it() {
    let place = Place::new();
    print(&mut place.journal(), 10);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.dir), 0o700);
    assert_eq!(mode(&place.last()), 0o600);
    assert_eq!(place.names(), ["00000000000000000000.seg"]);
}

#[test]
fn what_is_there_already_is_not_written_twice() {
    let place = Place::new();
    let mut journal = place.journal();
    journal.append_output(0, 0, &[b"hello"]).unwrap();
    journal.append_output(0, 0, &[b"hel", b"lo"]).unwrap();
    journal.append_output(2, 0, &[b"ll", b"o, w"]).unwrap();
    journal.append_output(7, 0, &[b"world"]).unwrap();
    assert_eq!(bodies(&place), [(0, out("hello")), (5, out(", w")), (8, out("orld"))]);
    assert_eq!((journal.end(), journal.gap_bytes()), (12, 0));
}

#[test]
fn what_never_arrived_is_a_gap() {
    let place = Place::new();
    let mut journal = place.journal();
    journal.append_output(10, 0, &[b"late"]).unwrap();
    journal.append_output(20, 0, &[b"later"]).unwrap();
    assert_eq!(
        bodies(&place),
        [(0, Body::Gap(10)), (10, out("late")), (14, Body::Gap(6)), (20, out("later"))]
    );
    assert_eq!((journal.end(), journal.gap_bytes()), (25, 16));
    assert_eq!(place.open().1.end, 25);
}
