//! Both sides of a ring, within one process.

use super::*;
use std::io::Write;

fn filled(capacity: u64) -> (Ring, Ring, std::fs::File, OwnedFd) {
    let (writer, fd) = Ring::create(capacity, 0).unwrap();
    let reader = Ring::open(fd.as_fd()).unwrap();
    let (read, write) = rustix::pipe::pipe().unwrap();
    rustix::io::ioctl_fionbio(&read, true).unwrap();
    (writer, reader, write.into(), read)
}

#[test]
fn offsets_may_begin_anywhere() {
    let start = (1 << 40) + 12_345;
    let (writer, fd) = Ring::create(64 * 1024, start).unwrap();
    let reader = Ring::open(fd.as_fd()).unwrap();
    assert_eq!((reader.lowest(), reader.consumed(), reader.head()), (start, start, start));
    let (pipe, write) = rustix::pipe::pipe().unwrap();
    std::fs::File::from(write).write_all(b"hello").unwrap();
    assert_eq!(writer.fill(pipe.as_fd()).unwrap(), Fill::Read(5));
    let mut out = Vec::new();
    assert_eq!(reader.copy(start, u64::MAX, 10, &mut out), Ok(5));
    assert_eq!(out, b"hello");
    assert_eq!(reader.copy(start - 1, u64::MAX, 10, &mut out), Err(Overrun(start - 1)));
    assert!(!reader.consume(start + 5));
    assert_eq!(reader.consumed(), start + 5);
}

#[test]
fn bytes_travel_and_old_ones_are_given_up() {
    let (writer, reader, mut source, pipe) = filled(64 * 1024);
    let mut sent = Vec::new();
    for round in 0..200u8 {
        let piece = vec![round; 1000];
        source.write_all(&piece).unwrap();
        sent.extend_from_slice(&piece);
        while reader.head() < sent.len() as u64 {
            writer.fill(pipe.as_fd()).unwrap();
        }
        let (from, to) = (reader.consumed(), reader.head());
        reader.unconsumed(from, to, |a, b| assert_eq!([a, b].concat(), sent[from as usize..to as usize]));
        assert!(!reader.consume(to), "nobody waits");
    }
    let mut out = Vec::new();
    assert_eq!(reader.copy(0, u64::MAX, 10, &mut out), Err(Overrun(0)));
    let lowest = reader.lowest();
    reader.copy(lowest, u64::MAX, usize::MAX, &mut out).unwrap();
    assert_eq!(out, sent[lowest as usize..]);
}

#[test]
fn a_full_ring_waits_for_the_daemon() {
    let (writer, reader, mut source, pipe) = filled(64 * 1024);
    source.write_all(&vec![7; 64 * 1024]).unwrap();
    while writer.fill(pipe.as_fd()).unwrap() != Fill::Full {}
    assert!(writer.stall());
    assert_eq!(reader.pauses(), 1);
    assert!(reader.consume(1), "the keeper wants a kick");
    assert!(!reader.consume(2), "once");
    assert!(!writer.full());
}

#[test]
fn a_released_ring_has_no_past() {
    let (writer, reader, mut source, pipe) = filled(64 * 1024);
    source.write_all(b"hello").unwrap();
    writer.fill(pipe.as_fd()).unwrap();
    assert!(!writer.release(), "not consumed yet");
    assert!(!reader.consume(5));
    assert!(writer.release());
    assert_eq!(reader.copy(0, 5, 5, &mut Vec::new()), Err(Overrun(0)));
    source.write_all(b" again").unwrap();
    writer.fill(pipe.as_fd()).unwrap();
    let mut out = Vec::new();
    reader.copy(5, u64::MAX, 100, &mut out).unwrap();
    assert_eq!(out, b" again");
}

#[test]
fn nobody_oversleeps() {
    let (writer, reader, mut source, pipe) = filled(64 * 1024);
    assert!(reader.sleep(0));
    source.write_all(b"x").unwrap();
    writer.fill(pipe.as_fd()).unwrap();
    assert!(writer.take_asleep());
    assert!(!writer.take_asleep(), "one ring is enough");
    assert!(!reader.sleep(0), "there is news");
}

#[test]
fn input_is_counted_for_the_latest_writers() {
    let (ring, _) = Ring::create(64 * 1024, 0).unwrap();
    for id in 1..=input::WRITERS as u64 + 1 {
        ring.set_input_written(id, id * 10);
    }
    assert_eq!(ring.input_written(1), None, "the oldest is given up");
    assert_eq!(ring.input_written(2), Some(20));
    ring.set_input_written(2, 21);
    ring.set_input_written(99, 1);
    assert_eq!(ring.input_written(2), Some(21));
    assert_eq!(ring.input_written(3), None);
}

#[test]
fn a_piece_counts_by_what_left_the_pipe() {
    let (daemon, successor, _, _) = filled(64 * 1024);
    daemon.begin_piece(7, 100, 10);
    // Killed before it was known to be in the pipe: nothing has left it, wherever it is.
    successor.settle_piece(10);
    assert_eq!(successor.input_written(7), None);
    daemon.begin_piece(7, 100, 10);
    daemon.piece_loaded();
    successor.settle_piece(4);
    assert_eq!(successor.input_written(7), Some(106));
    successor.settle_piece(0);
    assert_eq!(successor.input_written(7), Some(106), "settled once");
    daemon.begin_piece(0, 0, 10);
    daemon.piece_loaded();
    daemon.settle_piece(0);
    assert_eq!(daemon.input_written(7), Some(106), "who does not count is not counted");
}
