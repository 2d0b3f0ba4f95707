use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::domain::journal::{Body, Record};
use crate::domain::size::Size;

fn scan(query: &str, limit: usize, before: u64, pieces: &[&str]) -> Vec<Hit> {
    let query = Query::parse(query).unwrap();
    let mut scan = Scan::new(&query, limit, 0, before, Size::DEFAULT);
    let mut offset = 0;
    for (time, piece) in pieces.iter().enumerate() {
        let body = Body::Output(Bytes::copy_from_slice(piece.as_bytes()));
        scan.record(&Record { offset, time_us: time as u64 + 1, body });
        offset += piece.len() as u64;
    }
    scan.finish(99)
}

fn lines(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.line.as_str()).collect()
}

#[test]
fn case_counts_when_the_query_has_upper_case() {
    let text = "Error one\r\nerror two\r\nERROR three\r\nÄrger vier\r\n";
    assert_eq!(lines(&scan("error", 9, u64::MAX, &[text])), ["ERROR three", "error two", "Error one"]);
    assert_eq!(lines(&scan("Error", 9, u64::MAX, &[text])), ["Error one"]);
    assert_eq!(lines(&scan("ärger", 9, u64::MAX, &[text])), ["Ärger vier"]);
}

#[test]
fn a_query_is_neither_empty_nor_too_long() {
    assert_eq!(Query::parse(" ").unwrap_err(), QueryError::Empty);
    assert_eq!(Query::parse(&"é".repeat(201)).unwrap_err(), QueryError::TooLong);
    assert!(Query::parse(&"é".repeat(200)).is_ok());
}

#[test]
fn a_hit_has_its_place_time_and_context() {
    let text = ["one\r\ntwo\r\nthr", "\x1b[31mee\x1b[m match\r\nfour\r\n", "five\r\nsix\r\nlast match"];
    let hits = scan("match", 9, u64::MAX, &text);
    assert_eq!(lines(&hits), ["last match", "three match"]);
    let stream = text.concat();
    assert_eq!(hits[1].offset as usize, stream.find("thr").unwrap());
    assert_eq!(hits[0].offset as usize, stream.find("last").unwrap());
    assert_eq!((hits[0].time_us, hits[1].time_us), (99, 2));
    assert_eq!(
        (&hits[1].before[..], &hits[1].after[..]),
        (&["one".into(), "two".into()][..], &["four".into(), "five".into()][..])
    );
    assert_eq!(hits[0].before, ["five", "six"]);
}

#[test]
fn what_is_drawn_again_is_one_hit() {
    let frame = "\x1b[H\x1b[2Jstatus match\r\nother line\r\nanother match\r\n";
    let hits = scan("match", 9, u64::MAX, &[&frame.repeat(50)]);
    assert_eq!(lines(&hits), ["another match", "status match"]);
    assert_eq!((hits[0].count, hits[1].count), (50, 50));
}

#[test]
fn of_a_line_that_grows_the_last_state_counts() {
    let grows = "\x1b[5;1H> mat\x1b[7;1Hhelp\x1b[5;1H> matc\x1b[5;1H> match\x1b[5;1H> matching\r\n";
    assert_eq!(lines(&scan("mat", 9, u64::MAX, &[grows])), ["> matching"]);
}

#[test]
fn secrets_are_found_but_not_shown() {
    let secret = "dapi0123456789abcdef0123456789abcdef";
    let text = format!("a {secret}\r\nexport MY_TOKEN=0123456789abcdef\r\nplain\r\n");
    let hits = scan(secret, 9, u64::MAX, &[&text]);
    assert_eq!(lines(&hits), ["a dapi****"]);
    assert_eq!(hits[0].after, ["export MY_TOKEN=0123****", "plain"]);
    let key = "-----BEGIN PRIVATE KEY-----\r\nMIIEabc\r\nsecretsecret\r\n-----END PRIVATE KEY-----\r\n";
    let hits = scan("miie", 9, u64::MAX, &[key]);
    assert_eq!((lines(&hits), &hits[0].after[0][..]), (vec!["****"], "****"));
}

#[test]
fn long_lines_are_cut_around_the_match_after_masking() {
    let long = format!("{}needle ghp_{}{}", "x".repeat(2000), "0".repeat(36), "y".repeat(2000));
    let hits = scan("needle", 9, u64::MAX, &[&long]);
    let line = &hits[0].line;
    assert!(
        line.contains("needle ghp_****") && line.starts_with('…') && line.chars().count() <= 402,
        "{line}"
    );
}

#[test]
fn a_cursor_is_its_text() {
    let cursor = Cursor { place: Place { created_us: 17, session_id: "a.b-c".into() }, before: u64::MAX };
    assert_eq!(cursor.to_string().parse(), Ok(cursor));
    for nonsense in ["", "1", "1.2", "1.2.", "x.2.id", "1.-2.id"] {
        assert_eq!(nonsense.parse::<Cursor>(), Err(CursorError), "{nonsense}");
    }
}

#[test]
fn identical_lines_of_a_session_are_one_hit_over_segments() {
    let mut results = Results::new(3);
    assert_eq!(results.add(0, scan("m", 9, u64::MAX, &["m1\r\nm2\r\n"])), None);
    assert_eq!(results.add(0, scan("m", 9, u64::MAX, &["m2\r\n"])), None);
    assert_eq!(
        results.add(1, scan("m", 9, u64::MAX, &["m3\r\nm2\r\n"])),
        Some(1),
        "full: goes on with m3 at 0"
    );
    let hits: Vec<(usize, String, u64)> =
        results.finish().into_iter().map(|(session, hit)| (session, hit.line, hit.count)).collect();
    assert_eq!(hits, [(0, "m2".into(), 2), (0, "m1".into(), 1), (1, "m2".into(), 1)]);
}

proptest! {
    #[test]
    fn pages_have_every_hit_once(
        pieces in prop::collection::vec(
            prop_oneof!["[a-c]{0,5}\r\n", Just("\x1b[H".to_owned()), Just("\x1b[2A".to_owned()), "[a-c ]{0,30}"],
            0..60,
        ),
        limit in 1..4usize,
    ) {
        let numbered: Vec<String> = pieces.iter().enumerate().map(|(at, piece)| format!("{at}{piece}")).collect();
        let pieces: Vec<&str> = numbered.iter().map(String::as_str).collect();
        let offsets = |hits: &[Hit]| -> Vec<u64> { hits.iter().map(|hit| hit.offset).collect() };
        let all = scan("a", usize::MAX, u64::MAX, &pieces);
        let (mut paged, mut before) = (Vec::new(), u64::MAX);
        loop {
            let page = scan("a", limit, before, &pieces);
            let Some(last) = page.last() else { break };
            before = last.offset;
            paged.extend(offsets(&page));
            prop_assert!(page.len() <= limit);
        }
        let total: usize = pieces.iter().map(|piece| piece.len()).sum();
        prop_assert!(paged.windows(2).all(|two| two[0] > two[1]));
        prop_assert!(paged.first().is_none_or(|&newest| newest < total as u64));
        // A line that only grows into another is shown on a page of its own when the page ends between the two.
        prop_assert!(offsets(&all).iter().all(|offset| paged.contains(offset)));
    }

    #[test]
    fn any_stream_can_be_scanned(bytes in prop::collection::vec(any::<u8>(), 0..2000), query in "\\PC{1,5}") {
        prop_assume!(Query::parse(&query).is_ok());
        let query = Query::parse(&query).unwrap();
        let mut scan = Scan::new(&query, 5, 7, u64::MAX, Size::DEFAULT);
        scan.record(&Record { offset: 7, time_us: 1, body: Body::Output(bytes.into()) });
        prop_assert!(scan.finish(1).len() <= 5);
    }
}
