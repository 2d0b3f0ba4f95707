//! Nothing outlives a run: neither its time nor its processes.
//!
//! Children die with the thread that started them (the kernel sees to it) and are killed when their owner is
//! dropped; this ends a run that takes too long.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::Signal;

/// Ends the program after `most`, whatever it does.
pub fn start(most: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(most);
        eprintln!("the run took longer than {most:?} and is given up");
        std::process::exit(3);
    });
}

/// A child that is killed when it is dropped, and when this thread ends.
pub struct Guarded(pub Child);

impl Guarded {
    pub fn spawn(mut command: Command) -> std::io::Result<Guarded> {
        // SAFETY: between fork and exec the closure makes one system call and allocates nothing.
        unsafe {
            command.pre_exec(|| Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?));
        }
        command.spawn().map(Guarded)
    }

    pub fn pid(&self) -> i32 {
        self.0.id() as i32
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
