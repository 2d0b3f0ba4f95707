//! With `--profile`: which thread worked how much during a measurement.

use crate::proc::{self, Thread};

/// Milliseconds in one of the kernel's clock ticks, as it shows them to programs.
const TICK: u64 = 10;

/// Threads of some processes at one moment.
pub struct Profile(Vec<(String, i32, Vec<Thread>)>);

impl Profile {
    /// Begins; `processes` are names and ids.
    pub fn of(processes: &[(&str, i32)]) -> Profile {
        let look = |&(name, pid): &(&str, i32)| (name.to_owned(), pid, proc::threads(pid));
        Profile(processes.iter().map(look).collect())
    }

    /// Says on standard error what has happened since.
    pub fn tell(&self, what: &str) {
        eprintln!("    {what}: milliseconds of CPU and switches per thread");
        for (process, pid, before) in &self.0 {
            for now in proc::threads(*pid) {
                let then = before.iter().find(|thread| thread.id == now.id);
                let since = |of: fn(&Thread) -> u64| of(&now) - then.map_or(0, of);
                let switches = since(|thread| thread.voluntary) + since(|thread| thread.involuntary);
                if switches == 0 {
                    continue;
                }
                eprintln!(
                    "      {process:9} {:16} all {:8.1} user {:6} system {:6} waits {:7} preempted {:6}",
                    now.name,
                    since(|thread| thread.nanoseconds) as f64 / 1e6,
                    since(|thread| thread.user) * TICK,
                    since(|thread| thread.system) * TICK,
                    since(|thread| thread.voluntary),
                    since(|thread| thread.involuntary),
                );
            }
        }
    }
}
