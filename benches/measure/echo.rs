//! A keystroke's echo while nothing else happens.

use anyhow::Result;

use super::Run;
use super::typing::{ECHO, Typist};
use crate::baseline::Server;
use crate::client::Client;
use crate::daemon::Daemon;
use crate::proc;
use crate::stats::Rounds;
use crate::table::{Budget, Row};

const ROUNDS: usize = 10;

pub fn take(run: &mut Run) -> Result<()> {
    let server = Server::start(&ECHO)?;
    let mut bare = Typist::new(Client::bare(server.address)?, 1);
    let daemon = Daemon::start()?;
    let mut client = daemon.client()?;
    client.join(1, &daemon.create(&ECHO)?, None)?;
    let mut coda = Typist::new(client, 1);
    let processes = [
        ("bare", server.pid()),
        ("keeper", daemon.keeper_pid()),
        ("daemon", daemon.daemon_pid().unwrap_or(0)),
    ];

    let keys = run.scaled(250, 60);
    bare.round(30)?;
    coda.round(30)?;
    let (mut without, mut with) = (Rounds::default(), Rounds::default());
    let cpu = || [proc::cpu(&[processes[0].1]), proc::cpu(&[processes[1].1, processes[2].1])];
    let before = cpu();
    run.profile("echo", &processes, || -> Result<()> {
        for _ in 0..ROUNDS {
            without.add(&bare.round(keys)?);
            with.add(&coda.round(keys)?);
        }
        Ok(())
    })?;
    let after = cpu();
    let per_key = [0, 1].map(|of| (after[of] - before[of]) * 1e3 / (ROUNDS * keys) as f64);
    for percent in [50.0, 99.0] {
        let row = Row::new(format!("echo, idle, p{percent}"), with.show(percent))
            .against(without.show(percent), with.at(percent) / without.at(percent))
            .bound(Budget::AtMost(1.2), "≤ 1.2 ×");
        run.table.row(row);
    }
    let row = Row::new("  CPU a key", format!("{:.0} µs", per_key[1]))
        .against(format!("{:.0} µs server", per_key[0]), per_key[1] / per_key[0]);
    run.table.row(row);
    run.table.note(format!("echo: {ROUNDS} rounds of {keys} keys each, baseline and CoDA in turn, about 5 ms apart; median round (best–worst)"));
    Ok(())
}
