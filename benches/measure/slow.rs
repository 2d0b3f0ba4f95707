//! A viewer that stops reading while its program prints as fast as it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Run;
use super::typing::{ECHO, Typist};
use crate::baseline::Server;
use crate::client::Client;
use crate::daemon::Daemon;
use crate::proc;
use crate::stats::Rounds;
use crate::table::{Budget, Row};

pub fn take(run: &mut Run) -> Result<()> {
    let time = Duration::from_secs(run.scaled(10, 4) as u64);
    let server = Server::start(&ECHO)?;
    let mut bare = Typist::new(Client::bare(server.address)?, 1);
    let daemon = Daemon::start()?;
    let mut client = daemon.client()?;
    client.join(1, &daemon.create(&ECHO)?, None)?;
    let mut coda = Typist::new(client, 1);
    coda.round(30)?;

    let before = phase(&mut coda, &mut bare, time / 2)?;
    // The same flood with nobody there: what the program itself costs the machine.
    let unwatched = daemon.create(&["/usr/bin/yes"])?;
    std::thread::sleep(Duration::from_millis(500));
    let alone = phase(&mut coda, &mut bare, time / 2)?;
    daemon.post("/api/session/close", &serde_json::json!({"session_id": unwatched}))?;
    std::thread::sleep(Duration::from_millis(500));

    let pid = daemon.daemon_pid().context("there is no daemon")?;
    let start = proc::rss(pid);
    let highest = Highest::watch(pid);
    let flood = daemon.create(&["/usr/bin/yes"])?;
    let mut stuck = daemon.client()?;
    stuck.join(1, &flood, None)?;
    let meanwhile = phase(&mut coda, &mut bare, time)?;
    let grown = highest.stop().saturating_sub(start);
    drop(stuck);

    let grown = grown as f64 / 1024.0;
    run.table.row(
        Row::new("slow reader, daemon RSS growth, highest", format!("{grown:.1} MiB")).bound_value(
            grown,
            Budget::AtMost(8.0),
            "≤ 8 MiB",
        ),
    );
    let [(before, bare_before), (alone, _), (meanwhile, bare_meanwhile)] = [before, alone, meanwhile];
    run.table.row(
        Row::new("slow reader, another session's echo, p99", meanwhile.show(99.0))
            .against(format!("{} before", before.show(99.0)), meanwhile.at(99.0) / before.at(99.0))
            .bound(Budget::AtMost(1.2), "unchanged (≤ 1.2 ×)"),
    );
    run.table.row(
        Row::new("  against the same flood unwatched, p99", meanwhile.show(99.0))
            .against(format!("{} unwatched", alone.show(99.0)), meanwhile.at(99.0) / alone.at(99.0)),
    );
    run.table.row(Row::new("  bare server meanwhile, p99", bare_meanwhile.show(99.0)).against(
        format!("{} before", bare_before.show(99.0)),
        bare_meanwhile.at(99.0) / bare_before.at(99.0),
    ));
    run.table.note(format!(
        "slow reader: `yes` for {time:?}; it keeps a core busy by itself, see the bare server's row"
    ));
    Ok(())
}

/// Types for that long on CoDA and on the bare server in turn.
fn phase(coda: &mut Typist, bare: &mut Typist, time: Duration) -> Result<(Rounds, Rounds)> {
    const TURNS: u32 = 5;
    let (mut with, mut without) = (Rounds::default(), Rounds::default());
    for _ in 0..TURNS {
        with.add(&coda.during(time / TURNS * 3 / 4)?);
        without.add(&bare.during(time / TURNS / 4)?);
    }
    Ok((with, without))
}

/// The most memory a process has had.
struct Highest {
    done: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
}

impl Highest {
    fn watch(pid: i32) -> Highest {
        let (done, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (flag, into) = (done.clone(), most.clone());
        std::thread::spawn(move || {
            while !flag.load(Ordering::Relaxed) {
                into.fetch_max(proc::rss(pid), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        Highest { done, most }
    }

    fn stop(self) -> u64 {
        self.done.store(true, Ordering::Relaxed);
        self.most.load(Ordering::Relaxed)
    }
}
