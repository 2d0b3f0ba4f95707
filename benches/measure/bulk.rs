//! `cat` of a large file: bare, through the bare server, through CoDA.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Run;
use crate::baseline::{Pty, Server};
use crate::client::Client;
use crate::daemon::Daemon;
use crate::files::{self, Bulk};
use crate::proc;
use crate::stats::{least, median, most};
use crate::table::{Budget, Row};

const ROUNDS: usize = 3;
/// The same daemon with nothing fed to its screens.
const NO_MODEL: &str = "[sessions]\nscreen_model = false\n";

/// Waits for a line, prints the file, and stays.
fn command(path: &Path) -> [String; 3] {
    ["/bin/sh".into(), "-c".into(), format!("read line; cat '{}'; exec sleep 600", path.display())]
}

/// The echo of the line that starts it.
const ECHO: u64 = 2;

pub fn take(run: &mut Run) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let bytes = run.scaled(200, 30) as u64 * 1_000_000;
    for coloured in [false, true] {
        let file = files::write(dir.path(), bytes, coloured)?;
        let kind = if coloured { "coloured" } else { "plain" };
        one(run, kind, &file)?;
        std::fs::remove_file(&file.path)?;
    }
    run.table.note(format!(
        "bulk: files of {} MB, {ROUNDS} rounds in turn; journal and screen model are on, the viewer acknowledges as the page does",
        bytes / 1_000_000
    ));
    Ok(())
}

fn one(run: &mut Run, kind: &str, file: &Bulk) -> Result<()> {
    let (mut direct, mut served, mut coda, mut blind) = (vec![], vec![], vec![], vec![]);
    let (mut served_cpu, mut coda_cpu, mut blind_cpu) = (vec![], vec![], vec![]);
    let mut skipped = 0.0f64;
    for round in 0..ROUNDS {
        direct.push(bare(file)?);
        let (speed, cpu) = through_server(run, file)?;
        served.push(speed);
        served_cpu.push(cpu);
        let (speed, cpu, delivered) = through_coda(run, &format!("{kind}, round {round}"), file, "")?;
        coda.push(speed);
        coda_cpu.push(cpu);
        skipped = skipped.max(1.0 - delivered);
        let (speed, cpu, _) = through_coda(run, &format!("{kind}, round {round}, no model"), file, NO_MODEL)?;
        blind.push(speed);
        blind_cpu.push(cpu);
    }
    let row = Row::new(format!("bulk, {kind}"), show(&coda))
        .against(format!("{} server", show(&served)), median(&coda) / median(&served))
        .bound(Budget::AtLeast(0.95), "≥ 0.95 ×");
    run.table.row(row);
    let row = Row::new(format!("  against a bare PTY, {kind}"), show(&coda))
        .against(format!("{} PTY", show(&direct)), median(&coda) / median(&direct));
    run.table.row(row);
    let per_mb = |cpu: &[f64]| median(cpu) / (file.printed as f64 / 1e6);
    let row = Row::new(format!("  CPU a MB, {kind}"), format!("{:.1} ms", per_mb(&coda_cpu)))
        .against(format!("{:.1} ms server", per_mb(&served_cpu)), median(&coda_cpu) / median(&served_cpu));
    run.table.row(row);
    let row = Row::new(format!("  against CoDA without a screen model, {kind}"), show(&coda))
        .against(show(&blind), median(&coda) / median(&blind));
    run.table.row(row);
    let row = Row::new(format!("  CPU a MB, {kind}"), format!("{:.1} ms", per_mb(&coda_cpu)))
        .against(format!("{:.1} ms without", per_mb(&blind_cpu)), median(&coda_cpu) / median(&blind_cpu));
    run.table.row(row);
    run.table.row(Row::new(
        format!("  left to a snapshot, {kind}, worst round"),
        format!("{:.0} %", skipped * 100.0),
    ));
    Ok(())
}

fn show(speeds: &[f64]) -> String {
    format!("{:.0} MB/s ({:.0}–{:.0})", median(speeds), least(speeds), most(speeds))
}

fn speed(file: &Bulk, took: Duration) -> f64 {
    file.printed as f64 / 1e6 / took.as_secs_f64()
}

fn bare(file: &Bulk) -> Result<f64> {
    let mut pty = Pty::spawn(&command(&file.path))?;
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    pty.type_in(b"\n")?;
    pty.read(ECHO + file.printed)?;
    Ok(speed(file, began.elapsed()))
}

/// Types the line; the time until the last byte is here.
fn watch(client: &mut Client, file: &Bulk) -> Result<Duration> {
    let end = client.channels[&1].offset + ECHO + file.printed;
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    client.input(1, b"\n")?;
    client.until_offset(1, end)?;
    Ok(began.elapsed())
}

/// The speed, and the server's CPU time.
fn through_server(run: &Run, file: &Bulk) -> Result<(f64, f64)> {
    let command = command(&file.path);
    let server = Server::start(&command.each_ref().map(String::as_str))?;
    let mut client = Client::bare(server.address)?;
    let took = run.profile("bulk", &[("bare", server.pid())], || watch(&mut client, file))?;
    Ok((speed(file, took), proc::cpu(&[server.pid()])))
}

/// The speed, CPU time of keeper and daemon, and which part of the bytes came as such.
fn through_coda(run: &Run, what: &str, file: &Bulk, settings: &str) -> Result<(f64, f64, f64)> {
    let daemon = Daemon::with(settings)?;
    let mut client = daemon.client()?;
    let command = command(&file.path);
    client.join(1, &daemon.create(&command.each_ref().map(String::as_str))?, None)?;
    let pids = [daemon.keeper_pid(), daemon.daemon_pid().unwrap_or(0)];
    let processes = [("keeper", pids[0]), ("daemon", pids[1])];
    let before = proc::cpu(&pids);
    let took = run.profile(&format!("bulk, {what}"), &processes, || watch(&mut client, file))?;
    let cpu = proc::cpu(&pids) - before;
    let channel = &client.channels[&1];
    ensure!(channel.offset >= file.printed, "the output is not complete");
    Ok((speed(file, took), cpu, channel.output as f64 / (ECHO + file.printed) as f64))
}
