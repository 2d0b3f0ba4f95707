//! How much memory a tree of processes has in RAM, from one walk over `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Most processes looked at.
const MOST: usize = 20_000;

/// What one line of `/proc/PID/stat` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    session: i32,
    pages: u64,
}

/// Bytes resident in `root`, everything it started, and everything in the kernel sessions that those lead: a process
/// that its parent has left behind still counts. Shared pages count once for each process.
pub fn tree_bytes(proc: &Path, root: i32) -> u64 {
    let Ok(entries) = std::fs::read_dir(proc) else { return 0 };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let stats = numbers.take(MOST).filter_map(|pid| {
        std::fs::read_to_string(proc.join(pid.to_string()).join("stat"))
            .ok()
            .and_then(|text| process(pid, &text))
    });
    pages_of(&stats.collect::<Vec<_>>(), root) * page_size()
}

fn page_size() -> u64 {
    // SAFETY: asks for a number, touches no memory.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// The name, in brackets, may hold anything: fields count from the last bracket.
fn process(pid: i32, stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let session = fields.get(3)?.parse().ok()?;
    let pages = fields.get(21)?.parse().ok()?;
    Some(Process { pid, parent, session, pages })
}

fn pages_of(processes: &[Process], root: i32) -> u64 {
    let mut children: BTreeMap<i32, Vec<&Process>> = BTreeMap::new();
    for process in processes {
        children.entry(process.parent).or_default().push(process);
    }
    let mut tree = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        let found = children.get(&pid).into_iter().flatten().filter(|child| tree.insert(child.pid));
        open.extend(found.map(|child| child.pid).collect::<Vec<_>>());
    }
    // The root itself may live in somebody else's session.
    let led = |process: &Process| process.session != root && tree.contains(&process.session);
    let counted = processes.iter().filter(|process| tree.contains(&process.pid) || led(process));
    counted.map(|process| process.pages).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(pid: i32, parent: i32, session: i32, pages: u64) -> Process {
        Process { pid, parent, session, pages }
    }

    #[test]
    fn a_tree_counts_what_it_started_and_what_was_left_behind() {
        let processes = [
            made(1, 0, 1, 1),
            made(10, 1, 5, 10),
            made(11, 10, 5, 100),
            made(12, 10, 12, 1_000),
            made(13, 12, 12, 10_000),
            made(14, 1, 12, 100_000),
            made(20, 1, 5, 1_000_000),
        ];
        assert_eq!(pages_of(&processes, 10), 111_110);
        assert_eq!(pages_of(&processes, 99), 0);
    }

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b 1) S 3 7 5 0 -1 4 0 0 0 0 1 2 0 0 20 0 1 0 100 4096 42 18446744073709551615";
        assert_eq!(process(7, stat), Some(made(7, 3, 5, 42)));
        assert_eq!(process(7, "7 (torn"), None);
        assert_eq!(process(7, "7 (short) S 1 2"), None);
    }

    #[test]
    fn this_process_has_some() {
        let own = std::process::id().cast_signed();
        assert!(tree_bytes(Path::new("/proc"), own) > 1_000_000);
    }
}
