//! Processes of a session: signals to groups, and who belongs to it.

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal};

/// Places the calling process's scheduling group (autogroup), one for each session where the kernel has them, behind
/// others. `niceness`: in decimal. Allocates nothing.
pub fn nice_group(niceness: &[u8]) -> rustix::io::Result<()> {
    let group = rustix::fs::open(c"/proc/self/autogroup", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&group, niceness).map(drop)
}

/// Sends `signal` to the process group that `pid` leads; a group that is gone is no error.
pub fn signal_group(pid: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(pid) {
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

/// Sends `signal` to every process of the kernel session that `leader` began.
pub fn signal_session(leader: i32, signal: Signal) {
    for pid in session_members(leader) {
        if let Some(pid) = Pid::from_raw(pid) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

/// Processes whose session id is `leader`, read from `/proc`.
pub fn session_members(leader: i32) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|&pid| session_of(pid) == Some(leader))
        .collect()
}

/// The session id: the sixth field of `/proc/PID/stat`, counted behind the name, which may hold spaces.
fn session_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(3)?.parse().ok()
}

/// When a process began, in the kernel's ticks since the machine was started: with its number, that tells it from every
/// other.
pub fn began(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

/// Kills a process group if its leader is still the one that began then.
pub fn end_group(leader: i32, began_at: u64) {
    if began(leader) == Some(began_at) {
        signal_group(leader, Signal::KILL);
    }
}

/// How many processes that have not ended are in this group.
pub fn members_of_group(group: i32) -> usize {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let is_member = |stat: &String| {
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        fields.first() != Some(&"Z") && fields.get(2).and_then(|field| field.parse().ok()) == Some(group)
    };
    stats.filter(is_member).count()
}

/// Name of the process in the foreground of a terminal's session, by the group that owns it.
pub fn name_of(pid: i32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// The directory a process works in, if we may know; one that was removed is named as it was.
pub fn directory_of(pid: i32) -> Option<String> {
    let path = std::fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    let path = path.into_os_string().into_string().ok()?;
    Some(path.strip_suffix(" (deleted)").map_or(path.clone(), str::to_owned))
}

/// Allows as many open files as the hard limit grants; returns the soft limit from before.
pub fn raise_open_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).ok()?;
    limit.current
}

/// A file that reached the size limit is an error to whoever writes it, not the end of the process.
pub fn survive_file_size_limit() {
    // SAFETY: ignoring a signal installs no handler and touches no memory.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Nobody but the system may look into this process, other processes of the same user neither: not at its memory, not at
/// the variables it was started with. What it starts is not affected.
pub fn close_to_others() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "programs of this user may read what this process was started with");
    }
}
