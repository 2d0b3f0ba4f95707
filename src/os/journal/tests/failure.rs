//! Writes that really fail: a limit on file sizes, in a process of its own because the limit
//! holds for all threads, and `/dev/full`.

use std::process::Command;

use chrono::DateTime;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::*;
use crate::domain::exit::Exit;
use crate::os::journal::segment::SegmentFile;

const CHILD: &str = "CODA_TEST_CHILD";

/// Whether this is the process made for the test. If not, makes it, with the signal ignored that
/// the kernel sends to who exceeds the limit, and waits for it to pass.
fn in_child(test: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let output = Command::new("/bin/sh")
        .args(["-c", r#"trap "" XFSZ; exec "$0" --exact "$1" --nocapture"#])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
    false
}

fn limit_files(bytes: Option<u64>) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

fn fail_to_print(journal: &mut Journal, len: u64) -> String {
    let from = journal.end();
    let error = journal.append_output(from, 0, &[&text(from, from + len)]).unwrap_err();
    error.to_string()
}

#[test]
fn a_full_disk_leaves_a_counted_gap() {
    if !in_child("a_full_disk_leaves_a_counted_gap") {
        return;
    }
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 100);
    let good = len(&place.last());

    limit_files(Some(good + 60));
    let error = fail_to_print(&mut journal, 100);
    assert!(error.ends_with("; raise the limit on file sizes (ulimit -f)"), "{error}");
    assert_eq!(len(&place.last()), good, "the half record is cut off");
    assert_eq!((journal.end(), journal.gap_bytes()), (200, 100));
    assert_eq!(place.open().1.end, 100, "dying now loses no more");

    // There is room for a gap's 33 bytes, but not for what follows it.
    fail_to_print(&mut journal, 50);
    let exit = Exit::from_code(1, DateTime::from_timestamp(9, 0).unwrap());
    journal.append_resize(0, SIZE).unwrap_err();
    journal.append_exit(0, exit.clone()).unwrap_err();
    journal.sync().unwrap_err();
    assert_eq!((journal.end(), journal.gap_bytes()), (250, 150));

    limit_files(None);
    print(&mut journal, 30);
    let bodies: Vec<Body> = place.read(100).into_iter().map(|record| record.body).collect();
    let (size, ended) = (Body::Resize(SIZE), Body::Exit(exit.clone()));
    let last = Body::Output(text(250, 280).into());
    assert_eq!(bodies, [Body::Gap(150), size, ended, last]);
    let (_, opened) = place.open();
    assert_eq!((opened.end, opened.cut_bytes, opened.exit), (280, 0, Some(exit)));
}

#[test]
fn a_full_disk_from_the_beginning_is_survived() {
    if !in_child("a_full_disk_from_the_beginning_is_survived") {
        return;
    }
    let place = Place::new();
    let mut journal = place.journal();
    limit_files(Some(10));
    journal.append_output(0, 0, &[&text(0, 50)]).unwrap_err();
    assert_eq!(place.names(), [""; 0]);
    limit_files(None);
    journal.sync().unwrap();
    print(&mut journal, 10);
    assert_eq!(place.read(0)[0].body, Body::Gap(50));
    assert_eq!(place.output(50), text(50, 60));
}

#[test]
fn a_roll_that_fails_leaves_the_old_segment() {
    if !in_child("a_roll_that_fails_leaves_the_old_segment") {
        return;
    }
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 1000);
    limit_files(Some(40));
    journal.roll(1000, 0, keyframe(&journal)).unwrap_err();
    assert_eq!(place.names(), ["00000000000000000000.seg"]);
    assert!(!journal.wants_roll(), "not at once");
    journal.append_output(1000, 0, &[&text(1000, 1100)]).unwrap_err();
    limit_files(None);

    // The snapshot that comes next stands for what is missing.
    roll(&mut journal);
    print(&mut journal, 300);
    let gaps: Vec<Record> =
        place.read(0).into_iter().filter(|record| matches!(record.body, Body::Gap(_))).collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].offset, gaps[0].body.span()), (1000, 100));
    assert_eq!(place.output(1100), text(1100, 1400));
    assert_eq!(journal.gap_bytes(), 100);
}

#[test]
fn a_segment_that_can_never_be_written_stays_where_it_was() {
    let mut segment = SegmentFile::resume(Path::new("/dev/full"), 0, 0).unwrap();
    for _ in 0..2 {
        let error = segment.append(&[b"header", b"payload"]).unwrap_err().to_string();
        assert!(error.starts_with("write /dev/full: "), "{error}");
        assert!(error.ends_with("; free some disk space, or lower the journal's limits"), "{error}");
        assert_eq!(segment.len(), 0);
    }
}
