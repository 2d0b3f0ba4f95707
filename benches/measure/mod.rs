//! The measurements, in the order of the table.

mod attach;
mod bulk;
mod density;
mod echo;
mod gateway;
mod load;
mod recovery;
mod screen;
mod size;
mod slow;
mod startup;
mod typing;

use crate::profile::Profile;
use crate::table::Table;

/// One run of the program.
pub struct Run {
    pub quick: bool,
    profiled: bool,
    pub table: Table,
}

impl Run {
    pub fn new(quick: bool, profiled: bool) -> Run {
        Run { quick, profiled, table: Table::default() }
    }

    /// `full`, or `quick` in a quick run.
    pub fn scaled(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// Does it, and tells what threads worked, if that was asked for.
    pub fn profile<T>(&self, what: &str, processes: &[(&str, i32)], act: impl FnOnce() -> T) -> T {
        let profile = self.profiled.then(|| Profile::of(processes));
        let result = act();
        if let Some(profile) = profile {
            profile.tell(what);
        }
        result
    }
}

pub struct Measurement {
    pub name: &'static str,
    pub about: &'static str,
    pub take: fn(&mut Run) -> anyhow::Result<()>,
}

pub const MEASUREMENTS: [Measurement; 11] = [
    Measurement { name: "echo", about: "a keystroke's echo, everything else idle", take: echo::take },
    Measurement { name: "load", about: "the same while 50 sessions print", take: load::take },
    Measurement { name: "bulk", about: "cat of a large file to one viewer", take: bulk::take },
    Measurement { name: "slow", about: "a viewer that stops reading", take: slow::take },
    Measurement { name: "attach", about: "joining after 20 MB of output", take: attach::take },
    Measurement { name: "recovery", about: "kill -9 of the daemon", take: recovery::take },
    Measurement { name: "startup", about: "coda serve to its first answer", take: startup::take },
    Measurement { name: "density", about: "memory and echo with up to 1,000 sessions", take: density::take },
    Measurement { name: "gateway", about: "streamed answers through the gateway", take: gateway::take },
    Measurement { name: "screen", about: "the screen model alone", take: screen::take },
    Measurement { name: "size", about: "the binary", take: size::take },
];
