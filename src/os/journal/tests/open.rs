use super::*;
use crate::domain::journal::{SEGMENT_HEADER, VERSION};

#[test]
fn a_tail_torn_at_any_byte_loses_only_its_record() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 50);
    let kept = len(&place.last());
    print(&mut journal, 70);
    let whole = std::fs::read(place.last()).unwrap();
    for cut in kept..whole.len() as u64 {
        std::fs::write(place.last(), &whole[..cut as usize]).unwrap();
        let (mut journal, opened) = place.open();
        assert_eq!((opened.end, opened.cut_bytes), (50, cut - kept));
        assert_eq!(len(&place.last()), kept, "the torn bytes are gone");
        print(&mut journal, 70);
        assert_eq!(place.output(0), text(0, 120));
    }
}

#[test]
fn a_damaged_record_is_cut_off_with_what_follows() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 50);
    let kept = len(&place.last());
    print(&mut journal, 50);
    print(&mut journal, 50);
    let mut bytes = std::fs::read(place.last()).unwrap();
    let whole = bytes.len() as u64;
    bytes[kept as usize + 40] ^= 1;
    std::fs::write(place.last(), &bytes).unwrap();
    let (_, opened) = place.open();
    assert_eq!((opened.end, opened.cut_bytes), (50, whole - kept));
}

#[test]
fn zeroes_after_a_power_cut_are_cut_off() {
    let place = Place::new();
    print(&mut place.journal(), 50);
    let kept = len(&place.last());
    set_len(&place.last(), kept + 4096);
    let (_, opened) = place.open();
    assert_eq!((opened.end, opened.cut_bytes), (50, 4096));
}

/// A segment whose beginning did not reach the disk leaves its predecessor the newest.
#[test]
fn a_segment_without_its_beginning_is_set_aside() {
    let place = Place::new();
    let mut journal = place.journal();
    print(&mut journal, 2000);
    roll(&mut journal);
    print(&mut journal, 30);
    let whole = std::fs::read(place.last()).unwrap();
    let name = place.last();
    let beginning = SEGMENT_HEADER + 25 + keyframe(&place.journal()).bytes.len();
    for cut in [0, 1, SEGMENT_HEADER - 1, SEGMENT_HEADER, beginning - 1] {
        std::fs::write(&name, &whole[..cut]).unwrap();
        let (mut journal, opened) = place.open();
        assert_eq!((opened.end, opened.cut_bytes), (2000, cut as u64), "cut at {cut}");
        print(&mut journal, 30);
        assert_eq!(place.output(0), text(0, 2030));
        let damaged = format!("{}.damaged", name.display());
        assert_eq!(len(Path::new(&damaged)), cut as u64);
        set_len(&place.last(), SEGMENT_HEADER as u64 + 25 + 2000);
    }
}

#[test]
fn a_journal_that_is_nothing_but_damage_begins_anew() {
    let place = Place::new();
    print(&mut place.journal(), 50);
    let size = len(&place.last());
    std::fs::write(place.last(), vec![b'x'; size as usize]).unwrap();
    let (mut journal, opened) = place.open();
    assert_eq!(opened, Opened { cut_bytes: size, ..Opened::default() });
    print(&mut journal, 10);
    assert_eq!(place.output(0), text(0, 10));
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let place = Place::new();
    print(&mut place.journal(), 50);
    let mut bytes = std::fs::read(place.last()).unwrap();
    bytes[8..10].copy_from_slice(&(VERSION + 1).to_le_bytes());
    let crc = crc32fast::hash(&bytes[..SEGMENT_HEADER - 4]);
    bytes[SEGMENT_HEADER - 4..SEGMENT_HEADER].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(place.last(), &bytes).unwrap();

    let expected = format!(
        "read {}: its format version is 2, this program reads version 1; \
         start the version of the program that wrote it, or move the file out of its folder",
        place.last().display()
    );
    assert_eq!(Journal::open(&place.dir, SMALL).unwrap_err().to_string(), expected);
    assert_eq!(records(&place.dir, 0).unwrap_err().to_string(), expected);
    assert_eq!(std::fs::read(place.last()).unwrap(), bytes);
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let place = Place::new();
    std::fs::create_dir_all(place.dir.parent().unwrap()).unwrap();
    std::fs::write(&place.dir, "a file").unwrap();
    let error = Journal::open(&place.dir, SMALL).unwrap_err().to_string();
    assert!(error.starts_with(&format!("create {}: ", place.dir.display())), "{error}");
    assert!(error.ends_with("; move the file out of the folder's way"), "{error}");
    let error = records(&place.dir, 0).unwrap_err().to_string();
    assert!(error.starts_with(&format!("read {}: ", place.dir.display())), "{error}");
}

/// As root there is no unreadable folder; then this shows nothing.
#[test]
fn a_folder_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    print(&mut place.journal(), 10);
    let mode = |mode| {
        std::fs::set_permissions(&place.dir, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o000);
    let result = Journal::open(&place.dir, SMALL);
    mode(0o700);
    if !rustix::process::geteuid().is_root() {
        let error = result.unwrap_err().to_string();
        assert!(error.ends_with("; check who owns the folder and its mode"), "{error}");
    }
}

#[test]
fn what_a_killed_roll_left_behind_is_cleared() {
    let place = Place::new();
    print(&mut place.journal(), 10);
    std::fs::write(files::new_path(&place.dir), "half a snapshot").unwrap();
    assert_eq!(place.open().1.end, 10);
    assert_eq!(place.names(), ["00000000000000000000.seg"]);
}
