//! Many sessions that do nothing, and whether each still answers.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::Run;
use crate::client::Client;
use crate::daemon::Daemon;
use crate::proc::{self, Memory};
use crate::stats::{Rounds, most};
use crate::table::{Budget, Row};

const LEVELS: [usize; 3] = [50, 200, 1000];
/// Channels on one socket; a link carries 256.
const CHANNELS: usize = 250;
/// A session as one finds it: it has printed something and waits.
const IDLE: [&str; 3] = ["/bin/sh", "-c", "echo ready; exec cat"];
/// What a session prints before it is idle.
const READY: u64 = 7;

pub fn take(run: &mut Run) -> Result<()> {
    let daemon = Daemon::with("[sessions]\nmax_sessions = 1100\n")?;
    let (limit, used) = proc::ptys();
    run.table.note(format!("density: the kernel gives out {limit} PTYs, {used} were in use"));
    let pid = daemon.daemon_pid().context("there is no daemon")?;
    let pids = [pid, daemon.keeper_pid()];
    std::thread::sleep(Duration::from_millis(500));
    let empty = pids.map(proc::memory);
    let kib = empty[1].anonymous as f64;
    run.table.row(
        Row::new("keeper without sessions, RssAnon", format!("{:.2} MiB", kib / 1024.0)).bound_value(
            kib / 1024.0,
            Budget::AtMost(3.0),
            "< 3 MiB",
        ),
    );
    let levels = if run.quick { &LEVELS[..2] } else { &LEVELS[..] };
    let mut sessions = Vec::new();
    for &level in levels {
        let began = Instant::now();
        let missing = level - sessions.len();
        for _ in 0..missing {
            sessions.push(daemon.create(&IDLE)?);
        }
        let each = began.elapsed().as_secs_f64() * 1e3 / missing as f64;
        let now = settled(pids, Duration::from_secs(run.scaled(25, 4) as u64));
        memory_rows(run, level, empty, now, each);
    }
    echo(run, &daemon, &sessions)
}

/// The memory once it no longer shrinks: the keeper gives an idle ring's pages back after a while.
fn settled(pids: [i32; 2], most: Duration) -> [Memory; 2] {
    let began = Instant::now();
    let mut steady = 0;
    let mut now = pids.map(proc::memory);
    while began.elapsed() < most && (steady < 4 || began.elapsed() < Duration::from_secs(13)) {
        std::thread::sleep(Duration::from_millis(500));
        let before = std::mem::replace(&mut now, pids.map(proc::memory));
        let sum = |of: [Memory; 2]| of[0].pss + of[1].pss;
        steady = if sum(now).abs_diff(sum(before)) * 200 < sum(now) { steady + 1 } else { 0 };
    }
    now
}

fn memory_rows(run: &mut Run, level: usize, empty: [Memory; 2], now: [Memory; 2], each_ms: f64) {
    let per = |of: fn(&Memory) -> u64| {
        let grown = |process: usize| of(&now[process]).saturating_sub(of(&empty[process])) as f64;
        (grown(0) / level as f64, grown(1) / level as f64)
    };
    let ((pss_daemon, pss_keeper), (dirty_daemon, dirty_keeper)) = (per(|m| m.pss), per(|m| m.private_dirty));
    let (rss_daemon, rss_keeper) = per(|m| m.rss);
    let pss = pss_daemon + pss_keeper;
    run.table.row(
        Row::new(
            format!("{level} idle sessions, PSS each"),
            format!("{pss:.0} KiB (daemon {pss_daemon:.0}, keeper {pss_keeper:.0})"),
        )
        .bound_value(pss, Budget::AtMost(256.0), "≤ 256 KiB"),
    );
    let mib = |kib: u64| kib as f64 / 1024.0;
    let resident = format!("{:.0} MiB, keeper {:.1} MiB", mib(now[0].rss), mib(now[1].rss));
    let row = Row::new(format!("  {level}: daemon RSS"), resident);
    let row =
        if level == 200 { row.bound_value(mib(now[0].rss), Budget::AtMost(80.0), "≤ 80 MiB") } else { row };
    run.table.row(row);
    run.table.note(format!(
        "{level} sessions, each: RSS daemon {rss_daemon:.0} + keeper {rss_keeper:.0} KiB, private dirty {dirty_daemon:.0} + \
         {dirty_keeper:.0} KiB; keeper RssAnon {:.1} MiB in all; {each_ms:.1} ms to create one",
        mib(now[1].anonymous)
    ));
}

/// A key in every session.
fn echo(run: &mut Run, daemon: &Daemon, sessions: &[String]) -> Result<()> {
    let mut clients: Vec<(Client, u32)> = Vec::new();
    for group in sessions.chunks(CHANNELS) {
        let mut client = daemon.client()?;
        let numbers: HashMap<u32, &String> = (1..).zip(group).collect();
        for (&number, session) in &numbers {
            client.join(number, session, None)?;
        }
        clients.push((client, numbers.len() as u32));
    }
    let mut rounds = Rounds::default();
    let mut latencies = Vec::new();
    for (client, channels) in &mut clients {
        for number in 1..=*channels {
            client.until(number, |channel| channel.offset >= READY)?;
            latencies.push(key(client, number)?);
        }
    }
    rounds.add(&latencies);
    let all: Vec<f64> = latencies.iter().map(|latency| latency.as_secs_f64() * 1e3).collect();
    run.table.row(
        Row::new(
            format!("{} sessions, echo in each, p99", sessions.len()),
            format!(
                "{:.2} ms (p50 {:.2}, most {:.2})",
                rounds.at(99.0) / 1e3,
                rounds.at(50.0) / 1e3,
                most(&all)
            ),
        )
        .bound_value(rounds.at(99.0) / 1e3, Budget::AtMost(50.0), "≤ 50 ms"),
    );
    Ok(())
}

fn key(client: &mut Client, number: u32) -> Result<Duration> {
    let expected = client.channels[&number].offset + 1;
    let began = Instant::now();
    client.input(number, b"x")?;
    client.until_offset(number, expected)?;
    Ok(began.elapsed())
}
