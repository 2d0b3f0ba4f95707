use proptest::prelude::*;

use super::*;

#[test]
fn history_is_read_from_any_offset() {
    let place = Place::new();
    let mut journal = place.journal();
    print_and_roll(&mut journal, 3000);
    for from in (0..=3000).step_by(37).chain([999, 1000, 1001, 2999, 3000]) {
        let reading = records(&place.dir, from).unwrap();
        assert_eq!(reading.offset(), from);
        let records: Vec<Record> = reading.map(Result::unwrap).collect();
        assert_eq!(output(from, &records), text(from, 3000), "from {from}");
    }
    assert_eq!(place.read(5000), []);
    assert_eq!(records(&place.dir.join("nothing"), 0).unwrap().begin(), None);
}

#[test]
fn a_reader_sees_whole_records_only() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 50);
    let kept = len(&place.last());
    print(&mut journal, 50);
    let whole = std::fs::read(place.last()).unwrap();
    for cut in kept as usize..whole.len() {
        std::fs::write(place.last(), &whole[..cut]).unwrap();
        assert_eq!(place.output(0), text(0, 50));
    }
}

#[test]
fn readers_follow_a_writer_that_rolls_and_evicts() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 100);
    let dir = place.dir.clone();
    let writer = std::thread::spawn(move || print_and_roll(&mut journal, 200_000));
    while !writer.is_finished() {
        let mut next = None;
        for record in records(&dir, 0).unwrap().map(Result::unwrap) {
            assert_eq!(*next.get_or_insert(record.offset), record.offset);
            if let Body::Output(bytes) = &record.body {
                assert_eq!(bytes[..], text(record.offset, record.offset + bytes.len() as u64));
            }
            next = record.end();
        }
    }
    writer.join().unwrap();
}

#[test]
fn a_segment_lost_in_the_middle_is_a_gap() {
    let place = Place::new();
    let mut journal = place.journal();
    print_and_roll(&mut journal, 3000);
    let middle = files::list(&place.dir).unwrap().remove(1);
    let next = files::list(&place.dir).unwrap().remove(2);
    std::fs::write(&middle.path, "not a segment").unwrap();
    let gaps: Vec<Record> =
        place.read(0).into_iter().filter(|record| matches!(record.body, Body::Gap(_))).collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].offset, gaps[0].end().unwrap()), (middle.first, next.first));
    assert_eq!(output(next.first, &place.read(next.first)), text(next.first, 3000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_byte_is_lost_or_doubled(
        pieces in prop::collection::vec((0..300u64, any::<bool>(), any::<bool>(), 0..40u64), 1..60),
        from in any::<prop::sample::Index>(),
    ) {
        let place = Place::new();
        let mut journal = place.journal();
        for (len, reopen, resize, back) in pieces {
            let begin = journal.end().saturating_sub(back);
            let bytes = text(begin, journal.end() + len);
            let (a, b) = bytes.split_at(bytes.len() / 3);
            journal.append_output(begin, 0, &[a, b]).unwrap();
            if resize {
                journal.append_resize(0, SIZE).unwrap();
            }
            if journal.wants_roll() {
                roll(&mut journal);
            }
            if reopen {
                let end = journal.end();
                let (again, opened) = place.open();
                prop_assert_eq!((opened.end, opened.cut_bytes), (end, 0));
                journal = again;
            }
        }
        let (first, end) = (journal.first_offset(), journal.end());
        let from = first + from.index((end - first + 1) as usize) as u64;
        prop_assert_eq!(place.output(from), text(from, end));
    }
}
