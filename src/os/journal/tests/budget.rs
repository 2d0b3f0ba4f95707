use std::time::{Duration, SystemTime};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

/// A session with `count` segments of about 1000 bytes, the newest written `age` days ago and
/// each one before it a day earlier.
fn session(root: &Path, name: &str, count: u32, age: u32, ended: bool) -> SessionDir {
    let path = root.join(name);
    let (mut journal, _) = Journal::open(&path, Limits::default()).unwrap();
    for _ in 0..count {
        if journal.end() > 0 {
            roll(&mut journal);
        }
        print(&mut journal, 1000);
    }
    for (back, segment) in files::list(&path).unwrap().iter().rev().enumerate() {
        let file = std::fs::File::options().write(true).open(&segment.path).unwrap();
        file.set_modified(SystemTime::now() - DAY * (age + back as u32)).unwrap();
    }
    SessionDir { path, ended }
}

fn left(session: &SessionDir) -> Vec<u64> {
    files::list(&session.path).unwrap().iter().map(|segment| segment.first).collect()
}

#[test]
fn ended_sessions_go_first_and_current_segments_never() {
    let root = tempfile::tempdir().unwrap();
    let sessions = [
        session(root.path(), "live", 3, 9, false),
        session(root.path(), "ended long ago", 2, 5, true),
        session(root.path(), "ended lately", 3, 0, true),
    ];
    for (bytes, expected) in [
        (9000, [vec![0, 1000, 2000], vec![0, 1000], vec![0, 1000, 2000]]),
        (8000, [vec![0, 1000, 2000], vec![1000], vec![0, 1000, 2000]]),
        (7000, [vec![0, 1000, 2000], vec![1000], vec![1000, 2000]]),
        (5000, [vec![0, 1000, 2000], vec![], vec![2000]]),
        (3000, [vec![1000, 2000], vec![], vec![]]),
        (0, [vec![2000], vec![], vec![]]),
    ] {
        let budget = HostBudget { bytes, max_age: None };
        let (evicted, error) = budget.enforce(&sessions, SystemTime::now());
        assert!(error.is_none());
        assert_eq!(sessions.each_ref().map(left), expected, "{bytes} bytes");
        let on_disk: u64 = sessions
            .iter()
            .flat_map(|session| files::list(&session.path).unwrap())
            .map(|segment| segment.bytes)
            .sum();
        assert_eq!(evicted.left, on_disk);
    }
}

#[test]
fn what_is_too_old_goes_however_small() {
    let root = tempfile::tempdir().unwrap();
    let sessions = [
        session(root.path(), "live", 4, 1, false),
        session(root.path(), "idle", 1, 90, false),
        session(root.path(), "ended", 1, 30, true),
    ];
    let budget = HostBudget { max_age: Some(DAY * 5 / 2), ..HostBudget::default() };
    let (evicted, error) = budget.enforce(&sessions, SystemTime::now());
    assert!(error.is_none());
    assert_eq!(evicted.segments, 3);
    assert_eq!(sessions.each_ref().map(left), [vec![2000, 3000], vec![0], vec![]]);
}

#[test]
fn an_open_journal_learns_what_the_budget_took() {
    let place = Place::new();
    let mut journal = place.journal();
    print_and_roll(&mut journal, 3000);
    let before = journal.bytes();
    let session = SessionDir { path: place.dir.clone(), ended: false };
    let budget = HostBudget { bytes: 0, max_age: None };
    let (evicted, _) = budget.enforce(&[session], SystemTime::now());
    journal.refresh().unwrap();
    assert_eq!((journal.evicted_bytes(), journal.bytes()), (evicted.bytes, before - evicted.bytes));
    assert_eq!(journal.bytes(), evicted.left);
    print(&mut journal, 10);
    assert_eq!(place.output(journal.first_offset()), text(journal.first_offset(), 3010));
}

#[test]
fn removing_leaves_nothing_but_what_is_not_ours() {
    let place = Place::new();
    print(&mut place.journal(), 10);
    let size = len(&place.last());
    std::fs::write(place.dir.join("notes.txt"), "mine").unwrap();
    assert_eq!(remove(&place.dir).unwrap(), size);
    assert_eq!(place.names(), ["notes.txt"]);
    std::fs::remove_file(place.dir.join("notes.txt")).unwrap();
    assert_eq!(remove(&place.dir).unwrap(), 0);
    assert!(!place.dir.exists());
}
