//! A writer that is killed in the middle of its work.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::*;

const DIR: &str = "CODA_TEST_JOURNAL";

/// Appends until it is killed, and tells the offset after each append.
fn append_for_ever(dir: &Path) -> ! {
    let (mut journal, _) = Journal::open(dir, SMALL).unwrap();
    loop {
        let (from, len) = (journal.end(), 1 + journal.end() % 300);
        let bytes = text(from, from + len);
        let (a, b) = bytes.split_at(bytes.len() / 2);
        journal.append_output(from, from, &[a, b]).unwrap();
        if journal.wants_roll() {
            roll(&mut journal);
        }
        std::io::stderr().write_all(&journal.end().to_le_bytes()).unwrap();
    }
}

#[test]
fn nothing_that_was_appended_is_lost() {
    if let Some(dir) = std::env::var_os(DIR) {
        append_for_ever(Path::new(&dir));
    }
    let place = Place::new();
    let name = format!("{}::nothing_that_was_appended_is_lost", module_path!());
    for round in 0..10 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name.split_once("::").unwrap().1, "--nocapture"])
            .env(DIR, &place.dir)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = child.stderr.take().unwrap();
        let mut offsets = vec![0; 8 * (20 + 37 * round)];
        told.read_exact(&mut offsets).unwrap();
        child.kill().unwrap();
        told.read_to_end(&mut offsets).unwrap();
        child.wait().unwrap();
        let last = offsets.chunks_exact(8).next_back().unwrap();
        let appended = u64::from_le_bytes(last.try_into().unwrap());

        let (journal, opened) = place.open();
        assert!(opened.end >= appended, "{} < {appended}", opened.end);
        assert_eq!(opened.last_us.is_some(), opened.end > 0);
        let first = journal.first_offset();
        assert_eq!(place.output(first), text(first, opened.end));
        let recovery = journal.recover().unwrap();
        assert_eq!(recovery.keyframe.is_some(), recovery.offset > 0);
        assert_eq!(output(recovery.offset, &recovery.tail), text(recovery.offset, opened.end));
    }
}
