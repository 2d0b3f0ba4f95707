use bytes::Bytes;
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::exit::{Exit, Reason};
use crate::domain::size::Size;

const HEADER: SegmentHeader =
    SegmentHeader { first_offset: 1000, created_us: 7, size: Size { rows: 24, cols: 80 } };

fn scan(bytes: &[u8]) -> (Vec<Record>, u64, u64, Stop) {
    let mut scanner = Scanner::new(bytes).unwrap();
    let mut records = Vec::new();
    while let Some(record) = scanner.next_record().unwrap() {
        records.push(record);
    }
    (records, scanner.good(), scanner.end(), scanner.stop().unwrap())
}

fn segment(records: &[Record]) -> Vec<u8> {
    let mut out = HEADER.encode().to_vec();
    records.iter().for_each(|record| out.extend(record.encode().unwrap()));
    out
}

/// The bodies at the offsets they must have.
fn in_order(bodies: Vec<(u64, Body)>) -> Vec<Record> {
    let mut offset = HEADER.first_offset;
    let mut records = Vec::new();
    for (time_us, body) in bodies {
        records.push(Record { offset, time_us, body });
        offset = records.last().unwrap().end().unwrap();
    }
    records
}

fn any_size() -> impl Strategy<Value = Size> {
    (1..=1000u16, 1..=1000u16).prop_map(|(rows, cols)| Size { rows, cols })
}

fn any_bytes(most: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..most).prop_map(Bytes::from)
}

fn any_body() -> impl Strategy<Value = Body> {
    let exit = (any::<Option<i32>>(), any::<Option<i32>>(), 0..4_000_000_000_000_000i64);
    prop_oneof![
        4 => any_bytes(300).prop_map(Body::Output),
        1 => any_size().prop_map(Body::Resize),
        1 => ".{0,20}".prop_map(|text| Body::Mark(json!({ "label": text }))),
        1 => exit.prop_map(|(code, signal, at)| Body::Exit(Exit {
            code,
            signal,
            at: DateTime::from_timestamp_micros(at).unwrap(),
            reason: Reason::Closed,
        })),
        1 => (any_size(), any_bytes(300))
            .prop_map(|(size, bytes)| Body::Keyframe(Keyframe { size, bytes })),
        1 => (0..1u64 << 40).prop_map(Body::Gap),
    ]
}

fn any_records(most: usize) -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec((any::<u64>(), any_body()), 1..most).prop_map(in_order)
}

proptest! {
    #[test]
    fn what_is_written_is_read(records in any_records(20)) {
        let bytes = segment(&records);
        let (read, good, end, stop) = scan(&bytes);
        prop_assert_eq!(stop, Stop::Clean);
        prop_assert_eq!(good, bytes.len() as u64);
        prop_assert_eq!(end, records.last().unwrap().end().unwrap());
        prop_assert_eq!(read, records);
    }

    #[test]
    fn a_cut_loses_only_the_last_record(records in any_records(8)) {
        let whole = segment(&records);
        let kept = segment(&records[..records.len() - 1]);
        for len in kept.len()..whole.len() {
            let (read, good, end, stop) = scan(&whole[..len]);
            prop_assert_eq!(stop, if len == kept.len() { Stop::Clean } else { Stop::Torn });
            prop_assert_eq!(good, kept.len() as u64);
            prop_assert_eq!(end, records.last().unwrap().offset);
            prop_assert_eq!(&read[..], &records[..records.len() - 1]);
        }
    }

    #[test]
    fn flipped_bits_never_yield_a_wrong_record(
        records in any_records(8),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
    ) {
        let mut bytes = segment(&records);
        for flip in flips {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        if let Ok(mut scanner) = Scanner::new(&bytes[..]) {
            let mut good = records.iter();
            while let Some(record) = scanner.next_record().unwrap() {
                prop_assert_eq!(Some(&record), good.next());
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in any_bytes(400)) {
        let _ = Scanner::new(&bytes[..]);
        let mut whole = HEADER.encode().to_vec();
        whole.extend(&bytes);
        scan(&whole);
    }
}

#[test]
fn the_bytes_are_those_in_the_format_document() {
    let header = SegmentHeader { first_offset: 0x0102, created_us: 3, size: Size { rows: 24, cols: 80 } };
    let encoded = header.encode();
    assert_eq!(&encoded[..12], b"CoDAjrnl\x01\x00\x24\x00");
    assert_eq!(&encoded[12..20], [2, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&encoded[20..28], [3, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&encoded[28..32], [24, 0, 80, 0]);

    let record = record_header(5, 9, Kind::Output, &[b"he", b"y"]).unwrap();
    assert_eq!(&record[..21], [5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0]);
    let crc = crc32fast::hash(&[&record[..21], b"hey"].concat());
    assert_eq!(record[21..], crc.to_le_bytes());
}

/// A header as another version of the program may write it.
fn foreign_header(version: u16, extra: &[u8]) -> Vec<u8> {
    let mut out = HEADER.encode()[..SEGMENT_HEADER - 4].to_vec();
    out.extend(extra);
    out[8..10].copy_from_slice(&version.to_le_bytes());
    let len = (out.len() + 4) as u16;
    out[10..12].copy_from_slice(&len.to_le_bytes());
    let crc = crc32fast::hash(&out);
    out.extend(crc.to_le_bytes());
    out
}

/// A record of any kind number.
fn foreign_record(offset: u64, kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = record_header(offset, 0, Kind::Output, &[payload]).unwrap();
    header[16] = kind;
    let crc = record::checksum(&header, &[payload]);
    header[21..].copy_from_slice(&crc.to_le_bytes());
    [&header[..], payload].concat()
}

#[test]
fn headers_of_other_programs() {
    let read = |bytes: &[u8]| SegmentHeader::read(&mut &bytes[..]);
    assert!(matches!(read(&HEADER.encode()), Ok((HEADER, 36))));
    assert!(matches!(read(&foreign_header(VERSION, b"more fields")), Ok((HEADER, 47))));
    assert!(matches!(read(&foreign_header(2, b"")), Err(HeaderError::Version { found: 2 })));
    assert!(matches!(read(b"GIF89a, a picture of a cat, not a journal"), Err(HeaderError::Damaged)));
    assert!(matches!(read(b""), Err(HeaderError::Torn)));
    assert!(matches!(read(&[0; 100]), Err(HeaderError::Damaged)));
    for len in 0..SEGMENT_HEADER {
        assert!(matches!(read(&HEADER.encode()[..len]), Err(HeaderError::Torn)), "{len}");
    }
    let mut flipped = foreign_header(VERSION, b"");
    flipped[8] ^= 2;
    assert!(matches!(read(&flipped), Err(HeaderError::Damaged)), "a flipped version is damage");
}

#[test]
fn what_only_a_newer_program_understands_is_skipped() {
    let output = |offset, text: &'static str| Record {
        offset,
        time_us: 0,
        body: Body::Output(Bytes::from_static(text.as_bytes())),
    };
    let bytes = [
        HEADER.encode().to_vec(),
        output(1000, "one").encode().unwrap(),
        foreign_record(1003, 99, b"a new kind"),
        foreign_record(1003, 2, &[0, 0, 80, 0]),
        foreign_record(1003, 3, b"not JSON"),
        foreign_record(1003, 2, &[24, 0, 80, 0, 1, 2, 3]),
        output(1003, "two").encode().unwrap(),
    ]
    .concat();
    let resize = Record { offset: 1003, time_us: 0, body: Body::Resize(HEADER.size) };
    let (read, good, end, stop) = scan(&bytes);
    assert_eq!(read, [output(1000, "one"), resize, output(1003, "two")]);
    assert_eq!((good, end, stop), (bytes.len() as u64, 1006, Stop::Clean));
}

#[test]
fn a_record_at_the_wrong_offset_is_damage() {
    for (offset, body) in [
        (999, Body::Output(Bytes::from_static(b"x"))),
        (1001, Body::Output(Bytes::from_static(b"x"))),
        (1001, Body::Mark(Value::Null)),
        (1000, Body::Gap(u64::MAX)),
    ] {
        let bytes = segment(&[Record { offset, time_us: 0, body }]);
        assert_eq!(scan(&bytes), (vec![], SEGMENT_HEADER as u64, 1000, Stop::Damaged));
    }
}

#[test]
fn a_payload_nobody_would_read_is_refused() {
    let part = vec![0; MAX_PAYLOAD / 2 + 1];
    let error = record_header(0, 0, Kind::Output, &[&part, &part]).unwrap_err();
    assert_eq!(error, TooLarge { len: MAX_PAYLOAD + 2 });
}
