//! The daemon as the keeper sees it: a process that is started again whenever it ends.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;
use rustix::process::{Pid, Signal, WaitStatus};

use super::control::Control;
use crate::domain::keeper_frames::Death;
use crate::os::fds;

/// Waits before the first, second, … restart; the last one repeats.
const WAITS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(30),
];
/// A daemon that was ready and lived this long did not fail by itself at the start.
const WELL: Duration = Duration::from_millis(250);

pub struct Daemon {
    program: PathBuf,
    arguments: Vec<OsString>,
    running: Option<Running>,
    quick_deaths: usize,
    pub generation: u64,
    pub last_death: Option<Death>,
    /// The next end was asked for.
    pub restarting: bool,
}

struct Running {
    pid: i32,
    control: Control,
    ready_at: Option<Instant>,
}

impl Daemon {
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Daemon {
        Daemon {
            program,
            arguments,
            running: None,
            quick_deaths: 0,
            generation: 0,
            last_death: None,
            restarting: false,
        }
    }

    /// Starts the binary now on disk, its control socket as standard input.
    pub fn start(&mut self) -> io::Result<()> {
        let (ours, theirs) = fds::pair()?;
        let child = Command::new(&self.program).args(&self.arguments).stdin(Stdio::from(theirs)).spawn()?;
        self.running = Some(Running { pid: child.id() as i32, control: Control::new(ours), ready_at: None });
        Ok(())
    }

    pub fn control(&mut self) -> Option<&mut Control> {
        self.running.as_mut().map(|running| &mut running.control)
    }

    pub fn pid(&self) -> Option<i32> {
        self.running.as_ref().map(|running| running.pid)
    }

    pub fn ready(&mut self) {
        if let Some(running) = &mut self.running {
            running.ready_at = Some(Instant::now());
        }
    }

    pub fn kill(&self) {
        if let Some(pid) = self.pid().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }

    /// Notes the end and says how long to wait before the next start.
    pub fn ended(&mut self, how: Option<WaitStatus>) -> Duration {
        let ready_at = self.running.take().and_then(|running| running.ready_at);
        self.generation += 1;
        let asked = std::mem::take(&mut self.restarting);
        let cause = if asked { "was restarted on request".to_owned() } else { cause_of(how) };
        tracing::warn!(%cause, generation = self.generation, "the daemon ended");
        self.last_death = Some(Death { at: Utc::now(), cause });
        let well = ready_at.is_some_and(|at| at.elapsed() >= WELL);
        self.quick_deaths = if well || asked { 0 } else { self.quick_deaths + 1 };
        WAITS[self.quick_deaths.min(WAITS.len() - 1)]
    }
}

fn cause_of(how: Option<WaitStatus>) -> String {
    let Some(how) = how else {
        return "could not be started".to_owned();
    };
    if let Some(signal) = how.terminating_signal() {
        return format!("was killed by signal {signal}");
    }
    match how.exit_status() {
        Some(code) => format!("exited with code {code}"),
        None => "ended in an unknown way".to_owned(),
    }
}
