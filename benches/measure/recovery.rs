//! `kill -9` of the daemon: how soon somebody types again, and what was lost.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::Run;
use super::typing::ECHO;
use crate::client::{Channel, Client, DEADLINE};
use crate::daemon::Daemon;
use crate::roles;
use crate::stats::{median, most};
use crate::table::{Budget, Row};

/// How long a daemon lives between two kills.
const LIFE: Duration = Duration::from_millis(600);
/// Lines a second of the counting program.
const RATE: &str = "20000";
/// Channels: somebody types, something counts.
const TYPED: u32 = 1;
const COUNTED: u32 = 2;

pub fn take(run: &mut Run) -> Result<()> {
    // A ring from which nobody falls who comes back at once.
    let daemon = Daemon::with("[sessions]\nring_bytes = 16777216\n")?;
    let sessions = [daemon.create(&ECHO)?, count(&daemon)?];
    let mut client = daemon.client()?;
    client.join(TYPED, &sessions[0], None)?;
    let mut counted = Channel::new(&sessions[1], true);
    counted.kept = Some(Vec::new());
    client.channels.insert(COUNTED, counted);
    client.join(COUNTED, &sessions[1], Some(0))?;

    let (mut echoes, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..run.scaled(15, 10) {
        listen(&mut client, LIFE)?;
        daemon.kill_daemon()?;
        let began = Instant::now();
        answers.push(resume(&daemon, &mut client, began)?.as_secs_f64() * 1e3);
        type_one(&mut client)?;
        echoes.push(began.elapsed().as_secs_f64() * 1e3);
    }
    listen(&mut client, LIFE)?;
    report(run, &daemon, &client, &echoes, &answers)
}

fn count(daemon: &Daemon) -> Result<String> {
    let command = roles::command(&["count", RATE]);
    daemon.create(&command.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Hears whatever comes, for that long.
fn listen(client: &mut Client, time: Duration) -> Result<()> {
    let began = Instant::now();
    client.patience(Duration::from_millis(20))?;
    while began.elapsed() < time {
        client.hear()?;
    }
    Ok(())
}

/// Comes back as fast as it can, with all that it has; the time until the socket was open.
fn resume(daemon: &Daemon, client: &mut Client, began: Instant) -> Result<Duration> {
    loop {
        ensure!(began.elapsed() < DEADLINE, "waited {DEADLINE:?} for the daemon");
        let Ok(mut fresh) = daemon.client() else { continue };
        let open = began.elapsed();
        fresh.channels = std::mem::take(&mut client.channels);
        *client = fresh;
        let joins = [TYPED, COUNTED].into_iter().map(|number| {
            let channel = &client.channels[&number];
            let (session, from) = (channel.session.clone(), channel.offset);
            client.ask_to_join(number, &session, Some(from))
        });
        if joins.collect::<Result<Vec<()>>>().is_ok() {
            return Ok(open);
        }
    }
}

/// Types a key as soon as the channel has joined, and waits for it.
fn type_one(client: &mut Client) -> Result<()> {
    client.until(TYPED, |channel| channel.joined)?;
    let expected = client.channels[&TYPED].offset + 1;
    client.input(TYPED, b"x")?;
    client.until_offset(TYPED, expected)
}

fn report(run: &mut Run, daemon: &Daemon, client: &Client, echoes: &[f64], answers: &[f64]) -> Result<()> {
    let channel = &client.channels[&COUNTED];
    ensure!(channel.snapshots == 0, "resuming needed a snapshot: bytes cannot be counted");
    let (lines, wrong) = ledger(channel.kept.as_deref().unwrap_or_default())?;
    let (median_ms, most_ms) = (median(echoes), most(echoes));
    run.table.row(
        Row::new("kill -9 to the first echo", format!("{median_ms:.0} ms (most {most_ms:.0})")).bound_value(
            most_ms,
            Budget::AtMost(1000.0),
            "≤ 1 s",
        ),
    );
    let open = format!("{:.0} ms (most {:.0})", median(answers), most(answers));
    run.table.row(Row::new("  of which until the socket is open", open));
    let (_, receipts) = daemon.get("/api/receipts")?;
    let receipts: serde_json::Value = serde_json::from_str(&receipts)?;
    let lost: u64 =
        receipts["receipts"].as_array().into_iter().flatten().filter_map(|r| r["bytes_lost"].as_u64()).sum();
    let measured = format!("{wrong} lines, receipts say {lost} bytes");
    run.table.row(Row::new(format!("  lost of {lines} lines counted"), measured).bound_value(
        (wrong + lost) as f64,
        Budget::AtMost(0.0),
        "0",
    ));
    run.table.note(format!(
        "kill -9: {} kills, one each {LIFE:?} of life, while a program counts {RATE} lines a second",
        echoes.len()
    ));
    Ok(())
}

/// Checks that every line came once and in order; how many lines, how many were wrong.
fn ledger(bytes: &[u8]) -> Result<(u64, u64)> {
    let text = std::str::from_utf8(bytes)?;
    let Some(end) = text.rfind("\r\n") else { bail!("nothing was counted") };
    let (mut lines, mut wrong) = (0, 0);
    for line in text[..end].split("\r\n") {
        lines += 1;
        wrong += u64::from(line != format!("line {lines}"));
    }
    Ok((lines, wrong))
}
