//! A keystroke's echo while fifty other sessions print.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use super::Run;
use super::typing::{ECHO, Typist};
use crate::baseline::Server;
use crate::client::Client;
use crate::daemon::{Daemon, signal};
use crate::roles;
use crate::stats::Rounds;
use crate::table::{Budget, Row};

const ROUNDS: usize = 5;
const PRINTERS: usize = 50;
const RATE: &str = "100";
/// How long the printers may take to stop or go on.
const SETTLE: Duration = Duration::from_millis(150);

#[derive(Default)]
struct Outcome {
    idle: Rounds,
    loaded: Rounds,
    /// The bare server at the same time: what the load does to the machine.
    bare: Rounds,
}

pub fn take(run: &mut Run) -> Result<()> {
    let server = Server::start(&ECHO)?;
    let mut bare = Typist::new(Client::bare(server.address)?, 1);
    let daemon = Daemon::start()?;
    let mut client = daemon.client()?;
    client.join(1, &daemon.create(&ECHO)?, None)?;
    let mut coda = Typist::new(client, 1);
    let command = roles::command(&["print", RATE]);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let sessions: Vec<String> = (0..PRINTERS).map(|_| daemon.create(&command)).collect::<Result<_>>()?;
    let processes = [("keeper", daemon.keeper_pid()), ("daemon", daemon.daemon_pid().unwrap_or(0))];

    let keys = run.scaled(400, 60);
    let unwatched =
        run.profile("unwatched", &processes, || rounds(&daemon, &mut bare, &mut coda, keys, None))?;
    let watched =
        run.profile("watched", &processes, || rounds(&daemon, &mut bare, &mut coda, keys, Some(&sessions)))?;
    for (how, result) in [("unwatched", unwatched), ("watched", watched)] {
        let (idle, loaded) = (&result.idle, &result.loaded);
        let row = Row::new(format!("echo, {PRINTERS} sessions print, {how}, p99"), loaded.show(99.0))
            .against(format!("{} CoDA, idle", idle.show(99.0)), loaded.at(99.0) / idle.at(99.0))
            .bound(Budget::AtMost(2.0), "≤ 2 × idle");
        run.table.row(row);
        let row = Row::new(format!("  p50, {how}"), loaded.show(50.0))
            .against(format!("{} CoDA, idle", idle.show(50.0)), loaded.at(50.0) / idle.at(50.0));
        run.table.row(row);
        let row = Row::new(format!("  bare server meanwhile, {how}, p99"), result.bare.show(99.0));
        run.table.row(row);
    }
    run.table.note(format!(
        "load: each session prints {RATE} lines a second; idle is the same daemon with the printers stopped, in turn"
    ));
    Ok(())
}

fn rounds(
    daemon: &Daemon,
    bare: &mut Typist,
    coda: &mut Typist,
    keys: usize,
    watched: Option<&[String]>,
) -> Result<Outcome> {
    let mut result = Outcome::default();
    let watcher = watched.map(|sessions| Watcher::start(daemon, sessions)).transpose()?;
    let printers = daemon.programs(roles::FLAG);
    anyhow::ensure!(printers.len() == PRINTERS, "{} of {PRINTERS} sessions print", printers.len());
    let all = |what| {
        printers.iter().for_each(|&pid| signal(pid, what));
        std::thread::sleep(SETTLE);
    };
    for _ in 0..ROUNDS {
        all(Signal::STOP);
        result.idle.add(&coda.round(keys)?);
        all(Signal::CONT);
        result.loaded.add(&coda.round(keys)?);
        result.bare.add(&bare.round(keys / 2)?);
    }
    if let Some(watcher) = watcher {
        watcher.stop()?;
    }
    Ok(result)
}

/// Another page, with all the printing sessions on it.
struct Watcher {
    done: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Watcher {
    fn start(daemon: &Daemon, sessions: &[String]) -> Result<Watcher> {
        let mut client = daemon.client()?;
        for (number, session) in (1..).zip(sessions) {
            client.join(number, session, None)?;
        }
        client.patience(Duration::from_millis(100))?;
        let done = Arc::new(AtomicBool::new(false));
        let flag = done.clone();
        let thread = std::thread::spawn(move || {
            while !flag.load(Ordering::Relaxed) {
                client.hear()?;
            }
            Ok(())
        });
        Ok(Watcher { done, thread })
    }

    fn stop(self) -> Result<()> {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|_| anyhow::bail!("the watcher panicked"))
    }
}
