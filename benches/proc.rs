//! What `/proc` says about processes and the machine.

use std::fs;

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pub rss: u64,
    /// Shared pages count in part.
    pub pss: u64,
    pub private_dirty: u64,
    /// Resident pages that are in no file and in no shared memory.
    pub anonymous: u64,
}

pub fn memory(pid: i32) -> Memory {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    Memory {
        rss: field(&rollup, "Rss:"),
        pss: field(&rollup, "Pss:"),
        private_dirty: field(&rollup, "Private_Dirty:"),
        anonymous: field(&status, "RssAnon:"),
    }
}

/// Resident memory alone, cheaply, in KiB.
pub fn rss(pid: i32) -> u64 {
    field(&fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default(), "VmRSS:")
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|value| value.parse().ok()).unwrap_or_default()
}

pub fn children(pid: i32) -> Vec<i32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

pub fn arguments(pid: i32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|&byte| byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

/// Most PTYs this kernel gives out, and how many are in use.
pub fn ptys() -> (u64, u64) {
    let number = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/kernel/pty/{name}")).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    };
    (number("max"), number("nr"))
}

/// CPU time and switches of one thread.
#[derive(Debug, Clone)]
pub struct Thread {
    pub id: i32,
    pub name: String,
    /// All of its CPU time.
    pub nanoseconds: u64,
    /// In clock ticks.
    pub user: u64,
    pub system: u64,
    /// It waited; it was made to wait.
    pub voluntary: u64,
    pub involuntary: u64,
}

/// CPU time of these processes' threads so far, in milliseconds.
pub fn cpu(pids: &[i32]) -> f64 {
    let threads = pids.iter().flat_map(|&pid| threads(pid));
    threads.map(|thread| thread.nanoseconds as f64 / 1e6).sum()
}

pub fn threads(pid: i32) -> Vec<Thread> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut threads: Vec<Thread> = ids.filter_map(|id| thread(pid, id)).collect();
    threads.sort_by_key(|thread| thread.id);
    threads
}

fn thread(pid: i32, id: i32) -> Option<Thread> {
    let stat = fs::read_to_string(format!("/proc/{pid}/task/{id}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/task/{id}/status")).ok()?;
    let schedule = fs::read_to_string(format!("/proc/{pid}/task/{id}/schedstat")).ok()?;
    let (head, tail) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = tail.split_whitespace().collect();
    Some(Thread {
        id,
        name: head.split_once('(')?.1.to_owned(),
        nanoseconds: schedule.split_whitespace().next()?.parse().ok()?,
        user: fields.get(11)?.parse().ok()?,
        system: fields.get(12)?.parse().ok()?,
        voluntary: field(&status, "voluntary_ctxt_switches:"),
        involuntary: field(&status, "nonvoluntary_ctxt_switches:"),
    })
}

/// One line about where this runs.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&info, "MemTotal:") / 1024;
    format!("{cores} cores, {memory} MiB, Linux {}, {}", release.trim(), load_average())
}

pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let numbers: Vec<&str> = text.split_whitespace().take(3).collect();
    format!("load average {}", numbers.join(" "))
}
